"""How fast a store is answered from, beside the ways one would otherwise go: one function per question.

``python -m counterpulse.benchmarks.answers [--patients 1000000]``
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
import xarray as xr

from ..analysis.maps.response_map import map_response
from ..analysis.response import Response, judge, rule_of
from ..analysis.text import columns
from ..engine.tables import OUTCOMES, Status

PATIENTS, BLOCK, ROUNDS = 1_000_000, 65_536, 3
X, Y = "heart_rate", "arterial_stiffness"


class Way(NamedTuple):
    """One way to an answer: wall seconds of the quickest round, and the answer."""

    seconds: float
    answer: np.ndarray


def store(path: Path, patients: int) -> None:
    """Write a store with what a map of two arms reads, made-up numbers with smooth responses."""
    random = np.random.default_rng(0)
    size = random.uniform(0.9, 1.1, (patients, 1))
    rate, stiffness = random.uniform(60, 150, patients), random.uniform(0.6, 1.6, patients)
    gain = np.stack([np.zeros(patients), 0.2 * (stiffness - 0.7) - 0.001 * (rate - 60)], axis=1)
    usual = {"cardiac_output": 4.0, "wedge_pressure": 20.0, "mean_heart_rate": 100.0, "pressure_volume_area": 6000.0}
    dims = ("patient", "arm")
    data = {
        name: (dims, (usual.get(name, 1.0) * size * (1 + gain * (name == "cardiac_output"))).astype(np.float32))
        for name in [name for name in OUTCOMES if name != "convergence_error"]
    }
    dataset = xr.Dataset(
        data
        | {
            "status": (dims, np.full((patients, 2), Status.OK, dtype=np.uint8)),
            "convergence_error": (dims, np.full((patients, 2), 1e-4, dtype=np.float32)),
            "balloon_volume": ("arm", [0.0, 40.0]),
            X: ("patient", rate),
            Y: ("patient", stiffness),
        },
        {"arm": np.array(["off", "iabp"], dtype=object)},
    )
    rule = rule_of(dataset)
    dataset[[*rule.reads(dataset), X, Y]].chunk(patient=BLOCK).to_zarr(path, zarr_format=3, consolidated=False)


def ways_to_a_map(path: Path) -> dict[str, Callable[[], np.ndarray]]:
    """Count helped, failed and harmed over two axes: streaming, with pandas, and with flox where it is installed.

    The other two hold the store in memory, and take edges and classes from ours: what differs is reading and grouping.
    """
    bins = max(math.isqrt(xr.open_zarr(path, consolidated=False).sizes["patient"] // 1000), 6)
    codes = [Response.HELPS, Response.FAILS, Response.HARMS]

    def streaming() -> np.ndarray:
        result = map_response(xr.open_zarr(path, consolidated=False, chunks=None), X, Y, bins=bins)
        return np.asarray(result["count"].values)

    edges = map_response(xr.open_zarr(path, consolidated=False, chunks=None), X, Y, bins=bins)
    across, up = (np.append(edges[f"{name}_bounds"][:, 0], edges[f"{name}_bounds"][-1, 1]) for name in (X, Y))

    def loaded() -> tuple[xr.Dataset, np.ndarray]:
        whole = xr.open_zarr(path, consolidated=False, chunks=None).load()
        return whole, judge(whole, rule_of(whole))[0]

    def with_pandas() -> np.ndarray:
        import pandas as pd  # type: ignore[import-untyped, unused-ignore]

        whole, response = loaded()
        cells = [pd.cut(whole[name].values, edge, labels=False) for name, edge in ((Y, up), (X, across))]
        counts = pd.DataFrame({"class": response, "y": cells[0], "x": cells[1]}).groupby(["class", "y", "x"]).size()
        full = pd.MultiIndex.from_product([codes, range(bins), range(bins)])
        return np.asarray(counts.reindex(full, fill_value=0)).reshape(3, bins, bins)

    def with_flox() -> np.ndarray:
        from flox.core import groupby_reduce  # type: ignore[import-not-found, unused-ignore]

        whole, response = loaded()
        member = np.stack([response == code for code in codes]).astype(np.int64)
        counts, *_ = groupby_reduce(
            member, whole[Y].values, whole[X].values, func="sum", expected_groups=(up, across), isbin=True, fill_value=0
        )
        return np.asarray(counts)

    found = {"counterpulse, streaming": streaming, "pandas, in memory": with_pandas}
    try:
        import flox  # type: ignore[import-not-found, unused-ignore]  # noqa: F401
    except ImportError:
        sys.stderr.write("note: flox is not installed and is left out; pip install flox\n")
        return found
    return found | {"flox, in memory": with_flox}


def timed(ways: Mapping[str, Callable[[], np.ndarray]], rounds: int = ROUNDS) -> dict[str, Way]:
    """Time every way in every round, side by side; the first is the one the others are compared with.

    Raises
    ------
    AssertionError
        Where an answer differs from the first's by more than what lies on the edge of a cell.
    """
    found: dict[str, Way] = {}
    for _ in range(rounds):
        for name, way in ways.items():
            begin = time.perf_counter()
            answer = way()
            seconds = time.perf_counter() - begin
            found[name] = Way(min(seconds, found[name].seconds if name in found else math.inf), answer)
    first = next(iter(found.values())).answer
    for name, way_ in found.items():
        assert np.abs(way_.answer - first).sum() <= 1e-5 * first.sum() + 4, name
    return found


QUESTIONS: dict[str, Callable[[Path], dict[str, Callable[[], np.ndarray]]]] = {"map": ways_to_a_map}
"""Question -> ways to its answer, from the path of a store; the first is ours."""


def table(patients: int, rounds: int = ROUNDS) -> str:
    """Ask every question of a made-up store in every way; a line each."""
    rows = []
    with TemporaryDirectory() as folder:
        path = Path(folder) / "store.zarr"
        store(path, patients)
        for question, ways in QUESTIONS.items():
            found = timed(ways(path), rounds)
            own = next(iter(found.values())).seconds
            rows += [[question, name, patients, way.seconds, way.seconds / own] for name, way in found.items()]
    return columns(["question", "way", "patients", "s", "times ours"], rows)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--patients", type=int, default=PATIENTS, help="of the store that is made for it")
    options = parser.parse_args()
    sys.stdout.write(table(options.patients) + "\n")


if __name__ == "__main__":
    main()

"""How fast a store is answered from, beside the ways one would otherwise go: one function per question.

``python -m counterpulse.benchmarks.answers [--patients 1000000]``
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
import xarray as xr

from ..analysis.maps import map as maps
from ..analysis.response.classify import Response, compared_in, judge
from ..analysis.response.comparison import Comparison
from ..analysis.sensitivity.indices import sensitivity
from ..analysis.words.text import columns
from ..engine import OUTCOMES, PARAMETERS, Status
from ..sweeps.design.unit_cube import STEPWISE

PATIENTS, BLOCK, ROUNDS = 1_000_000, 65_536, 3
X, Y = "heart_rate", "arterial_stiffness"
UNITS = 6
"""Parameters of the design for Sobol indices."""

Ways = Mapping[str, Callable[[], np.ndarray]]
"""Way to an answer, by name; the first is ours."""


class Way(NamedTuple):
    """One way to an answer: wall seconds of the quickest round, and the answer."""

    seconds: float
    answer: np.ndarray


def written(path: Path, output: np.ndarray, parameters: Mapping[str, np.ndarray], design: str = "") -> None:
    """Write a store of two arms with what judging them reads, of which the cardiac output (patient, arm) is given."""
    patients, dims = len(output), ("patient", "arm")
    size = np.random.default_rng(0).uniform(0.9, 1.1, (patients, 1))
    usual = {"wedge_pressure": 20.0, "mean_heart_rate": 100.0, "pressure_volume_area": 6000.0}
    usual |= {"mean_arterial_pressure": 65.0, "cardiac_index": 2.0}  # whom nobody leaves out
    dataset = xr.Dataset(
        {
            name: (dims, np.broadcast_to(usual.get(name, 1.0) * size, output.shape).astype(np.float32))
            for name in OUTCOMES
        }
        | {
            "cardiac_output": (dims, output.astype(np.float32)),
            "status": (dims, np.full(output.shape, Status.OK, dtype=np.uint8)),
            "convergence_error": (dims, np.full(output.shape, 1e-4, dtype=np.float32)),
            "balloon_volume": ("arm", [0.0, 40.0]),
            **{name: ("patient", column) for name, column in parameters.items()},
        },
        {"arm": np.array(["off", "iabp"], dtype=object)},
        {"design": design},
    )
    rule = Comparison.of(dataset)
    dataset[[*rule.reads(dataset), *parameters]].chunk(patient=BLOCK).to_zarr(path, zarr_format=3, consolidated=False)


def smooth(path: Path, patients: int) -> None:
    """Write a store of made-up numbers whose gain is a plane over two parameters."""
    random = np.random.default_rng(0)
    rate, stiffness = random.uniform(60, 150, patients), random.uniform(0.6, 1.6, patients)
    gain = np.stack([np.zeros(patients), 0.2 * (stiffness - 0.7) - 0.001 * (rate - 60)], axis=1)
    written(path, 4.0 * random.uniform(0.9, 1.1, (patients, 1)) * (1 + gain), {X: rate, Y: stiffness})


def design(path: Path, patients: int) -> None:
    """Write a store of a saltelli design in which an outcome is Sobol's g of the parameters."""
    patients = patients // (UNITS + 2) * (UNITS + 2)
    unit = STEPWISE["saltelli"](0, np.arange(UNITS), np.arange(patients))
    weights = np.arange(UNITS)[:, None]
    values = np.prod((np.abs(4 * unit - 2) + weights) / (1 + weights), axis=0)
    written(path, np.stack([values, 2 * values], axis=1), dict(zip(PARAMETERS, unit, strict=False)), "saltelli")


def streamed(path: Path) -> xr.Dataset:
    """Open a store as the commands do."""
    dataset: xr.Dataset = xr.open_zarr(path, consolidated=False, chunks=None)
    return dataset


def in_memory(path: Path) -> tuple[xr.Dataset, np.ndarray]:
    """Read a store whole, and judge it: where the other ways begin."""
    whole = streamed(path).load()
    return whole, judge(whole, Comparison.of(whole))[0]


def edges_of(path: Path, bins: int) -> tuple[np.ndarray, np.ndarray]:
    """Edges of the cells along both axes, which the other ways take from ours: what differs is reading and grouping."""
    result = maps.map(streamed(path), X, Y, bins=bins)
    across, up = (np.append(result[f"{name}_bounds"][:, 0], result[f"{name}_bounds"][-1, 1]) for name in (X, Y))
    return across, up


def cells(patients: int) -> int:
    """Cells along each axis, for a thousand patients in each."""
    return max(math.isqrt(patients // 1000), 6)


def has(package: str) -> bool:
    """Whether a package is there; one that is not is left out, aloud."""
    if find_spec(package) is None:
        sys.stderr.write(f"note: {package} is not installed and is left out; pip install {package}\n")
        return False
    return True


def ways_to_a_map(path: Path) -> Ways:
    """Count helped, failed and harmed over two axes: streaming, with pandas, and with flox where it is installed."""
    bins = cells(streamed(path).sizes["patient"])
    across, up = edges_of(path, bins)
    codes = [Response.HELPS, Response.FAILS, Response.HARMS]

    def streaming() -> np.ndarray:
        return np.asarray(maps.map(streamed(path), X, Y, bins=bins)["count"].values)

    def with_pandas() -> np.ndarray:
        import pandas as pd  # type: ignore[import-untyped, unused-ignore]

        whole, response = in_memory(path)
        places = [pd.cut(whole[name].values, edge, labels=False) for name, edge in ((Y, up), (X, across))]
        counts = pd.DataFrame({"class": response, "y": places[0], "x": places[1]}).groupby(["class", "y", "x"]).size()
        full = pd.MultiIndex.from_product([codes, range(bins), range(bins)])
        return np.asarray(counts.reindex(full, fill_value=0)).reshape(3, bins, bins)

    def with_flox() -> np.ndarray:
        from flox.core import groupby_reduce  # type: ignore[import-not-found, unused-ignore]

        whole, response = in_memory(path)
        member = np.stack([response == code for code in codes]).astype(np.int64)
        counts, *_ = groupby_reduce(
            member, whole[Y].values, whole[X].values, func="sum", expected_groups=(up, across), isbin=True, fill_value=0
        )
        return np.asarray(counts)

    found = {"counterpulse, streaming": streaming, "pandas, in memory": with_pandas}
    return found | ({"flox, in memory": with_flox} if has("flox") else {})


def ways_to_a_mean(path: Path) -> Ways:
    """Average a paired difference over two axes: streaming, and with pandas."""
    bins = cells(streamed(path).sizes["patient"])
    across, up = edges_of(path, bins)

    def streaming() -> np.ndarray:
        result = maps.map(streamed(path), X, Y, value="cardiac_output_difference", mean=True, bins=bins)
        return np.asarray(result["value"].values)

    def with_pandas() -> np.ndarray:
        import pandas as pd

        whole, response = in_memory(path)
        output = whole["cardiac_output"].values.astype(np.float64)
        places = [pd.cut(whole[name].values, edge, labels=False) for name, edge in ((Y, up), (X, across))]
        frame = pd.DataFrame({"gain": output[:, 1] - output[:, 0], "y": places[0], "x": places[1]})
        means = frame[compared_in(response)].groupby(["y", "x"])["gain"].mean()
        full = pd.MultiIndex.from_product([range(bins), range(bins)])
        return np.asarray(means.reindex(full)).reshape(bins, bins)

    return {"counterpulse, streaming": streaming, "pandas, in memory": with_pandas}


def ways_to_total_order(path: Path) -> Ways:
    """Total-order Sobol indices with their intervals: streaming, and with SALib where it is installed."""
    names = list(PARAMETERS)[:UNITS]

    def streaming() -> np.ndarray:
        result = sensitivity(streamed(path), ["cardiac_output"])
        return np.asarray(result["total"].sel(outcome="cardiac_output", parameter=names).values)

    def with_salib() -> np.ndarray:
        from SALib.analyze import sobol  # type: ignore[import-untyped, unused-ignore]

        whole = streamed(path).load()
        values = whole["cardiac_output"].sel(arm="off").values.astype(np.float64)
        problem = {"num_vars": UNITS, "names": names, "bounds": [[0.0, 1.0]] * UNITS}
        return np.asarray(sobol.analyze(problem, values, calc_second_order=False, seed=1)["ST"])

    return {"counterpulse, streaming": streaming} | ({"SALib, in memory": with_salib} if has("SALib") else {})


def timed(ways: Ways, rounds: int = ROUNDS) -> dict[str, Way]:
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
    # counts may differ by the patients on an edge; what is no count, by what these move
    slack = 4 if first.dtype.kind in "iu" else 1e-3
    for name, way_ in found.items():
        assert np.nansum(np.abs(way_.answer - first)) <= 1e-5 * np.nansum(np.abs(first)) + slack, name
    return found


class Question(NamedTuple):
    """A store that is made for it, given its path and number of patients, and the ways to an answer; the first ours."""

    store: Callable[[Path, int], None]
    ways: Callable[[Path], Ways]


QUESTIONS = {
    "map": Question(smooth, ways_to_a_map),
    "mean": Question(smooth, ways_to_a_mean),
    "sobol": Question(design, ways_to_total_order),
}


def table(patients: int, rounds: int = ROUNDS) -> str:
    """Ask every question of a made-up store in every way; a line each."""
    rows = []
    with TemporaryDirectory() as folder:
        for name, question in QUESTIONS.items():
            path = Path(folder) / f"{question.store.__name__}.zarr"
            if not path.exists():
                question.store(path, patients)
            found = timed(question.ways(path), rounds)
            own = next(iter(found.values())).seconds
            rows += [[name, way, patients, each.seconds, each.seconds / own] for way, each in found.items()]
    return columns(["question", "way", "patients", "s", "times ours"], rows)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--patients", type=int, default=PATIENTS, help="of the store that is made for it")
    options = parser.parse_args()
    sys.stdout.write(table(options.patients) + "\n")


if __name__ == "__main__":
    main()

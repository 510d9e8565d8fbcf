"""Commands map, boundary and refine: where an arm helps, fails and harms."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Unpack

import click
import xarray as xr

from ..analysis.figures.style import check_format
from ..analysis.maps import boundary as boundaries
from ..analysis.maps import refine as refinement
from ..analysis.maps.boundary_figure import boundary_figure
from ..analysis.maps.map_figure import map_figure
from ..analysis.maps.response_map import as_dict, map_response
from ..analysis.maps.values import map_value
from ..analysis.words.counted import many, who_was_not
from ..engine import InputError
from ..sweeps.population.toml import written
from ..sweeps.store.outputs import check_output
from .group import DONE
from .options.running import run
from .output import report, say, tell
from .pictures import picture
from .reading import Asked, beside, opened, reading
from .tables import table


def draw_map(
    store: Path,
    x: str,
    y: str | None,
    columns: str | None,
    rows: str | None,
    groups: int,
    value: str | None,
    quantile: float | None,
    mean: bool,
    output: Path | None,
    bins: int | None,
    as_json: bool,
    **asked: Unpack[Asked],
) -> None:
    """Draw where an arm helps, fails and harms, or how much a number changes."""
    if value is None and (mean or quantile is not None):
        raise InputError(f"{'--mean' if mean else '--quantile'}: of what? give --value NAME too")
    if mean and quantile is not None:
        raise InputError("--mean: one of --mean and --quantile, not both")
    target = check_format(output or beside(store, "map.png"))
    level = None if mean else 0.5 if quantile is None else quantile
    made = map_response if value is None else partial(map_value, value=value, quantile=level)
    dataset = opened(store)
    with reading(store):
        result = made(dataset, x=x, y=y, columns=columns, rows=rows, groups=groups, bins=bins, **asked)
    path = picture(map_figure(result), target)
    missing = result.attrs["blocks_missing"]
    if missing:
        tell(f"note: the store is not finished, {missing:,} blocks are missing; their patients are not compared")
    report({"figure": path, **as_dict(result)}, as_json, lambda: say(f"{path}: {_said(result)}"))


def _said(result: xr.Dataset) -> str:
    """Say who was compared over what, and who was not."""
    about = result.attrs
    counts = [f"{name} {about[name]:,}" for name in ("helps", "fails", "harms") if name in about]
    shares = [
        f"{name} {100 * about[f'weighted_share_{name}']:.1f} %"
        for name in ("helps", "fails", "harms")
        if f"weighted_share_{name}" in about
    ]
    counts += [f"weighted {', '.join(shares)}"] if shares else []
    off = [name for name in ("off_the_map", "without_value") if about.get(name)]
    hidden = [f"{about[name]:,} {name.replace('_', ' ')}" for name in off]
    counts += [f"of them {', '.join(hidden)}"] if hidden else []
    over = " and ".join(reversed([str(dim) for dim in result["patients"].dims]))
    what = f", {about['statistic']} of {about['value_name']}" if "value" in result else ""
    done = "compared" if about["arm"] != about["reference"] else f"of {about['arm']}"
    who = f"{many(about['compared'], 'patient')} {done} over {over}{what}"
    told = f"{who}: {', '.join(counts)}" if counts else who
    return f"{told}; not {'compared' if counts else 'shown'}: {', '.join(who_was_not(about))}"


def draw_boundary(
    stores: tuple[Path, ...],
    x: str,
    y: str,
    output: Path | None,
    level: float,
    as_json: bool,
    **asked: Unpack[Asked],
) -> None:
    """Find the line on which the share helped crosses a level, and how sure it is."""
    target = check_format(output or beside(stores[0], "boundary.png"))
    with reading(stores[0]):
        result = boundaries.boundary([opened(store) for store in stores], x, y, level=level, **asked)
    path = picture(boundary_figure(result), target)

    def words() -> None:
        say(f"{path}: " + "\n".join(boundaries.sentences(result)))
        if rows := boundaries.stations(result):
            table([x, y, "error (% of the axes)"], [[*place, 100 * error] for *place, error in rows])

    report({"figure": path, **boundaries.as_dict(result)}, as_json, words)


def refine(
    stores: tuple[Path, ...],
    x: str,
    y: str,
    patients: int,
    output: Path | None,
    level: float,
    plain_share: float,
    seed: int | None,
    run_it: bool,
    as_json: bool,
    **asked: Unpack[Asked],
) -> int:
    """Write a sweep that spends new patients near the boundary."""
    target = output or beside(stores[-1], f"{stores[-1].resolve().stem}-refined.toml")
    check_output(target, where="--output")
    if target.exists():
        raise InputError(f"--output: {target} is there already; name a new file")
    with reading(stores[0]):
        datasets = [opened(store) for store in stores]
        proposal = refinement.propose(
            datasets, x, y, patients, level=level, plain_share=plain_share, seed=seed, **asked
        )
    with target.open("x", encoding="utf-8") as file:
        file.write(written(proposal.spec.canonical()))
    text = f"{target}: " + "\n".join(refinement.sentences(proposal))
    if not run_it:
        report({"file": target, **refinement.as_dict(proposal)}, as_json, lambda: say(text))
        return DONE
    tell(text)
    code: int = click.get_current_context().invoke(run, spec=target, store=target.with_suffix(".zarr"), as_json=as_json)
    return code

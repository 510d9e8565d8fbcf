"""Commands map, boundary and refine: where an arm helps, fails and harms."""

from __future__ import annotations

from pathlib import Path
from typing import Unpack

import click

from ..analysis.maps import boundary as boundaries
from ..analysis.maps import boundary_words
from ..analysis.maps import map as maps
from ..analysis.maps import refine as refinement
from ..analysis.maps.boundary_figure import boundary_figure
from ..analysis.maps.map_figure import map_figure
from ..analysis.response.comparison import Asked
from ..engine import InputError
from ..sweeps.population.toml import written
from ..sweeps.store.outputs import check_output
from .answers import as_dict, tell_answer
from .group import DONE
from .options.running import run
from .options.shared import Drawing
from .output import report, tell
from .pictures import requested
from .reading import beside, opened, reading
from .tables import show


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
    drawing: Drawing,
    bins: int | None,
    as_json: bool,
    **asked: Unpack[Asked],
) -> None:
    """Draw where an arm helps, fails and harms, or how much a number changes."""
    request = requested(drawing, beside(store, "map.png"))
    dataset = opened(store)
    with reading(store):
        answer = maps.map(
            dataset,
            x,
            y,
            columns=columns,
            rows=rows,
            groups=groups,
            value=value,
            quantile=quantile,
            mean=mean,
            bins=bins,
            **asked,
        )
    if missing := answer.attrs["blocks_missing"]:
        tell(f"note: the store is not finished, {missing:,} blocks are missing; their patients are not compared")
    tell_answer(answer, map_figure, maps.in_words, request, as_json)


def draw_boundary(
    stores: tuple[Path, ...],
    x: str,
    y: str,
    drawing: Drawing,
    level: float,
    as_json: bool,
    **asked: Unpack[Asked],
) -> None:
    """Find the line on which the share helped crosses a level, and how sure it is."""
    request = requested(drawing, beside(stores[0], "boundary.png"))
    with reading(stores[0]):
        answer = boundaries.boundary([opened(store) for store in stores], x, y, level=level, **asked)
    tell_answer(answer, boundary_figure, boundary_words.in_words, request, as_json)


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
        answer = refinement.refine(datasets, x, y, patients, level=level, plain_share=plain_share, seed=seed, **asked)
    with target.open("x", encoding="utf-8") as file:
        file.write(written(refinement.proposed(answer).canonical()))
    if not run_it:
        content = {"file": target, **as_dict(answer)}
        report(content, as_json, lambda: show(refinement.in_words(answer), target))
        return DONE
    tell(f"{target}: " + "\n".join(refinement.sentences(answer)))
    code: int = click.get_current_context().invoke(run, spec=target, store=target.with_suffix(".zarr"), as_json=as_json)
    return code

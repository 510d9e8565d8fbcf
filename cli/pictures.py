"""Figures as commands write them: the files, their page, and the numbers behind them."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
from matplotlib.figure import Figure

from ..analysis.figures.sheet import (
    MILLIMETRES,
    TALLEST,
    WIDEST,
    Look,
    checked_width,
    narrow,
    read_style,
    sheet,
)
from ..analysis.figures.style import check_format, save
from ..analysis.figures.typefaces import lacking, said
from ..engine import InputError
from ..engine.errors import check_name
from ..sweeps.store.outputs import check_output, written_whole
from .options.shared import FORMATS, Drawing
from .output import tell

STEP = 5
"""Millimetres in which the least width of a figure is told."""


class Request(NamedTuple):
    """A figure as it is to be written: to which files, on what page, and the file for the numbers behind it."""

    targets: tuple[Path, ...]
    width: float | None = None
    look: Look | None = None
    data: Path | None = None


def requested(drawing: Drawing, default: Path | None = None) -> Request:
    """Check what a command was told of its figure, before anything is computed.

    Parameters
    ----------
    drawing : Drawing
        What it was told.
    default : Path, optional
        The file where none is named; without it no figure is drawn then.

    Raises
    ------
    InputError
        For files that cannot be written, unknown formats, a width that no figure fits, a style sheet that is none.
    """
    data = None if drawing.data is None else check_output(drawing.data, (".csv",), where="--data")
    for name in drawing.formats:
        check_name("--format", name, FORMATS)
    if drawing.output is None and default is None:
        for option, given in (("format", drawing.formats), ("width", drawing.width), ("style", drawing.style)):
            if given:
                raise InputError(f"--{option}: goes with --output, without which no figure is drawn")
        return Request((), data=data)
    width = None if drawing.width is None else checked_width(drawing.width)
    look = None if drawing.style is None else read_style(drawing.style)
    return Request(_targets(drawing, default), width, look, data)


def _targets(drawing: Drawing, default: Path | None) -> tuple[Path, ...]:
    """Files of the figure: that of the ending of --output first, then one for each further format."""
    formats = tuple(dict.fromkeys(drawing.formats))
    named = drawing.output or default
    assert named is not None
    own = [named] if not formats or (drawing.output is not None and named.suffix) else []
    for target in (files := [*own, *(named.with_suffix(f".{name}") for name in formats)]):
        check_format(target)
    return tuple(dict.fromkeys(files))


def drawn(request: Request, figure: Callable[[], Figure], numbers: Callable[[], pd.DataFrame]) -> dict[str, Any]:
    """Write a figure, and the numbers behind it.

    Parameters
    ----------
    request : Request
        What is to be written.
    figure, numbers : callable
        What draws it, and what gives the table; called where they are wanted.

    Returns
    -------
    dict
        ``figure``, ``figures`` and ``data``: the first file, all of them, and that of the numbers, for JSON.
    """
    with sheet(request.width, request.look):
        made = figure() if request.targets else None
        if made is not None and narrow():
            _check_height(made, figure, request.look)
        written = [] if made is None else [picture(made, target) for target in request.targets]
    if request.data is not None:
        with written_whole(request.data) as partial:
            numbers().to_csv(partial, index=False, lineterminator="\n", float_format=_shortest)
    return {"figure": written[0] if written else None, "figures": written, "data": request.data}


def _check_height(made: Figure, figure: Callable[[], Figure], look: Look | None) -> None:
    """Refuse a figure on a narrow page that is higher than a journal's page, with the least width at which it is not.

    Raises
    ------
    InputError
        In one line.
    """
    width, height = MILLIMETRES * made.get_size_inches()
    if height <= TALLEST + 0.5:
        return
    for wider in range(STEP * int(width // STEP + 1), int(WIDEST) + 1, STEP):
        with sheet(wider, look):
            if not narrow() or MILLIMETRES * figure().get_size_inches()[1] <= TALLEST + 0.5:
                break
    high = f"this figure is {height:.0f} mm high, {TALLEST:g} mm are allowed"
    raise InputError(f"--width: at {width:.3g} mm {high}; {wider} mm is the least width for it")


def paths_of(written: Mapping[str, Any]) -> list[Path]:
    """All files that :func:`drawn` wrote."""
    return [*written["figures"], *([written["data"]] if written["data"] else [])]


def _shortest(value: float) -> str:
    """A number in the fewest digits that give it back; a count without a point."""
    return f"{value:.0f}" if value.is_integer() and abs(value) < 1e15 else repr(float(value))


def picture(figure: Figure, target: Path) -> Path:
    """Write a picture; what no typeface of this machine can show of it is told."""
    with warnings.catch_warnings(record=True) as seen:
        warnings.filterwarnings("always", "constrained_layout not applied", UserWarning)
        path = save(figure, target)
    if any("constrained_layout" in str(each.message) for each in seen):
        tell(f"note: the panels of {path} have no room; a larger --width or a smaller font.size gives them some")
    if missing := lacking(said(figure)):
        tell(f"note: no typeface installed here has {' '.join(missing)}: a box each in {path}")
    return path

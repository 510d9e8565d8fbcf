"""The page that figures are drawn on: its width, and the style sheet laid over that of the package."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import matplotlib as mpl
from matplotlib.font_manager import FontManager, fontManager

from ...engine import InputError

MILLIMETRES = 25.4
"""In an inch."""

WIDTH = 7.2
"""Inches: the full text width of a journal's page (183 mm)."""

NARROW = 0.9
"""Share of its width that a panel must keep to stay beside the others."""

SMALLER, SMALLEST = 0.85, 6.0
"""Size of text on a narrow page, as a share of that on a full one, and in points at least: journals ask for 5 to 8."""

NARROWEST, WIDEST = 80.0, 400.0
"""Millimetres: below, words of a legend are wider than the page; above, it is no page."""

TALLEST = 240.0
"""Millimetres that a journal's page has for a figure on it."""

PRESSED = 1.1
"""By how much a narrow page may be too high and be made to fit. Measured at 85 mm: no text of a figure of 262 mm made
240 mm high touches another, texts of one of 345 mm do."""

OURS = Path(__file__).with_name("counterpulse.mplstyle")
SMALL, LARGE = 4.0, 16.0
"""Points that ``font.size`` of a user's sheet may have."""
GENERIC = ("serif", "sans-serif", "cursive", "fantasy", "monospace")
SIZES = ("font.size", "axes.titlesize", "axes.labelsize", "xtick.labelsize", "ytick.labelsize", "legend.fontsize")
"""Sizes of text in the sheet of the package that follow ``font.size`` where a user's sheet does not name them."""

FOREIGN = ("text.usetex", "figure.figsize", "figure.autolayout", "figure.constrained_layout.use", "savefig.bbox")
"""What a user's sheet may not say: lines are measured as matplotlib sets them, and width and layout are ours."""

Look = Mapping[Any, Any]
"""Settings of matplotlib by name."""


class Sheet(NamedTuple):
    """What figures are drawn on: a width in inches, and what a user's style sheet says."""

    width: float = WIDTH
    look: Look = MappingProxyType({})


PLAIN = Sheet()
_SHEET: ContextVar[Sheet] = ContextVar("sheet", default=PLAIN)


@contextmanager
def sheet(width: float | None = None, look: Look | None = None) -> Iterator[None]:
    """Draw the figures inside on a page of another width, or in another look.

    Parameters
    ----------
    width : float, optional
        Millimetres; default 183.
    look : mapping, optional
        As :func:`read_style` gives it.

    Raises
    ------
    InputError
        For a width that no figure fits.
    """
    inches = WIDTH if width is None else checked_width(width) / MILLIMETRES
    token = _SHEET.set(Sheet(inches, look or {}))
    try:
        yield
    finally:
        _SHEET.reset(token)


def checked_width(width: float) -> float:
    """Refuse a width in millimetres that no figure fits."""
    if not NARROWEST <= width <= WIDEST:
        raise InputError(f"--width: {width:g} mm, {NARROWEST:g} to {WIDEST:g} mm are allowed")
    return width


def page_width() -> float:
    """Width of the page in inches."""
    return _SHEET.get().width


def room(inches: float | None = None) -> float:
    """Inches that a line of text may have on this page, or on one of another width."""
    inches = page_width() if inches is None else inches
    # widths are measured at 72 dots per inch, where small letters are rounded by more
    return inches - 0.2 if inches >= NARROW * WIDTH else 0.94 * inches - 0.1


def narrow() -> bool:
    """Whether panels that stand beside each other on a page of full width go below each other on this one."""
    return page_width() < NARROW * WIDTH


def pressed(height: float) -> float:
    """Height of a page in inches: of a narrow one that is a little too high, what a journal's page has."""
    tallest = TALLEST / MILLIMETRES
    return tallest if narrow() and tallest < height <= PRESSED * tallest else height


def beside(panels: int) -> int:
    """How many of the panels that stand beside each other on a page of full width do so on this one; 1 at least."""
    return max(1, min(panels, int(panels * page_width() / (NARROW * WIDTH))))


@cache
def ours() -> Look:
    """The style sheet of the package."""
    return _plain(mpl.rc_params_from_file(OURS, fail_on_error=True, use_default_template=False))


def _plain(parameters: mpl.RcParams) -> Look:
    return {str(name): value for name, value in parameters.items()}


def settings() -> dict[Any, Any]:
    """Settings of matplotlib for the figures of this page: the sheet of the package, and the user's over it."""
    look = _SHEET.get().look
    scaled = {name: points(ours()[name]) for name in SIZES}
    return {**ours(), **scaled, **look}


def scale() -> float:
    """By how much the text of this page is larger than that of the package's style sheet on a page of full width."""
    look = _SHEET.get().look
    return float(look.get("font.size", (SMALLER if narrow() else 1.0) * ours()["font.size"]) / ours()["font.size"])


def points(size: float) -> float:
    """A size of text in points on this page: it follows ``font.size`` of a user's sheet, and is no smaller than 6."""
    return max(size * scale(), min(size, SMALLEST))


def typeface() -> str:
    """Name of the typeface of this page."""
    return _typeface(settings(), fontManager) or "DejaVu Sans"


def _typeface(look: Look, manager: FontManager) -> str | None:
    """First typeface that a look names, of those installed."""
    installed = {each.name for each in manager.ttflist}
    families = [each for name in look["font.family"] for each in (look[f"font.{name}"] if name in GENERIC else [name])]
    return next((each for each in families if each in installed), None)


class _Complaints(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(" ".join(record.getMessage().split()))


def read_style(path: str | os.PathLike[str]) -> Look:
    """Read a style sheet of matplotlib.

    Parameters
    ----------
    path : str or PathLike
        A file of lines ``name: value``, as matplotlib's ``.mplstyle``.

    Returns
    -------
    mapping
        Settings by name.

    Raises
    ------
    InputError
        For a file that is missing or no style sheet, a name that matplotlib does not know, a value that it does not
        take, what figures cannot follow, or typefaces of which none is installed.
    """
    where = f"--style: {path}"
    text = _text(Path(path), where)
    for number, line in enumerate(text.splitlines(), 1):
        name, colon, _ = (part.strip() for part in line.partition("#")[0].partition(":"))
        if name and name not in mpl.rcParams:
            near = get_close_matches(name, mpl.rcParams, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise InputError(f"{where}, line {number}: matplotlib knows no {name!r}{hint}")
        if name and not colon:
            raise InputError(f"{where}, line {number}: a line is NAME: VALUE")
        if name in FOREIGN or name.split(".")[0] in ("backend", "interactive", "toolbar", "timezone", "webagg", "tk"):
            raise InputError(f"{where}, line {number}: {name} cannot be set for the figures of counterpulse")
    look = _settings(Path(path), where)
    if not SMALL <= (size := look.get("font.size", SMALL)) <= LARGE:
        raise InputError(f"{where}: font.size {size:g}, {SMALL:g} to {LARGE:g} points are allowed")
    if any(name.startswith("font.") for name in look) and _typeface({**ours(), **look}, fontManager) is None:
        raise InputError(f"{where}: none of its typefaces is installed here (font.family)")
    return look


def _text(path: Path, where: str) -> str:
    if not path.is_file():
        raise InputError(f"{where}: {'is no file' if path.exists() else 'no such file'}")
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise InputError(f"{where}: is no style sheet of matplotlib, but binary") from None


def _settings(path: Path, where: str) -> Look:
    complaints, log = _Complaints(), logging.getLogger("matplotlib")
    log.addHandler(complaints)
    # what is said is our line, not matplotlib's
    before, log.propagate = log.propagate, False
    try:
        look = _plain(mpl.rc_params_from_file(path, fail_on_error=False, use_default_template=False))
    finally:
        log.removeHandler(complaints)
        log.propagate = before
    if complaints.said:
        raise InputError(f"{where}: {complaints.said[0].replace(f' in file {path!r}', '')}")
    return look

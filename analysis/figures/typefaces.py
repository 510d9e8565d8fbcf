"""Typefaces: that of the pictures, and those that are asked for the characters it lacks."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, fontManager, get_font
from matplotlib.text import Text
from matplotlib.ticker import FixedFormatter

from .sheet import narrow, points, typeface

MAIN = "DejaVu Sans"
"""Comes with matplotlib: the same picture on every machine, and every glyph that units need. A user's style sheet may
name another."""

PLACEHOLDER = "LastResort"
"""How the files of typefaces begin that show a box for every character there is."""


@lru_cache(maxsize=4096)
def family_with(letter: str) -> str | None:
    """Name of an installed typeface that has a character, ``MAIN`` before all others; None where none has it."""
    if _has(findfont(MAIN), letter):
        return MAIN
    plain = sorted(fontManager.ttflist, key=lambda each: (each.style != "normal", str(each.weight), each.name))
    others = (each for each in plain if PLACEHOLDER not in each.fname)
    return next((each.name for each in others if _has(each.fname, letter)), None)


def _has(file: str, letter: str) -> bool:
    try:
        return bool(get_font(file).get_char_index(ord(letter)))
    except (OSError, RuntimeError):  # a broken file is no typeface
        return False


def families_for(text: str) -> list[str]:
    """Names of the typefaces that a text needs, that of the page first."""
    own = typeface()
    letters = "" if text.isascii() else [each for each in sorted(set(text)) if each.isprintable()]
    found = [own if own != MAIN and _has(findfont(own), each) else family_with(each) for each in letters]
    return list(dict.fromkeys([own, *(each for each in found if each)]))


def lacking(text: str) -> str:
    """Characters of a text that no installed typeface has."""
    return "".join(each for each in dict.fromkeys(text) if each.isprintable() and family_with(each) is None)


def width(text: str, size: float, weight: str = "normal") -> float:
    """Width of a line in inches, of a size in points on a page of the package's own look."""
    files = [findfont(FontProperties(family=name, size=size, weight=weight)) for name in families_for(text)]
    font = get_font(files)
    # at 72 dots per inch letters of 8 points are 8 % too wide, so that lines of a full page have room to spare; the 6.8
    # of a narrow one are 8 % too narrow
    dots = 720 if narrow() else 72
    font.set_size(points(size), dots)
    missing = set() if text.isascii() else set(lacking(text))
    font.set_text("".join("?" if each in missing else each for each in text))
    return float(font.get_width_height()[0]) / 64 / dots


@contextmanager
def readable(figure: Figure) -> Iterator[None]:
    """Give a figure that is drawn inside the typefaces its texts need; what none has is a box, and no warning."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing", UserWarning)
        families = families_for(said(figure))
        if families != [typeface()]:
            figure.draw_without_rendering()  # the labels of ticks are there from now on
            for text in figure.findobj(Text):
                text.set_fontfamily(families)
        yield


def said(figure: Figure) -> str:
    """Everything that is written in a figure."""
    ticks = [axis.get_major_formatter() for axes in figure.axes for axis in (axes.xaxis, axes.yaxis)]
    labels = [str(label) for each in ticks if isinstance(each, FixedFormatter) for label in each.seq]
    return "\n".join([*(text.get_text() for text in figure.findobj(Text)), *labels])

"""The look of every picture: colours, type, axes, and how a figure reaches a file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from ...sweeps.store.outputs import check_output, written_whole
from .typefaces import MAIN, readable, width

BLUE, VERMILLION, GREY, INK = "#0072B2", "#D55E00", "#767676", "#222222"
SKY, ORANGE, GREEN = "#56B4E9", "#E69F00", "#009E73"
"""Okabe and Ito's colours, told apart with every common colour blindness."""

CLASS_COLOURS = {"helps": BLUE, "fails": GREY, "harms": VERMILLION}
CLASS_WORDS = {"helps": "helped", "fails": "failed to help", "harms": "harmed"}

WIDTH = 7.2
"""Inches: the full text width of a journal's page (183 mm)."""

FORMATS = (".png", ".pdf", ".svg")

STYLE: dict[Any, Any] = {
    "font.family": "sans-serif",
    "font.sans-serif": [MAIN],
    "font.size": 8.5,
    "axes.titlesize": 9,
    "axes.labelsize": 9,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "legend.fontsize": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 3,
    "ytick.major.size": 3,
    "lines.linewidth": 1.3,
    "legend.frameon": False,
    "hatch.linewidth": 0.4,
    "pdf.fonttype": 42,
    "svg.hashsalt": "counterpulse",
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
}


@contextmanager
def style() -> Iterator[None]:
    """Apply the look to what is drawn inside, leaving the user's own settings alone."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(STYLE)
        yield


@contextmanager
def page(height: float, title: str, caption: str) -> Iterator[Figure]:
    """Make a figure in this look, of the full width and a height in inches, its title above and its caption below."""
    with style():
        figure = Figure(figsize=(WIDTH, height), layout="constrained")
        heading = wrapped(title, WIDTH - 0.2, 11, weight="bold")
        figure.suptitle(heading, fontsize=11, weight="bold", x=0.012, ha="left")
        figure.supxlabel(wrapped(caption, WIDTH - 0.2, 8), fontsize=8, x=0.012, ha="left", linespacing=1.3)
        yield figure


def shades(name: str) -> LinearSegmentedColormap:
    """White to the colour of a class: the deeper, the larger the share."""
    deep = {"helps": "#08306B", "fails": "#252525", "harms": "#7F2704"}[name]
    return LinearSegmentedColormap.from_list(name, ["#FFFFFF", CLASS_COLOURS[name], deep])


def fitted(text: str, inches: float, size: float, weight: str = "normal") -> str:
    """Shorten a text to at most ``inches``, ending in an ellipsis."""
    for kept in range(len(text), 0, -1):
        shown = text if kept == len(text) else f"{text[:kept].rstrip()}\N{HORIZONTAL ELLIPSIS}"
        if width(shown, size, weight) <= inches:
            return shown.replace("$", r"\$")
    return ""


def wrapped(text: str, inches: float, size: float, weight: str = "normal") -> str:
    """Break a text into lines no wider than ``inches`` in the figures' typefaces; a word only where it must be."""
    lines: list[str] = []
    for word in text.replace("$", r"\$").replace(" %", "\N{NO-BREAK SPACE}%").split(" "):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and width(longer, size, weight) <= inches:
            lines[-1] = longer
            continue
        *whole, rest = _pieces(word, inches, size, weight)
        lines += [*whole, rest]
    return "\n".join(lines)


def _pieces(word: str, inches: float, size: float, weight: str) -> list[str]:
    """A word, or of one wider than a line, as of a script without spaces, pieces that are not."""
    pieces = [""]
    for letter in word:
        if pieces[-1] and not word.isascii() and width(pieces[-1] + letter, size, weight) > inches:
            pieces.append("")
        pieces[-1] += letter
    return pieces


def panel_letter(axes: Axes, letter: str, shift: float = -4.0) -> None:
    """Write a bold panel letter at the top left corner outside of the axes."""
    axes.annotate(
        letter,
        (0, 1),
        xycoords="axes fraction",
        xytext=(shift, 4),
        textcoords="offset points",
        ha="right",
        va="bottom",
        weight="bold",
        size=10,
    )


def check_format(path: str | os.PathLike[str]) -> Path:
    """Refuse a file to which no picture can be written: another ending, no folder, or a place in a store."""
    return check_output(path, FORMATS)


def save(figure: Figure, path: str | os.PathLike[str]) -> Path:
    """Write a figure as PNG (300 dots per inch), PDF or SVG by the suffix; it appears whole or not at all."""
    path = check_format(path)
    FigureCanvasAgg(figure)
    kind = path.suffix.lower()[1:]
    stamp = {"png": {"Software": None}, "pdf": {"CreationDate": None}, "svg": {"Date": None}}[kind]
    with style(), readable(figure), written_whole(path) as partial:
        figure.savefig(partial, format=kind, dpi=300, metadata=stamp)
    return path

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
from .sheet import WIDTH, page_width, points, pressed, room, settings
from .typefaces import readable, width

BLUE, VERMILLION, GREY, INK = "#0072B2", "#D55E00", "#767676", "#222222"
SKY, ORANGE, GREEN = "#56B4E9", "#E69F00", "#009E73"
"""Okabe and Ito's colours, told apart with every common colour blindness."""

CLASS_COLOURS = {"helps": BLUE, "fails": GREY, "harms": VERMILLION}
CLASS_WORDS = {"helps": "helped", "fails": "failed to help", "harms": "harmed"}

ABBREVIATIONS = {
    "left ventricular": "LV",
    "right ventricular": "RV",
    "pulmonary capillary wedge": "wedge",
    "pulmonary artery": "PA",
    "pulmonary arterial": "PA",
    "systemic vascular resistance": "SVR",
}
"""Where labels are short of room."""

FORMATS = (".png", ".pdf", ".svg")


@contextmanager
def style() -> Iterator[None]:
    """Apply the look to what is drawn inside, leaving the user's own settings alone."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(settings())
        yield


@contextmanager
def page(height: float, title: str, caption: str) -> Iterator[Figure]:
    """Make a figure in this look, its title above and its caption below.

    Parameters
    ----------
    height : float
        Inches of a page of full width; one that is narrower is higher by the lines that title and caption have more.
    title, caption : str
        Broken into lines here.
    """
    with style():
        size = points(11), points(8)
        heading, full = (wrapped(title, room(inches), 11, weight="bold") for inches in (page_width(), WIDTH))
        below, full_below = (wrapped(caption, room(inches), 8) for inches in (page_width(), WIDTH))
        more = [a.count("\n") - b.count("\n") for a, b in ((heading, full), (below, full_below))]
        height += (1.2 * size[0] * more[0] + 1.3 * 1.17 * size[1] * more[1]) / 72
        figure = Figure(figsize=(page_width(), pressed(height)), layout="constrained")
        figure.suptitle(heading, fontsize=size[0], weight="bold", x=0.012, ha="left")
        figure.supxlabel(below, fontsize=size[1], x=0.012, ha="left", linespacing=1.3)
        yield figure


def shades(name: str) -> LinearSegmentedColormap:
    """White to the colour of a class: the deeper, the larger the share."""
    deep = {"helps": "#08306B", "fails": "#252525", "harms": "#7F2704"}[name]
    return LinearSegmentedColormap.from_list(name, ["#FFFFFF", CLASS_COLOURS[name], deep])


def legend_below(axes: Axes, **options: Any) -> None:
    """Put a legend below the label of the axes, and below those of the y axis too; the rest is as of matplotlib's."""
    axes.legend(
        loc="upper right", bbox_to_anchor=(1.0, 0.0), borderaxespad=4.6, borderpad=0, columnspacing=1.0, **options
    )


def abbreviated(label: str) -> str:
    """Shorten the name of a quantity by what clinicians abbreviate."""
    for words, short in ABBREVIATIONS.items():
        label = label.replace(words, short)
    return label


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
        size=points(10),
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
        figure.savefig(partial, format=kind, metadata=stamp)
    return path

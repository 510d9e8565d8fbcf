"""The picture of robustness: where the answer stands under every assumption, and which assumption moves it."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import BoundaryNorm, LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator, PercentFormatter

from ..figures.layout import Line, flow, panels
from ..figures.sheet import narrow, page_width, points
from ..figures.style import BLUE, CLASS_WORDS, INK, ORANGE, VERMILLION, page, panel_letter, wrapped
from ..numbers.cells import FEWEST
from ..numbers.intervals import ENDS
from ..response.comparison import definition_in_words
from ..words.counted import who_is_not_shown, who_is_shown
from .drawing import edges_of, hatch

UNSURE, EMPTY = "#D9D9D9", "#FFFFFF"
BALANCE = LinearSegmentedColormap.from_list("balance", [VERMILLION, "#FFFFFF", BLUE])


def robustness_figure(answer: xr.Dataset) -> Figure:
    """Draw the result of :func:`~counterpulse.analysis.maps.robustness.robustness`.

    Returns
    -------
    matplotlib.figure.Figure
        (a) by cell, the assumptions under which the answer holds less those under which it does not, framed where
        one assumption reverses another; (b) by assumption, the cells in which it holds, is uncertain or does not;
        (c) the share of all patients.
    """
    count = answer.sizes["assumption"]
    title = answer.attrs["name"] or "Which part of the map stands whatever one assumes?"
    below = Line(0.3 + 0.24 * count, (3, 2), alone=0.9)
    height, lines = flow(4.4 + 0.24 * count, Line(2.4 if narrow() else 3.0), below)
    with page(height, title, _caption(answer)) as figure:
        drawn = panels(figure, lines)
        for letter, axes, draw in zip("abc", drawn, (_map, _by_assumption, _shares), strict=True):
            draw(axes, answer)
            panel_letter(axes, letter)
    return figure


def _map(axes: Axes, answer: xr.Dataset) -> None:
    count = answer.sizes["assumption"]
    y, x = (str(dim) for dim in answer["patients"].dims)
    across, up = (edges_of(answer, name) for name in (x, y))
    holds, fails = answer["holds"].values, answer["fails"].values
    empty = answer["patients"].values == 0
    norm = BoundaryNorm(np.arange(-count - 0.5, count + 1), BALANCE.N)
    shown = np.ma.masked_where(empty | ((holds == 0) & (fails == 0)), holds - fails)
    axes.set_facecolor(EMPTY)
    axes.pcolormesh(
        across, up, np.ma.masked_where(empty, np.ones_like(holds)), cmap="Greys", vmin=0, vmax=6, rasterized=True
    )
    mesh = axes.pcolormesh(across, up, shown, cmap=BALANCE, norm=norm, rasterized=True)
    hatch(axes, answer["thin"].values, across, up)
    frame = LineCollection(_outline((holds > 0) & (fails > 0), across, up), colors=INK, linewidths=1.1, clip_on=False)
    axes.add_collection(frame)
    axes.set(
        xlabel=wrapped(answer[x].attrs["title"], 0.62 * page_width(), 9),
        ylabel=wrapped(answer[y].attrs["title"], 2.0, 9),
    )
    axes.xaxis.set_major_locator(MaxNLocator(6))
    assert axes.figure is not None
    bar = axes.figure.colorbar(mesh, ax=axes, pad=0.01, aspect=24)
    bar.outline.set_linewidth(0.4)
    bar.set_ticks(
        [-count, 0, count], labels=[f"fails under all {count}", "as many for\nas against", f"holds under all {count}"]
    )
    bar.ax.minorticks_off()


def _outline(mask: np.ndarray, across: np.ndarray, up: np.ndarray) -> list[list[tuple[float, float]]]:
    """Sides of cells between those of a mask and all others."""
    padded = np.pad(mask, 1).astype(int)
    upright, level = np.diff(padded, axis=1)[1:-1], np.diff(padded, axis=0)[:, 1:-1]
    lines = [[(across[x], up[y]), (across[x], up[y + 1])] for y, x in np.argwhere(upright)]
    return lines + [[(across[x], up[y]), (across[x + 1], up[y])] for y, x in np.argwhere(level)]


def _by_assumption(axes: Axes, answer: xr.Dataset) -> None:
    left = np.zeros(answer.sizes["assumption"])
    places = np.arange(answer.sizes["assumption"])
    colours = {"holds": BLUE, "uncertain": UNSURE, "fails": VERMILLION}
    for name, colour in colours.items():
        width = answer[f"cells_{name}"].values
        axes.barh(places, width, left=left, height=0.7, color=colour, label=name)
        left += width
    for place, number in enumerate(answer["reversed"].values):
        text = f" {number} reversed" if number else ""
        axes.annotate(text, (left[place], place), va="center", fontsize=points(7))
    axes.set_yticks(places, _assumptions(answer))
    axes.set_ylim(len(places) - 0.5, -0.5)
    axes.set_xlim(0, 1.22 * max(left.max(), 1))
    axes.set_xlabel("cells")
    keys = [Patch(facecolor=colour, label=name) for name, colour in colours.items()]
    axes.legend(handles=keys, ncol=3, loc="lower left", bbox_to_anchor=(0, 1.0), borderpad=0, handlelength=1.0)


def _assumptions(answer: xr.Dataset) -> list[str]:
    return [wrapped(name, 1.5 if narrow() else 1.9, 8) for name in answer["assumption"].values]


def _shares(axes: Axes, answer: xr.Dataset) -> None:
    shares = (answer[f"class_share{end}"].values for end in ENDS)
    for place, (value, low, high) in enumerate(zip(*shares, strict=True)):
        axes.plot([low, high], [place, place], color=INK, linewidth=1)
        axes.plot(value, place, "o", color=BLUE if place else ORANGE, ms=4)
    axes.axvline(answer["class_share"].values[0], color=ORANGE, linewidth=0.7)
    axes.set_ylim(answer.sizes["assumption"] - 0.5, -0.5)
    names = _assumptions(answer) if narrow() else [""] * answer.sizes["assumption"]
    axes.set_yticks(range(len(names)), names)
    axes.xaxis.set_major_formatter(PercentFormatter(1, symbol=""))
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.set_xlabel(f"{CLASS_WORDS[answer.attrs['of']]} (% of all compared)")


def _caption(answer: xr.Dataset) -> str:
    about = answer.attrs
    by_stand = answer[["cells", "patients_share"]]
    always, never, depends = (
        (int(one["cells"]), float(one["patients_share"]))
        for one in (by_stand.sel(stand=name) for name in ("always", "never", "depends"))
    )
    return (
        f"{who_is_shown(about)}, each with ({about['arm']}) and without "
        f"({about['reference']}) the device; not shown: {who_is_not_shown(about)}. The answer: more than "
        f"{100 * about['level']:g} % of a cell are {CLASS_WORDS[about['of']]}; uncertain where the 95 % interval of "
        f"the cell includes that share. It holds under every assumption in {always[0]} cells ({100 * always[1]:.0f} % "
        f"of the patients), and fails under every one in {never[0]} ({100 * never[1]:.0f} %); in {depends[0]} "
        f"({100 * depends[1]:.0f} %, framed) one assumption reverses another. Grey: uncertain under all; hatched: "
        f"fewer than {FEWEST} patients. {definition_in_words(about)}"
    )

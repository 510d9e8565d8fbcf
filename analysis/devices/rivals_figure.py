"""The picture of rivals: who needs which device, what flow costs the ventricle, and a map of the mildest device."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator, PercentFormatter

from ...sweeps.spec.levels import AT
from ..figures.layout import Line, flow, panels
from ..figures.sheet import beside, narrow, page_width, points
from ..figures.style import GREY, INK, page, panel_letter, wrapped
from ..maps.drawing import HATCH, edges_of, hatch
from ..reading.measures import spelt
from ..response.pairs import terms
from ..words.counted import who_is_shown
from .rivals import NONE_MEETS
from .rivals_words import given_by_levels, not_compared, regulation_in_words, target_in_words

COLOURS = ("#009E73", "#0072B2", "#56B4E9", "#E69F00", "#CC79A7", "#D55E00", "#F0E442", "#000000")
"""Okabe and Ito's, in the order of mildness; more ranks than these share a colour with the first again."""
UNSERVED, EMPTY = "#767676", "#FFFFFF"

LEGIBLE = 0.05
"""Share below which a level's name would not fit into its bar."""

COSTS = ("demand", "lv_end_systolic_pressure", "wedge_pressure")
"""Prices drawn against the gain of cardiac output."""


def rivals_figure(answer: xr.Dataset) -> Figure:
    """Draw the result of :func:`~counterpulse.analysis.devices.rivals.rivals`.

    Returns
    -------
    matplotlib.figure.Figure
        (a) the share of the patients for whom each device is the mildest that meets the target; (b) the lowest level of
        each device that does, the paler the higher; (c) the share whose aortic valve never opens, at the levels taken
        and at every level; (d-f) flow against its price, medians and quartiles; (g), where there are axes, the mildest
        device of the most patients in each cell: the paler, the smaller its share; dotted where the runner-up is not
        significantly rarer.
    """
    mapped = "cell_patients" in answer
    title = answer.attrs["name"] or "The mildest device that is enough"
    upper = (Line(1.55), Line(1.55, (2, 1), alone=0.95), Line(1.86, (1, 1, 1)))
    height, lines = flow(6.4, *upper)
    if mapped:
        cells = [Line(2.1), Line(0.9)] if narrow() else [Line(3.0, (2, 1))]
        height, lines = height + 3.0, [*lines, *cells]
    with page(height, title, _caption(answer)) as figure:
        first, lowest, shut, *others = panels(figure, lines)
        _mildest(first, answer)
        _lowest(lowest, answer)
        _shut(shut, answer)
        for axes, name in zip(others, COSTS, strict=False):
            _price(axes, answer, name)
        for axes, letter in zip((first, lowest, shut, *others), "abcdefg", strict=False):
            panel_letter(axes, letter, shift=-16 if letter in "cdef" else -4)
        if mapped:
            _cells(others[3], answer)
            _legend(others[4], answer)
    return figure


def _colour(answer: xr.Dataset, place: int) -> str:
    return UNSERVED if place == answer.sizes["device"] - 1 else COLOURS[place % len(COLOURS)]


def _mildest(axes: Axes, answer: xr.Dataset) -> None:
    names, shares, highs = (answer[name].values for name in ("device", "mildest", "mildest_high"))
    for place, (share, low, high) in enumerate(zip(shares, answer["mildest_low"].values, highs, strict=True)):
        axes.barh(place, share, height=0.7, color=_colour(answer, place))
        axes.plot([low, high], [place, place], color=INK, linewidth=1)
        ties = int(answer["ties"][place])
        text = f" {100 * share:.1f} %" + (f", of them {ties:,} ties" if ties else "")
        axes.annotate(text, (high, place), va="center", fontsize=points(8))
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_xlim(0, min(1.0, 1.15 * max(highs) + 0.05))
    axes.xaxis.set_major_formatter(PercentFormatter(1, symbol=""))
    axes.set_xlabel(wrapped("mildest that meets the target (% of the patients compared)", 0.68 * page_width(), 9))


def _lowest(axes: Axes, answer: xr.Dataset) -> None:
    """Draw for every device the lowest level that meets the target, as shares of those who ran."""
    names = answer["arm"].values.tolist()
    for row, name in enumerate(names):
        own, one = answer.isel(level=(answer["level_device"] == name).values), answer.sel(arm=name)
        colour, total, left = np.array(to_rgb(_colour(answer, int(one["rank"])))), max(int(one["ran"]), 1), 0.0
        for place, level in enumerate(own["level"].values.tolist()):
            share = int(own["lowest"].sel(level=level)) / total
            paler = colour + (1 - colour) * place / (own.sizes["level"] + 1)
            axes.barh(row, share, left=left, height=0.75, color=paler, edgecolor="white", linewidth=0.6)
            if share > LEGIBLE and AT in level:
                axes.annotate(
                    level.split(AT)[-1], (left + share / 2, row), ha="center", va="center", fontsize=points(6.5)
                )
            left += share
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_xlim(0, 1)
    axes.xaxis.set_major_formatter(PercentFormatter(1, symbol=""))
    axes.set_xlabel(
        wrapped("meets the target, by the lowest level that does (%)", 0.68 * page_width(), 8), fontsize=points(8)
    )


def _shut(axes: Axes, answer: xr.Dataset) -> None:
    """Draw the price of flow past the valve: who never opens it, at the level taken (bar) and at every level (dot)."""
    names = answer["arm"].values.tolist()
    for row, name in enumerate(names):
        own, one = answer.isel(level=(answer["level_device"] == name).values), answer.sel(arm=name)
        colour = _colour(answer, int(one["rank"]))
        axes.barh(row, float(one["valve_shut"]), height=0.75, color=colour)
        if own.sizes["level"] > 1:
            axes.plot(own["level_valve_shut"], [row] * own.sizes["level"], "o", color=INK, ms=2.5)
    axes.set_yticks(range(len(names)), names if narrow() else [""] * len(names))
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_xlim(0, 1)
    axes.xaxis.set_major_formatter(PercentFormatter(1, symbol=""))
    axes.set_xlabel("aortic valve never opens (%)", fontsize=points(8))


def _price(axes: Axes, answer: xr.Dataset, name: str) -> None:
    for arm in answer["arm"].values:
        if arm == answer.attrs["reference"]:
            continue
        flow, cost = (answer.sel(arm=arm, outcome=each) for each in ("cardiac_output", name))
        colour = _colour(answer, int(flow["rank"]))
        axes.plot(_quartiles(flow), [float(cost["change"])] * 2, color=colour, linewidth=1.2)
        axes.plot([float(flow["change"])] * 2, _quartiles(cost), color=colour, linewidth=1.2)
        axes.plot(float(flow["change"]), float(cost["change"]), "o", color=colour, ms=4)
    axes.axhline(0, color=GREY, linewidth=0.6)
    title, units = terms(name)
    axes.set_title(
        wrapped(f"change of {title.split(' (')[0]} ({spelt(units)})", page_width() / (1.3, 2.6, 3.4)[beside(3) - 1], 8),
        loc="left",
        fontsize=points(8),
    )
    axes.set_xlabel("change of output (L/min)", fontsize=points(8))
    axes.margins(0.12)


def _quartiles(change: xr.Dataset) -> list[float]:
    return [float(change["change_first_quartile"]), float(change["change_third_quartile"])]


def _cells(axes: Axes, answer: xr.Dataset) -> None:
    y, x = (str(dim) for dim in answer["cell_patients"].dims)
    across, up = (edges_of(answer, name) for name in (x, y))
    colours = np.array([to_rgb(_colour(answer, place)) for place in range(answer.sizes["device"])])
    share, most = answer["cell_share"].values, answer["cell_most"].values
    # at 1/4 nothing has a majority to speak of, at 1 the colour is full
    depth = np.clip((np.nan_to_num(share) - 0.25) / 0.75, 0.15, 1.0)[..., None]
    painted = 1 - depth * (1 - colours[np.maximum(most, 0)])
    painted[(most < 0) | answer["cell_thin"].values] = to_rgb(EMPTY)
    axes.pcolormesh(across, up, painted, rasterized=True)
    hatch(axes, answer["cell_tie"].values, across, up, "....")
    hatch(axes, answer["cell_thin"].values & (most >= 0), across, up)
    axes.set(
        xlabel=wrapped(answer[x].attrs["title"], 0.55 * page_width(), 9),
        ylabel=wrapped(answer[y].attrs["title"], 2.2, 9),
    )
    axes.xaxis.set_major_locator(MaxNLocator(6))


def _legend(axes: Axes, answer: xr.Dataset) -> None:
    axes.axis("off")
    keys = [Patch(facecolor=_colour(answer, place), label=name) for place, name in enumerate(answer["device"].values)]
    keys.append(Patch(facecolor="white", edgecolor=HATCH, hatch="....", label="tie of the first two"))
    keys.append(Patch(facecolor="white", edgecolor=HATCH, hatch="//////", label="fewer than 10 patients"))
    axes.legend(
        handles=keys, loc="upper left", title="most need", alignment="left", borderpad=0, ncols=2 if narrow() else 1
    )


def _caption(answer: xr.Dataset) -> str:
    about = answer.attrs
    mode, by_levels = regulation_in_words(about), given_by_levels(answer)
    taken = "b: the paler, the higher the level. c: bars at the levels taken, dots at each. " if by_levels else ""
    at = ", every device at its lowest level that meets the target, else its highest" if by_levels else ""
    return (
        f"{who_is_shown(about)}. Target: "
        f"{target_in_words(answer)}; {NONE_MEETS}: no arm reaches it. Not shown: "
        f"{about['undetermined']:,} undetermined, as the run of a milder arm failed; {not_compared(about)}; "
        f"{about['undecided']:,} are within numerical error of another device. "
        f"{taken}d-f: medians and quartiles of the paired differences to {about['reference']}{at}."
        f"{' ' + mode[0].upper() + mode[1:] + '.' if mode else ''}"
    )

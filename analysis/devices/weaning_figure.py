"""The picture of weaning: what is left of a balloon's effect, at fewer beats or with less volume."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from ..figures.layout import Line, flow, panels
from ..figures.sheet import points
from ..figures.style import BLUE, GREEN, GREY, INK, ORANGE, SKY, VERMILLION, page, panel_letter
from ..words.counted import who_is_not_shown, who_is_shown
from .weaning_words import LABELS

COLOURS = (BLUE, ORANGE, GREEN, VERMILLION, SKY, INK)
MARKS = "osD^vP"
AXIS = {"assist_ratio": "beats per assisted beat", "balloon_volume": "balloon volume (mL)"}
OUTPUT = "cardiac_output"


def weaning_figure(answer: xr.Dataset) -> Figure:
    """Draw the result of :func:`~counterpulse.analysis.devices.weaning.weaning`.

    Returns
    -------
    matplotlib.figure.Figure
        A row for each setting that is wound down: the change of cardiac output, the share of the effect kept, and the
        share of the patients helped. One group of patients shows every effect, several show that on cardiac output.
    """
    labels, curves = answer["group"].values.tolist(), answer["curve"].values.tolist()
    title = answer.attrs["name"] or f"Weaning from {answer.attrs['arm']}"
    height, lines = flow(2.5 * len(curves) + 1.3, *[Line(2.5, (1, 1, 1))] * len(curves))
    with page(height, title, _caption(answer)) as figure:
        drawn = panels(figure, lines)
        for place, curve in enumerate(curves):
            row = drawn[3 * place : 3 * place + 3]
            own = answer.sel(curve=curve).dropna("arm", subset=["setting"]).sortby("setting")
            _changes(row[0], own, labels)
            _shares(row[1], own, labels)
            _helped(row[2], own, labels)
            for axes in row:
                axes.set_xlabel(AXIS[curve])
                axes.set_xticks(np.unique(own["setting"]))
                if curve == "balloon_volume":
                    axes.invert_xaxis()
        for letter, axes in zip("abcdef", drawn, strict=False):
            panel_letter(axes, letter, shift=-16)
        # what the lines of a row mean is the same in every row
        for axes, pieces in ((drawn[1], 1), (drawn[0], 0)):
            if pieces or len(labels) > 1:
                axes.legend(fontsize=points(6.5), handlelength=1.4, labelspacing=0.25, borderpad=0)
    return figure


def _styles(names: list[str]) -> Iterator[tuple[str, str, str]]:
    for place, name in enumerate(names):
        yield name, COLOURS[place % len(COLOURS)], MARKS[place % len(MARKS)]


def _changes(axes: Axes, own: xr.Dataset, labels: list[str]) -> None:
    for group, colour, mark in _styles(labels):
        one = own.sel(group=group, effect=OUTPUT)
        axes.fill_between(one["setting"], one["change_low"], one["change_high"], color=colour, alpha=0.2, lw=0)
        axes.plot(one["setting"], one["change"], mark + "-", color=colour, ms=3.5, label=group)
    axes.axhline(0, color=GREY, linewidth=0.6)
    axes.set_title("change of cardiac output\n(L/min, median)", loc="left", fontsize=points(8.5))


def _shares(axes: Axes, own: xr.Dataset, labels: list[str]) -> None:
    """Draw the mean share kept; where one line is drawn per group also the quartiles of the patients' own shares."""
    alone = len(labels) == 1
    for name, colour, mark in _styles(list(LABELS) if alone else labels):
        one = own.sel(group=labels[0], effect=name) if alone else own.sel(group=name, effect=OUTPUT)
        if not alone or name == OUTPUT:
            low, high = one["kept_first_quartile"], one["kept_third_quartile"]
            axes.fill_between(one["setting"], low, high, color=colour, alpha=0.2, lw=0)
        label = LABELS[name] if alone else name
        axes.plot(one["setting"], one["kept"], mark + "-", color=colour, ms=3.5, lw=1, label=label)
    values, full = own["setting"], float(own["setting"].sel(arm=own.attrs["arm"]))
    in_proportion = full / values if str(own["curve"].values) == "assist_ratio" else values / full
    axes.plot(values, in_proportion, ":", color=GREY, lw=1, label="in proportion")
    axes.yaxis.set_major_formatter(PercentFormatter(1, symbol=""))
    axes.set_ylim(top=1.3 * axes.get_ylim()[1])  # room for the legend
    axes.set_title(
        "share of the effect kept (%)\n" + ("" if alone else "on cardiac output"), loc="left", fontsize=points(8.5)
    )


def _helped(axes: Axes, own: xr.Dataset, labels: list[str]) -> None:
    for group, colour, mark in _styles(labels):
        one = own.sel(group=group)
        axes.fill_between(one["setting"], one["helps_low"], one["helps_high"], color=colour, alpha=0.2, lw=0)
        axes.plot(one["setting"], one["helps"], mark + "-", color=colour, ms=3.5)
    axes.set_ylim(-0.03, 1.03)
    axes.yaxis.set_major_formatter(PercentFormatter(1, symbol=""))
    axes.set_title("patients helped (%)\n", loc="left", fontsize=points(8.5))


def _caption(answer: xr.Dataset) -> str:
    about = answer.attrs
    return (
        f"{who_is_shown(about)}, each in every arm against {about['reference']}; "
        f"full support is {about['arm']}; not shown: {who_is_not_shown(about)}, "
        "in one arm or more. Bands: 95 % intervals; for the share of the effect quartiles of the patients' "
        "own shares. Dotted: effect in proportion to assisted beats or volume."
    )

"""The picture of the operator's deflation: whose optimum lies where, what one for all loses, the optimum by cell."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..figures.layout import Line, flow, panels
from ..figures.sheet import points
from ..figures.style import BLUE, GREY, INK, ORANGE, VERMILLION, page, panel_letter, wrapped
from ..maps.drawing import edges_of
from ..words.counted import who_is_shown, who_was_not
from .timing_own_words import axes_of, for_all_in_words, rule

EMPTY = "#EDEDED"


def own_figure(answer: xr.Dataset) -> Figure:
    """Draw the result of :func:`~counterpulse.analysis.devices.timing_own.own_deflation`.

    Returns
    -------
    matplotlib.figure.Figure
        (a) patients by their own optimum, and the share for whom a setting is late; (b) end-diastolic pressure and (c)
        output that a setting loses as the one for all, median and 95 %; (d) the optimum of each cell; (e) the pressure
        that one setting for all loses there.
    """
    title = answer.attrs["name"] or f"When should {answer.attrs['arm']} deflate?"
    height, lines = flow(6.4, Line(2.1, (1, 1, 1)), Line(2.73, (1, 1), alone=0.75))
    with page(height, title, _caption(answer)) as figure:
        drawn = panels(figure, lines)
        top, below = drawn[:3], drawn[3:]
        _optima(top[0], answer)
        _lost(top[1], answer, "pressure", "end-diastolic pressure above\nthe own optimum (mmHg)")
        _lost(top[2], answer, "output", "cardiac output below that\nat the own optimum (L/min)")
        _cells(below[0], answer, "cell_optimum", 1000.0, "optimum of the cell (ms)", "viridis")
        _cells(below[1], answer, "cell_pressure_lost", 1.0, "lost by one for all (mmHg)", "Oranges")
        for letter, axes in zip("abcde", drawn, strict=True):
            panel_letter(axes, letter, shift=-16)
    return figure


def _at(answer: xr.Dataset) -> np.ndarray:
    """Starts of deflation in ms."""
    return np.asarray(1000 * answer["deflation"].values)


def _one_for_all(axes: Axes, answer: xr.Dataset) -> None:
    if np.isfinite(answer.attrs["for_all"]):
        axes.axvline(1000 * answer.attrs["for_all"], color=GREY, linewidth=0.8, linestyle=":")
    axes.set_xlabel("start of deflation after activation (ms)", fontsize=points(7.5))


def _optima(axes: Axes, answer: xr.Dataset) -> None:
    at = _at(answer)
    axes.vlines(at, 0, 100 * answer["own_share"], color=BLUE, linewidth=5, label="own optimum here")
    axes.vlines(at, 100 * answer["own_share_low"], 100 * answer["own_share_high"], color=INK, linewidth=0.9)
    axes.plot(at, 100 * answer["late"], "o-", color=VERMILLION, ms=3, lw=1, label="late here")
    axes.set_ylim(bottom=0)
    axes.set_title("patients (%)\n", loc="left", fontsize=points(8.5))
    axes.legend(fontsize=points(6.5), handlelength=1.2, borderpad=0)
    _one_for_all(axes, answer)


def _lost(axes: Axes, answer: xr.Dataset, name: str, title: str) -> None:
    middle, far = answer[f"{name}_lost"].values
    axes.plot(_at(answer), middle, "o-", color=BLUE, ms=3, lw=1, label="median")
    axes.plot(_at(answer), far, "^--", color=ORANGE, ms=3, lw=1, label="95 % lose less")
    axes.axhline(0, color=GREY, linewidth=0.6)
    axes.set_title(title, loc="left", fontsize=points(8.5))
    axes.legend(fontsize=points(6.5), handlelength=1.6, borderpad=0)
    _one_for_all(axes, answer)


def _cells(axes: Axes, answer: xr.Dataset, name: str, times: float, title: str, colours: str) -> None:
    y, x = axes_of(answer)
    axes.set_facecolor(EMPTY)
    values = np.ma.masked_invalid(times * answer[name].values)
    mesh = axes.pcolormesh(edges_of(answer, x), edges_of(answer, y), values, cmap=colours, rasterized=True)
    assert axes.figure is not None
    bar = axes.figure.colorbar(mesh, ax=axes, pad=0.02, aspect=28)
    bar.outline.set_linewidth(0.4)
    axes.set_title(title, loc="left", fontsize=points(8.5))
    axes.set_xlabel(wrapped(answer[x].attrs["title"], 3.0, 8), fontsize=points(8))
    axes.set_ylabel(wrapped(answer[y].attrs["title"], 2.2, 8), fontsize=points(8))


def _caption(answer: xr.Dataset) -> str:
    about, told = answer.attrs, for_all_in_words(answer)
    return (
        f"{who_is_shown(about)}, each with the balloon ({about['arm']}) at each of {answer.sizes['deflation']} starts "
        f"of deflation, against {about['reference']}; not shown: {', '.join(who_was_not(about))}. "
        f"{rule(about)[0].upper()}{rule(about)[1:]}; late: above it. "
        f"{told[0].upper()}{told[1:]} (dotted). d: by the means of the cell; grey: fewer than 10 patients."
    )

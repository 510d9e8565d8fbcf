"""The picture of a course: what days give and cost, what happens when, and how heparin is steered."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from ..figures.layout import Line, flow, panels
from ..figures.sheet import points
from ..figures.style import BLUE, GREEN, GREY, INK, ORANGE, SKY, VERMILLION, page, panel_letter
from ..words.counted import who_is_not_shown, who_is_shown
from ..words.text import RESEARCH_USE
from .words import EVENT_NAMES, recovery_of, shares

SHARE_COLOURS = (BLUE, SKY, GREY, GREEN)
COLOURS = (INK, BLUE, ORANGE, GREEN, VERMILLION, SKY, GREY)
COMPLICATIONS = ("limb_ischaemia", "severe_bleeding", "infection", "vascular_injury", "stroke")
LETTERS = "abcdef"
SMALL: dict[str, Any] = {"handlelength": 1.4, "labelspacing": 0.25, "borderpad": 0}


def course_figure(answer: xr.Dataset) -> Figure:
    """Draw the result of :func:`~counterpulse.analysis.course.course.course`.

    Returns
    -------
    matplotlib.figure.Figure
        Benefit against days of support; for whom a day costs more than it gives; death in each course; the end of
        support and escalation; complications; time in range by nomogram.
    """
    height, lines = flow(6.1, *[Line(2.2, (1, 1, 1))] * 2)
    with page(height, answer.attrs["title"], _caption(answer)) as figure:
        draw = (_benefit, _dearer, _deaths, _ways, _complications, _heparin)
        for axes, drawn, letter in zip(panels(figure, lines), draw, LETTERS, strict=True):
            drawn(axes, answer)
            panel_letter(axes, letter, shift=-16)
            axes.set_xlim(left=0)
    return figure


def _benefit(axes: Axes, answer: xr.Dataset) -> None:
    for share, colour in zip(shares(answer), SHARE_COLOURS, strict=False):
        own = answer.sel(group="all", causal_share=share)
        axes.plot(own["day"], own["by_power"], ":", color=colour, lw=1)
        axes.plot(own["day"], own["benefit"], color=colour, label=f"causal share {share:g}")
        best = int(own["benefit"].argmax("day"))
        axes.plot(best, float(own["benefit"][best]), "o", color=colour, ms=4, clip_on=False)
    axes.axhline(0, color=INK, lw=0.5)
    axes.yaxis.set_major_formatter(PercentFormatter(1, symbol=""))
    axes.set_ylim(top=1.45 * axes.get_ylim()[1])
    axes.set_xlabel("days of support")
    axes.legend(loc="upper left", fontsize=points(6.5), **SMALL)
    axes.set_title("change of survival (points)\nall in all; dotted: by power", loc="left", fontsize=points(8))


def _dearer(axes: Axes, answer: xr.Dataset) -> None:
    for share, colour in zip(shares(answer), SHARE_COLOURS, strict=False):
        own = answer.sel(group="all", causal_share=share)
        axes.plot(own["day"][1:], own["dearer"][1:], color=colour)
    axes.set_ylim(-0.03, 1.05)
    axes.yaxis.set_major_formatter(PercentFormatter(1, symbol=""))
    axes.set_xlabel("day of support")
    axes.set_title("for whom the day costs\nmore than it gives (%)", loc="left", fontsize=points(8))


def _deaths(axes: Axes, answer: xr.Dataset) -> None:
    drawn = [("as asked", BLUE, "-"), ("no device", INK, "-")]
    drawn += [(f"causal share {share:g}", colour, "--") for share, colour in zip((0.5, 0.0), (SKY, GREY), strict=True)]
    for name, colour, line in drawn:
        if name in answer["course"].values:
            own = answer.sel(course=name, event="death")
            axes.fill_between(own["time"], own["incidence_low"], own["incidence_high"], color=colour, alpha=0.15, lw=0)
            axes.plot(own["time"], own["incidence"], line, color=colour, lw=1.1, label=name)
    axes.yaxis.set_major_formatter(PercentFormatter(1, symbol="", decimals=0))
    axes.set_ylim(bottom=0)
    axes.set_xlabel("days")
    axes.legend(loc="lower right", fontsize=points(6.5), **SMALL)
    axes.set_title("death (%)\n", loc="left", fontsize=points(8))


def _ways(axes: Axes, answer: xr.Dataset) -> None:
    ways = {"as asked": f"by {answer.attrs['weaning']}"}
    ways |= {name: name.removeprefix("weaning ") for name in answer["course"].values.tolist() if "weaning" in name}
    top = 0.0
    for (course, label), colour in zip(ways.items(), (BLUE, ORANGE), strict=False):
        for event, line in (("support_ended", "-"), ("escalation", "--")):
            own = answer.sel(course=course, event=event)
            if event == "support_ended" or float(own["incidence"][-1]) > 0:
                axes.fill_between(
                    own["time"], own["incidence_low"], own["incidence_high"], color=colour, alpha=0.15, lw=0
                )
                what = "off support" if event == "support_ended" else "escalated"
                axes.plot(own["time"], own["incidence"], line, color=colour, lw=1.1, label=f"{what}, {label}")
                top = max(top, float(own["incidence_high"].max()))
    axes.yaxis.set_major_formatter(PercentFormatter(1, symbol=""))
    axes.set_ylim(0, max(1.4 * top, 0.01))
    axes.set_xlabel("days")
    axes.legend(loc="upper left", fontsize=points(6.5), **SMALL)
    axes.set_title("weaned and escalated (%)\nby what is wound down", loc="left", fontsize=points(8))


def _complications(axes: Axes, answer: xr.Dataset) -> None:
    for event, colour in zip(COMPLICATIONS, COLOURS[1:], strict=False):
        own = answer.sel(course="as asked", event=event)
        axes.plot(own["time"], own["incidence"], color=colour, lw=1.1, label=EVENT_NAMES[event])
    axes.yaxis.set_major_formatter(PercentFormatter(1, symbol="", decimals=0))
    axes.set_ylim(0, 1.45 * axes.get_ylim()[1])
    axes.set_xlabel("days")
    axes.legend(loc="upper left", ncols=2, columnspacing=0.8, fontsize=points(6.5), **SMALL)
    axes.set_title("complications (%), death and\nthe end of support competing", loc="left", fontsize=points(8))


def _heparin(axes: Axes, answer: xr.Dataset) -> None:
    about = answer.attrs
    for name, colour in zip(answer["nomogram"].values.tolist(), (BLUE, ORANGE, GREEN, GREY, VERMILLION), strict=False):
        own = answer.sel(nomogram=name)
        axes.plot(own["interval"] / 24, own["in_range"], color=colour, lw=1.1, label=name)
    axes.set_ylim(0, 1.45)
    axes.set_yticks(np.linspace(0, 1, 6))
    axes.yaxis.set_major_formatter(PercentFormatter(1, symbol=""))
    axes.set_xlabel("days")
    axes.legend(loc="upper left", ncols=2, columnspacing=0.8, fontsize=points(6.5), **SMALL)
    low, high = about["aptt_low"], about["aptt_high"]
    axes.set_title(f"time with an aPTT of {low:g} to\n{high:g} s (%), by nomogram", loc="left", fontsize=points(8))


def _caption(answer: xr.Dataset) -> str:
    about = answer.attrs
    up = f", escalated to {about['escalation']}" if about["escalation"] else ""
    recovery = recovery_of(answer)
    return (
        f"{who_is_shown(about)}, supported by {about['arm']}{up}; not shown: {who_is_not_shown(about)}. "
        f"{recovery[0].upper()}{recovery[1:]}; heparin by {about['nomogram']}. Without a device "
        f"{100 * about['control_mortality']:.1f} % die in 30 days, by calibration. The causal share is how much of the "
        "published association of cardiac power with death is taken for cause; point: most benefit. Bands: 95 % "
        f"intervals of sampling. {RESEARCH_USE}"
    )

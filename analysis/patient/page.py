"""The page of one patient: pressures, loops and coronary flow in two arms, and what they come to."""

from __future__ import annotations

import math
from typing import Any, cast

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from ...engine import Status
from ..figures.sheet import narrow, page_width, points, pressed, room
from ..figures.style import BLUE, GREEN, GREY, SKY, VERMILLION, fitted, panel_letter, style, wrapped
from .outcome_table import draw_table

PANELS, TABLE = 4.45, 2.8
"""Inches: height of the panels and of the table; the heading adds its lines."""

LEAST_TIME = 1.4
"""Seconds of the periodic state shown at least, in whole patterns."""


def patient_page(
    patient: xr.Dataset,
    traces: xr.Dataset | None,
    *,
    arm: str,
    reference: str,
    title: str,
    about: str = "",
) -> Figure:
    """Draw the page of one patient.

    Parameters
    ----------
    patient : xr.Dataset
        Outcomes, parameters and ``status`` of one patient over ``arm``: ``simulate(...).isel(patient=0)``.
    traces : xr.Dataset or None
        ``waveforms(patients, ...).isel(patient=0)``: over ``arm`` and ``time``, a fraction of ``pattern_duration``;
        arms without a periodic state may be missing, all of them: None; what there is is drawn.
    arm, reference : str
        The arm drawn, and the one it is drawn against; where both are the same it is drawn alone.
    title, about : str
        Heading, and a line or two under it.

    Returns
    -------
    matplotlib.figure.Figure
        (a) aortic pressure over the balloon's volume, (b) left ventricular pressure, (c) pressure-volume loops with
        their end-systolic lines, (d) coronary flow by layer, (e) a table of outcomes. Of arms that failed the status
        is said.
    """
    with style():
        heading = wrapped(title, room(), 11, weight="bold")
        text = wrapped(" ".join([about, *_failures(patient, arm, reference)]), room(), 8)
        lines = 0.34 + 0.2 * heading.count("\n") + 0.16 * (text.count("\n") + 1) + 0.3
        heights = (lines, PANELS, 1.3 * TABLE) if narrow() else (lines, PANELS, TABLE)
        figure = Figure(figsize=(page_width(), pressed(sum(heights))), layout="constrained")
        top, middle, bottom = cast("list[SubFigure]", figure.subfigures(3, 1, height_ratios=heights))
        inch = 1 / lines
        top.text(0.012, 1 - 0.08 * inch, heading, fontsize=points(11), weight="bold", va="top")
        below = 0.34 + 0.2 * heading.count("\n")
        top.text(0.012, 1 - below * inch, text, fontsize=points(8), va="top", linespacing=1.3)
        drawn = () if traces is None else [str(name) for name in traces["arm"].values]
        shown = [name for name in dict.fromkeys((reference, arm)) if name in drawn]
        against = "" if arm == reference else reference
        _legend(top, shown, arm, against)
        if narrow():
            left, right = cast("list[SubFigure]", middle.subfigures(2, 1, height_ratios=(1.1, 1)))
        else:
            left, right = cast("list[SubFigure]", middle.subfigures(1, 2, width_ratios=(1.1, 1)))
        pressure, balloon, ventricle = left.subplots(
            3, 1, sharex=True, height_ratios=(2.7, 1.3, 2.7) if narrow() else (3.2, 0.8, 3)
        )
        loops, coronary = right.subplots(2, 1, height_ratios=(1.6, 1) if narrow() else (1, 1))
        if traces is not None and shown:
            cycles = {name: Cycle(traces, name) for name in shown}
            span = _span(cycles)
            _over_time(pressure, cycles, "aortic_pressure", span, against)
            _over_time(ventricle, cycles, "lv_pressure", span, against)
            _balloon(balloon, cycles, arm, span)
            _loops(loops, cycles, patient, against)
            _coronary(coronary, cycles, span, against)
        else:
            for axes in (pressure, ventricle, loops, coronary):
                axes.set(xticks=[], yticks=[])
                axes.text(0.5, 0.5, "no periodic state", transform=axes.transAxes, ha="center", va="center")
        if arm not in shown:
            balloon.set_yticks([])
        unit = "\n(mmHg)" if narrow() else " (mmHg)"
        pressure.set_ylabel(f"aortic{unit}" if narrow() else f"aortic pressure{unit}")
        balloon.set_ylabel("balloon\n(mL)")
        ventricle.set(ylabel=f"LV{unit}" if narrow() else f"LV pressure{unit}", xlabel="time from activation (s)")
        loops.set(xlabel="LV volume (mL)", ylabel=f"LV pressure{unit}")
        coronary.set(
            xlabel="time from activation (s)", ylabel="coronary flow\n(mL/s)" if narrow() else "coronary flow (mL/s)"
        )
        for letter, axes in zip("abcd", (pressure, ventricle, loops, coronary), strict=True):
            panel_letter(axes, letter)
        table = bottom.add_subplot()
        panel_letter(table, "e")
        draw_table(table, patient, arm, reference)
    return figure


class Cycle:
    """The periodic signals of one arm, repeated as long as asked."""

    def __init__(self, traces: xr.Dataset, arm: str) -> None:
        self._traces = traces.sel(arm=arm)
        self.period = float(self._traces["pattern_duration"])
        self.time = np.asarray(self._traces["time"].values, dtype=float) * self.period

    def values(self, name: str) -> np.ndarray:
        """One pattern, the first instant repeated at its end."""
        values = np.asarray(self._traces[name].values, dtype=float)
        return np.append(values, values[0])

    def over(self, name: str, span: float) -> tuple[np.ndarray, np.ndarray]:
        """Time and values from activation to ``span``."""
        repeats = math.ceil(span / self.period - 1e-9)
        once = np.asarray(self._traces[name].values, dtype=float)
        time = np.concatenate([self.time + turn * self.period for turn in range(repeats)] + [[repeats * self.period]])
        values = np.append(np.tile(once, repeats), once[0])
        return time[time <= span * (1 + 1e-9)], values[time <= span * (1 + 1e-9)]


def _span(cycles: dict[str, Cycle]) -> float:
    longest = max(cycle.period for cycle in cycles.values())
    return longest * math.ceil(LEAST_TIME / longest)


def _holds(patient: xr.Dataset, arm: str) -> bool:
    return int(patient["status"].sel(arm=arm)) == Status.OK


def _look(name: str, reference: str) -> dict[str, Any]:
    if name == reference:
        return {"color": GREY, "linestyle": (0, (3.5, 1.8)), "zorder": 2}
    return {"color": BLUE, "zorder": 3}


def _over_time(axes: Axes, cycles: dict[str, Cycle], name: str, span: float, reference: str) -> None:
    for arm, cycle in cycles.items():
        axes.plot(*cycle.over(name, span), **_look(arm, reference))
    axes.set_xlim(0, span)


def _balloon(axes: Axes, cycles: dict[str, Cycle], arm: str, span: float) -> None:
    if arm in cycles:
        time, volume = cycles[arm].over("balloon_volume", span)
        axes.fill_between(time, volume, color=SKY, alpha=0.55, linewidth=0)
        full = float(volume.max())
        axes.set_ylim(0, max(full, 1.0) * 1.1)
        axes.set_yticks([0, round(full)] if full >= 1 else [0])


def _loops(axes: Axes, cycles: dict[str, Cycle], patient: xr.Dataset, reference: str) -> None:
    """Draw the loops and the line from V0 through each end-systolic point, the instant of the largest P/(V-V0)."""
    origin = patient["lv_unstressed_volume"]
    for arm, cycle in cycles.items():
        look = _look(arm, reference)
        volume, pressure = cycle.values("lv_volume"), cycle.values("lv_pressure")
        axes.plot(volume, pressure, **look)
        start = float(origin.sel(arm=arm) if "arm" in origin.dims else origin)
        stretch = volume - start
        instant = int(np.argmax(np.where(stretch > 0, pressure / np.where(stretch > 0, stretch, 1.0), -np.inf)))
        measured = float(patient["lv_end_systolic_pressure"].sel(arm=arm))
        end = (float(volume[instant]), measured if math.isfinite(measured) else float(pressure[instant]))
        reach = 1.15
        axes.plot(
            [start, start + reach * (end[0] - start)],
            [0, reach * end[1]],
            color=look["color"],
            linewidth=0.7,
            linestyle=look.get("linestyle", "solid"),
        )
        axes.plot(*end, marker="o", markersize=3.5, color=look["color"], zorder=4)
    axes.set_ylim(bottom=min(0.0, axes.get_ylim()[0]) if axes.get_ylim()[0] < -5 else 0.0)


def _coronary(axes: Axes, cycles: dict[str, Cycle], span: float, reference: str) -> None:
    layers = {"inner_flow": ("inner layer", VERMILLION), "outer_flow": ("outer layer", GREEN)}
    for arm, cycle in cycles.items():
        for name, (_, colour) in layers.items():
            look = _look(arm, reference) | {"color": colour}
            axes.plot(*cycle.over(name, span), **look, alpha=0.75 if arm == reference else 1.0)
    axes.set_xlim(0, span)
    axes.legend(
        handles=[Line2D([], [], color=colour, label=label) for label, colour in layers.values()],
        loc="lower right",
        bbox_to_anchor=(1.0, 1.0),
        ncol=2,
        handlelength=1.4,
        columnspacing=1.2,
        borderpad=0,
    )


def _failures(patient: xr.Dataset, arm: str, reference: str) -> list[str]:
    states = {name: Status(int(patient["status"].sel(arm=name))) for name in dict.fromkeys((reference, arm))}
    return [f"{name}: {state.sentence}." for name, state in states.items() if state != Status.OK]


def _legend(figure: SubFigure, shown: list[str], arm: str, reference: str) -> None:
    handles: list[Line2D | Patch] = []
    for name in (arm, reference):
        if name in shown:
            handles.append(Line2D([], [], label=fitted(name, 2.2, 8), **_look(name, reference)))
    if arm in shown:
        handles.append(Patch(color=SKY, alpha=0.55, linewidth=0, label="balloon volume"))
    if handles:
        figure.legend(handles=handles, loc="lower left", bbox_to_anchor=(0.0, -0.04), ncol=3, handlelength=1.8)

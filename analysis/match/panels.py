"""The panels of the picture of a match."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import PercentFormatter

from ..figures.sheet import narrow, page_width, points
from ..figures.style import (
    BLUE,
    CLASS_COLOURS,
    CLASS_WORDS,
    GREEN,
    INK,
    ORANGE,
    SKY,
    VERMILLION,
    abbreviated,
    fitted,
    legend_below,
    wrapped,
)
from ..figures.typefaces import width
from ..reading.measures import spelt
from .words import OPEN, own_narrowed, plain, range_of

COLOURS = (BLUE, ORANGE, GREEN, VERMILLION, SKY, INK)
PARAMETERS, FURTHER, NARROW_FURTHER = 9, 10, 8
"""Parameters and further measurements shown at most, and these on a narrow page."""
FEWER, ROWS = 3, 14
"""On a narrow page parameters are shown up to this many lines in all, but this many in any case."""
OWN = {"hr": "heart_rate", "sex": "female", "bsa": "body_surface_area"}
"""The parameter that a measurement is, or nearly."""
LOOPS = ("#08306B", "#2171B5", "#56B4E9", "#E69F00", "#D55E00")
"""Colours of the patients shown, from the least to the greatest gain of output."""


class Row(NamedTuple):
    """A line of panel a: a label, quantiles of the posterior as shares of the prior, and the values in words."""

    label: str
    law: np.ndarray
    values: str
    colour: str


def _narrowed(answer: xr.Dataset) -> list[str]:
    """Names of the parameters shown, the most narrowed first, without those that another one decides.

    Left out is what is measured itself, or nearly: the heart rate without support is the parameter.
    """
    shares = own_narrowed(answer)
    measured = {OWN.get(str(name).lower(), str(name).lower()) for name in answer["measured"].values}
    names = [name for name in shares if name not in measured and shares[name] >= OPEN / 2]
    most = max(FEWER, min(PARAMETERS, ROWS - len(measured))) if narrow() else PARAMETERS
    return sorted(names, key=lambda each: -shares[each])[:most]


def places(answer: xr.Dataset) -> list[Row]:
    """Lines of panel a: what was measured, then the parameters that the numbers narrowed most."""
    rows = []
    for name in answer["measured"].values.tolist():
        one = answer.sel(measured=name)
        values = f"{range_of(one['posterior'].values)} {spelt(str(one['measured_units'].values))}"
        rows.append(Row(name, one["posterior_place"].values, values, BLUE))
    for name in _narrowed(answer):
        one = answer.sel(parameter=name)
        values = f"{range_of(one['parameter_posterior'].values)} {spelt(str(one['parameter_units'].values))}"
        rows.append(Row(abbreviated(str(one["parameter_title"].values)), one["parameter_place"].values, values, GREEN))
    return rows


def place_panel(axes: Axes, rows: list[Row]) -> None:
    """Draw where in the prior the posterior lies; the values stand beside the axes."""
    inches, size = (1.2, 6.3) if narrow() else (1.45, 7.5)
    for place, (_, law, values, colour) in enumerate(rows):
        axes.barh(place, 90, left=5, height=0.62, color="#E6E6E6", zorder=1)
        axes.barh(place, 100 * (law[2] - law[0]), left=100 * law[0], height=0.34, color=colour, alpha=0.75, zorder=2)
        axes.plot([100 * law[1]], [place], "|", color="white", ms=6, mew=1.6, zorder=3)
        axes.text(103, place, values, fontsize=points(6.3), va="center", clip_on=False)
    labels = [fitted(label, inches, size) for label, *_ in rows]
    axes.set_yticks(range(len(rows)), labels, fontsize=points(size))
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_xlim(0, 100)
    axes.set_xticks([0, 50, 100] if narrow() else [0, 25, 50, 75, 100])
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel("percentile of the prior")
    axes.set_title("posterior within the prior", loc="left", fontsize=points(8.5))


def change_panel(axes: Axes, answer: xr.Dataset, arms: list[str]) -> None:
    """Draw the predicted change in each arm, the arms below each other, over that in the whole store."""
    effects = answer["effect"].values.tolist()
    ticks, labels, step = [], [], 1.0 / (len(arms) + 0.6)
    thin = 1.0 if len(arms) <= 2 else 0.55 if narrow() else 0.8
    for row, effect in enumerate(effects):
        ticks.append(row)
        one = answer.sel(effect=effect)
        labels.append(wrapped(abbreviated(str(one["effect_title"].values)), 1.5 if narrow() else 1.05, 7.5))
        for place, arm in enumerate(arms):
            own, at = one.sel(arm=arm), row + step * (place - (len(arms) - 1) / 2)
            prior, law = (100 * own[name].values for name in ("relative_change_prior", "relative_change"))
            axes.plot([prior[0], prior[2]], [at, at], color="#D4D4D4", lw=5 * thin, solid_capstyle="butt", zorder=1)
            axes.plot([law[0], law[2]], [at, at], color=COLOURS[place], lw=1.8 * thin, zorder=2)
            axes.plot([law[1]], [at], "o", color=COLOURS[place], ms=3.5 * thin, zorder=3)
            if len(arms) <= 2:
                units = spelt(str(own["effect_units"].values))
                axes.text(
                    1.02, at, f"{plain(own['change'].values[1], '+')} {units}", fontsize=points(6.3), va="center",
                    transform=axes.get_yaxis_transform(), clip_on=False,
                )  # fmt: skip
    axes.axvline(0, color=INK, lw=0.6)
    axes.set_yticks(ticks, labels, fontsize=points(7.5))
    axes.set_ylim(len(effects) - 0.45, -0.55)
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel("change in %")
    title = f"predicted change against {answer.attrs['reference']}"
    axes.set_title(wrapped(title, 2.0 if narrow() else 1.5, 8.5), loc="left", fontsize=points(8.5))
    if len(arms) > 1:
        looks = zip(COLOURS, _names(arms), strict=False)
        handles = [Line2D([], [], color=colour, marker="o", ms=3.5, label=arm) for colour, arm in looks]
        legend_below(axes, handles=handles, fontsize=points(7), ncol=_columns(arms), handlelength=1.2)


def _names(arms: list[str]) -> list[str]:
    return [fitted(arm, 1.2, 7) for arm in arms]


def _columns(arms: list[str]) -> int:
    """Columns of the legend of the arms."""
    widest = max(width(name, 7) for name in _names(arms))
    return max(1, int(page_width() * (0.95 if narrow() else 0.45) / (widest + 0.35)))


def legend_lines(arms: list[str]) -> int:
    """Lines of the legend of the arms; none for one arm alone."""
    return -(-len(arms) // _columns(arms)) if len(arms) > 1 else 0


def response_panel(axes: Axes, answer: xr.Dataset, arms: list[str]) -> None:
    """Draw the probabilities of help, failure and harm, thin those in the whole store."""
    ticks, labels, size = [], [], 6.3 if narrow() else 8.0
    for row, arm in enumerate(arms):
        for part, (name, height, alpha) in enumerate((("probability", 0.5, 1.0), ("probability_prior", 0.2, 0.45))):
            left, at = 0.0, row + (0.0 if part == 0 else 0.39)
            for response in answer["response"].values.tolist():
                share = float(answer[name].sel(arm=arm, response=response))
                if np.isnan(share):
                    continue
                axes.barh(at, share, left=left, height=height, color=CLASS_COLOURS[response], alpha=alpha, lw=0)
                if part == 0 and share >= 0.08:
                    axes.text(
                        left + share / 2,
                        at,
                        f"{100 * share:.0f}",
                        color="white",
                        ha="center",
                        va="center",
                        size=points(7.5),
                    )
                left += share
        ticks.append(row)
        labels.append(fitted(arm, 0.75 if narrow() else 1.0, size))
    axes.set_yticks(ticks, labels, fontsize=points(size))
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(arms) - 0.4, -0.45)
    axes.set_xlim(0, 1)
    axes.xaxis.set_major_formatter(PercentFormatter(1, symbol=""))
    axes.set_xlabel("probability (%)")
    handles = [Line2D([], [], color=CLASS_COLOURS[name], lw=5, label=CLASS_WORDS[name]) for name in CLASS_COLOURS]
    axes.legend(
        handles=handles, fontsize=points(7), ncol=2 if narrow() else 3, loc="lower left", bbox_to_anchor=(0, 1.0),
        handlelength=0.8, borderpad=0, columnspacing=1.0,
    )  # fmt: skip


def best_further(answer: xr.Dataset) -> xr.DataArray:
    """Further measurements that would tell most of the response, and how much."""
    told = answer["information"].sel(arm=answer.attrs["arm"])
    return told.sortby(told, ascending=False)[: NARROW_FURTHER if narrow() else FURTHER]


def information_panel(axes: Axes, answer: xr.Dataset) -> None:
    """Draw by how much further measurements would narrow the response."""
    whole = float(answer["entropy"].sel(arm=answer.attrs["arm"]))
    order = best_further(answer)
    shares = 100 * order.values / whole if whole > 0 else 0 * order.values
    axes.barh(range(len(shares)), shares, color=SKY, height=0.65)
    axes.set_yticks(range(len(shares)), [str(name) for name in order["further"].values], fontsize=points(7.5))
    axes.set_ylim(len(shares) - 0.4, -0.6)
    axes.set_xlim(0, max(1.1 * float(np.max(shares, initial=0.0)), 1.0))
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel(f"% of {whole:.2f} bits" if narrow() else f"% of the {whole:.2f} bits open")
    axes.set_title("what would\ntell more" if narrow() else "what would tell more", loc="left", fontsize=points(8.5))


def _look(place: int, supported: bool) -> dict[str, Any]:
    return {"color": LOOPS[place], "lw": 0.9 if supported else 0.7, "ls": "-" if supported else (0, (3, 1.5))}


def pressure_panel(axes: Axes, answer: xr.Dataset) -> None:
    """Draw the aortic pressure of the patients shown."""
    for place in range(answer.sizes["shown"]):
        for arm in answer["shown_arm"].values.tolist():
            one = answer.isel(shown=place).sel(shown_arm=arm)
            duration, values = float(one["shown_duration"]), one["shown_aortic_pressure"].values
            time = np.linspace(0, duration, len(values), endpoint=False)
            axes.plot(time, values, **_look(place, arm == answer.attrs["arm"]))
    axes.set_xlabel("time from activation (s)")
    axes.set_ylabel("aortic pressure\n(mmHg)" if narrow() else "aortic pressure (mmHg)")
    axes.set_xlim(left=0)


def loop_panel(axes: Axes, answer: xr.Dataset) -> None:
    """Draw the pressure-volume loops of the patients shown."""
    for place in range(answer.sizes["shown"]):
        for arm in answer["shown_arm"].values.tolist():
            one = answer.isel(shown=place).sel(shown_arm=arm)
            volume, pressure = (
                np.append(each, each[0]) for each in (one["shown_lv_volume"].values, one["shown_lv_pressure"].values)
            )
            axes.plot(volume, pressure, **_look(place, arm == answer.attrs["arm"]))
    axes.set_xlabel("LV volume (mL)")
    axes.set_ylabel("LV pressure\n(mmHg)" if narrow() else "LV pressure (mmHg)")
    axes.set_ylim(bottom=0)

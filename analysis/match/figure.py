"""The picture of a match: prior and posterior, what each arm would do, what would tell more, and five patients."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.lines import Line2D
from matplotlib.ticker import PercentFormatter

from ..figures.sheet import narrow, page_width, points, pressed, room
from ..figures.style import (
    BLUE,
    CLASS_COLOURS,
    CLASS_WORDS,
    GREEN,
    INK,
    ORANGE,
    SKY,
    VERMILLION,
    fitted,
    panel_letter,
    style,
    wrapped,
)
from ..reading.measures import spelt
from ..response.other_modes import IN_MODE
from .words import OPEN, outside, own_narrowed, plain, range_of

COLOURS = (BLUE, ORANGE, GREEN, VERMILLION, SKY, INK)
PARAMETERS, FURTHER = 9, 10
"""Parameters and further measurements shown at most."""
ARMS = 5
"""Arms shown at most."""
LOOPS = ("#08306B", "#2171B5", "#56B4E9", "#E69F00", "#D55E00")
"""Colours of the patients shown, from the least to the greatest gain of output."""


def match_figure(answer: xr.Dataset) -> Figure:
    """Draw the result of :func:`~counterpulse.analysis.match.match.match`.

    Returns
    -------
    matplotlib.figure.Figure
        (a) where in the prior the posterior lies, of what was measured and of the parameters that the numbers narrowed
        most; (b) the predicted change in each arm; (c) the probability of help, failure and harm before and after;
        (d) by how much further measurements would narrow the response; (e, f) aortic pressure and pressure-volume
        loops of five patients of the posterior.
    """
    rows = len(_narrowed(answer)) + answer.sizes["measured"]
    arms = answer["arm"].values.tolist()[:ARMS]
    first = max(1.0 + 0.19 * rows, 1.0 + 0.16 * answer.sizes["effect"] * (len(arms) + 1), 2.6)
    second = max(0.9 + 0.35 * len(arms), 0.85 + 0.17 * min(answer.sizes["further"], FURTHER))
    third = 2.4 if "shown_lv_volume" in answer else 0.0
    with style():
        heading = wrapped(_title(answer), room(), 11, weight="bold")
        text = wrapped(_caption(answer), room(), 8)
        warning = wrapped(" ".join(outside(answer)), room(), 8.5, weight="bold")
        above = 0.3 + 0.18 * heading.count("\n")
        top = above + 0.06 + (0.16 * (warning.count("\n") + 1) if warning else 0.0)
        below = 0.16 * (text.count("\n") + 1) + 0.1
        times = (1.75, 1.35, 1.35) if narrow() else (1.0, 1.0, 1.0)
        heights = [top, *(more * part for more, part in zip(times, (first, second, third), strict=True) if part), below]
        figure = Figure(figsize=(page_width(), pressed(sum(heights))), layout="constrained")
        parts = cast("list[SubFigure]", figure.subfigures(len(heights), 1, height_ratios=heights))
        parts[0].text(0.012, 1 - 0.06 / top, heading, fontsize=points(11), weight="bold", va="top")
        if warning:
            parts[0].text(
                0.012, 1 - above / top, warning, fontsize=points(8.5), weight="bold", va="top", color=VERMILLION
            )
        places, changes = _two(parts[1], (1.7, 1))
        _places(places, answer)
        _changes(changes, answer, arms)
        responses, information = _two(parts[2], (1, 1.4))
        _responses(responses, answer, arms)
        _information(information, answer)
        letters = dict(zip("abcd", (places, changes, responses, information), strict=True))
        if third:
            pressure, loops = _two(parts[3], (1, 1.2))
            _pressure(pressure, answer)
            _loops(loops, answer)
            letters |= {"e": pressure, "f": loops}
        for letter, axes in letters.items():
            panel_letter(axes, letter, shift=-14)
        parts[-1].text(0.012, 0.98, text, fontsize=points(8), va="top", linespacing=1.3)
    return figure


def _two(part: SubFigure, heights: tuple[float, float]) -> tuple[Axes, Axes]:
    """Two panels beside each other, or below each other in these heights on a narrow page."""
    if narrow():
        first, second = part.subplots(2, 1, height_ratios=heights)
    else:
        first, second = part.subplots(1, 2, width_ratios=(1.1, 1))
    return first, second


def _title(answer: xr.Dataset) -> str:
    shown = ", ".join(
        f"{name} {value:.4g}" for name, value in zip(answer["measured"].values, answer["given"].values, strict=True)
    )
    return f"Virtual patients with {shown}"


def _caption(answer: xr.Dataset) -> str:
    about = answer.attrs
    cohort = f" of {about['cohort']}" if about["cohort"] else ""
    mode = IN_MODE.get(about["regulation"], "")
    more = f", with {about['simulations']:,} simulated for it" if about["simulations"] else ""
    told = (
        f"Prior: the {about['matched']:,} patients{cohort} in the store, {mode}. Posterior: effective sample size "
        f"{about['effective']:,.0f}{more}. Bars: 5 to 95 %, marks: medians; grey: prior. In a, in per cent of the "
        "prior's patients. In d, share of the entropy of the response that a measurement would be expected to take. "
    )
    if "shown_lv_volume" in answer:
        told += (
            f"e and f: patients of the posterior at the 10th, 30th, 50th, 70th and 90th percentile of the predicted "
            f"gain of output, with {about['arm']} (solid) and {about['reference']} (dashed). "
        )
    return told + "Research use only: a model's answer under its assumptions, no advice on a patient."


def _narrowed(answer: xr.Dataset) -> list[str]:
    """Names of the parameters shown, the most narrowed first, without those that another one decides.

    Left out is what is measured itself, or nearly: the heart rate without support is the parameter.
    """
    shares = own_narrowed(answer)
    measured = {str(name).lower() for name in answer["measured"].values}
    names = []
    for name in sorted(shares, key=lambda each: -shares[each]):
        if name in measured | ({"heart_rate"} if "hr" in measured else set()) or shares[name] < OPEN / 2:
            continue
        names.append(name)
    return names[:PARAMETERS]


def _places(axes: Axes, answer: xr.Dataset) -> None:
    rows: list[tuple[str, np.ndarray, str, str]] = []
    for name in answer["measured"].values.tolist():
        one = answer.sel(measured=name)
        values = f"{range_of(one['posterior'].values)} {spelt(str(one['measured_units'].values))}"
        rows.append((name, one["posterior_place"].values, values, BLUE))
    for name in _narrowed(answer):
        one = answer.sel(parameter=name)
        values = f"{range_of(one['parameter_posterior'].values)} {spelt(str(one['parameter_units'].values))}"
        label = str(one["parameter_title"].values).replace("left ventricular", "LV").replace("right ventricular", "RV")
        rows.append((fitted(label, 1.45, 7.5), one["parameter_place"].values, values, GREEN))
    for place, (_, law, values, colour) in enumerate(rows):
        axes.barh(place, 90, left=5, height=0.62, color="#E6E6E6", zorder=1)
        axes.barh(place, 100 * (law[2] - law[0]), left=100 * law[0], height=0.34, color=colour, alpha=0.75, zorder=2)
        axes.plot([100 * law[1]], [place], "|", color="white", ms=6, mew=1.6, zorder=3)
        if not narrow():
            axes.text(103, place, values, fontsize=points(6.3), va="center", clip_on=False)
    if narrow():
        labels = [f"{label}\n{values}" for label, _, values, _ in rows]
        axes.set_yticks(range(len(rows)), labels, fontsize=points(6.3), linespacing=0.95)
    else:
        axes.set_yticks(range(len(rows)), [label for label, *_ in rows], fontsize=points(7.5))
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_xlim(0, 100)
    axes.set_xticks([0, 25, 50, 75, 100])
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel("percentile of the prior")
    axes.set_title("posterior within the prior", loc="left", fontsize=points(8.5))


def _changes(axes: Axes, answer: xr.Dataset, arms: list[str]) -> None:
    effects = answer["effect"].values.tolist()
    ticks, labels, step = [], [], 1.0 / (len(arms) + 0.6)
    for row, effect in enumerate(effects):
        ticks.append(row)
        one = answer.sel(effect=effect)
        title = str(one["effect_title"].values).replace("left ventricular", "LV").replace("pulmonary capillary ", "")
        labels.append(wrapped(title, 1.05, 7.5))
        for place, arm in enumerate(arms):
            own, at = one.sel(arm=arm), row + step * (place - (len(arms) - 1) / 2)
            prior, law = (100 * own[name].values for name in ("relative_change_prior", "relative_change"))
            axes.plot([prior[0], prior[2]], [at, at], color="#D4D4D4", lw=5, solid_capstyle="butt", zorder=1)
            axes.plot([law[0], law[2]], [at, at], color=COLOURS[place], lw=1.8, zorder=2)
            axes.plot([law[1]], [at], "o", color=COLOURS[place], ms=3.5, zorder=3)
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
    axes.set_title(title, loc="left", fontsize=points(8.5), pad=6 if len(arms) == 1 else 18)
    if len(arms) > 1:
        looks = zip(COLOURS, arms, strict=False)
        handles = [Line2D([], [], color=colour, marker="o", ms=3.5, label=fitted(arm, 1.2, 7)) for colour, arm in looks]
        axes.legend(
            handles=handles, fontsize=points(7), ncol=3, loc="lower left", bbox_to_anchor=(0.0, 1.0), borderpad=0,
            handlelength=1.2, columnspacing=1.0,
        )  # fmt: skip


def _responses(axes: Axes, answer: xr.Dataset, arms: list[str]) -> None:
    ticks, labels = [], []
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
        labels.append(fitted(arm, 1.0, 8))
    axes.set_yticks(ticks, labels)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(arms) - 0.4, -0.45)
    axes.set_xlim(0, 1)
    axes.xaxis.set_major_formatter(PercentFormatter(1, symbol=""))
    axes.set_xlabel("probability (%); thin: the whole store")
    handles = [Line2D([], [], color=CLASS_COLOURS[name], lw=5, label=CLASS_WORDS[name]) for name in CLASS_COLOURS]
    axes.legend(
        handles=handles, fontsize=points(7), ncol=3, loc="lower left", bbox_to_anchor=(0, 1.0), handlelength=0.8,
        borderpad=0, columnspacing=1.0,
    )  # fmt: skip


def _information(axes: Axes, answer: xr.Dataset) -> None:
    one = answer.sel(arm=answer.attrs["arm"])
    whole = float(one["entropy"])
    order = one["information"].sortby(one["information"], ascending=False)[:FURTHER]
    shares = 100 * order.values / whole if whole > 0 else 0 * order.values
    axes.barh(range(len(shares)), shares, color=SKY, height=0.65)
    axes.set_yticks(range(len(shares)), [str(name) for name in order["further"].values], fontsize=points(7.5))
    axes.set_ylim(len(shares) - 0.4, -0.6)
    axes.set_xlim(0, max(1.1 * float(np.max(shares, initial=0.0)), 1.0))
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel(f"% of the {whole:.2f} bits open about {answer.attrs['arm']}")
    axes.set_title("what would tell more", loc="left", fontsize=points(8.5))


def _look(place: int, supported: bool) -> dict[str, Any]:
    return {"color": LOOPS[place], "lw": 0.9 if supported else 0.7, "ls": "-" if supported else (0, (3, 1.5))}


def _pressure(axes: Axes, answer: xr.Dataset) -> None:
    for place in range(answer.sizes["shown"]):
        for arm in answer["shown_arm"].values.tolist():
            one = answer.isel(shown=place).sel(shown_arm=arm)
            duration, values = float(one["shown_duration"]), one["shown_aortic_pressure"].values
            time = np.linspace(0, duration, len(values), endpoint=False)
            axes.plot(time, values, **_look(place, arm == answer.attrs["arm"]))
    axes.set_xlabel("time from activation (s)")
    axes.set_ylabel("aortic pressure (mmHg)")
    axes.set_xlim(left=0)


def _loops(axes: Axes, answer: xr.Dataset) -> None:
    for place in range(answer.sizes["shown"]):
        for arm in answer["shown_arm"].values.tolist():
            one = answer.isel(shown=place).sel(shown_arm=arm)
            volume, pressure = (
                np.append(each, each[0]) for each in (one["shown_lv_volume"].values, one["shown_lv_pressure"].values)
            )
            axes.plot(volume, pressure, **_look(place, arm == answer.attrs["arm"]))
    axes.set_xlabel("LV volume (mL)")
    axes.set_ylabel("LV pressure (mmHg)")
    axes.set_ylim(bottom=0)

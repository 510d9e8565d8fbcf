"""The picture of a virtual trial: what it finds and hides, its power, and what an observational study makes of it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, NullFormatter, PercentFormatter, StrMethodFormatter
from scipy.ndimage import gaussian_filter1d

from ..figures.layout import Line, flow, panels
from ..figures.sheet import narrow, page_width, points
from ..figures.style import BLUE, GREEN, GREY, INK, ORANGE, SKY, VERMILLION, fitted, page, panel_letter, wrapped
from ..numbers.intervals import Z95
from .words import SEVERITY, control_of

COLOURS = {1.0: BLUE, 0.5: ORANGE, 0.0: GREY}
MARKS = {1.0: "o", 0.5: "s", 0.0: "D"}
SHORT = {
    "crude": "crude",
    "regression": "regression",
    "matching": "matching",
    "inverse": "inverse weights",
    "overlap": "overlap weights",
    "doubly_robust": "doubly robust",
}
ADJUSTED = {"crude": (VERMILLION, "o"), "matching": (BLUE, "s"), "inverse": (GREEN, "^"), "overlap": (SKY, "D")}
"""Colours and marks of the love plot."""

LABELS = {SEVERITY: "not recorded", "mean_arterial_pressure": "mean pressure", "cardiac_power_output": "cardiac power"}
"""What is too long for an axis."""

RATIOS = (0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 4.0)
MOST_GROUPS = 20


def trial_figure(answer: xr.Dataset) -> Figure:
    """Draw the result of :func:`~counterpulse.analysis.trials.trial.trial`.

    Returns
    -------
    matplotlib.figure.Figure
        Of a randomised trial the distribution of the risk ratio beside published ones and the power over its size;
        the effect by subgroup; of a study balance, bias and coverage, and what matching finds over the severity of the
        treated. All for the three shares of the added power that count.
    """
    rows: list[tuple[float, dict[str, Callable[[Axes, xr.Dataset], None]]]] = []
    if "ratio" in answer:
        rows.append((2.4, {"found": _found, "power": _power}))
    rows.append((0.155 * min(answer.sizes["group"], MOST_GROUPS) + 0.7, {"groups": _groups}))
    if "bias" in answer:
        rows.append((2.1, {"balance": _balance, "bias": _bias, "coverage": _coverage}))
        rows.append((2.3, {"finding": _finding, "both": _both}))
    laid = [flow(height, Line(height, (1,) * len(drawn), alone=0.8)) for height, drawn in rows]
    heights = [height for height, _ in laid]
    letters = iter("abcdefgh")
    with page(sum(heights) + 1.7, answer.attrs["title"], _caption(answer)) as figure:
        heights = [0.5 if narrow() else 0.32, *heights]
        parts = figure.subfigures(len(heights), 1, height_ratios=heights, squeeze=False)[:, 0]
        _key(parts[0])
        for part, (_, lines), (_, drawn) in zip(parts[1:], laid, rows, strict=True):
            for axes, draw in zip(panels(part, lines), drawn.values(), strict=True):
                draw(axes, answer)
                panel_letter(axes, next(letters), shift=-16)
    return figure


def _key(part: SubFigure) -> None:
    """Draw the meaning of the colours."""
    lines = [Line2D([], [], color=colour, marker=MARKS[share], ms=4) for share, colour in COLOURS.items()]
    words = ["of the power that the device adds all counts", "half", "none"]
    part.legend(lines, words, loc="center left", ncols=1 if narrow() else 3, borderaxespad=0.2)


def _each(answer: xr.Dataset) -> list[tuple[float, str, str, xr.Dataset]]:
    shares = [float(share) for share in answer["causal_share"].values]
    return [(share, COLOURS[share], MARKS[share], answer.sel(causal_share=share)) for share in shares]


def _ratio_axis(axes: Axes, vertical: bool = False) -> None:
    axis = axes.yaxis if vertical else axes.xaxis
    (axes.set_yscale if vertical else axes.set_xscale)("log")
    axis.set_major_locator(FixedLocator(list(RATIOS)))
    axis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axis.set_minor_formatter(NullFormatter())


def _found(axes: Axes, answer: xr.Dataset) -> None:
    """Draw the distribution of the risk ratio, smoothed by a quarter of its spread, and the published ones below it."""
    top = 0.0
    for _, colour, _, own in _each(answer):
        width = np.log(float(own["bin"][1] / own["bin"][0]))
        spread = np.log(float(own["ratio_high"] / own["ratio_low"])) / (2 * Z95 * width)
        counts = gaussian_filter1d(own["estimates"].values, max(0.25 * spread, 1.0))
        axes.fill_between(own["bin"], counts, color=colour, alpha=0.12, lw=0)
        axes.plot(own["bin"], counts, color=colour, lw=1.2)
        top = max(top, float(counts.max()))
    shown = [
        answer.isel(published=place)
        for place in range(answer.sizes.get("published", 0))
        if answer["published_of"][place] == "randomised"
    ]
    step = 0.13 * top
    for row, own in enumerate(shown, 1):
        ratio, low, high = (float(own[f"published_{name}"]) for name in ("ratio", "low", "high"))
        axes.plot([low, high], [-step * row] * 2, color=INK, lw=1)
        axes.plot(ratio, -step * row, "D", color=INK, ms=3.5)
        name = fitted(str(own["published_name"].item()), 1.5, 7)
        axes.annotate(name, (high, -step * row), (4, 0), textcoords="offset points", fontsize=points(7), va="center")
    axes.axvline(1, color=GREY, lw=0.6, ls=":")
    axes.set_ylim(-step * (len(shown) + 0.8), 1.15 * top)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    span = answer["ratio_low"].min(), answer["ratio_high"].max(), *(own["published_low"] for own in shown)
    lowest, highest = (
        min(float(each) for each in span),
        max(float(span[1]), *(float(o["published_high"]) for o in shown), 1.3),
    )
    axes.set_xlim(max(0.8 * lowest, 0.13), min(1.5 * highest, 7.5))
    _ratio_axis(axes)
    axes.set_xlabel("risk ratio, device over control")
    axes.set_title(f"what trials of {answer.attrs['patients']:,} find", loc="left")


def _power(axes: Axes, answer: xr.Dataset) -> None:
    for _, colour, mark, own in _each(answer):
        benefit = float(own["risk"].sel(allocated="device")) < float(own["risk"].sel(allocated="control"))
        axes.plot(own["size"], own["power"], color=colour, ls="-" if benefit else ":")
        axes.plot(answer.attrs["patients"], np.interp(answer.attrs["patients"], own["size"], own["power"]), mark,
                  color=colour, ms=4)  # fmt: skip
    axes.axhline(0.8, color=GREY, lw=0.6, ls=":")
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.set_ylim(0, 1.03)
    axes.yaxis.set_major_formatter(PercentFormatter(1, symbol=""))
    axes.set_xlabel("patients of both arms")
    axes.set_title("power (%; dotted: to find harm)", loc="left")


def _groups(axes: Axes, answer: xr.Dataset) -> None:
    """Draw the true risk ratio by subgroup; families apart."""
    count = min(answer.sizes["group"], MOST_GROUPS)
    families = answer["family"].values.tolist()[:count]
    places, labels, place = [], [], 0.0
    for row, family in enumerate(families):
        place += 0.5 if row and family != families[row - 1] else 0.0
        places.append(place)
        share = float(answer["members"][row]) / float(answer["members"][0])
        labels.append(f"{fitted(str(answer['label'][row].item()), 0.4 * page_width(), 7.5)} ({_share(share)})")
        place += 1.0
    for _, colour, mark, own in _each(answer):
        ratio = own["group_risk"].sel(allocated="device") / own["group_risk"].sel(allocated="control")
        axes.plot(ratio[:count], places, mark, color=colour, ms=3.5)
    axes.axvline(1, color=GREY, lw=0.6, ls=":")
    axes.set_yticks(places, labels, fontsize=points(7.5))
    axes.set_ylim(max(places) + 0.7, -0.7)
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel(_fitting("true risk ratio, everybody treated as allocated"))
    axes.set_title(_fitting("what the pooled result hides (share of those included)"), loc="left")


def _fitting(text: str) -> str:
    """Break a text above or below a panel of which labels take half of a narrow page."""
    return wrapped(text, 1.4, 9) if narrow() else text


def _share(share: float) -> str:
    return f"{100 * share:.0f} %" if share > 0.01 else f"{100 * share:.1f} %"


def _balance(axes: Axes, answer: xr.Dataset) -> None:
    names = answer["covariate"].values.tolist()
    for adjusted, (colour, mark) in ADJUSTED.items():
        axes.plot(np.abs(answer["imbalance"].sel(adjusted=adjusted)), range(len(names)), mark, color=colour, ms=3.5,
                  label=SHORT[adjusted], alpha=0.8)  # fmt: skip
    axes.axvline(0.1, color=GREY, lw=0.6, ls=":")
    axes.set_yticks(
        range(len(names)),
        [fitted(LABELS.get(name, str(name).replace("_", " ")), 1.2, 7.5) for name in names],
        fontsize=points(7.5),
    )
    axes.get_yticklabels()[-1].set_fontweight("bold")
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_xlim(left=-0.02)
    axes.set_xlabel("standardised difference")
    axes.legend(fontsize=points(6.5), loc="upper center", handletextpad=0.1, borderaxespad=0.1, labelspacing=0.2)
    axes.set_title("balance", loc="left")


def _bias(axes: Axes, answer: xr.Dataset) -> None:
    names = answer["estimator"].values.tolist()
    for shift, (_, colour, mark, own) in zip((-0.2, 0.0, 0.2), _each(answer), strict=False):
        places = np.arange(len(names)) + shift
        axes.errorbar(100 * own["bias"], places, xerr=100 * own["spread"], fmt=mark, color=colour, ms=3.5, lw=0.8)
    axes.axvline(0, color=GREY, lw=0.6, ls=":")
    axes.set_yticks(range(len(names)), [SHORT[name] for name in names], fontsize=points(7.5))
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_xlabel("bias (points of risk), sd")
    axes.set_title("estimators: bias", loc="left")


def _coverage(axes: Axes, answer: xr.Dataset) -> None:
    names = answer["estimator"].values.tolist()
    for shift, (_, colour, mark, own) in zip((-0.2, 0.0, 0.2), _each(answer), strict=False):
        axes.plot(100 * own["coverage"], np.arange(len(names)) + shift, mark, color=colour, ms=3.5)
    axes.axvline(95, color=GREY, lw=0.6, ls=":")
    labels = [SHORT[name] for name in names] if narrow() else []
    axes.set_yticks(range(len(names)), labels, fontsize=points(7.5))
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_xlim(-4, 104)
    axes.set_xlabel("95 % intervals (%)")
    axes.set_title("coverage", loc="left")


def _finding(axes: Axes, answer: xr.Dataset) -> None:
    for _, colour, mark, own in _each(answer):
        low, high = own["finding_ratio_low"], own["finding_ratio_high"]
        axes.fill_between(own["severity"], low, high, color=colour, alpha=0.12, lw=0)
        axes.plot(own["severity"], own["finding_ratio"], mark + "-", color=colour, ms=2.5, lw=1)
    for place in range(answer.sizes.get("published", 0)):
        own = answer.isel(published=place)
        if own["published_of"] == "matched":
            axes.axhline(float(own["published_ratio"]), color=INK, lw=0.8, ls="--")
            ratio, name = float(own["published_ratio"]), fitted(str(own["published_name"].item()), 2.6, 7)
            side, align = (1, "right") if ratio < 1 else (0, "left")
            axes.annotate(name, (side, ratio), (2 - 4 * side, 2), ("axes fraction", "data"),
                          textcoords="offset points", fontsize=points(7), ha=align, va="bottom")  # fmt: skip
    axes.axhline(1, color=GREY, lw=0.6, ls=":")
    _severity_axis(axes)
    axes.set_title("risk ratio found by matching", loc="left")
    _ratio_axis(axes, vertical=True)


def _both(axes: Axes, answer: xr.Dataset) -> None:
    trial = "ratio" in answer
    for _, colour, mark, own in _each(answer):
        shown = own["finding_both" if trial else "finding_benefit"]
        axes.plot(own["severity"], shown, mark + "-", color=colour, ms=2.5, lw=1)
        axes.plot(own["severity"], own["finding_harm"], ":", color=colour, lw=1)
    axes.set_ylim(-0.03, 1.03)
    axes.yaxis.set_major_formatter(PercentFormatter(1, symbol=""))
    _severity_axis(axes)
    told = "a trial finds nothing and matching a benefit" if trial else "matching finds a benefit"
    axes.set_title(f"{told} (%)\n(dotted: matching finds harm)", loc="left", fontsize=points(8.5))


def _severity_axis(axes: Axes) -> None:
    left, right = "\N{LEFTWARDS ARROW} less sick", "sicker treated \N{RIGHTWARDS ARROW}"
    axes.set_xlabel(f"{left}    log-odds per sd of severity    {right}", fontsize=points(7.5))


def _caption(answer: xr.Dataset) -> str:
    about = answer.attrs
    cohort = f" of {about['cohort']}" if about["cohort"] else ""
    told = (
        f"{about['eligible']:,} virtual patients{cohort} may be included as measured, {about['arm']} against "
        f"{about['reference']}; {100 * about['control_mortality']:.1f} % {control_of(answer)} have {about['outcome']} "
        f"within {about['horizon']:g} days. "
    )
    if "ratio" in answer:
        told += f"{about['replicates']:,} trials; diamonds: published, with 95 % intervals. "
    if "bias" in answer:
        told += f"{about['study_replicates']:,} studies; bars: standard deviations; bands: 95 % of the studies. "
    return told + (
        "Cardiac power is associated with death; what counts of the power that a device adds is an assumption. "
        "Research use only."
    )

"""The picture of some rules: how often the class is met in each, how many they hold, and what if it meant otherwise."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from ..figures.sheet import narrow, points
from ..figures.style import CLASS_COLOURS, GREY, INK, page, panel_letter, wrapped
from ..response.classify import VERBS
from ..words.places import each_along
from .counts import AS_JUDGED
from .words import of_all, preamble, rule_in_words, sentences

HEIGHT, PER_RULE = 2.1, 0.62
"""Inches, and those that each rule adds."""


def region_figure(result: xr.Dataset) -> Figure:
    """Draw the result of :func:`~counterpulse.analysis.regions.search.regions`.

    Parameters
    ----------
    result : xr.Dataset
        With no rule, the picture says so.

    Returns
    -------
    matplotlib.figure.Figure
        (a) the share of the class in each rule with its interval beside that among all, and among those whom the rule
        adds; (b) the share of all patients and of the class that it holds; (c) the share in it where the class means
        something else.
    """
    verb = VERBS[result.attrs["target"]]
    title = f"Who is {verb} ({result.attrs['arm']} against {result.attrs['reference']})"
    words = preamble(result)
    if result.sizes["rule"]:
        words.append(
            f"(a) Share {verb} in the rule with its 95 % interval; open: in those whom the rule adds; dashed: in "
            f"all. (b) Share that the rule holds; grey: of all patients; colour: of those {verb}. (c) As (a), "
            "bars: at half and twice the thresholds; crosses: by other definitions."
        )
    panels = 2.7 if narrow() else 1.0
    with page(HEIGHT + panels * PER_RULE * max(result.sizes["rule"], 1), title, " ".join(words)) as figure:
        if result.sizes["rule"]:
            _panels(figure, result)
        else:
            axes = figure.subplots()
            axes.axis("off")
            axes.text(0.5, 0.5, wrapped(sentences(result)[0], 5.0, 9), ha="center", va="center", fontsize=points(9))
    return figure


def _panels(figure: Figure, result: xr.Dataset) -> None:
    colour, place = CLASS_COLOURS[result.attrs["target"]], np.arange(result.sizes["rule"], dtype=float)
    if narrow():
        density, held, otherwise = figure.subplots(3, 1, sharey=True)
    else:
        density, held, otherwise = figure.subplots(1, 3, sharey=True, width_ratios=(1.2, 1, 1))
    shares = result["density"].values
    reach = [shares - result["density_low"].values, result["density_high"].values - shares]
    density.axvline(of_all(result).value, color=GREY, linewidth=0.9, linestyle=(0, (4, 2)))
    density.errorbar(shares, place, xerr=reach, fmt="o", color=colour, markersize=4.5)
    density.plot(result["added"].values, place + 0.18, "o", markerfacecolor="white", color=colour, markersize=3.5)
    words = [
        wrapped(f"{one['rule'].item()}. {rule_in_words(one)}", 1.8 if narrow() else 2.4, 8)
        for one in each_along(result, "rule")
    ]
    density.set_yticks(place, words, multialignment="left")
    density.set_ylim(len(place) - 0.5, -0.5)
    held.barh(place - 0.15, result["size"].values, 0.26, color="#BDBDBD")
    held.barh(place + 0.15, result["coverage"].values, 0.26, color=colour)
    for name in result["variant"].values:
        shift, marker = (-0.15, "|") if "threshold" in name else (0.15, "x")
        if name != AS_JUDGED:
            values = result["variant_density"].sel(variant=name)
            otherwise.plot(values, place + shift, marker, color=INK, markersize=5)
    as_judged = result["variant_density"].sel(variant=AS_JUDGED)
    otherwise.plot(as_judged, place, "o", color=colour, markersize=4.5)
    titles = (f"{VERBS[result.attrs['target']]} in the rule", "held by the rule", "if judged otherwise")
    for letter, title, axes in zip("abc", titles, (density, held, otherwise), strict=True):
        axes.set_xlim(-0.03, 1.03)
        axes.xaxis.set_major_formatter(PercentFormatter(1, symbol=""))
        axes.set_xlabel("share (%)")
        axes.grid(axis="x", color="#E4E4E4", linewidth=0.5)
        axes.set_axisbelow(True)
        axes.set_title(wrapped(title, 1.4, 8.5), fontsize=points(8.5), loc="left")
        panel_letter(axes, letter, shift=-2)

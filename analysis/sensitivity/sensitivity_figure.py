"""The picture of a sensitivity: a tornado of one outcome, and beside it parameters by outcomes."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..figures.layout import Line, flow, panels
from ..figures.sheet import narrow, page_width, points
from ..figures.style import BLUE, INK, ORANGE, SKY, fitted, page, panel_letter, shades, wrapped
from ..reading.measures import spelt
from .words import leading, ranked, sentences

ROWS = 14
"""Parameters shown at most."""

COLUMNS = 6
"""Outcomes shown at most beside the tornado."""

BARS = {
    "sobol": (("total", "total order", SKY), ("first", "first order", BLUE)),
    "morris": (("mu_star", "mean size of the effect", SKY), ("sigma", "standard deviation of the effect", ORANGE)),
    "given-data": (("pawn", "PAWN", ORANGE), ("first", "first order", BLUE)),
}

WORDS = {"sobol": "Sobol indices", "morris": "elementary effects per step (Morris)", "given-data": "from given data"}


def sensitivity_figure(result: xr.Dataset) -> Figure:
    """Draw the result of :func:`~counterpulse.analysis.sensitivity.sensitivity`.

    Parameters
    ----------
    result : xr.Dataset
        Of any method.

    Returns
    -------
    matplotlib.figure.Figure
        (a) the indices of the first outcome with their 95 % intervals, the largest on top; with several outcomes also
        (b) the index they are sorted by, parameters by outcomes.
    """
    rows = _shown(result)
    several = result.sizes["outcome"] > 1
    question = result.attrs["name"] or f"What does the response to {result.attrs['arm']} depend on?"
    height = max(3.6, 1.9 + 0.25 * rows.sizes["parameter"])
    height, lines = flow(height, Line(height - 1.0, (3, 2) if several else (1,), alone=0.75))
    with page(height, question, _caption(result, rows)) as figure:
        tornado, *matrix = panels(figure, lines)
        _tornado(tornado, rows)
        for axes in matrix:
            _matrix(axes, rows)
            panel_letter(tornado, "a")
            panel_letter(axes, "b")
    return figure


def _shown(result: xr.Dataset) -> xr.Dataset:
    """Parameters that lead in any outcome, in the order of the first outcome."""
    index = result[leading(result)].fillna(-1.0)
    scaled = (index / index.max("parameter")).transpose("parameter", "outcome").values
    rank_of_first = np.argsort(np.argsort(-scaled[:, 0], kind="stable"))
    weight = np.where(rank_of_first < ROWS // 2, np.inf, scaled.max(axis=1))
    kept = result.isel(parameter=np.sort(np.argsort(-weight, kind="stable")[:ROWS]), outcome=slice(COLUMNS))
    return kept.sel(parameter=ranked(kept, kept["outcome"].values[0])["parameter"].values)


def _tornado(axes: Axes, rows: xr.Dataset) -> None:
    method, one = rows.attrs["method"], rows.isel(outcome=0)
    place = np.arange(rows.sizes["parameter"])
    for shift, (name, words, colour) in zip((-0.2, 0.2), BARS[method], strict=True):
        values = one[name].values
        reach = np.stack([values - one[f"{name}_low"].values, one[f"{name}_high"].values - values])
        axes.barh(place + shift, np.nan_to_num(values), 0.38, color=colour, label=words)
        axes.errorbar(values, place + shift, xerr=reach, fmt="none", ecolor=INK, elinewidth=0.7, capsize=1.5)
    if method == "given-data" and np.isfinite(one["pawn_by_chance"]):
        chance = float(one["pawn_by_chance"])
        axes.axvline(chance, color=ORANGE, linewidth=0.8, linestyle=":", label="PAWN of no influence, 95 %")
    axes.set_yticks(place, _labels(rows))
    axes.set_ylim(len(place) - 0.5, -0.5)
    axes.axvline(0, color=INK, linewidth=0.6)
    units = (
        f" ({spelt(one['outcome_units'].item())})" if method == "morris" and one["outcome_units"].item() != "1" else ""
    )
    axes.set_xlabel(wrapped(f"{one['outcome_label'].item()}{units}", 2.6, 9))
    axes.set_title(WORDS[method], loc="left", fontsize=points(8.5))
    axes.legend(loc="upper left", bbox_to_anchor=(-0.7 if narrow() else 0, 0), borderaxespad=5.5)


def _labels(rows: xr.Dataset) -> list[str]:
    return [fitted(str(label), (0.42 if narrow() else 0.29) * page_width(), 8) for label in rows["label"].values]


def _matrix(axes: Axes, rows: xr.Dataset) -> None:
    """Paint the leading index; Morris effects, whose units differ, as a share of the largest of the outcome."""
    name = leading(rows)
    values = rows[name]
    if rows.attrs["method"] == "morris":
        values = values / values.max("parameter")
    shown = values.transpose("parameter", "outcome").values
    axes.imshow(np.ma.masked_invalid(shown), cmap=shades("helps"), vmin=0, vmax=1, aspect="auto")
    for (row, column), value in np.ndenumerate(shown):
        if np.isfinite(value):
            colour = "white" if value > 0.4 else INK
            axes.text(column, row, f"{max(value, 0):.2f}", ha="center", va="center", fontsize=points(8), color=colour)
    upright = rows.sizes["outcome"] > 2
    labels = [wrapped(str(label), 1.7 if upright else 1.0, 8) for label in rows["outcome_label"].values]
    axes.set_xticks(range(len(labels)), labels, fontsize=points(8), rotation=90 if upright else 0)
    if narrow():  # it does not stand beside the labels of the tornado
        axes.set_yticks(range(rows.sizes["parameter"]), _labels(rows))
        axes.tick_params(axis="y", length=0)
    else:
        axes.set_yticks([])
    axes.spines[:].set_visible(False)
    titles = {"total": "total order", "first": "first order", "mu_star": "mean size, share of the largest"}
    axes.set_title(titles[name], loc="left", fontsize=points(8.5))


def _caption(result: xr.Dataset, rows: xr.Dataset) -> str:
    cohort = f" of {result.attrs['cohort']}" if result.attrs["cohort"] else ""
    text = f"{result.attrs['candidates']:,} candidates{cohort}. Whiskers: 95 %. "
    hidden = result.sizes["parameter"] - rows.sizes["parameter"]
    text += f"{hidden} parameters with less influence are not shown. " if hidden else ""
    hidden = result.sizes["outcome"] - rows.sizes["outcome"]
    text += f"{hidden} more outcomes are not shown. " if hidden else ""
    return text + " ".join(sentences(result.isel(outcome=[0])))

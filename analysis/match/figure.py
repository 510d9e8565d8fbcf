"""The picture of a match: prior and posterior, what each arm would do, what would tell more, and five patients."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple, cast

import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from ..figures.layout import Line, panels
from ..figures.sheet import narrow, page_width, points, pressed, room
from ..figures.style import VERMILLION, panel_letter, style, wrapped
from ..response.other_modes import IN_MODE
from .panels import (
    best_further,
    change_panel,
    information_panel,
    legend_lines,
    loop_panel,
    place_panel,
    places,
    pressure_panel,
    response_panel,
)
from .words import outside

ARMS = 5
"""Arms shown at most."""


class Panel(NamedTuple):
    """A panel: its letter, what draws it, and the inches that it needs."""

    letter: str
    draw: Callable[[Axes], None]
    height: float


def match_figure(answer: xr.Dataset) -> Figure:
    """Draw the result of :func:`~counterpulse.analysis.match.match.match`.

    Returns
    -------
    matplotlib.figure.Figure
        (a) where in the prior the posterior lies, of what was measured and of the parameters that the numbers narrowed
        most; (b) the predicted change in each arm; (c) the probability of help, failure and harm before and after;
        (d) by how much further measurements would narrow the response; (e, f) aortic pressure and pressure-volume
        loops of five patients of the posterior. On a narrow page a and b have a line each.
    """
    with style():
        heading = wrapped(_title(answer), room(), 11, weight="bold")
        text = wrapped(_caption(answer), room(), 8)
        warning = wrapped(" ".join(outside(answer)), room(), 8.5, weight="bold")
        above = 0.1 + 1.2 * points(11) / 72 * (heading.count("\n") + 1)
        top = above + (0.06 + 1.2 * points(8.5) / 72 * (warning.count("\n") + 1) if warning else 0.0)
        below = 1.3 * 1.17 * points(8) / 72 * (text.count("\n") + 1) + 0.08
        lines = _lines(answer)
        natural = [max(panel.height for panel in line) for line in lines]
        height = pressed(top + sum(natural) + below)
        # text is not pressed, but the panels are
        inner = [(height - top - below) * each / sum(natural) for each in natural]
        figure = Figure(figsize=(page_width(), height), layout="constrained")
        parts = cast("list[SubFigure]", figure.subfigures(len(lines) + 2, 1, height_ratios=[top, *inner, below]))
        parts[0].text(0.012, 1 - 0.06 / top, heading, fontsize=points(11), weight="bold", va="top")
        if warning:
            parts[0].text(
                0.012, 1 - above / top, warning, fontsize=points(8.5), weight="bold", va="top", color=VERMILLION
            )
        for part, line in zip(parts[1:-1], lines, strict=True):
            drawn = panels(part, [Line(1.0, (1.1, 1.0)[: len(line)])])
            for axes, panel in zip(drawn, line, strict=True):
                panel.draw(axes)
                panel_letter(axes, panel.letter, shift=-14)
        parts[-1].text(0.012, 0.98, text, fontsize=points(8), va="top", linespacing=1.3)
    return figure


def _lines(answer: xr.Dataset) -> list[list[Panel]]:
    """The panels line by line: two beside each other, but for a and b on a narrow page."""
    rows, arms = places(answer), answer["arm"].values.tolist()[:ARMS]
    a, b, c, d, e = _heights(len(rows), answer.sizes["effect"], arms, len(best_further(answer)))
    place = Panel("a", partial(place_panel, rows=rows), a)
    change = Panel("b", partial(change_panel, answer=answer, arms=arms), b)
    lines = [[place], [change]] if narrow() else [[place, change]]
    response = Panel("c", partial(response_panel, answer=answer, arms=arms), c)
    lines.append([response, Panel("d", partial(information_panel, answer=answer), d)])
    if "shown_lv_volume" in answer:
        pressure = Panel("e", partial(pressure_panel, answer=answer), e)
        lines.append([pressure, Panel("f", partial(loop_panel, answer=answer), e)])
    return lines


def _heights(rows: int, effects: int, arms: list[str], further: int) -> tuple[float, float, float, float, float]:
    """Inches of the panels a to d, and of e and f: what is around the axes, and lines of text or bars in them."""
    legend, count = 0.14 * legend_lines(arms), len(arms)
    if narrow():
        return (
            max(0.9, 0.55 + 0.115 * rows),
            0.55 + legend + effects * max(0.19, 0.05 * (count + 1)),
            0.75 + 0.2 * count,
            0.75 + 0.12 * further,
            1.4,
        )
    return (
        max(1.0 + 0.19 * rows, 2.6),
        1.0 + legend + effects * max(0.32, 0.09 * (count + 1)),
        0.9 + 0.35 * count,
        0.85 + 0.17 * further,
        2.4,
    )


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
        f"{about['effective']:,.0f}{more}. Bars: 5 to 95 %, marks: medians; grey or thin: prior. In a, in per cent of "
        f"the prior's patients. In d, share of the entropy of the response to {about['arm']} that a measurement would "
        "be expected to take. "
    )
    if "shown_lv_volume" in answer:
        told += (
            f"e and f: patients of the posterior at the 10th, 30th, 50th, 70th and 90th percentile of the predicted "
            f"gain of output, with {about['arm']} (solid) and {about['reference']} (dashed). "
        )
    return told + "Research use only: a model's answer under its assumptions, no advice on a patient."

"""The picture of weaning: what is left of a balloon's effect, at fewer beats or with less volume."""

from __future__ import annotations

from collections.abc import Iterator

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from ..figures.style import BLUE, GREEN, GREY, INK, ORANGE, SKY, VERMILLION, WIDTH, panel_letter, style, wrapped
from ..words.counted import who_was_not
from .weaning import EFFECTS, LABELS, Kept, Weaning
from .weaning_curves import Curve

COLOURS = (BLUE, ORANGE, GREEN, VERMILLION, SKY, INK)
MARKS = "osD^vP"
AXIS = {"assist_ratio": "beats per assisted beat", "balloon_volume": "balloon volume (mL)"}
OUTPUT = "cardiac_output"


def weaning_figure(answer: Weaning) -> Figure:
    """Draw the result of :func:`~counterpulse.analysis.devices.weaning.wean`.

    Returns
    -------
    matplotlib.figure.Figure
        A row for each setting that is wound down: the change of cardiac output, the share of the effect kept, and the
        share of the patients helped. One group of patients shows every effect, several show that on cardiac output.
    """
    labels = list(dict.fromkeys(each.group for each in answer.kept))
    with style():
        figure = Figure(figsize=(WIDTH, 2.5 * len(answer.curves) + 1.3), layout="constrained")
        title = answer.about["name"] or f"Weaning from {answer.about['arm']}"
        figure.suptitle(wrapped(title, WIDTH - 0.2, 11, weight="bold"), fontsize=11, weight="bold", x=0.012, ha="left")
        figure.supxlabel(_caption(answer), fontsize=8, x=0.012, ha="left", linespacing=1.3)
        panels = figure.subplots(len(answer.curves), 3, squeeze=False)
        for row, curve in zip(panels, answer.curves, strict=True):
            _changes(row[0], answer, curve, labels)
            _shares(row[1], answer, curve, labels)
            _helped(row[2], answer, curve, labels)
            for axes in row:
                axes.set_xlabel(AXIS[curve.setting])
                axes.set_xticks(sorted(set(curve.values)))
                if curve.setting == "balloon_volume":
                    axes.invert_xaxis()
        for letter, axes in zip("abcdef", panels.ravel(), strict=False):
            panel_letter(axes, letter, shift=-16)
        # what the lines of a row mean is the same in every row
        for axes, pieces in ((panels[0][1], 1), (panels[0][0], 0)):
            if pieces or len(labels) > 1:
                axes.legend(fontsize=6.5, handlelength=1.4, labelspacing=0.25, borderpad=0)
    return figure


def _points(answer: Weaning, curve: Curve, group: str, effect: str) -> list[Kept]:
    return [each for each in answer.kept if (each.curve, each.group, each.effect) == (curve.setting, group, effect)]


def _styles(names: list[str]) -> Iterator[tuple[str, str, str]]:
    for place, name in enumerate(names):
        yield name, COLOURS[place % len(COLOURS)], MARKS[place % len(MARKS)]


def _changes(axes: Axes, answer: Weaning, curve: Curve, labels: list[str]) -> None:
    for group, colour, mark in _styles(labels):
        points = _points(answer, curve, group, OUTPUT)
        at, change = [each.setting for each in points], [each.change for each in points]
        axes.fill_between(
            at, [each.low for each in change], [each.high for each in change], color=colour, alpha=0.2, lw=0
        )
        axes.plot(at, [each.value for each in change], mark + "-", color=colour, ms=3.5, label=group)
    axes.axhline(0, color=GREY, linewidth=0.6)
    axes.set_title("change of cardiac output\n(L/min, median)", loc="left", fontsize=8.5)


def _shares(axes: Axes, answer: Weaning, curve: Curve, labels: list[str]) -> None:
    """Draw the mean share kept; where one line is drawn per group also the quartiles of the patients' own shares."""
    one = len(labels) == 1
    for name, colour, mark in _styles(list(EFFECTS) if one else labels):
        points = _points(answer, curve, labels[0] if one else name, name if one else OUTPUT)
        at = [each.setting for each in points]
        if not one or name == OUTPUT:
            low, high = ([each.quartiles[place] for each in points] for place in (0, 2))
            axes.fill_between(at, low, high, color=colour, alpha=0.2, lw=0)
        label = LABELS[name] if one else name
        axes.plot(at, [each.kept.value for each in points], mark + "-", color=colour, ms=3.5, lw=1, label=label)
    full = next(value for arm, value in zip(curve.arms, curve.values, strict=True) if arm == answer.about["arm"])
    in_proportion = [full / value if curve.setting == "assist_ratio" else value / full for value in curve.values]
    axes.plot(curve.values, in_proportion, ":", color=GREY, lw=1, label="in proportion")
    axes.yaxis.set_major_formatter(PercentFormatter(1, symbol=""))
    axes.set_ylim(top=1.3 * axes.get_ylim()[1])  # room for the legend
    axes.set_title("share of the effect kept (%)\n" + ("" if one else "on cardiac output"), loc="left", fontsize=8.5)


def _helped(axes: Axes, answer: Weaning, curve: Curve, labels: list[str]) -> None:
    for group, colour, mark in _styles(labels):
        shares = {each.arm: each.helps for each in answer.helped if each.group == group}
        own = [shares[arm] for arm in curve.arms]
        axes.fill_between(
            curve.values, [each.low for each in own], [each.high for each in own], color=colour, alpha=0.2, lw=0
        )
        axes.plot(curve.values, [each.value for each in own], mark + "-", color=colour, ms=3.5)
    axes.set_ylim(-0.03, 1.03)
    axes.yaxis.set_major_formatter(PercentFormatter(1, symbol=""))
    axes.set_title("patients helped (%)\n", loc="left", fontsize=8.5)


def _caption(answer: Weaning) -> str:
    about = answer.about
    cohort = f" of {about['cohort']}" if about["cohort"] else ""
    regulation = f", {about['regulation'].replace('open-loop', 'open loop')}" if about["regulation"] else ""
    text = (
        f"{about['compared']:,} virtual patients{cohort}{regulation}, each in every arm against {about['reference']}; "
        f"full support is {about['arm']}; not shown: {', '.join(who_was_not(about))}, "
        "in one arm or more. Bands: 95 % intervals; for the share of the effect quartiles of the patients' "
        "own shares. Dotted: effect in proportion to assisted beats or volume."
    )
    return wrapped(text, WIDTH - 0.2, 8)

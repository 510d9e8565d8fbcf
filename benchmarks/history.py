"""The history of speed as a picture: every figure's ratio along the records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure

from ..analysis.figures.sheet import WIDTH
from ..analysis.figures.style import INK, style
from ..engine import InputError


def history_figure(records: Sequence[Mapping[str, Any]]) -> Figure:
    """Draw each figure's ratio to the reference kernel, a panel a figure and a line a kind of CPU.

    Parameters
    ----------
    records : sequence of mapping
        As from `records.read`, oldest first.
    """
    if not records:
        raise InputError("the history holds no record; add one with --record")
    names = list(dict.fromkeys(name for each in records for name in each["ratios"]))
    machines = list(dict.fromkeys((each["cpu"], each["reference"]) for each in records))
    with style():
        figure = Figure(figsize=(WIDTH, 1.5 + 1.1 * len(names)), layout="constrained")
        panels = figure.subplots(len(names), 1, sharex=True, squeeze=False)[:, 0]
        for axes, name in zip(panels, names, strict=True):
            for cpu, reference in machines:
                points = [
                    (place, each["ratios"][name])
                    for place, each in enumerate(records)
                    if (each["cpu"], each["reference"]) == (cpu, reference) and name in each["ratios"]
                ]
                if points:
                    axes.plot(*zip(*points, strict=True), marker="o", markersize=3, label=cpu)
            axes.set_ylim(bottom=0)
            axes.set_title(name, loc="left")
        panels[0].legend(fontsize=7)
        panels[len(names) // 2].set_ylabel("ratio to the reference kernel of the same run: more is faster", color=INK)
        panels[-1].set_xticks(
            range(len(records)),
            [f"{each['commit'] or 'no commit'}\n{each['date'][:10]}" for each in records],
            rotation=60 if len(records) > 8 else 0,
            fontsize=7,
        )
    return figure

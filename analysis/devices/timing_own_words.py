"""The operator's deflation per patient in words."""

from __future__ import annotations

from typing import Any

import xarray as xr

from ..reading.measures import spelt
from ..words.counted import who_was_compared
from ..words.numbers import share_of_answer
from ..words.parts import Part, Table, Text
from ..words.places import each_along


def in_words(answer: xr.Dataset) -> list[Part]:
    """Say which deflation each patient and each cell would have, and what one setting for all loses."""
    about = answer.attrs
    lines = [f"{who_was_compared(about)} at each of {answer.sizes['deflation']} starts of deflation", rule(about)]
    if about["all_late"]:
        lines.append(f"in {about['all_late']:,} every setting is late, and they have no optimum")
    lines.append(for_all_in_words(answer))
    head = ["deflation ms", "own optimum of", "% (95 %)", "late %", "mean end-diast.", "work %", "output"]
    head += ["as one for all: pressure lost", "output lost"]
    parts: list[Part] = [Text(lines)]
    told = "Each start of deflation: mean changes, and what it loses as the one setting for all, median (95 %):"
    parts.append(Table(told, head, [_setting(one) for one in each_along(answer, "deflation")]))
    y, x = axes_of(answer)
    rows = []
    for row in range(answer.sizes[y]):
        for column in range(answer.sizes[x]):
            one = answer.isel({y: row, x: column})
            if float(one["cell_optimum"]) == float(one["cell_optimum"]):
                rows.append([_between(answer, x, column), _between(answer, y, row), *_cell(one)])
    head = [_title(answer, x), _title(answer, y), "patients", "optimum ms", "mean own ms", "mmHg lost", "L/min lost"]
    told = "Each cell: the optimum by its means, and the means of what one setting for all loses:"
    parts.append(Table(told, head, rows))
    return parts


def rule(about: dict[str, Any]) -> str:
    """Say what an operator's optimum is."""
    return (
        "operator's optimum: the lowest end-diastolic aortic pressure of the settings that raise stroke work by less "
        f"than {100 * about['stroke_work_limit']:g} %"
    )


def for_all_in_words(answer: xr.Dataset) -> str:
    """Say which single setting is best, and what it loses."""
    best = answer.attrs["for_all"]
    if best != best:
        return "one setting for all: none, every one is late in the mean"
    one = answer.sel(deflation=best, method="nearest")
    pressure, output = ([float(part) for part in one[f"{name}_lost"]] for name in ("pressure", "output"))
    return (
        f"one setting for all: {1000 * best:.0f} ms; end-diastolic pressure lies {pressure[0]:.1f} mmHg above the own "
        f"optimum in the median, up to {pressure[1]:.1f} in 95 %; cardiac output {output[0]:.2f} L/min below it, up to "
        f"{output[1]:.2f}"
    )


def axes_of(answer: xr.Dataset) -> tuple[str, str]:
    """What the cells go by: from bottom to top, and from left to right."""
    y, x = (str(dim) for dim in answer["cell_patients"].dims)
    return y, x


def _setting(one: xr.Dataset) -> list[object]:
    lost = [[float(part) for part in one[f"{name}_lost"]] for name in ("pressure", "output")]
    return [
        f"{1000 * float(one['deflation']):.0f}",
        int(one["own"]),
        share_of_answer(one, "own_share"),
        f"{100 * float(one['late']):.1f}",
        f"{float(one['mean_pressure_change']):+.1f}",
        f"{100 * float(one['mean_stroke_work_change']):+.1f}",
        f"{float(one['mean_output_change']):+.2f}",
        f"{lost[0][0]:.1f} ({lost[0][1]:.1f})",
        f"{lost[1][0]:+.2f} ({lost[1][1]:+.2f})",
    ]


def _cell(one: xr.Dataset) -> list[object]:
    optimum, own = (f"{1000 * float(one[f'cell_{name}']):.0f}" for name in ("optimum", "own"))
    pressure, output = (float(one[f"cell_{name}_lost"]) for name in ("pressure", "output"))
    return [int(one["cell_patients"]), optimum, own, f"{pressure:.1f}", f"{output:+.2f}"]


def _between(answer: xr.Dataset, name: str, place: int) -> str:
    low, high = (float(edge) for edge in answer[f"{name}_bounds"][place])
    return f"{low:.3g} to {high:.3g}"


def _title(answer: xr.Dataset, name: str) -> str:
    units = spelt(answer[name].attrs.get("units", ""))
    return f"{name.replace('_', ' ')} {units}".rstrip()

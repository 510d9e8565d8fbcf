"""Robustness in words, for people and for machines."""

from __future__ import annotations

from typing import Any

import xarray as xr

from ..words.counted import who_was_compared
from ..words.numbers import share_of_answer, with_ends
from ..words.parts import Part, Table, Text

STANDS = {
    "always": "holds under every assumption",
    "never": "fails under every assumption",
    "depends": "one assumption reverses another",
    "uncertain": "uncertain under some, reversed by none",
}

COLUMNS = {
    "compared": "compared",
    "not_here": "not here",
    "class_share": "share % (95 %)",
    "cells_holds": "holds",
    "cells_uncertain": "uncertain",
    "cells_fails": "fails",
    "reversed": "reversed",
    "gained": "gained",
    "lost": "lost",
}
"""What is told of each assumption."""


def in_words(answer: xr.Dataset) -> list[Part]:
    """Say where the answer stands, and which assumption moves it."""
    about = answer.attrs
    level = f"{100 * about['level']:g} %"
    asked = f"{who_was_compared(about)}; asked: are more than {level} of a cell in the class {about['of']}?"
    stands = [[STANDS[name], cells, f"{100 * share:.1f}"] for name, cells, share in _stands(answer)]
    rows: list[list[object]] = []
    for place, name in enumerate(answer["assumption"].values):
        one = answer.isel(assumption=place)
        cells = [share_of_answer(one, key) if key == "class_share" else int(one[key]) for key in COLUMNS]
        rows.append([str(name), *cells])
    return [
        Text([asked]),
        Table("", ("answer", "cells", "% of the patients"), stands),
        Table("", ("assumption", *COLUMNS.values()), rows),
    ]


def _stands(answer: xr.Dataset) -> list[tuple[str, int, float]]:
    """How the answer fares under all assumptions together, with the cells and the share of the patients."""
    columns = (answer[name].values.tolist() for name in ("stand", "cells", "patients_share"))
    return list(zip(*columns, strict=True))


def as_dict(answer: xr.Dataset) -> dict[str, Any]:
    """Answer as plain types for JSON."""
    stands = {name: {"cells": cells, "patients": share} for name, cells, share in _stands(answer)}
    cells = {
        "against" if name == "fails" else str(name): own.values.tolist()
        for name, own in answer.variables.items()
        if name == "assumption" or not {"assumption", "stand"} & {*own.dims} or own.ndim > 1
    }
    assumptions = [_assumption(answer.isel(assumption=place)) for place in range(answer.sizes["assumption"])]
    return {**answer.attrs, "assumptions": assumptions, "stands": stands, "cells": cells}


def _assumption(one: xr.Dataset) -> dict[str, Any]:
    cells = {"holds": "cells_holds", "uncertain": "cells_uncertain", "against": "cells_fails"}
    return {
        "name": str(one["assumption"].values),
        **{key: int(one[key]) for key in ("compared", "not_here")},
        "share": with_ends(one, "class_share"),
        **{key: int(one[name]) for key, name in cells.items()},
        **{key: int(one[key]) for key in ("reversed", "gained", "lost")},
    }

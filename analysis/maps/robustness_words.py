"""Robustness in words."""

from __future__ import annotations

import xarray as xr

from ..words.counted import who_was_compared
from ..words.numbers import share_of_answer
from ..words.parts import Part, Table, Text
from ..words.places import each_along

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
    stands = [
        [STANDS[one["stand"].item()], int(one["cells"]), f"{100 * float(one['patients_share']):.1f}"]
        for one in each_along(answer, "stand")
    ]
    rows = [
        [one["assumption"].item()]
        + [share_of_answer(one, key) if key == "class_share" else int(one[key]) for key in COLUMNS]
        for one in each_along(answer, "assumption")
    ]
    return [
        Text([asked]),
        Table("", ("answer", "cells", "% of the patients"), stands),
        Table("", ("assumption", *COLUMNS.values()), rows),
    ]

"""The drive of the small loop, tabulated for one patient in half steps."""

import math
from typing import Annotated, NamedTuple

import numpy as np

from .. import equations
from ..compile.decorators import function, inlined
from ..compile.layout import LANES, Array
from ..names.signals import Drive

DRIVES = len(Drive._fields)
drive = inlined(equations.drive_of(math.cos, math.exp))


def master_curves() -> np.ndarray:
    """Nothing: the activations are analytic."""
    return np.zeros((2, 2))


class Tables(NamedTuple):
    """Drives of LANES patients in time, before they are laid into the grid."""

    values: Annotated[np.ndarray, Array(LANES, Drive, "rows")]
    drawn: Annotated[np.ndarray, Array(LANES, dtype=np.int64)]


@function
def tabulate(table, timing, steps, curves):  # type: ignore[no-untyped-def]
    for row in range(2 * steps + 1):
        phase = row / (2.0 * steps)
        table[0, row], table[1, row], table[2, row] = drive(
            phase, timing.balloon_volume, timing.centre, timing.threshold
        )
    return 1


@function
def lay(grid, tables, steps):  # type: ignore[no-untyped-def]
    values, drawn = tables.values, tables.drawn
    for lane in range(LANES):
        for row in range((2 * steps[lane] + 1) * drawn[lane]):
            for which in range(DRIVES):
                grid[(row * DRIVES + which) * LANES + lane] = values[lane, which, row]
        drawn[lane] = 0

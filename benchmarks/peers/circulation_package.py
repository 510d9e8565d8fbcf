"""The package circulation: Regazzoni's closed loop."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable
from pathlib import Path

from circulation.regazzoni2020 import Regazzoni2020

PACKAGES = ("circulation",)
MODEL = "Regazzoni 2020, 12 states, four chambers, no device; its default scheme and step of 1 ms"


def prepare(quick: bool) -> Callable[[], float]:
    beats = 1 if quick else 5
    model = Regazzoni2020(outdir=Path(tempfile.mkdtemp()))
    logging.disable(logging.INFO)

    def run() -> float:
        model.solve(num_beats=beats)
        return beats

    return run

"""The engine's own integration, given the small loop; activations tabulated beforehand, as it always does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from . import engine_copy
from .lanes_c import blocks, grids, on_pages
from .problem import BEATS, STEPS, Batch, outcomes

engine_copy.reach()

from small_loop.compile.decorators import compiled  # noqa: E402
from small_loop.compile.layout import LANES  # noqa: E402
from small_loop.integration import ssprk as engine  # noqa: E402
from small_loop.patient import coefficients  # noqa: E402
from small_loop.patient.optional_laws import COMBINATIONS  # noqa: E402

PACKAGES = ("counterpulse", "numba")
SETTINGS = STEPS
PLAIN = COMBINATIONS[0]


@compiled
def carry(works, grids, trace, steps, beats, physics):  # type: ignore[no-untyped-def]
    for block in range(works.shape[0]):
        work, grid = works[block], grids[block]
        for _ in range(beats):
            engine.integrate(work, grid, trace, 0, steps, physics)


def prepare(batch: Batch, setting: Any, precision: str) -> Callable[[], np.ndarray]:
    volumes, c = blocks(batch.volumes, precision), blocks(batch.coefficients, precision)
    assert volumes.shape[2] == LANES
    works = np.zeros((len(volumes), engine.ROWS, LANES), precision)
    works[:, engine.STATE_AT : engine.STATE_AT + engine.STATES] = volumes
    works[:, engine.STEP_AT] = blocks(batch.periods()[:, None], precision)[:, 0] / setting
    works[:, engine.COEFFICIENTS_AT : engine.COEFFICIENTS_AT + c.shape[1]] = c
    for place, value in enumerate(coefficients.VALUES, engine.COEFFICIENTS_AT + c.shape[1]):
        works[:, place] = value
    works = works.reshape(len(volumes), -1)
    driven = grids(batch, setting, precision)
    grid = np.zeros((*driven.shape[:2], engine.DRIVES, LANES), precision)
    grid[:, :, : driven.shape[2]] = driven
    grid = on_pages(grid.reshape(len(volumes), -1), precision)
    trace = on_pages(np.zeros((setting + 1) * engine.SAMPLES * LANES), precision)
    moved = on_pages(works, precision)

    def run() -> np.ndarray:
        moved[:] = works
        carry(moved, grid, trace, setting, BEATS, PLAIN)
        means = moved.reshape(len(volumes), engine.ROWS, LANES)[:, engine.MEANS_AT : engine.MEANS_AT + 3]
        last = means.transpose(0, 2, 1).reshape(-1, 3)[: len(batch.volumes)] / setting
        return outcomes(last.astype(float), batch.periods())

    return run

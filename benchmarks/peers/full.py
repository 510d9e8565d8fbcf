"""counterpulse itself: its full model, adhf patients without and with a balloon, to the periodic state."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

import counterpulse

PACKAGES = ("counterpulse",)
MODEL = "21 states, four chambers, five aortic nodes, coronary layers, balloon; steps chosen by patient"


def prepare(quick: bool) -> Callable[[], float]:
    """A call that simulates, and tells how many beats that were."""
    patients = counterpulse.sample("adhf", 64 if quick else 512, seed=1)

    def run() -> float:
        result = counterpulse.simulate(patients, arms={"off": {}, "iabp": {"balloon_volume": 40}}, threads=1)
        return float(np.nansum(result.beats_to_converge))

    return run

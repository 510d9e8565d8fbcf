"""Pressure in the arm beside that in the root: published systolic and diastolic pressures come from the arm."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import xarray as xr

from ...sweeps.population import cohorts
from ...sweeps.simulate import waveforms

LEAST = 2.0
"""mmHg by which the arm has to differ before it stands for the root."""


def nominal(cohort: str) -> xr.Dataset:
    """Give the patient in the middle of a cohort's law."""
    law = cohorts.load()[cohort]
    middle = law.parameters({name: np.array([0.5]) for name in law.latents()})
    return xr.Dataset({name: ("patient", np.atleast_1d(value).astype(float)) for name, value in middle.items()})


@lru_cache(maxsize=32)
def arm_less_root(cohort: str) -> dict[str, float]:
    """Systolic and diastolic pressure of the arm less those of the root, mmHg, in the nominal patient without support.

    The arm's pressure is that which drives the flow of the upper body through its resistance, above the pressure of
    the systemic veins. The inertance in front of it takes nothing of the mean, which gives the resistance.
    """
    patient = nominal(cohort)
    followed = waveforms(patient, {"off": {}}).isel(arm=0, patient=0)
    root, flow = followed["aortic_pressure"], followed["upper_body_flow"]
    veins = followed["systemic_venous_volume"] / patient["systemic_venous_compliance"].isel(patient=0)
    arm = flow * (root - veins).mean() / flow.mean() + veins
    return {"systolic": float(arm.max() - root.max()), "diastolic": float(arm.min() - root.min())}

"""Patients of made-up haemodynamics for virtual trials."""

import json

import numpy as np
import pytest
import xarray as xr

from counterpulse.engine.names.parameters import PARAMETERS


@pytest.fixture
def shocked(dataset):
    """Make a store in memory: cardiac power in three arms, of which the rival's adds most."""

    def make(patients=4000, seed=0, gain=0.1):
        random = np.random.default_rng(seed)
        output = random.normal(3.6, 0.5, patients).clip(2.0)
        pressure = random.normal(62, 6, patients).clip(42)
        added = gain * (0.5 + random.random(patients))
        wedge = random.normal(24, 3, patients).clip(8)
        before = {
            "cardiac_output": output,
            "mean_arterial_pressure": pressure,
            "wedge_pressure": wedge,
            "central_venous_pressure": 12.0,
            "cardiac_index": output / 1.9,
            "cardiac_power_output": output * pressure / 451,
            "systemic_vascular_resistance": (pressure - 12) / (output * 1000 / 60),
            "mean_heart_rate": 100.0,
        }
        arms = []
        for times in (0.0, 1.0, 2.0):
            power = before["cardiac_power_output"] + times * added
            changed = {"cardiac_power_output": power, "cardiac_output": power / pressure * 451}
            changed["cardiac_index"] = changed["cardiac_output"] / 1.9
            arms.append(dataset(before, changed).sel(arm="iabp", drop=True).drop_vars("balloon_volume"))
        found = xr.concat(arms, "arm", data_vars="all").transpose("patient", "arm")
        found = found.assign_coords(arm=np.array(["off", "iabp", "impella-cp"], dtype=object))
        found["balloon_volume"] = ("arm", np.array([0.0, 40.0, 0.0]))
        found["impella_speed"] = ("arm", np.array([0.0, 0.0, 40.0]))
        age = PARAMETERS["age"]
        found["age"] = (
            "patient",
            random.normal(68, 9, patients).clip(30, 95),
            {"long_name": age.long_name, "units": age.units},
        )
        return found.assign_attrs(spec=json.dumps({"name": "Shock", "cohort": "ami-cs", "regulation": "open-loop"}))

    return make

"""A made-up store for courses: outcomes follow contractility by laws that are known, in arms of every kind."""

import json

import numpy as np
import pytest
import xarray as xr

ARMS = {
    "off": (0.0, 1.0, 0.0),
    "iabp": (40.0, 1.0, 1.0),
    "1:2": (40.0, 2.0, 0.5),
    "1:3": (40.0, 3.0, 0.3),
    "30-mL": (30.0, 1.0, 0.7),
    "20-mL": (20.0, 1.0, 0.4),
    "pump": (0.0, 1.0, 1.6),
}
"""Balloon volume, ratio, and how much of the effect an arm has."""

EXPONENTS = {"cardiac_output": 0.5, "mean_arterial_pressure": 0.3, "wedge_pressure": -0.4}
"""Of contractility, in every arm."""


def made(dataset, patients, seed=0):
    random = np.random.default_rng(seed)
    contractility = np.exp(random.normal(-0.4, 0.15, patients))
    resistance = random.uniform(0.7, 1.4, patients)
    disease = (random.random(patients) < 0.15).astype(float)
    age = random.normal(65, 10, patients).clip(30, 90)
    gain = 0.15 * resistance
    parts = []
    for _, _, effect in ARMS.values():
        output = 4.4 * contractility ** EXPONENTS["cardiac_output"] * (1 + effect * gain)
        pressure = 70 * contractility ** EXPONENTS["mean_arterial_pressure"] * resistance**0.3 * (1 + effect * gain)
        changed = {
            "cardiac_output": output,
            "cardiac_index": output / 1.9,
            "mean_arterial_pressure": pressure,
            "wedge_pressure": 20 * contractility ** EXPONENTS["wedge_pressure"] * (1 - 0.2 * effect),
            "cardiac_power_output": pressure * output / 451,
            "limb_flow": 0.8 * (1 - (0.05 + 0.3 * disease) * (effect > 0)),
            "central_venous_pressure": 12.0,
        }
        before = {"cardiac_output": output, "cardiac_index": output / 1.9}
        parts.append(dataset(before, changed).sel(arm="iabp", drop=True).drop_vars("balloon_volume"))
    result = xr.concat(parts, "arm", data_vars="all").transpose("patient", "arm")
    result = result.assign_coords(arm=np.array(list(ARMS), dtype=object))
    for place, name in enumerate(("balloon_volume", "assist_ratio")):
        result[name] = ("arm", np.array([each[place] for each in ARMS.values()]))
    own = {
        "lv_elastance": contractility,
        "systemic_resistance": resistance,
        "peripheral_artery_disease": disease,
        "age": age,
        "weight": random.normal(80, 10, patients).clip(45, 130),
    }
    for name, values in own.items():
        result[name] = ("patient", values)
    result["impella_speed"] = ("arm", np.array([0.0] * 6 + [40.0]))
    return result.assign_attrs(spec=json.dumps({"name": "Days", "response": {"leave_out": 0}}))


@pytest.fixture(name="make")
def _make(dataset):
    return lambda patients, seed=0: made(dataset, patients, seed)

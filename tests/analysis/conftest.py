"""Synthetic inputs to the analysis functions: names of the tables, made-up numbers, no model behind them."""

import json

import numpy as np
import pytest
import xarray as xr

from counterpulse.engine.names.outcomes import OUTCOMES, Status
from counterpulse.engine.names.parameters import PARAMETERS

BASELINE = {
    "mean_heart_rate": 100.0,
    "cardiac_output": 4.0,
    "pressure_volume_area": 6000.0,
    "wedge_pressure": 20.0,
    "end_diastolic_aortic_pressure": 60.0,
    "stroke_work": 2000.0,
    "sevr": 0.8,
    "endocardial_flow": 0.1,
    "endocardial_reserve": 0.5,
    "limb_flow": 0.8,
    "visceral_flow": 1.6,
    "mitral_regurgitant_volume": 0.0,
    "aortic_regurgitant_volume": 0.0,
    "device_flow": 0.0,
    "convergence_error": 0.0,
}


def dataset(reference, arm, status=(1, 1), balloon=40.0, spec=None, dtype=float):
    """Outcomes of an arm and its reference: arrays over patients; what is not given is as at the baseline."""
    count = max(np.size(value) for value in (*reference.values(), *arm.values(), *status))

    def column(value):
        return np.broadcast_to(np.asarray(value, dtype=dtype), count)

    before = {name: column(reference.get(name, BASELINE.get(name, 50.0))) for name in OUTCOMES}
    after = {name: column(arm.get(name, before[name])) for name in OUTCOMES}
    codes = np.stack([np.broadcast_to(np.asarray(each, dtype=np.uint8), count) for each in status], axis=1)
    data = {
        name: (("patient", "arm"), np.stack([before[name], after[name]], axis=1), {"units": quantity.units})
        for name, quantity in OUTCOMES.items()
    }
    data["status"] = (("patient", "arm"), codes)
    data["balloon_volume"] = ("arm", np.array([0.0, balloon]))
    attrs = {"spec": json.dumps(spec)} if spec else {}
    return xr.Dataset(data, {"arm": np.array(["off", "iabp"], dtype=object)}, attrs)


def population(patients, seed=0, failed=0.02, outside=0.05):
    """Patients over three parameters, with smooth responses, some failed and some outside the cohort."""
    random = np.random.default_rng(seed)
    resistance, rate = random.uniform(0.6, 2.0, patients), random.uniform(60, 150, patients)
    stiffness = np.exp(random.normal(0, 0.2, patients))
    output = random.normal(3.6, 0.6, patients).clip(1.5)
    gain = 0.22 * (resistance - 0.7) * stiffness - 0.001 * (rate - 60) + random.normal(0, 0.02, patients)
    wedge = random.normal(22, 4, patients).clip(5)
    status = random.choice([1, 3, 2], (patients, 2), p=[1 - failed - outside, failed, outside])
    foot = 60 + 0.1 * (rate - 140) * (rate > 140) + random.normal(-3, 1.5, patients)
    result = dataset(
        {"cardiac_output": output, "wedge_pressure": wedge, "mean_heart_rate": rate, "convergence_error": 1e-4},
        {
            "cardiac_output": output * (1 + gain),
            "wedge_pressure": wedge - 3 * gain,
            "pressure_volume_area": 6000 * (1 - 0.4 * gain),
            "end_diastolic_aortic_pressure": foot,
        },
        status=(status[:, 0], status[:, 1]),
        spec={"name": "Where does it help?", "cohort": "ami-cs", "regulation": "open-loop"},
    )
    bad = (result["status"] != Status.OK).values
    for name in OUTCOMES:
        result[name] = result[name].where(~bad)
    for name, value in {"systemic_resistance": resistance, "heart_rate": rate, "arterial_stiffness": stiffness}.items():
        quantity = PARAMETERS[name]
        result[name] = ("patient", value, {"long_name": quantity.long_name, "units": quantity.units})
    return result


@pytest.fixture(name="dataset")
def _dataset():
    return dataset


@pytest.fixture(scope="session", name="population")
def _population():
    return population


@pytest.fixture(scope="session")
def people():
    return population(20_000)

"""A result or a store simulated again: the same patients, other arms."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import counterpulse as cp
from counterpulse.engine.compile.decorators import fingerprint
from counterpulse.engine.names.outcomes import OUTCOMES
from counterpulse.engine.names.parameters import PARAMETERS
from counterpulse.sweeps.spec.blocks import part
from counterpulse.sweeps.spec.file import from_canonical
from counterpulse.sweeps.store import creation, writing

ARMS = {"off": {}, "iabp": {"balloon_volume": 40}}
OTHER = {"off": {}, "iabp-50": {"balloon_volume": 50}}
SWEEP = {
    "cohort": {"ami-cs": 0.5, "adhf": 0.5},
    "patients": 8,
    "seed": 5,
    "arms": {"small": {"balloon_volume": 25}, "iabp": {"balloon_volume": 40}},
    "vary": {"heart_rate": {"low": 60, "high": 120}},
    "response": {"helps_output_gain": 0.07},
    "run": {"block": 6, "warm_start": False},
}


@pytest.fixture(scope="module")
def patients() -> xr.Dataset:
    return cp.sample("ami-cs", 6, seed=3).assign_coords(patient=[f"P-{each}" for each in range(6)])


@pytest.fixture(scope="module")
def result(patients: xr.Dataset) -> xr.Dataset:
    return cp.simulate(patients.assign(site=("patient", list("abcabc"))), ARMS)


def same(found: xr.Dataset, expected: xr.Dataset) -> None:
    for name in (*PARAMETERS, *OUTCOMES, "status", "index"):
        np.testing.assert_array_equal(found[name].values, expected[name].values, err_msg=name)


def test_patients_without_labels_keep_their_position():
    drawn = cp.sample("ami-cs", 6, seed=3)
    result = cp.simulate(drawn.isel(patient=[4, 1, 2]), ARMS)
    assert result["patient"].values.tolist() == result["index"].values.tolist() == [4, 1, 2]
    fast = cp.classify(result).where(result["heart_rate"] > result["heart_rate"].min(), drop=True)
    again = cp.simulate(fast, OTHER)
    assert again["patient"].values.tolist() == fast["patient"].values.tolist()
    assert len(again["patient"]) == 2
    unnumbered = cp.simulate(xr.Dataset({"heart_rate": ("patient", [60.0, 80.0, 90.0])}), {"off": {}})
    assert unnumbered["patient"].values.tolist() == [0, 1, 2]
    followed = cp.waveforms(result.isel(patient=[2, 0]), ARMS, samples=5)
    assert followed["patient"].values.tolist() == [2, 4]


def test_a_part_of_a_result_in_other_arms_is_as_the_patients_are(patients: xr.Dataset, result: xr.Dataset):
    again = cp.simulate(cp.classify(result).isel(patient=[4, 1]), OTHER)
    same(again, cp.simulate(patients.isel(patient=[4, 1]), OTHER))
    assert again["arm"].values.tolist() == list(OTHER)
    assert again["patient"].values.tolist() == ["P-4", "P-1"]
    assert again["site"].values.tolist() == ["b", "b"]
    assert (again.attrs["cohort"], again.attrs["seed"], again.attrs["reference"]) == ("ami-cs", 3, "off")
    assert not [name for name in again.variables if name == "response" or str(name).endswith("_difference")]


def test_waveforms_of_a_result_are_those_of_its_patients(patients: xr.Dataset, result: xr.Dataset):
    found = cp.waveforms(result.isel(patient=2), OTHER, samples=8)
    expected = cp.waveforms(patients.isel(patient=2), OTHER, samples=8)
    xr.testing.assert_identical(found.drop_vars("site"), expected)


def test_one_arm_of_a_result_is_patients_as_it_shows_them(result: xr.Dataset):
    one = result.sel(arm="iabp").isel(patient=[0])
    again = cp.simulate(one, {"as it was": {}})
    assert again["balloon_volume"].item() == 40.0
    np.testing.assert_array_equal(again["cardiac_output"].values[:, 0], one["cardiac_output"].values)


def test_what_every_arm_set_is_what_the_patients_had_before(patients: xr.Dataset):
    arms = {"small": {"balloon_volume": 25}, "large": {"balloon_volume": 40}}
    both = cp.simulate(patients.isel(patient=[0]), arms)
    same(cp.simulate(both, OTHER), cp.simulate(patients.isel(patient=[0]), OTHER))
    varied = cp.simulate(patients.isel(patient=[0, 1]).assign(balloon_volume=("patient", [20.0, 30.0])), arms)
    with pytest.raises(cp.InputError, match=r"which arms.off needs; give it, as result.assign\(balloon_volume=...\)"):
        cp.simulate(varied, OTHER)
    again = cp.simulate(varied, arms)
    np.testing.assert_array_equal(again["cardiac_output"], varied["cardiac_output"])
    with pytest.raises(cp.InputError, match="needs; give it"):
        cp.simulate(again, OTHER)
    same(cp.simulate(varied.assign(balloon_volume=0.0), OTHER), cp.simulate(patients.isel(patient=[0, 1]), OTHER))


def test_an_irregular_patient_keeps_its_random_numbers(patients: xr.Dataset):
    irregular = patients.isel(patient=slice(3)).assign(atrial_fibrillation=1.0)
    first = cp.simulate(irregular, {"off": {}}, most_beats=60, rhythm_tolerance=0.1)
    again = cp.simulate(first.isel(patient=[2]), {"off": {}}, most_beats=60, rhythm_tolerance=0.1)
    np.testing.assert_array_equal(again["mean_heart_rate"].values, first["mean_heart_rate"].values[[2]])
    assert len(set(first["mean_heart_rate"].values[:, 0])) == 3
    regular = cp.simulate(again.assign(atrial_fibrillation=0.0), {"off": {}})
    assert not {"most_beats", "rhythm_tolerance"} & regular.attrs.keys()


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A store of two blocks, of which the second is left to be run."""
    spec, path = from_canonical(SWEEP), tmp_path / "made.zarr"
    made = part(spec, 0, 6)
    creation.create(path, spec, fingerprint(), creation.Model(made))
    writing.write_block(path, spec, 0, made, None)
    return path


def test_a_part_of_a_store_is_simulated_again(store: Path):
    dataset = cp.open_store(store)
    part = dataset.isel(patient=slice(3, 6))
    again = cp.simulate(part, SWEEP["arms"])
    np.testing.assert_array_equal(again["index"], [3, 4, 5])
    for name in PARAMETERS:
        np.testing.assert_array_equal(again[name].values, part[name].values, err_msg=name)
    np.testing.assert_allclose(again["cardiac_output"].values, part["cardiac_output"].values, rtol=1e-6)
    np.testing.assert_array_equal(again["cohort"], part["cohort"])
    other = cp.simulate(part, OTHER)
    assert (other["balloon_volume"].sel(arm="off") == 0).all()
    assert other.attrs["reference"] == "off"
    judged = cp.classify(other, arm="iabp-50")
    assert '"helps_output_gain": 0.07' in judged["response"].attrs["thresholds"]
    assert float(cp.waveforms(part, OTHER, samples=8)["balloon_volume"].sel(arm="off").max()) == 0.0
    with pytest.raises(cp.InputError, match="patient 1 of this result has not been run yet"):
        cp.simulate(dataset.isel(patient=slice(5, 8)), OTHER)

"""The face's simulate: windows by name, attributes kept, every mistake one line."""

from typing import Any

import numpy as np
import pytest
import xarray as xr

import counterpulse as cp
from counterpulse.engine.names.outcomes import Status
from counterpulse.sweeps.population import cohorts
from counterpulse.sweeps.spec.blocks import part
from counterpulse.sweeps.spec.file import from_canonical

ARMS = {"off": {}, "iabp": {"balloon_volume": 40}}


@pytest.fixture(scope="module")
def patients() -> xr.Dataset:
    return cp.sample("ami-cs", 96, seed=11)


@pytest.fixture(scope="module")
def everyone(patients: xr.Dataset) -> xr.Dataset:
    return cp.simulate(patients, ARMS)


def test_keeps_cohort_seed_and_index(patients: xr.Dataset, everyone: xr.Dataset):
    assert (everyone.attrs["cohort"], everyone.attrs["seed"]) == ("ami-cs", 11)
    assert np.array_equal(everyone["index"], patients["index"])
    assert list(everyone["arm"].values) == ["off", "iabp"]


def test_a_window_by_name_is_the_window_of_the_file(patients: xr.Dataset, everyone: xr.Dataset):
    inside = np.ones(patients.sizes["patient"], dtype=bool)
    baseline = everyone.sel(arm="off")
    for outcome, (low, high) in cohorts.window("ami-cs").items():
        inside &= ((baseline[outcome] >= low) & (baseline[outcome] <= high)).values
    converged = (baseline["status"] == Status.OK).values
    assert 0 < (inside & converged).sum() < converged.sum()
    windowed = cp.simulate(patients, ARMS, window="ami-cs")
    expected = np.where(converged & ~inside, Status.OUTSIDE_COHORT, everyone["status"].sel(arm="iabp"))
    assert np.array_equal(windowed["status"].sel(arm="iabp"), expected)


def test_takes_numbers_of_numpy(patients: xr.Dataset, everyone: xr.Dataset):
    again = cp.simulate(patients, {"off": {}, "iabp": {"balloon_volume": np.int32(40)}}, tolerance=np.float64(5e-4))
    xr.testing.assert_identical(again, everyone)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"patients": None}, ["patients", "xarray.Dataset"]),
        ({"patients": {"heart_rate": 70}}, ["patients", "xarray.Dataset"]),
        ({"arms": {}}, ["arms", "at least one"]),
        ({"arms": None}, ["arms", "None"]),
        ({"arms": ["off"]}, ["arms", "['off']"]),
        ({"arms": {3: {}}}, ["arms", "3"]),
        ({"arms": {"off": 3}}, ["arms.off", "3"]),
        ({"arms": {"off": {"baloon_volume": 3}}}, ["arms.off", "'balloon_volume'"]),
        ({"arms": {"off": {"balloon_volume": "40"}}}, ["arms.off.balloon_volume", "'40'"]),
        ({"window": "amics"}, ["window", "'ami-cs'"]),
        ({"window": True}, ["window", "true"]),
        ({"warm_start": object()}, ["warm_start", "what warm_start() returns"]),
        ({"regulation": "baroreflexx"}, ["regulation", "'baroreflex'"]),
        ({"regulation": "open"}, ["regulation", "'open-loop'"]),
        ({"precision": "double"}, ["precision", "'double'"]),
        ({"tolerance": "small"}, ["tolerance", "'small'"]),
        ({"tolerance": 0}, ["tolerance", "0"]),
        ({"threads": 0}, ["threads", "0"]),
        ({"threads": "all"}, ["threads", "'all'"]),
        ({"reference": "of"}, ["reference", "'off'"]),
    ],
)
def test_a_mistake_is_told_in_one_line(patients: xr.Dataset, refused: Any, changed: dict[str, Any], words: list[str]):
    with refused(*words):
        cp.simulate(**({"patients": patients, "arms": ARMS} | changed))


@pytest.mark.parametrize("count", [0, 1023, 100_001, "9216"])
def test_a_warm_start_refuses_a_number_of_training_patients_that_cannot_be(refused: Any, count: Any):
    with refused("training_patients", repr(count).replace("'", "")):
        cp.warm_start("ami-cs", ARMS, training_patients=count)


@pytest.mark.parametrize("samples", [0, 1, 2.5, "400", True, 10**9])
def test_waveforms_refuse_a_number_of_samples_that_cannot_be(patients: xr.Dataset, samples: Any):
    with pytest.raises(cp.InputError, match="samples"):
        cp.waveforms(patients.isel(patient=0), ARMS, samples=samples)


def test_a_shorter_pattern_begins_again_before_the_longest_ends(patients: xr.Dataset):
    """As the docstring says: in seconds under the baroreflex, and not as a fraction of each arm's own pattern."""
    arms = {"off": {}, "iabp": {"balloon_volume": 40}, "half": {"balloon_volume": 40, "assist_ratio": 2}}
    one = patients.isel(patient=0)
    followed = cp.waveforms(one, arms, regulation="baroreflex", samples=4000)
    rates = cp.simulate(patients.isel(patient=[0]), arms, regulation="baroreflex")["mean_heart_rate"].isel(patient=0)
    length = followed["pattern_duration"]
    np.testing.assert_allclose(length, np.array([1, 1, 2]) * 60 / rates, rtol=1e-6)
    assert abs(float(length.sel(arm="off") - length.sel(arm="iabp"))) > 1e-3
    time = followed["time"].values
    assert time[-1] + time[1] == pytest.approx(float(length.max()))
    volume = followed["lv_volume"]
    for arm in ("off", "iabp"):
        own, duration = volume.sel(arm=arm).values, float(length.sel(arm=arm))
        later = time[(time >= duration) & (time < 2 * duration)]
        np.testing.assert_allclose(np.interp(later, time, own), np.interp(later - duration, time, own), atol=0.05)
        assert np.ptp(own[time < duration]) > 5
    several = cp.waveforms(patients.isel(patient=[0]), arms, regulation="baroreflex", samples=4000).isel(patient=0)
    for arm in arms:
        fraction = several["time"].values * float(length.sel(arm=arm))
        expected = np.interp(fraction, time, volume.sel(arm=arm).values)
        np.testing.assert_allclose(several["lv_volume"].sel(arm=arm), expected, atol=0.05)


def test_waveforms_follow_one_patient_in_seconds(patients: xr.Dataset, everyone: xr.Dataset):
    ramps = {"ramps": {"balloon_volume": 40, "balloon_drive": 0}}
    followed = cp.waveforms(patients.isel(patient=0), ARMS | ramps, samples=200)
    assert dict(followed.sizes) == {"arm": 3, "time": 200}
    beat = 60 / float(patients["heart_rate"][0])
    assert float(followed["time"].min()) >= 0
    assert float(followed["time"].max()) == pytest.approx(beat, rel=0.01)
    for arm in ARMS:
        mean = float(followed["aortic_pressure"].sel(arm=arm).mean())
        assert mean == pytest.approx(float(everyone["mean_arterial_pressure"].sel(arm=arm)[0]), rel=0.01)
    volume = followed["balloon_volume"]
    assert float(volume.sel(arm="ramps").max()) == pytest.approx(40, rel=0.01)
    # gas fills 34.4 mL of it before it is let out again, and leaves nothing behind
    assert 0.8 * 40 < float(volume.sel(arm="iabp").max()) <= 40
    assert 0 <= float(volume.sel(arm="iabp").min()) < 0.1
    assert (volume.sel(arm="off") == 0).all()


def test_a_window_may_bound_a_ratio_and_a_parameter_on_one_side(patients: xr.Dataset, everyone: xr.Dataset):
    baseline = everyone.sel(arm="off")
    ratio = (baseline["central_venous_pressure"] / baseline["wedge_pressure"]).values
    middle, rate = float(np.nanmedian(ratio)), float(patients["heart_rate"].median())
    lone = {
        "title": "Infarct shock with a quick and failing right heart",
        "base": "ami-cs",
        "window": {"central_venous_pressure/wedge_pressure": {"low": middle}, "heart_rate": {"low": rate}},
    }
    content = {"cohorts": {"lone": lone}, "cohort": "lone", "patients": 96, "seed": 11, "arms": {"off": {}}}
    found = part(from_canonical(content), 0, 96)["status"].values[:, 0] == Status.OK
    inside = (baseline["status"] == Status.OK).values & (ratio >= middle) & (patients["heart_rate"].values >= rate)
    for outcome, (low, high) in cohorts.window("ami-cs").items():
        inside &= ((baseline[outcome] >= low) & (baseline[outcome] <= high)).values
    assert 0 < found.sum() < 96 / 2
    assert np.array_equal(found, inside)

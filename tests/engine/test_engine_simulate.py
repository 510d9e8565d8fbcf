"""Arms, pairing, purity and refusals of `simulate`, and the direction of what a balloon does."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from counterpulse.engine.errors import InputError
from counterpulse.engine.inputs import PLACE, given, parameter_matrix
from counterpulse.engine.laws import coronary
from counterpulse.engine.names.outcomes import OUTCOMES, Status
from counterpulse.engine.names.parameters import PARAMETERS
from counterpulse.engine.periodic.solution import Solution
from counterpulse.engine.simulation import assemble, simulate
from counterpulse.engine.traces import waveforms
from counterpulse.sweeps.population import cohorts

from .population import COHORTS, COMPARED, draw

ARMS = {"off": {}, "iabp": {"balloon_volume": 40}}
VOLUME, LINE_VOLUME = 40.0, PARAMETERS["balloon_line_volume"].default
PAIRED = [name for name in OUTCOMES if name not in ("beats_to_converge", "convergence_error")]


def difference(result: xr.Dataset, name: str, arm: str = "iabp") -> np.ndarray:
    return (result[name].sel(arm=arm) - result[name].sel(arm="off")).values


@pytest.fixture(scope="module")
def populations() -> dict[str, xr.Dataset]:
    return {cohort: simulate(draw(cohort, 400, seed=1), ARMS) for cohort in COHORTS}


def test_an_arm_that_changes_nothing_equals_its_reference_to_the_digit():
    patients = draw("ami-cs", 64)
    arms = {
        "off": {},
        "empty": {"balloon_volume": 0, "inflation_offset": 0.1, "assist_ratio": 2},
        "iabp": {"balloon_volume": 40},
        "again": {"balloon_volume": 40.0, "assist_ratio": 1},
    }
    result = simulate(patients, arms)
    for name in PAIRED:
        np.testing.assert_array_equal(result[name].sel(arm="empty"), result[name].sel(arm="off"))
        np.testing.assert_array_equal(result[name].sel(arm="again"), result[name].sel(arm="iabp"))


@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_a_patient_is_the_same_in_any_company(precision):
    patients = draw("adhf", 130, seed=4)
    whole = simulate(patients, ARMS, precision=precision, threads=2)
    backwards = simulate(patients.isel(patient=slice(None, None, -1)), ARMS, precision=precision, threads=1)
    pieces = [
        simulate(patients.isel(patient=slice(begin, begin + 37)), ARMS, precision=precision)
        for begin in range(0, 130, 37)
    ]
    together = xr.concat(pieces, "patient", data_vars="minimal")
    for name in ("status", "findings", *OUTCOMES):
        assert whole[name].values.tobytes() == together[name].values.tobytes(), name
        assert whole[name].values.tobytes() == backwards[name].values[::-1].tobytes(), name


def test_parts_and_arms_are_laid_where_they_belong_and_may_be_written_to():
    arms = {"off": {}, "on": {"balloon_volume": 40.0}, "slow": {"heart_rate": 60.0}}
    own = given(draw("adhf", 5, seed=3))
    generator = np.random.default_rng(0)

    def solved(patients):
        codes = generator.integers(0, 9, (2, patients))
        numbers = generator.standard_normal((patients, len(OUTCOMES)))
        return Solution(numbers, codes[0].astype(np.uint8), codes[1].astype(np.uint16), numbers, numbers)

    parts = [[solved(count) for _ in arms] for count in (2, 3)]
    found = assemble(own, arms, parts, "float32")
    for place, arm in enumerate(arms):
        here = found.sel(arm=arm)
        for name, column in (*((name, lambda s, k=k: s.outcomes[:, k]) for k, name in enumerate(OUTCOMES)),
                             ("status", lambda s: s.status), ("findings", lambda s: s.findings)):  # fmt: skip
            expected = np.concatenate([column(part[place]) for part in parts])
            np.testing.assert_array_equal(here[name], expected.astype(found[name].dtype))
    np.testing.assert_array_equal(found.heart_rate.sel(arm="slow"), np.full(5, 60.0))
    np.testing.assert_array_equal(found.heart_rate.sel(arm="on"), own.own("heart_rate"))
    before = found.copy(deep=True)
    for name in OUTCOMES:
        assert found[name].values.flags.c_contiguous
        found[name][:] = 1.0
        xr.testing.assert_identical(found.drop_vars(name), before.drop_vars(name))
        found[name][:] = before[name]


def test_the_unsupported_arm_is_the_same_whatever_other_arms_there_are():
    patients = draw("ami-cs", 40)
    alone = simulate(patients, {"off": {}})
    beside = simulate(patients, {"iabp": {"balloon_volume": 50}, "off": {}}, reference="off")
    for name in OUTCOMES:
        np.testing.assert_array_equal(alone[name].sel(arm="off"), beside[name].sel(arm="off"))


@pytest.mark.parametrize("cohort", ["ami-cs", "adhf"])
def test_published_directions(populations, cohort):
    """Scheidt 1973, Kern 1993, Kawaguchi 1999 and the reviews: the direction of each effect."""
    result = populations[cohort]
    median = {name: np.nanmedian(difference(result, name)) for name in COMPARED}
    assert median["cardiac_output"] > 0
    assert median["end_diastolic_aortic_pressure"] < 0
    assert median["systolic_pressure"] < 0
    assert median["pressure_volume_area"] < 0
    assert median["wedge_pressure"] < 0
    assert median["augmented_diastolic_pressure"] > 10
    assert median["sevr"] > 0
    assert (difference(result, "cardiac_output") > 0).mean() > 0.9


def test_late_deflation_loads_the_ventricle():
    """Deflation into systole: end-diastolic pressure no longer falls, and the ventricle works against the balloon."""
    arms = {**ARMS, "late": {"balloon_volume": 40, "deflation_offset": 0.12}}
    result = simulate(draw("ami-cs", 200, seed=3), arms)
    assert np.nanmedian(difference(result, "end_diastolic_aortic_pressure", "late")) > 0
    late, timed = (np.nanmedian(difference(result, "stroke_work", arm)) for arm in ("late", "iabp"))
    assert late > timed
    assert np.nanmedian(difference(result, "lv_peak_pressure", "late")) > np.nanmedian(
        difference(result, "lv_peak_pressure")
    )


def test_a_compliant_aorta_swallows_the_balloon():
    """Papaioannou 2004: arterial compliance sets the effect, weak in compliant arteries and strong in stiff ones."""
    patients = draw("ami-cs", 200, seed=3)
    gains = []
    for age, stiffness in ((30.0, 0.7), (80.0, 1.4)):
        changed = patients.drop_vars(["age", "arterial_stiffness"]).assign(age=age, arterial_stiffness=stiffness)
        result = simulate(changed, ARMS)
        relative = difference(result, "cardiac_output") / result.cardiac_output.sel(arm="off").values
        gains.append((np.nanmedian(relative), np.nanmedian(difference(result, "augmented_diastolic_pressure"))))
    (soft_output, soft_pressure), (stiff_output, stiff_pressure) = gains
    assert soft_output < 0.6 * stiff_output
    assert soft_pressure < 0.6 * stiff_pressure


def test_the_effect_scales_with_volume_and_ratio():
    arms = {
        **ARMS,
        "small": {"balloon_volume": 20},
        "half": {"balloon_volume": 40, "assist_ratio": 2},
        "third": {"balloon_volume": 40, "assist_ratio": 3},
    }
    result = simulate(draw("ami-cs", 120, seed=6), arms)
    gain = {arm: np.nanmedian(difference(result, "cardiac_output", arm)) for arm in arms}
    assert gain["iabp"] > gain["small"] > 0
    assert gain["iabp"] > gain["half"] > gain["third"] > 0
    assert gain["half"] / gain["iabp"] == pytest.approx(1 / 2, abs=0.12)
    assert gain["third"] / gain["iabp"] == pytest.approx(1 / 3, abs=0.12)


def test_outcomes_are_consistent_with_each_other(populations):
    for result in populations.values():
        ok = (result.status == Status.OK).values
        value = {name: result[name].values[ok] for name in OUTCOMES}
        assert all(np.isfinite(value[name]).all() for name in OUTCOMES)
        beds = value["upper_body_flow"] + value["visceral_flow"] + value["limb_flow"] + value["coronary_flow"]
        np.testing.assert_allclose(beds, value["cardiac_output"], rtol=2e-3)
        np.testing.assert_allclose(
            value["cardiac_power_output"], value["mean_arterial_pressure"] * value["cardiac_output"] / 451, rtol=1e-12
        )
        # a leak runs backwards before ejection and after it too, where the ventricle's volume hardly shows it
        leaks = value["mitral_regurgitant_volume"] > 0.0
        total = value["forward_stroke_volume"] + value["mitral_regurgitant_volume"]
        np.testing.assert_allclose(value["stroke_volume"][~leaks], total[~leaks], rtol=3e-3, atol=0.1)
        np.testing.assert_allclose(value["stroke_volume"][leaks], total[leaks], rtol=0.02, atol=0.5)
        off = (result.arm == "off").values
        alone = {name: result[name].values[:, off][result.status.values[:, off] == Status.OK] for name in OUTCOMES}
        assert (alone["systolic_pressure"] > alone["mean_arterial_pressure"]).all()
        assert (value["diastolic_pressure"] <= value["end_diastolic_aortic_pressure"] + 1e-9).all()
        assert (value["convergence_error"] <= 5e-4).all()


def test_the_nominal_healthy_heart_is_the_unit_of_demand_and_reserve():
    law = cohorts.load()["healthy"]
    nominal = law.parameters({name: np.array([0.5]) for name in law.latents()})
    patient = xr.Dataset({name: ("patient", np.atleast_1d(value).astype(float)) for name, value in nominal.items()})
    result = simulate(patient, {"off": {}}, tolerance=1e-6)
    demand = float(result.pressure_volume_area.item() * result.mean_heart_rate.item() / 60.0)
    assert demand == pytest.approx(coronary.HEALTHY_DEMAND, rel=2e-3)
    assert result.endocardial_reserve.item() == pytest.approx(1.0, abs=5e-3)


def test_bounds_keep_the_baseline_of_those_outside():
    result = simulate(draw("ami-cs", 200), ARMS, bounds={"cardiac_output": (3.4, 9.0)})
    outside = (result.status.sel(arm="off") == Status.OUTSIDE_COHORT).values
    assert 0.1 < outside.mean() < 0.9
    assert (result.status.sel(arm="iabp").values[outside] == Status.OUTSIDE_COHORT).all()
    assert (result.cardiac_output.sel(arm="off").values[outside] < 3.4).all()
    assert np.isnan(result.cardiac_output.sel(arm="iabp").values[outside]).all()


def test_a_heart_that_cannot_eject_has_a_status_and_no_numbers():
    patients = draw("ami-cs", 3).drop_vars("lv_elastance").assign(lv_elastance=0.05, systemic_resistance=6.0)
    result = simulate(patients, ARMS)
    assert (result.status.sel(arm="off") != Status.OK).any()
    failed = (result.status != Status.OK).values
    assert np.isnan(result.cardiac_output.values[failed]).all()
    assert (result.status.sel(arm="iabp").values[failed[:, 0]] == Status.REFERENCE_FAILED).all()


def test_every_variable_says_its_unit_or_its_flags(populations):
    for name, variable in populations["ami-cs"].data_vars.items():
        assert "units" in variable.attrs or "flag_meanings" in variable.attrs or name == "index", name


def test_waveforms_carry_the_outcomes(populations):
    patients = draw("ami-cs", 400, seed=1)
    found = waveforms(patients.isel(patient=5), ARMS, samples=800)
    assert found.sizes == {"arm": 2, "time": 800}
    result = populations["ami-cs"].isel(patient=5)
    np.testing.assert_allclose(found.aortic_pressure.mean("time"), result.mean_arterial_pressure, rtol=3e-3)
    np.testing.assert_allclose(found.aortic_valve_flow.mean("time") * 0.06, result.cardiac_output, rtol=1e-2)
    np.testing.assert_allclose(found.lv_pressure.max("time"), result.lv_peak_pressure, rtol=2e-3)
    # gas fills it until the helium has the pressure of the aorta around it
    fullest = found.sel(arm="iabp").isel(time=int(found.balloon_volume.sel(arm="iabp").values.argmax()))
    around = (VOLUME + LINE_VOLUME) * 770.0 / (float(fullest.balloon_volume) + LINE_VOLUME) - 760.0
    assert around == pytest.approx(float(fullest.aortic_pressure), abs=6.0)
    assert 30.0 < float(fullest.balloon_volume) < VOLUME
    ramps = waveforms(patients.isel(patient=5), {"iabp": {**ARMS["iabp"], "balloon_drive": 0}}, samples=800)
    assert ramps.balloon_volume.max() == pytest.approx(VOLUME, rel=1e-3)
    several = waveforms(patients.isel(patient=slice(0, 3)), ARMS, samples=100)
    assert several.sizes == {"patient": 3, "arm": 2, "time": 100}
    assert several.pattern_duration.dims == ("patient", "arm")


def test_waveforms_of_a_slower_ratio_span_its_pattern():
    patient = draw("ami-cs", 1).isel(patient=0)
    found = waveforms(patient, {"off": {}, "half": {"balloon_volume": 40, "assist_ratio": 2}}, samples=600)
    period = 60.0 / float(patient.heart_rate)
    assert found.time[-1] + found.time[1] == pytest.approx(2 * period)
    volume = found.balloon_volume.sel(arm="half").values
    peaks = (volume > 0.9 * volume.max()).astype(int)
    assert 30.0 < volume.max() < VOLUME
    assert (np.diff(np.concatenate([[0], peaks])) == 1).sum() == 1


@pytest.mark.parametrize(
    ("patients", "arms", "options", "said"),
    [
        ({"systemic_resistence": 1.0}, ARMS, {}, "systemic_resistance"),
        ({"systemic_resistance": 60.0}, ARMS, {}, "outside its physical range"),
        ({"systemic_resistance": np.nan}, ARMS, {}, "not a finite number"),
        ({}, {}, {}, "arms"),
        ({}, {"iabp": {"baloon_volume": 40}}, {}, "balloon_volume"),
        ({}, {"iabp": {"balloon_volume": -3}}, {}, "outside its physical range"),
        ({}, {"iabp": {"balloon_volume": "40"}}, {}, "not a finite number"),
        ({}, {"iabp": {"balloon_volume": True}}, {}, "not a finite number"),
        ({}, {"iabp": {"balloon_volume": 40, "assist_ratio": 1.5}}, {}, "allowed: 1, 2, 3"),
        ({}, ARMS, {"precision": "float46"}, "float64"),
        ({}, ARMS, {"regulation": "open loop"}, "open-loop"),
        ({}, ARMS, {"reference": "of"}, "off"),
        ({}, ARMS, {"tolerance": 3.0}, "tolerance"),
        ({}, ARMS, {"bounds": {"cardiac_outptu": (1, 2)}}, "cardiac_output"),
    ],
)
def test_bad_input_is_one_clear_line(patients, arms, options, said):
    dataset = draw("ami-cs", 2).assign(patients)
    with pytest.raises(InputError) as error:
        simulate(dataset, arms, **options)
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_parameters_come_in_the_order_of_the_table():
    matrix = parameter_matrix(draw("ami-cs", 3))
    assert matrix.shape == (3, len(PLACE))
    assert (matrix[:, PLACE["balloon_volume"]] == 0).all()

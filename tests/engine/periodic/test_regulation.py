"""Regulation: what the reflex and the drugs make of an arm, and what they leave alone."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from counterpulse.engine.arms import Solver, run_arms
from counterpulse.engine.errors import InputError
from counterpulse.engine.inputs import parameter_matrix
from counterpulse.engine.names.outcomes import OUTCOMES, Findings, Status
from counterpulse.engine.names.regulation import MODES, REGULATIONS, Mode, Regulation
from counterpulse.engine.simulation import simulate
from counterpulse.engine.traces import waveforms

from ..population import COMPARED, FLOORS, draw

ARMS = {
    "off": {},
    "iabp": {"balloon_volume": 40},
    "half": {"balloon_volume": 40, "assist_ratio": 2},
    "drug": {"lv_elastance": 0.9},
}
REGULATED = REGULATIONS[1:]


def worst_error(found: xr.Dataset, truth: xr.Dataset) -> np.ndarray:
    """Largest error over the outcomes (patient, arm), as outcomes are judged."""
    errors = [
        abs(found[name] - truth[name]) / np.maximum(abs(truth[name]), floor)
        for name, floor in zip(COMPARED, FLOORS, strict=True)
    ]
    return np.max([error.transpose("patient", "arm").values for error in errors], axis=0)


@pytest.fixture(scope="module")
def modes() -> dict[str, xr.Dataset]:
    patients = draw("ami-cs", 60, seed=2)
    return {mode: simulate(patients, ARMS, regulation=mode) for mode in REGULATIONS}


@pytest.mark.parametrize("mode", REGULATED)
def test_an_unsupported_reference_arm_is_the_same_in_every_mode_to_the_digit(modes, mode):
    for name in ("status", "findings", *OUTCOMES):
        found, plain = (modes[each][name].sel(arm="off").values for each in (mode, "open-loop"))
        assert found.tobytes() == plain.tobytes(), name
    assert not np.array_equal(modes[mode].cardiac_output, modes["open-loop"].cardiac_output)


def test_the_reflex_answers_a_rise_in_pressure_with_slower_beats_and_wider_vessels(modes):
    # not in every patient: a rise that comes with a smaller pulse can be felt as a fall
    loop, reflex = modes["open-loop"].sel(arm="iabp"), modes["baroreflex"].sel(arm="iabp")
    assert (loop.mean_arterial_pressure - modes["open-loop"].mean_arterial_pressure.sel(arm="off")).median() > 3.0
    assert (reflex.status == Status.OK).all()
    for name in ("mean_arterial_pressure", "mean_heart_rate", "systemic_vascular_resistance"):
        assert (reflex[name] < loop[name]).mean() > 0.8, name


def test_drugs_hold_the_pressure_of_the_reference_arm(modes):
    found = modes["map-held"]
    assert (found.status == Status.OK).all()
    off = found.mean_arterial_pressure.sel(arm="off")
    assert (abs(found.mean_arterial_pressure - off) / off).max() < 1e-3
    assert (found.cardiac_output.sel(arm="iabp") > modes["open-loop"].cardiac_output.sel(arm="iabp")).mean() > 0.8


def test_a_supported_reference_arm_is_not_regulated_and_gives_the_target():
    patients = draw("adhf", 40, seed=3)
    found = simulate(patients, ARMS, reference="iabp", regulation="map-held")
    plain = simulate(patients, ARMS)
    for name in OUTCOMES:
        np.testing.assert_array_equal(found[name].sel(arm="iabp"), plain[name].sel(arm="iabp"))
    target = found.mean_arterial_pressure.sel(arm="iabp")
    off = found.mean_arterial_pressure.sel(arm="off")
    assert (abs(off - target) / target).max() < 1e-3
    assert (abs(off - plain.mean_arterial_pressure.sel(arm="off")) > 1.0).mean() > 0.8


def test_a_given_target_holds_in_every_arm_and_out_of_reach_it_is_found():
    patients = draw("ami-cs", 40, seed=4)
    found = simulate(patients.assign(pressure_target=75.0), ARMS, regulation="map-held")
    reached = (found.findings & int(Findings.TARGET_OUT_OF_REACH)) == 0
    assert reached.mean() > 0.9
    assert abs(found.mean_arterial_pressure - 75.0).where(reached).max() < 0.1
    far = simulate(patients.assign(pressure_target=190.0), ARMS, regulation="map-held")
    held = far.status == Status.OK
    assert held.mean() > 0.9
    assert ((far.findings & int(Findings.TARGET_OUT_OF_REACH)) > 0).values[held.values].all()
    assert (far.mean_arterial_pressure < 180.0).values[held.values].all()


def test_a_target_is_one_of_a_patient():
    patients = draw("ami-cs", 8, seed=4)
    targets = np.where(np.arange(8) % 2 == 0, 60.0, 0.0)
    found = simulate(patients.assign(pressure_target=("patient", targets)), ARMS, regulation="map-held")
    plain = simulate(patients, ARMS, regulation="map-held")
    np.testing.assert_array_equal(found.cardiac_output[1::2], plain.cardiac_output[1::2])
    assert abs(found.mean_arterial_pressure[::2] - 60.0).max() < 0.1


def test_settings_of_another_mode_change_nothing():
    patients = draw("ami-cs", 8)
    other = patients.assign(baroreflex_gain=0.3, pressure_target=80.0)
    np.testing.assert_array_equal(simulate(other, ARMS).cardiac_output, simulate(patients, ARMS).cardiac_output)
    arms = {"iabp": {"balloon_volume": 40}, "gain": {"balloon_volume": 40, "baroreflex_gain": 0.5}}
    held = simulate(patients, arms, regulation="map-held").cardiac_output
    np.testing.assert_array_equal(held.sel(arm="gain"), held.sel(arm="iabp"))


def test_a_reflex_without_gain_is_the_open_loop(modes):
    patients = draw("ami-cs", 60, seed=2).assign(baroreflex_gain=0.0)
    found = simulate(patients, ARMS, regulation="baroreflex")
    assert worst_error(found, modes["open-loop"]).max() < 5e-3
    assert np.quantile(worst_error(found, modes["open-loop"]), 0.9) < 1e-3


@pytest.mark.parametrize("mode", REGULATED)
def test_a_regulated_patient_is_the_same_in_any_company(mode):
    patients = draw("adhf", 70, seed=4)
    whole = simulate(patients, ARMS, regulation=mode, threads=2)
    alone = simulate(patients.isel(patient=slice(33, 41)), ARMS, regulation=mode, threads=1)
    for name in ("status", "findings", *OUTCOMES):
        assert whole[name][33:41].values.tobytes() == alone[name].values.tobytes(), name


@pytest.mark.parametrize("cohort", ["ami-cs", "adhf"])
@pytest.mark.parametrize("mode", REGULATED)
def test_the_estimated_error_covers_the_true_one(mode, cohort):
    patients = draw(cohort, 200, seed=7)
    found = simulate(patients, ARMS, regulation=mode)
    truth = simulate(patients, ARMS, regulation=mode, tolerance=1e-7)
    both = ((found.status == Status.OK) & (truth.status == Status.OK)).values
    assert both.mean() > 0.99
    covered = worst_error(found, truth) <= found.convergence_error.values
    assert covered[both].mean() >= 0.95
    assert found.beats_to_converge.sel(arm="iabp").mean() < 20


@pytest.mark.parametrize("mode", REGULATED)
def test_single_precision_agrees(mode):
    patients = draw("ami-cs", 40, seed=8)
    double = simulate(patients, ARMS, regulation=mode)
    single = simulate(patients, ARMS, regulation=mode, precision="float32")
    assert (single.status == Status.OK).all()
    assert np.quantile(worst_error(single, double), 0.95) < 5e-3


def test_a_lasting_oscillation_of_the_reflex_is_found():
    patients = draw("healthy", 30, seed=6)
    arms = {"off": {}, "iabp": {"balloon_volume": 40}, "filled": {"stressed_volume": 750}}
    found = {
        gain: simulate(patients.assign(baroreflex_gain=gain), arms, regulation="baroreflex").findings
        & int(Findings.REFLEX_OSCILLATES)
        for gain in (1.0, 1.2, 3.0)
    }
    assert (found[1.0] == 0).all()
    assert (found[1.2] == 0).all()
    assert (found[3.0] > 0).any()
    assert (found[3.0].sel(arm="off") == 0).all()


@pytest.mark.parametrize("mode", REGULATED)
def test_waveforms_are_those_of_the_regulated_pattern(mode):
    patients = draw("ami-cs", 3, seed=9)
    found = simulate(patients, ARMS, regulation=mode)
    drawn = waveforms(patients, ARMS, regulation=mode)
    mean = drawn.aortic_pressure.mean("time")
    assert abs(mean - found.mean_arterial_pressure).max() < 0.1
    beats = xr.DataArray([1.0, 1.0, 2.0, 1.0], dims="arm")
    assert abs(drawn.pattern_duration * found.mean_heart_rate / 60.0 - beats).max() < 1e-9


def test_a_fourth_mode_is_one_more_row(monkeypatch):
    """One that holds the pressure while the reflex acts: both are moved, and it is none of the modes before it."""
    both = Mode("both", Regulation(moves_drives=True, moves_factor=True), "", 1.0, 1.0)
    monkeypatch.setitem(MODES, both.name, both)
    matrix = parameter_matrix(draw("ami-cs", 12, seed=2))
    baseline, off, iabp = run_arms(matrix, {"off": {}, "iabp": ARMS["iabp"]}, {}, Solver("float64", 5e-4), "both")
    pressure, rate = (list(OUTCOMES).index(name) for name in ("mean_arterial_pressure", "mean_heart_rate"))
    assert (iabp[1].status == Status.OK).all()
    np.testing.assert_array_equal(off[1].outcomes, baseline[1].outcomes)
    held = iabp[1].outcomes[:, pressure] / off[1].outcomes[:, pressure]
    assert abs(held - 1.0).max() < 2e-3
    assert (iabp[1].outcomes[:, rate] != off[1].outcomes[:, rate]).all()


@pytest.mark.parametrize("mode", ["mapheld", "baro-reflex"])
def test_an_unknown_mode_is_one_clear_line(mode):
    with pytest.raises(InputError, match="did you mean") as error:
        waveforms(draw("ami-cs", 1), ARMS, regulation=mode)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("arms", "options"), [({}, {}), ({"iabp": {"baloon_volume": 40}}, {}), (ARMS, {"reference": "of"})]
)
def test_waveforms_refuse_what_simulate_refuses(arms, options):
    with pytest.raises(InputError) as error:
        waveforms(draw("ami-cs", 1), arms, **options)
    assert "\n" not in str(error.value)

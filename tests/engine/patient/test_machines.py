"""Balloons, axial pumps and ECMO: their laws' limits, what they do, and that off means off."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from counterpulse.engine.laws.periphery import BRONCHIAL_CONDUCTANCE
from counterpulse.engine.names.outcomes import OUTCOMES, Findings, Status
from counterpulse.engine.names.parameters import PARAMETERS
from counterpulse.engine.simulation import simulate
from counterpulse.engine.traces import waveforms

from ..population import ARMS, draw

NUMBERS = [name for name in OUTCOMES if name not in ("beats_to_converge", "convergence_error")]


@pytest.fixture(scope="module")
def supported() -> xr.Dataset:
    result = simulate(draw("ami-cs", 60, seed=61), {"off": {}, **ARMS})
    assert (result.status == Status.OK).all()
    return result


def test_gas_and_ramps_fill_the_same_balloon():
    """Ramps fill it whatever the pressure around it; gas as far as the helium's pressure reaches, and when it can."""
    patient = draw("ami-cs", 1, seed=62).isel(patient=0)
    slow = {**ARMS["balloon"], "balloon_line_resistance": 0.8}
    found = waveforms(patient, {"ramps": ARMS["balloon of ramps"], "gas": ARMS["balloon"], "slow": slow})
    volume, pressure = found.balloon_volume, found.aortic_pressure
    assert float(volume.min()) >= -1e-9
    assert float(volume.max()) <= 40.0 + 1e-9
    assert volume.sel(arm="ramps").max() == pytest.approx(40.0, rel=0.01)
    most, least = (55.0 * 770.0 / (760.0 + float(each)) - 15.0 for each in (pressure.min(), pressure.max()))
    assert least < volume.sel(arm="gas").max() < most
    for arm in ("ramps", "gas"):
        assert volume.sel(arm=arm).min() == pytest.approx(0.0, abs=0.4)
    took = []
    for arm in ("gas", "slow"):
        # from where it is emptiest on: deflation begins just before activation, with which the pattern begins
        filling = np.roll(volume.sel(arm=arm).values, -int(volume.sel(arm=arm).values.argmin()))
        took.append(int((filling > 17.0).argmax()) - int((filling > 1.0).argmax()))
    assert 0 < took[0] < took[1]


def test_helium_lost_is_volume_lost():
    patients = draw("ami-cs", 20, seed=63)
    arms = {"off": {}, "leaking": {"balloon_volume": 40, "balloon_helium_loss": 0.25}, "small": {"balloon_volume": 30}}
    result = simulate(patients, arms)
    for name in NUMBERS:
        np.testing.assert_allclose(result[name].sel(arm="leaking"), result[name].sel(arm="small"), rtol=1e-12)


def test_pumps_carry_flow_and_unload_or_load(supported):
    median = {arm: supported.sel(arm=arm).median("patient") for arm in supported.arm.values}
    off = median["off"]
    assert off.device_flow == 0.0
    assert median["balloon"].device_flow == 0.0
    flows = [float(median[arm].device_flow) for arm in ("Impella 2.5", "Impella CP", "Impella 5.5")]
    assert flows == sorted(flows)
    for arm in ("Impella 2.5", "Impella CP", "Impella 5.5"):
        assert median[arm].wedge_pressure < off.wedge_pressure
        assert median[arm].cardiac_output > off.cardiac_output
        assert median[arm].native_cardiac_output < off.native_cardiac_output
    assert median["ECMO"].wedge_pressure > off.wedge_pressure
    assert median["ECMO"].pressure_volume_area > off.pressure_volume_area
    assert median["ECMO"].central_venous_pressure < off.central_venous_pressure
    assert median["ECMO and Impella"].wedge_pressure < median["ECMO"].wedge_pressure
    assert median["ECMO and balloon"].wedge_pressure < median["ECMO"].wedge_pressure


def test_ecmo_carries_what_is_asked_until_its_cannula_does_not(supported):
    np.testing.assert_allclose(supported.device_flow.sel(arm="ECMO"), 3.5, rtol=5e-3)
    arms = {f"{french}": {"ecmo_flow": 8.0, "ecmo_cannula": french} for french in (15, 17, 19)}
    result = simulate(draw("healthy", 20, seed=64), arms)
    flows = result.device_flow.median("patient").values
    assert flows[0] < flows[1] < flows[2] < 8.0


def test_output_is_what_crosses_the_valve_and_what_the_pumps_carry(supported):
    for arm in supported.arm.values:
        found = supported.sel(arm=arm)
        np.testing.assert_allclose(found.cardiac_output, found.native_cardiac_output + found.device_flow, rtol=1e-9)
        beds = found.upper_body_flow + found.visceral_flow + found.limb_flow + found.coronary_flow
        if "ECMO" in str(arm):
            # the left atrium's pressure stands for that of the lung's veins, a few mmHg of a hundred
            drop = found.mean_arterial_pressure - found.wedge_pressure
            beds = beds + 0.06 * BRONCHIAL_CONDUCTANCE * found.body_surface_area * drop
        np.testing.assert_allclose(beds, found.cardiac_output, rtol=3e-3)


def test_a_pump_in_an_empty_ventricle_sucks():
    patients = draw("healthy", 20, seed=65).drop_vars("stressed_volume").assign(stressed_volume=500.0)
    result = simulate(patients, {"off": {}, "pump": {"impella_model": 3, "impella_speed": 33}})
    ok = result.status.sel(arm="pump") == Status.OK
    assert ok.mean() > 0.9
    assert ((result.findings.sel(arm="pump") & Findings.SUCTION) > 0).values[ok.values].mean() > 0.5


def test_a_shut_aortic_valve_is_a_finding_with_a_pump(supported):
    shut = (supported.findings & Findings.AORTIC_VALVE_SHUT) > 0
    assert shut.sel(arm="Impella 5.5").mean() > 0.9
    assert not shut.sel(arm="off").any()
    native = supported.native_cardiac_output.sel(arm="Impella 5.5").values
    np.testing.assert_allclose(native[shut.sel(arm="Impella 5.5").values], 0.0, atol=1e-9)


IDLE = {
    "balloon": {"balloon_volume": 0.0, "balloon_drive": 0.0, "assist_ratio": 3.0, "balloon_position": 5.0},
    "Impella": {"impella_speed": 0.0, "impella_model": 3.0},
    "ECMO": {"ecmo_flow": 0.0, "ecmo_cannula": 15.0},
    "balloon with a gas it does not use": {**ARMS["balloon of ramps"], "balloon_line_resistance": 0.8},
    "balloon with ramps it does not use": {**ARMS["balloon"], "inflation_time": 0.2, "deflation_time": 0.25},
}


@pytest.mark.parametrize("device", IDLE)
@pytest.mark.parametrize("cohort", ["ami-cs", "vsd"])
def test_a_device_that_is_off_is_no_device_to_the_digit(device, cohort):
    reference = {name: IDLE[device][name] for name in ("balloon_volume", "balloon_drive") if name in IDLE[device]}
    result = simulate(draw(cohort, 20, seed=66), {"none": reference, "idle": IDLE[device]})
    for name in NUMBERS:
        np.testing.assert_array_equal(result[name].sel(arm="idle"), result[name].sel(arm="none"))


@pytest.mark.parametrize("cohort", ["ami-cs", "acute-mr"])
def test_an_arm_is_the_same_whatever_kernels_other_arms_need(cohort):
    patients = draw(cohort, 20, seed=67)
    alone = {arm: simulate(patients, {arm: ARMS[arm]}) for arm in ("balloon", "ECMO")}
    lesion = {"mitral_regurgitation_area": 0.7, "coronary_stenosis": 0.6}
    together = simulate(patients, {"lesion": lesion, **ARMS}, reference="balloon")
    for arm, result in alone.items():
        for name in OUTCOMES:
            np.testing.assert_array_equal(result[name].sel(arm=arm), together[name].sel(arm=arm))


def test_every_machine_is_off_by_default():
    assert all(PARAMETERS[name].default == 0.0 for name in ("balloon_volume", "impella_speed", "ecmo_flow"))

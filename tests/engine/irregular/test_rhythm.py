"""Irregular rhythm: the series of intervals, means over beats and their errors, and the console."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import xarray as xr
from scipy.special import ndtri

from counterpulse.engine.errors import InputError
from counterpulse.engine.inputs import DEFAULTS, PLACE
from counterpulse.engine.irregular.follow import MOST_BEATS
from counterpulse.engine.irregular.rhythm import (
    BLOCK,
    Beat,
    draw_block,
    intervals,
    normal,
    patient_key,
    rhythm_of,
    unused_console,
    watch,
)
from counterpulse.engine.names.outcomes import OUTCOMES, Status
from counterpulse.engine.names.parameters import Parameters
from counterpulse.engine.simulation import simulate
from counterpulse.engine.traces import waveforms

from ..population import COMPARED, FLOORS, draw

BALLOON = {"balloon_volume": 40.0}
ARMS: dict[str, dict[str, float]] = {"off": {}, "iabp": BALLOON}


def law(**settings: float) -> Any:
    row = DEFAULTS.copy()
    for name, value in settings.items():
        row[PLACE[name]] = value
    return rhythm_of(Parameters(*row.tolist()))


def series(count: int, index: int = 0, **settings: float) -> tuple[np.ndarray, np.ndarray]:
    """RR intervals of a patient, and which beats come early."""
    found, early = np.empty(count), np.zeros(count, bool)
    own, key, debt, drawn = law(**settings), np.uint64(patient_key(1, index)), 0.0, np.empty(BLOCK)
    for beat in range(count):
        if beat % BLOCK == 0:
            draw_block(own, key, beat, drawn)
        early[beat] = debt > 0.0
        found[beat], debt = intervals(own, key, beat, drawn[beat % BLOCK], debt)
    return found, early


def sound(count: int, seed: int = 1) -> xr.Dataset:
    """Patients without coronary disease: near the end of its reserve an outcome of .02 is known to 1 % of that."""
    return draw("ami-cs", count, seed).assign(coronary_stenosis=0.0)


def fibrillating(count: int, seed: int = 1) -> xr.Dataset:
    return sound(count, seed).assign(atrial_fibrillation=1.0)


def values(result: xr.Dataset, arm: str) -> np.ndarray:
    return np.stack([result[name].sel(arm=arm).values for name in COMPARED], axis=1)


def test_the_normal_quantile_is_scipys():
    uniform = np.concatenate([np.logspace(-13, -1, 40), np.linspace(0.01, 0.99, 99), 1.0 - np.logspace(-9, -1, 30)])
    found = [normal(float(each)) for each in uniform]
    np.testing.assert_allclose(found, ndtri(uniform), atol=1e-8)


@pytest.mark.parametrize(("rate", "variation"), [(70.0, 0.22), (105.0, 0.22), (130.0, 0.25)])
def test_intervals_in_fibrillation_follow_their_law(rate, variation):
    found, early = series(400 * BLOCK, heart_rate=rate, atrial_fibrillation=1.0, rr_variation=variation)
    assert found.mean() == pytest.approx(60.0 / rate, rel=1e-9)
    assert found.std() / found.mean() == pytest.approx(variation, rel=0.03)
    assert found.min() > 0.3
    assert ((found - found.mean()) ** 3).mean() / found.std() ** 3 > 0.6
    assert abs(np.corrcoef(found[:-1], found[1:])[0, 1]) < 0.08
    assert not early.any()


def test_every_patient_has_a_series_of_its_own_and_keeps_it():
    first, again, other = (series(96, index, atrial_fibrillation=1.0)[0] for index in (3, 3, 4))
    np.testing.assert_array_equal(first, again)
    assert abs(np.corrcoef(first, other)[0, 1]) < 0.35
    assert np.unique(np.concatenate([first, other])).size == 192


def test_every_block_of_beats_has_the_mean_and_nearly_the_spread_of_the_law():
    found, _ = series(200 * BLOCK, atrial_fibrillation=1.0)
    blocks = found.reshape(-1, BLOCK)
    np.testing.assert_allclose(blocks.mean(axis=1), 60.0 / 70.0, rtol=1e-12)
    assert blocks.std(axis=1).std() < 0.1 * found.std()


@pytest.mark.parametrize("share", [0.05, 0.2])
def test_an_ectopic_beat_is_followed_by_a_compensatory_pause(share):
    found, early = series(200 * BLOCK, ectopic_share=share)
    period = 60.0 / 70.0
    assert early.mean() == pytest.approx(share, rel=0.1)
    at = np.flatnonzero(early)
    np.testing.assert_allclose(found[at - 1] + found[at], 2.0 * period, rtol=1e-12)
    assert (found[at - 1] > 0.55 * period).all()
    assert (found[at - 1] < 0.75 * period).all()
    calm = ~early & ~np.roll(early, -1)
    np.testing.assert_allclose(found[calm][:-1], period, rtol=1e-12)


def events(beats: list[float], **settings: float) -> list[tuple[float, float]]:
    """Inflation and deflation of every beat, in s after its activation, as planned and cut short by the next R wave."""
    own, key = law(**settings), np.uint64(patient_key(0, 0))
    console, found, before = unused_console(own.period), [], own.period
    for number, interval in enumerate(beats):
        console = watch(console, own, key, number, Beat(interval, before, 0.0), 0.3, -0.08, 1.0)
        found.append((console.inflation, console.deflation))
        before = interval
    return found


def test_the_console_deflates_as_planned_or_when_the_next_r_wave_comes():
    planned, late, cut = events([0.8, 1.2, 0.6], heart_rate=75.0)
    assert planned == pytest.approx((0.3, 0.72))
    assert late == pytest.approx((0.3, 0.72))  # the pause was not predicted
    assert cut == pytest.approx((0.3, 0.57))  # 30 ms before the activation that came early


def test_a_console_that_misses_beats_leaves_them_out():
    found = events([0.8] * (5 * BLOCK), heart_rate=75.0, trigger_missed_share=0.25)
    inflated = np.array([begin > 0.0 and begin < 0.8 for begin, _ in found])
    assert inflated.mean() == pytest.approx(0.75, abs=0.01)


def test_detections_scatter_and_come_late_as_asked():
    found = np.array(events([0.8] * (10 * BLOCK), heart_rate=75.0, trigger_jitter=0.02))
    assert (found[:, 0] - 0.3).std() == pytest.approx(0.02, rel=0.05)
    late = np.array(events([0.8] * (10 * BLOCK), heart_rate=75.0, trigger_late_share=0.1))[:, 0] - 0.3
    assert (late > 0.05).mean() == pytest.approx(0.1, abs=0.005)
    assert late.max() == pytest.approx(0.1)


@pytest.fixture(scope="module")
def found() -> xr.Dataset:
    return simulate(fibrillating(48), ARMS)


@pytest.fixture(scope="module")
def truth() -> xr.Dataset:
    """The same patients with other series, followed for many more beats."""
    patients = fibrillating(48)
    return simulate(patients.assign_attrs(seed=99), ARMS, rhythm_tolerance=6e-3, most_beats=10_000)


def test_fibrillation_takes_the_atrial_kick(found):
    """Output falls at the same rate by the loss of atrial contraction, a tenth or more in stiff hearts."""
    sinus = simulate(sound(48), {"off": {}})
    change = found.cardiac_output.sel(arm="off").values / sinus.cardiac_output.sel(arm="off").values - 1.0
    assert (change < 0).mean() > 0.95
    assert -0.25 < np.median(change) < -0.03
    rate = found.mean_heart_rate.sel(arm="off") / sinus.mean_heart_rate.sel(arm="off")
    np.testing.assert_allclose(rate, 1.0, atol=0.015)


def test_the_balloon_helps_in_fibrillation_too(found):
    for name, sign in {"cardiac_output": 1, "pressure_volume_area": -1, "augmented_diastolic_pressure": 1}.items():
        assert sign * np.nanmedian(found[name].sel(arm="iabp") - found[name].sel(arm="off")) > 0, name


def test_status_ok_means_within_the_tolerance(found):
    """Who has not converged has a diastolic pressure that a balloon pulls down to some 20 mmHg, and 1 % of that."""
    ok = found.status == Status.OK
    assert ok.sel(arm="off").all()
    assert ok.sel(arm="iabp").mean() >= 0.95
    assert (found.convergence_error.where(ok, 0.0) <= 1e-2).all()
    assert (found.beats_to_converge.where(ok, 0.0) <= MOST_BEATS).all()


@pytest.mark.slow
def test_behind_a_stenosis_only_who_has_hardly_any_reserve_is_not_told():
    patients = draw("ami-cs", 48, seed=1)
    reserve = simulate(patients, {"off": {}}).endocardial_reserve.sel(arm="off").values
    held = simulate(patients.assign(atrial_fibrillation=1.0), {"off": {}}).status.sel(arm="off").values == Status.OK
    assert held[(reserve == 0.0) | (reserve > 0.1)].all()
    assert held.mean() >= 0.9


def both_hold(*results: xr.Dataset) -> np.ndarray:
    return np.all([(result.status == Status.OK).all("arm") for result in results], axis=0)


@pytest.mark.slow
def test_the_error_covers_the_long_run_mean(found, truth):
    """Twice the standard error by batch means against an independent long run, whose own error counts too."""
    rows = both_hold(found, truth)
    for arm in ARMS:
        mean, long = values(found, arm)[rows], values(truth, arm)[rows]
        error = (np.abs(mean - long) / np.maximum(np.abs(mean), FLOORS)).max(axis=1)
        allowed = np.hypot(found.convergence_error.sel(arm=arm), truth.convergence_error.sel(arm=arm))[rows]
        assert (error <= allowed).mean() >= 0.93, arm


@pytest.mark.slow
def test_the_paired_error_covers_the_difference_and_is_smaller(found, truth):
    rows = both_hold(found, truth)
    plain = found.convergence_error.sum("arm").values[rows]
    paired = found.difference_error.sel(arm="iabp").values[rows]
    assert (found.difference_error.sel(arm="off") == 0).all()
    assert np.median(plain / paired) > 1.2, np.quantile(plain / paired, [0.05, 0.5, 0.95])
    differences = [(values(each, "iabp") - values(each, "off"))[rows] for each in (found, truth)]
    size = np.maximum(np.abs(values(found, "off")[rows]), FLOORS)
    error = (np.abs(differences[0] - differences[1]) / size).max(axis=1)
    assert (error <= np.hypot(paired, truth.difference_error.sel(arm="iabp").values[rows])).mean() >= 0.93


def test_paired_arms_see_the_same_beats(found, truth):
    """The difference in output wanders less from one series to another than the output of an arm does.

    And less than the difference to another patient's, whose beats are others.
    """
    rows, output = both_hold(found, truth), COMPARED.index("cardiac_output")
    moved = {arm: (values(found, arm) - values(truth, arm))[rows, output] for arm in ARMS}
    alone = np.hypot(np.std(moved["iabp"]), np.std(moved["off"]))
    others = [np.std(moved["iabp"] - np.roll(moved["off"], shift)) for shift in range(1, rows.sum())]
    paired = np.std(moved["iabp"] - moved["off"])
    assert paired < 0.8 * alone
    assert paired < np.quantile(others, 0.02)


@pytest.mark.slow
def test_a_patient_is_the_same_in_any_company():
    patients = fibrillating(20)
    whole = simulate(patients, ARMS, threads=2)
    backwards = simulate(patients.isel(patient=slice(None, None, -1)), ARMS, threads=1)
    piece = simulate(patients.isel(patient=slice(7, 12)), {"iabp": BALLOON, "off": {}}, reference="off")
    for name in ("status", "findings", "difference_error", *OUTCOMES):
        assert whole[name].values.tobytes() == backwards[name].values[::-1].tobytes(), name
        for arm in ARMS:
            assert whole[name].sel(arm=arm).values[7:12].tobytes() == piece[name].sel(arm=arm).values.tobytes(), name


@pytest.mark.slow
def test_a_nearly_regular_rhythm_agrees_with_the_periodic_state():
    patients = draw("ami-cs", 24, seed=2)
    regular = simulate(patients, ARMS)
    arms = {"off": {}, "iabp": {**BALLOON, "trigger_jitter": 1e-9}}
    beats = simulate(patients.assign(ectopic_share=1e-9), arms)
    for arm in ARMS:
        error = np.abs(values(beats, arm) - values(regular, arm)) / np.maximum(np.abs(values(regular, arm)), FLOORS)
        assert np.quantile(error.max(axis=1), 0.95) < 2e-3, arm
        assert error.max() < 5e-3, dict(zip(COMPARED, error.max(axis=0), strict=True))


@pytest.mark.slow
def test_a_worse_trigger_augments_less():
    patients = draw("ami-cs", 40, seed=1)
    arms = {
        "off": {},
        "iabp": BALLOON,
        "jitter": {**BALLOON, "trigger_jitter": 0.05},
        "few": {**BALLOON, "trigger_missed_share": 0.1},
        "many": {**BALLOON, "trigger_missed_share": 0.3},
        "late": {**BALLOON, "trigger_late_share": 0.3},
    }
    result = simulate(patients, arms)
    assert (result.status == Status.OK).mean() > 0.95
    gain = (result.augmented_diastolic_pressure - result.augmented_diastolic_pressure.sel(arm="off")).median("patient")
    output = (result.cardiac_output - result.cardiac_output.sel(arm="off")).median("patient")
    assert gain.sel(arm="iabp") > gain.sel(arm="few") > gain.sel(arm="many") > 0
    assert gain.sel(arm="iabp") > gain.sel(arm="late") > 0
    assert gain.sel(arm="iabp") > gain.sel(arm="jitter")
    assert float(output.sel(arm="many") / output.sel(arm="iabp")) == pytest.approx(0.7, abs=0.08)


def test_who_needs_more_beats_than_allowed_has_not_converged():
    result = simulate(fibrillating(16), ARMS, rhythm_tolerance=1e-3, most_beats=300)
    assert (result.status.sel(arm="off") == Status.NOT_CONVERGED).all()
    assert (result.status.sel(arm="iabp") == Status.REFERENCE_FAILED).all()
    assert np.isnan(result.cardiac_output).all()


def test_the_paired_error_is_there_whenever_a_rhythm_may_be_irregular():
    patients = draw("ami-cs", 4)
    assert "difference_error" not in simulate(patients, ARMS)
    some = simulate(patients.assign(atrial_fibrillation=("patient", np.zeros(4))), ARMS)
    errors = some.convergence_error.sum("arm").values
    np.testing.assert_allclose(some.difference_error.sel(arm="iabp"), errors)


def test_what_cannot_be_is_refused_in_one_line():
    patients = fibrillating(2)
    with pytest.raises(InputError, match="rhythm_tolerance"):
        simulate(patients, ARMS, rhythm_tolerance=0.0)
    with pytest.raises(InputError, match="most_beats"):
        simulate(patients, ARMS, most_beats=0)
    with pytest.raises(InputError, match="seed"):
        simulate(patients.assign_attrs(seed="one"), ARMS)
    with pytest.raises(InputError, match=r"arms\.off: the irregular rhythm of patient 0"):
        waveforms(patients, ARMS)
    with pytest.raises(InputError, match=r"arms\.off.*baroreflex"):
        simulate(patients, ARMS, regulation="baroreflex")

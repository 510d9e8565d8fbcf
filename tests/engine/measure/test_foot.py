"""Where an ejection begins: the first opening after activation, seen or stepped over; and what is read around it."""

from __future__ import annotations

from contextlib import AbstractContextManager
from unittest.mock import patch

import numpy as np
import pytest

from counterpulse.engine.arms import Solver, run_arms
from counterpulse.engine.inputs import parameter_matrix
from counterpulse.engine.integration.lanes import MACHINE_FIELDS, PLAIN_FIELDS
from counterpulse.engine.measure.beat import ejection, emptied, first_opening, stepped_over, tally
from counterpulse.engine.names.outcomes import OUTCOMES, Samples, Status
from counterpulse.engine.names.parameters import PARAMETERS, Parameters
from counterpulse.engine.names.state import Learned
from counterpulse.engine.patient.coefficients import fold
from counterpulse.engine.periodic import solve as periodic
from counterpulse.engine.periodic.solution import Solution
from counterpulse.sweeps.population import cohorts
from counterpulse.sweeps.simulate import sample

from ..reference import STATES, Reference

STEPS, STEP = 200, 0.004
PLACES = np.arange(STEPS, dtype=float)
WITHIN = 100
ARMS = {"off": {}, "iabp": {"balloon_volume": 40}}
FOOT = [list(OUTCOMES).index(name) for name in ("opening_pressure", "end_diastolic_aortic_pressure")]


def opened(*runs: tuple[float, float]) -> np.ndarray:
    """What drives a valve that is open from one place to another, or twice: smooth, and negative elsewhere."""
    return -np.prod([(PLACES - begin) * (PLACES - end) for begin, end in runs], axis=0)


def unseen(gradient: np.ndarray, at: int) -> float:
    """What `stepped_over` finds at a sample."""
    return stepped_over(*gradient[at - 1 : at + 2])


def test_the_foot_is_where_what_drives_the_valve_changes_its_sign():
    root = 70.0 - 0.05 * PLACES
    at, pressure = first_opening(root, root, opened((12.3, 80.6)), 0, WITHIN)
    assert at == pytest.approx(12.3, abs=1e-6)
    assert pressure == pytest.approx(70.0 - 0.05 * 12.3, abs=1e-6)
    assert first_opening(root, root, opened((12.3, 80.6)), 13, WITHIN)[0] == -1.0


def test_of_two_openings_the_first_is_the_foot_though_the_other_lasts_longer():
    """Deflation lets the valve open, shut and open again within isovolumic contraction."""
    root = 70.0 - 0.05 * PLACES
    gradient = opened((5.4, 9.7), (14.2, 80.6))
    assert (gradient[6:10] > 0.0).all()
    assert (gradient[10:15] < 0.0).all()
    assert (gradient[15:80] > 0.0).all()
    found = ejection(root, root, gradient, 0, STEPS, 5, 37, WITHIN)
    assert found.opened
    # both by the samples before, as behind a kink
    assert found.foot == pytest.approx(5.4, abs=0.1)
    assert found.closure == pytest.approx(80.6, abs=0.1)


@pytest.mark.parametrize(("begin", "end"), [(20.05, 20.95), (20.2, 20.6), (20.55, 20.9)])
def test_a_closure_between_two_samples_is_seen(begin, end):
    """Of up to 4 ms at a step of 4 ms: both samples say open, and the parabola dips below zero between them."""
    root = 70.0 - 0.05 * PLACES
    gradient = 3.0 * (PLACES - begin) * (PLACES - end)
    assert (gradient > 0.0).all()
    nearest = int(np.floor(0.5 * (begin + end) + 0.5))
    assert nearest + unseen(gradient, nearest) == pytest.approx(end, abs=1e-9)
    at, pressure = first_opening(root, root, gradient, 0, WITHIN)
    assert at == pytest.approx(end, abs=1e-9)
    assert pressure == pytest.approx(70.0 - 0.05 * end, abs=1e-6)


def test_an_opening_between_two_samples_is_seen():
    gradient = -3.0 * (PLACES - 20.2) * (PLACES - 20.7)
    assert first_opening(np.zeros(STEPS), np.zeros(STEPS), gradient, 0, WITHIN)[0] == pytest.approx(20.2, abs=1e-9)


@pytest.mark.parametrize("least", [0.01, 1.0])
@pytest.mark.parametrize("sharp", [False, True])
def test_what_only_comes_near_to_zero_is_no_closure(least, sharp):
    """Neither a smooth trough nor the kink that a moving valve leaves."""
    away = PLACES - 20.4
    gradient = least + (4.0 * np.abs(away) if sharp else away**2)
    assert [unseen(gradient, at) for at in range(15, 26)] == [2.0] * 11
    assert first_opening(np.zeros(STEPS), np.zeros(STEPS), gradient, 0, WITHIN) == (-1.0, 0.0)


def test_an_opening_before_activation_is_no_foot():
    """It is told as early; where the valve stays open, the foot's pressure is the lowest around activation."""
    root = 70.0 + 0.01 * (PLACES - 20.0) ** 2
    gradient = opened((12.3, 80.6))
    shifted = np.roll(gradient, -16)
    found = ejection(np.roll(root, -16), np.roll(root, -16), shifted, 0, STEPS, 10, 37, WITHIN)
    assert found.early
    assert found.opened
    assert found.foot == 0.0
    assert found.foot_pressure == pytest.approx(70.0, abs=1e-6)


def test_an_ejection_may_begin_after_half_a_fast_beat():
    """At 150 beats a minute contraction peaks at 56 % of the beat, and a vanishing ejection begins about then."""
    root = np.full(STEPS, 70.0)
    late = opened((108.0, 116.0))
    assert ejection(root, root, late, 0, STEPS, 5, 37, 140).opened
    assert not ejection(root, root, late, 0, STEPS, 5, 37, 100).opened


def test_a_balloon_is_empty_when_a_tenth_of_what_it_held_is_left():
    balloon = np.maximum(40.0 - 2.0 * np.maximum(PLACES - 20.0, 0.0), 0.0)
    assert emptied(balloon, 10, 60) == pytest.approx(38.0, abs=1e-9)
    fading = 34.0 * np.exp(-np.maximum(PLACES - 10.0, 0.0) / 7.0)
    assert emptied(fading, 10, 60) == pytest.approx(10.0 + 7.0 * np.log(10.0), abs=1e-3)
    assert emptied(np.full(STEPS, 40.0), 10, 60) == 60.0


def measured(deflation: float, dip: float) -> object:
    """One beat of 800 ms whose aortic pressure has a dip of 15 mmHg ``dip`` s before activation; foot at 49 ms."""
    gradient = opened((12.3, 80.6))
    root = 90.0 - 0.1 * ((PLACES - 80.0) % STEPS) - 15.0 * np.exp(-(((PLACES - STEPS + dip / STEP) / 2.0) ** 2))
    signals = np.zeros((len(Samples._fields), STEPS))
    rows = Samples(*signals)
    rows.root_pressure[:], rows.lv_pressure[:], rows.aortic_valve_gradient[:] = root, root + gradient, gradient
    rows.lv_volume[:] = 120.0 + 30.0 * np.cos(2.0 * np.pi * PLACES / STEPS)
    rows.pulmonary_valve_gradient[:] = -1.0
    nominal = Parameters(*[quantity.default for quantity in PARAMETERS.values()])
    return tally(signals, np.empty(STEPS), 0, STEPS, 60, STEP, fold(nominal), 0.83, deflation, True)


def test_the_end_of_diastole_begins_with_deflation_but_no_later_than_150_ms_before_activation():
    foot = 90.0 - 0.1 * (STEPS - 80.0 + 12.3)
    for deflation in (0.1, 0.0, -0.02, -0.15):
        assert measured(deflation, 0.2).end_diastolic_aortic == pytest.approx(foot, abs=0.01)
    assert measured(-0.25, 0.2).end_diastolic_aortic < foot - 5.0
    assert measured(-0.02, 0.1).end_diastolic_aortic < foot - 5.0
    for dip in (0.1, 0.2):
        assert measured(-0.02, dip).opening == pytest.approx(foot, abs=0.01)
        assert measured(-0.02, dip).right_shut == 1.0


def finer(times: int) -> AbstractContextManager[object]:
    """Every pattern in so many times as many steps, while this lasts."""
    plan = periodic.plan

    def with_more(*asked: np.ndarray) -> tuple[np.ndarray, ...]:
        steps, *rest = plan(*asked)
        return times * steps, *rest

    return patch.object(periodic, "plan", with_more)


def solved(matrix: np.ndarray, times: int, tolerance: float) -> list[tuple[np.ndarray, Solution]]:
    with finer(times):
        return run_arms(matrix, ARMS, {}, Solver("float64", tolerance))


def the_vsd_patient() -> np.ndarray:
    """Where deflation shuts and opens the valve within 4 ms, in a population of its former law."""
    return parameter_matrix(sample("vsd", 400, seed=4242, design="random").isel(patient=[7]))


def test_a_foot_at_deflation_is_that_of_finer_steps():
    (*_, coarse), (*_, fine) = (solved(the_vsd_patient(), times, 1e-6) for times in (1, 16))
    np.testing.assert_allclose(coarse[1].outcomes[:, FOOT], fine[1].outcomes[:, FOOT], atol=0.05)


@pytest.mark.slow
def test_a_foot_at_deflation_is_that_of_an_independent_integration():
    (_, baseline), _, (own, found) = solved(the_vsd_patient(), 1, 1e-7)
    reference = Reference(Parameters(*own[0].tolist()), Learned(*baseline.learned[0].tolist()))
    states, held, machine, _ = np.split(found.states[0], [STATES, PLAIN_FIELDS, MACHINE_FIELDS])
    truth = reference.outcomes(reference.periodic(np.concatenate([states, machine, held])))
    for name in ("opening_pressure", "end_diastolic_aortic_pressure"):
        assert found.outcomes[0, list(OUTCOMES).index(name)] == pytest.approx(truth[name], abs=0.05)
    margin = found.outcomes[0, list(OUTCOMES).index("deflation_margin")]
    assert margin == pytest.approx(truth["deflation_margin"], abs=5e-4)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [11, 12])
def test_the_foot_of_random_patients_is_that_of_sixteen_times_finer_steps(seed):
    """Five of each cohort, without and with a balloon. Measured, both seeds: nobody is off by more than .15 mmHg."""
    matrix = np.concatenate([parameter_matrix(sample(name, 5, seed=seed, design="random")) for name in cohorts.names()])
    (_, *coarse), (_, *fine) = solved(matrix, 1, 5e-4), solved(matrix, 16, 1e-6)
    for (_, one), (_, other) in zip(coarse, fine, strict=True):
        both = (one.status == Status.OK) & (other.status == Status.OK)
        assert both.mean() > 0.98
        off = np.abs(one.outcomes[both][:, FOOT] - other.outcomes[both][:, FOOT])
        assert (off <= 1.0).mean(axis=0).min() >= 0.99
        assert np.quantile(off, 0.95) < 0.2

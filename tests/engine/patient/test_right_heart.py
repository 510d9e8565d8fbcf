"""Hearts that a pump leaves hardly anything: one state whatever the way there, and no jump where ejection vanishes."""

from __future__ import annotations

import numpy as np
import pytest

from counterpulse.engine.arms import Solver, run_arms
from counterpulse.engine.inputs import parameter_matrix
from counterpulse.engine.laws.periphery import BRONCHIAL_CONDUCTANCE
from counterpulse.engine.names.outcomes import OUTCOMES, PER_MINUTE, Findings, Status
from counterpulse.engine.names.state import State
from counterpulse.engine.periodic.solution import Solution
from counterpulse.engine.periodic.solve import solve
from counterpulse.engine.simulation import simulate
from counterpulse.sweeps.simulate import sample

from ..population import draw, relative_error

RV = State._fields.index("rv_volume")
SMALL_PUMP = {"impella_model": 1.0, "impella_speed": 25.0}


def column(solution: Solution, name: str) -> np.ndarray:
    return solution.outcomes[:, list(OUTCOMES).index(name)]


@pytest.mark.parametrize("flow", [4.0, 5.0])
def test_under_ecmo_the_right_ventricle_holds_the_same_whatever_it_held_before(flow):
    """Without what fills it (Thebesian veins) any volume was periodic: five gave dpti from .045 to .296."""
    matrix = parameter_matrix(sample("scai-e", 10, seed=77))[[9]]
    (_, baseline), (own, found) = run_arms(matrix, {"ecmo": {"ecmo_flow": flow}}, {}, Solver("float64", 5e-4))
    assert found.status[0] == Status.OK
    for more in (-30.0, 0.0, 30.0):
        start = found.states.copy()
        start[:, RV] += more
        again = solve(own, start, baseline.learned, precision="float64", tolerance=5e-4)
        assert again.status[0] == Status.OK
        assert column(again, "dpti")[0] == pytest.approx(column(found, "dpti")[0], rel=0.01)
        assert relative_error(again.outcomes, found.outcomes).max() < 2e-3
        assert again.states[0, RV] == pytest.approx(found.states[0, RV], abs=0.5)


def test_a_right_heart_that_does_not_eject_is_a_finding():
    """Into a leaking tricuspid valve it gives back what it takes; the lung then has what the bronchi drain into it."""
    patients = draw("scai-e", 60, seed=77).assign(tricuspid_regurgitation_area=0.5)
    result = simulate(patients, {"off": {}, "ecmo": {"ecmo_flow": 5.0}}, tolerance=1e-5)
    shut = ((result.findings & int(Findings.RIGHT_HEART_SHUT)) > 0).values
    ok = (result.status == Status.OK).values
    assert not shut[:, 0].any()
    assert 0.2 < shut[ok[:, 1], 1].mean() < 0.9
    ecmo = result.sel(arm="ecmo")
    drop = ecmo.mean_arterial_pressure - ecmo.wedge_pressure
    bronchial = (PER_MINUTE * BRONCHIAL_CONDUCTANCE * ecmo.body_surface_area * drop).values
    beyond = ecmo.native_cardiac_output.values - bronchial
    np.testing.assert_allclose(beyond[ok[:, 1] & shut[:, 1]], 0.0, atol=3e-3)
    assert (beyond[ok[:, 1] & ~shut[:, 1]] > 0.0).all()


def at_flows(patient: np.ndarray, flows: np.ndarray, **pump: float) -> list[Solution]:
    arms = {f"{flow:.9f}": {"ecmo_flow": float(flow), **pump} for flow in flows}
    return [solution for _, solution in run_arms(patient, {"off": {}, **arms}, {}, Solver("float64", 1e-7))[2:]]


def is_shut(solution: Solution) -> bool:
    return bool(solution.findings[0] & Findings.AORTIC_VALVE_SHUT)


def just_beside(patient: np.ndarray) -> tuple[float, float]:
    """ECMO flows (L/min), 3e-4 apart, at which the aortic valve still opens and no longer does."""
    low, high = 1.0, 6.0
    for _ in range(6):
        flows = np.linspace(low, high, 6)[1:-1]
        shut = [is_shut(each) for each in at_flows(patient, flows, **SMALL_PUMP)]
        place = shut.index(True) if any(shut) else len(flows)
        low, high = [low, *flows, high][place], [low, *flows, high][place + 1]
    return low, high


@pytest.mark.parametrize("which", range(5))
def test_indices_of_supply_and_demand_do_not_jump_where_ejection_vanishes(which):
    """An axial pump takes what is left; the more of ECMO, the sooner the valve stays shut.

    The duration of a vanishing ejection goes as the root of how far its pressure reaches, and the indices with it: a
    gap a hundredth as wide takes at least three times off the change. A jump would stay.
    """
    patient = parameter_matrix(sample("scai-e", 5, seed=77))[[which]]
    low, high = just_beside(patient)
    wide, near = (at_flows(patient, np.array([low - gap, high + gap]), **SMALL_PUMP) for gap in (0.1, 1e-3))
    for pair in (wide, near):
        assert [is_shut(each) for each in pair] == [False, True]
        assert all(each.status[0] == Status.OK for each in pair)
    # what still crosses the valve, in less than a step on the shut side, is nothing that counts
    for solution in near:
        assert 0.0 <= column(solution, "native_cardiac_output")[0] < 1e-3
    for name in ("dpti", "spti", "sevr"):
        change = [abs(column(each[1], name)[0] / column(each[0], name)[0] - 1.0) for each in (wide, near)]
        assert change[1] < 0.02, (name, change)
        assert change[1] < 0.35 * change[0], (name, change)


def test_without_another_pump_ecmo_shuts_no_aortic_valve_and_nothing_jumps():
    """Bronchial flow has to leave the left ventricle: the valve opens, however little goes through it."""
    matrix = parameter_matrix(sample("scai-e", 5, seed=77))
    flows = np.arange(1.0, 5.01, 0.1)
    found = at_flows(matrix, flows)
    ok = np.array([solution.status == Status.OK for solution in found]).all(axis=0)
    assert ok.sum() >= 4
    assert not any((solution.findings & Findings.AORTIC_VALVE_SHUT).any() for solution in found)
    course = np.array([column(solution, "sevr") for solution in found])
    looked_at = 0
    for which in np.flatnonzero(ok):
        steepest = int(np.abs(np.diff(course[:, which])).argmax())
        within = at_flows(matrix[[which]], np.linspace(flows[steepest], flows[steepest + 1], 5))
        if any(solution.status[0] == Status.NOT_CONVERGED for solution in within):
            continue  # a hundredth of these patients
        looked_at += 1
        for name in ("dpti", "spti", "sevr"):
            parts = np.abs(np.diff([column(solution, name)[0] for solution in within]))
            # a slope is shared by the quarters of the step in which it is steepest, a jump is not
            scale = max(abs(column(solution, name)[0]) for solution in within)
            assert parts.max() <= 0.5 * parts.sum() + 2e-3 * scale, (name, which, parts)
    assert looked_at >= 3

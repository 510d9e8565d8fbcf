"""The integration in lanes against analytic solutions, conservation, and its own assembly."""

from __future__ import annotations

from pathlib import Path

import numba
import numpy as np
import pytest

from counterpulse.engine.arms import Solver, run_arms
from counterpulse.engine.compile import decorators
from counterpulse.engine.compile.layout import LANES, allocate
from counterpulse.engine.inputs import parameter_matrix
from counterpulse.engine.integration import ssprk
from counterpulse.engine.integration.lanes import MACHINE_FIELDS, PLAIN_FIELDS, Jobs, Lanes, buffers
from counterpulse.engine.integration.ssprk import COEFFICIENTS_AT, ROWS, STATES, STEP_AT, TONE_AT
from counterpulse.engine.laws.aorta import INERTANCE, RESISTANCE, TO_ILIAC
from counterpulse.engine.laws.heart import double_hill
from counterpulse.engine.names.outcomes import Status
from counterpulse.engine.names.parameters import PARAMETERS, Parameters
from counterpulse.engine.names.signals import Drive
from counterpulse.engine.names.state import STATE, Machine, State
from counterpulse.engine.patient.circulation import slope
from counterpulse.engine.patient.coefficients import Coefficients, fold
from counterpulse.engine.patient.drive import master_curves
from counterpulse.engine.patient.optional_laws import COMBINATIONS
from counterpulse.engine.periodic import anderson, solve
from counterpulse.engine.periodic.beat_map import begin_pattern, enter

from ..population import ARMS, COHORTS, LESIONS, draw, pair, varied, with_balloon
from ..target import packed_and_scalar

STATE_AT = {name: place for place, name in enumerate(State._fields)}
PLAIN, WHOLE = COMBINATIONS[0], COMBINATIONS[-1]
COEFFICIENT_AT = {name: COEFFICIENTS_AT + place for place, name in enumerate(Coefficients._fields)}


@numba.njit
def carry(work, grid, trace, steps):
    ssprk.integrate(work, grid, trace, 0, steps, PLAIN)


@numba.njit
def carry_all(work, grid, trace, steps):
    ssprk.integrate(work, grid, trace, 0, steps, WHOLE)


def inert_work(duration: float, steps: int) -> np.ndarray:
    """A circulation in which nothing moves: every conductance zero, every pressure zero, the heart relaxed."""
    work = np.zeros((ROWS, LANES))
    work[STEP_AT] = duration / steps
    work[TONE_AT : TONE_AT + 2] = 0.0
    for name in ("aortic_area", "mitral_area", "pulmonary_area", "tricuspid_area"):
        work[COEFFICIENT_AT[name]] = 6.0
    work[COEFFICIENT_AT["wall_gain"]] = 1e-12
    for name in ("root_factor", "abdominal_factor", "iliac_factor", "upper_factor", "wall_p1"):
        work[COEFFICIENT_AT[name]] = 1.0
    work[COEFFICIENT_AT["wall_lowest"]] = -0.3
    for name in ("root_volume", "proximal_volume", "distal_volume", "abdominal_volume", "iliac_volume"):
        work[STATE_AT[name]] = 50.0
    return work


def run(work: np.ndarray, steps: int) -> np.ndarray:
    _, grid, trace, _ = buffers(steps, "float64")
    flat = work.reshape(-1).copy()
    carry(flat, grid, trace, steps)
    return flat.reshape(ROWS, LANES)[:STATES]


def test_a_windkessel_decays_exponentially():
    resistance, compliance, duration, steps = 0.3, np.linspace(0.5, 4.0, LANES), 0.8, 160
    work = inert_work(duration, steps)
    work[COEFFICIENT_AT["pulmonary_conductance"]] = 1.0 / resistance
    work[COEFFICIENT_AT["pulmonary_arterial_elastance"]] = 1.0 / compliance
    work[COEFFICIENT_AT["pulmonary_venous_elastance"]] = 1e-9
    work[STATE_AT["pulmonary_venous_volume"]] = 1e10
    work[STATE_AT["pulmonary_arterial_volume"]] = 30.0 * compliance
    pressure = run(work, steps)[STATE_AT["pulmonary_arterial_volume"]] / compliance
    expected = 10.0 + 20.0 * np.exp(-duration / (resistance * compliance))
    np.testing.assert_allclose(pressure, expected, rtol=1e-6)


def test_flow_through_a_resistance_and_an_inertance_decays_exponentially():
    duration, steps = 0.8, 160
    work = inert_work(duration, steps)
    work[STATE_AT["iliac_flow"]] = np.linspace(10.0, 100.0, LANES)
    flow = run(work, steps)[STATE_AT["iliac_flow"]]
    expected = np.linspace(10.0, 100.0, LANES) * np.exp(-RESISTANCE[TO_ILIAC] / INERTANCE[TO_ILIAC] * duration)
    np.testing.assert_allclose(flow, expected, rtol=1e-8)


def test_the_scheme_is_of_third_order():
    resistance, compliance, duration = 0.3, 0.1, 0.3
    errors = []
    for steps in (20, 40, 80):
        work = inert_work(duration, steps)
        work[COEFFICIENT_AT["pulmonary_conductance"]] = 1.0 / resistance
        work[COEFFICIENT_AT["pulmonary_arterial_elastance"]] = 1.0 / compliance
        work[STATE_AT["pulmonary_arterial_volume"]] = 3.0
        found = run(work, steps)[STATE_AT["pulmonary_arterial_volume"], 0]
        errors.append(abs(found - 3.0 * np.exp(-duration / (resistance * compliance))))
    orders = np.log2(np.array(errors[:-1]) / np.array(errors[1:]))
    assert (orders > 2.8).all()


def test_the_stages_meet_every_condition_of_fourth_order_but_that_of_the_linear_chain():
    row = kept = second = np.zeros(ssprk.STAGES)
    rows = []
    for stage in range(ssprk.STAGES):
        rows.append(row)
        second = row if stage == 1 else second
        kept = second if stage == 3 else kept
        assert ssprk.STAGE_KEEP[stage] + ssprk.STAGE_TAKE[stage] == pytest.approx(1.0)
        forward = 0.5 * ssprk.STAGE_FORWARD[stage] * np.eye(ssprk.STAGES)[stage]
        row = ssprk.STAGE_KEEP[stage] * kept + ssprk.STAGE_TAKE[stage] * row + forward
    a, b = np.array(rows), row
    c = a.sum(axis=1)
    np.testing.assert_allclose(b, ssprk.STAGE_WEIGHT, rtol=1e-14)
    np.testing.assert_allclose(c, 0.5 * np.array(ssprk.STAGE_ROW), rtol=1e-14)
    found = [b.sum(), b @ c, b @ c**2, b @ a @ c, b @ c**3, b @ (c * (a @ c)), b @ a @ c**2, b @ a @ a @ c]
    wanted = [1, 1 / 2, 1 / 3, 1 / 6, 1 / 4, 1 / 8, 1 / 12, 1 / 48]
    np.testing.assert_allclose(found, wanted, rtol=1e-14)
    x = np.linspace(0.0, 5.1, 1001)
    assert np.abs(np.polyval([1 / 48, -1 / 6, 1 / 2, -1, 1], x)).max() <= 1.0


@pytest.mark.parametrize("cohort", COHORTS)
@pytest.mark.parametrize("volume", [0.0, 40.0])
def test_blood_volume_is_conserved_over_a_pattern(cohort, volume):
    matrix = varied(cohort, LANES, seed=3)
    off, _ = pair(matrix, precision="float64", tolerance=5e-4)
    matrix = with_balloon(matrix, volume)
    steps = 192
    s = allocate(Lanes, fields=PLAIN_FIELDS, samples=steps)
    memory = buffers(steps, "float64")
    jobs = Jobs(matrix, off.states, off.learned, np.full(LANES, steps))
    for lane in range(LANES):
        enter(lane, lane, jobs, s, memory, solve.CURVES)
    work, grid, trace, _ = memory
    begin_pattern(s, memory)
    volumes = [place for name, place in STATE_AT.items() if name.endswith("volume")]
    before = work.reshape(ROWS, LANES)[volumes].sum(axis=0)
    carry(work, grid, trace, steps)
    after = work.reshape(ROWS, LANES)[volumes].sum(axis=0)
    np.testing.assert_allclose(after, before, rtol=1e-12)


@pytest.mark.parametrize("arm", [arm for arm in ARMS if arm not in ("balloon", "balloon at 1:2")])
def test_blood_volume_is_conserved_with_every_lesion_and_machine(arm):
    matrix = parameter_matrix(draw("ami-cs", LANES, seed=3).assign(LESIONS["all"]))
    (_, baseline), (own, solution) = run_arms(matrix, {"arm": ARMS[arm]}, {}, Solver("float64", 5e-4))
    assert (solution.status == Status.OK).all()
    steps = 192
    s = allocate(Lanes, fields=MACHINE_FIELDS, samples=steps)
    memory = buffers(steps, "float64")
    jobs = Jobs(own, solution.states, baseline.learned, np.full(LANES, steps))
    for lane in range(LANES):
        enter(lane, lane, jobs, s, memory, solve.CURVES)
    work, grid, trace, _ = memory
    begin_pattern(s, memory)
    volumes = [place for name, place in STATE_AT.items() if name.endswith("volume")]
    rows = work.reshape(ROWS, LANES)
    before, states = rows[volumes].sum(axis=0), rows[:STATES].copy()
    carry_all(work, grid, trace, steps)
    np.testing.assert_allclose(rows[volumes].sum(axis=0), before, rtol=1e-12)
    assert np.abs(rows[:STATES] - states).max() > 1e-4, "nothing moved"


@numba.njit
def rates_at(drive, state, machine, c):
    return slope(drive, state, machine, 0.02, 0.02, c, WHOLE)[0]


@pytest.mark.parametrize("driven", [0.0, 1.0])
def test_the_wall_encloses_blood_and_balloon(driven):
    """V_wall = V_blood + V_balloon: a balloon in the place of as much blood changes no pressure and drives no flow.

    The narrowing beside it is taken out, and the gas kept from moving. With ramps the balloon's volume is the drive's,
    with gas the machine's.
    """
    nominal = Parameters(*[quantity.default for quantity in PARAMETERS.values()])
    c = fold(nominal._replace(balloon_volume=40.0, balloon_drive=driven))
    shares = (c.balloon_proximal, c.balloon_distal, c.balloon_abdominal)
    assert sum(shares) == pytest.approx(1.0, abs=1e-12)
    c = c._replace(balloon_per_length=0.0, occlusion_scale=0.0, gas_resistance=1e15)
    state = State(*[quantity.default for quantity in STATE.values()])
    names = ("proximal_volume", "distal_volume", "abdominal_volume")
    moved = {name: getattr(state, name) - 40.0 * share for name, share in zip(names, shares, strict=True)}
    before, displaced, squeezed = (
        np.array(rates_at(Drive(0.1, 0.0, (1.0 - driven) * balloon, 0.0), each, Machine(driven * balloon, 0.0), c))
        for balloon, each in ((0.0, state), (40.0, state._replace(**moved)), (40.0, state))
    )
    np.testing.assert_allclose(displaced, before, rtol=1e-9, atol=1e-9)
    assert squeezed[STATE_AT["iliac_flow"]] > before[STATE_AT["iliac_flow"]] + 10.0


def test_activation_peaks_at_one_and_follows_the_double_hill_curve():
    curves = master_curves()
    np.testing.assert_allclose(curves.max(axis=1), 1.0)
    times = np.linspace(0.01, 1.5, 50)
    exact = np.array([double_hill(time, 0.269, 0.452, 1.32, 21.9) for time in times])
    fine = np.array([double_hill(time, 0.269, 0.452, 1.32, 21.9) for time in np.linspace(0, 1, 100001)]).max()
    np.testing.assert_allclose(np.interp(times, np.arange(curves.shape[1]) / 4096, curves[0]), exact / fine, atol=2e-6)


def assembly(precision: str) -> str:
    texts = carry.inspect_asm()
    return next(text for signature, text in texts.items() if str(signature[0].dtype) == precision)


def test_the_lane_loop_is_vectorised():
    for precision in ("float64", "float32"):
        work, grid, trace, _ = buffers(96, precision)
        carry(work, grid, trace, 96)
    for precision in ("float64", "float32"):
        packed, scalar = packed_and_scalar(assembly(precision), precision)
        assert packed > 300, f"{precision}: the loop over lanes is no longer vectorised"
        assert scalar < 0.1 * packed, f"{precision}: {scalar} scalar instructions beside {packed} packed ones"
    assert "cvtps2pd" not in assembly("float32"), "float32 is widened to float64"


def test_anderson_solves_a_linear_map_in_as_many_beats_as_it_has_slow_modes():
    fields = 6
    random = np.random.default_rng(1)
    spectrum = np.array([0.95, 0.9, 0.7, 0.4, 0.0, 0.0])
    basis = random.normal(size=(fields, fields))
    matrix = basis @ np.diag(spectrum) @ np.linalg.inv(basis)
    fixed = random.normal(size=(fields, LANES))
    x = np.zeros((fields, LANES))
    acceleration, scale = allocate(anderson.Acceleration, fields=fields), np.full(fields, 100.0)
    for _ in range(9):
        g = fixed + matrix @ (x - fixed)
        anderson.remember(x, g, scale, acceleration)
        anderson.extrapolate(g, scale, acceleration)
        acceleration.history[:] = 1.0
        x = acceleration.step.copy()
    assert np.abs(x - fixed).max() < 1e-3
    plain = np.abs(np.linalg.matrix_power(matrix, 9) @ fixed).max()
    assert np.abs(x - fixed).max() < 1e-2 * plain


def test_an_edit_in_any_engine_file_makes_a_new_kernel(tmp_path, monkeypatch):
    """The compiled cache is keyed by all sources: an edited equation must not return the old answer."""
    engine = Path(decorators.__file__).parents[1]
    for file in engine.rglob("*.py"):
        copy = tmp_path / file.relative_to(engine)
        copy.parent.mkdir(exist_ok=True)
        copy.write_bytes(file.read_bytes())
    monkeypatch.setattr(decorators, "__file__", str(tmp_path / "compile" / "decorators.py"))
    first = decorators.fingerprint.__wrapped__()
    assert first == decorators.fingerprint()
    assert decorators.cache_folder().name == first
    for file in tmp_path.rglob("*.py"):
        text = file.read_text()
        file.write_text(text + "\n")
        assert decorators.fingerprint.__wrapped__() != first, f"an edit in {file.name} goes unseen"
        file.write_text(text)
    assert decorators.fingerprint.__wrapped__() == first

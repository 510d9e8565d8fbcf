"""Who is undecided: within the error of the periodic states and of the steps together, of a class or of a window."""

import json

import numpy as np
import pytest

from counterpulse.analysis.response.classify import Response, classify
from counterpulse.analysis.response.step_errors import STEP_ERRORS
from counterpulse.analysis.response.summary import summarise
from counterpulse.benchmarks.accuracy import finer_steps
from counterpulse.engine.names.outcomes import OUTCOMES, Status
from counterpulse.sweeps.simulate import sample, simulate

FLOW, FOOT = STEP_ERRORS["cardiac_output"], STEP_ERRORS["end_diastolic_aortic_pressure"]
WINDOW = {"cohort": "ami-cs", "window": True}
BETTER = {"wedge_pressure": 19.0, "pressure_volume_area": 5800.0}
"""Clearly no rise of wedge pressure and demand from the baseline."""
MORE_WORK = {"stroke_work": 2300.0}
"""Clearly more stroke work than the baseline's, as late deflation brings."""
INSIDE = {
    "mean_arterial_pressure": 65.0,
    "cardiac_output": 3.5,
    "wedge_pressure": 25.0,
    "central_venous_pressure": 13.0,
}


def words(result):
    return [Response(int(code)).name.lower() for code in result["response"].values]


def undecided(data, **options):
    return classify(data, **options)["undecided"].values.tolist()


def test_every_outcome_that_is_compared_has_an_error_of_the_steps():
    assert set(STEP_ERRORS) == set(OUTCOMES) - {"beats_to_converge", "convergence_error"}
    assert all(0.0 <= error < 0.02 for error in STEP_ERRORS.values())


@pytest.mark.parametrize(
    ("outcome", "limit", "error"),
    [
        ("cardiac_output", 4.4, (4.4 + 0.4) * FLOW),
        ("pressure_volume_area", 6300.0, 6600.0 * STEP_ERRORS["pressure_volume_area"]),
        ("wedge_pressure", 22.0, 22.0 * STEP_ERRORS["wedge_pressure"]),
        ("end_diastolic_aortic_pressure", 61.0, 61.0 * FOOT),
        ("visceral_flow", 1.28, 1.92 * STEP_ERRORS["visceral_flow"]),
    ],
)
def test_the_steps_alone_can_tip_a_class(dataset, outcome, limit, error):
    """Of a difference that is one error of the larger size, of a ratio also that of the reference's size."""
    places = limit + error * np.array([-1.1, -0.9, 0.9, 1.1])
    after = {"cardiac_output": 4.8} | BETTER | {outcome: places}
    if outcome == "end_diastolic_aortic_pressure":
        after |= MORE_WORK
    assert undecided(dataset({}, after)) == [False, True, True, False]


def test_late_deflation_is_undecided_where_one_of_its_two_conditions_is(dataset):
    error = (2240.0 + 240.0) * STEP_ERRORS["stroke_work"]
    work = 2240.0 + error * np.array([-1.1, -0.9, 0.9, 1.1])
    after = BETTER | {"cardiac_output": 4.8, "stroke_work": work}
    assert undecided(dataset({}, after | {"end_diastolic_aortic_pressure": 65.0})) == [False, True, True, False]
    assert undecided(dataset({}, after | {"end_diastolic_aortic_pressure": 60.0})) == [False] * 4


def test_the_two_errors_add_up(dataset):
    """A pressure .15 mmHg from the limit: neither the steps' error nor the periodic states' reaches so far alone."""
    steps, periodic = 60.85 * FOOT, 120.85 * 1e-3
    assert steps < 0.15 > periodic
    assert steps + periodic > 0.15
    for error, expected in ((0.0, False), (1e-3, True)):
        after = BETTER | MORE_WORK | {"cardiac_output": 4.8, "end_diastolic_aortic_pressure": 60.85}
        data = dataset({"convergence_error": error}, after)
        assert words(classify(data)) == ["helps"]
        assert undecided(data) == [expected]


def test_an_error_that_is_none_is_undecided_and_changes_no_class(dataset):
    after = BETTER | {"cardiac_output": [5.0, 4.1, 3.0]}
    data = dataset({"convergence_error": 1e-4}, after)
    assert undecided(data) == [False] * 3
    for arm in ("off", "iabp"):
        lost = data.copy(deep=True)
        lost["convergence_error"].loc[{"arm": arm}] = np.nan
        assert words(classify(lost)) == words(classify(data)) == ["helps", "fails", "harms"]
        assert undecided(lost) == undecided(lost.chunk(patient=1)) == [True] * 3


def test_an_outcome_that_is_none_is_a_failed_run_and_undecided(dataset):
    data = dataset({}, {"cardiac_output": 4.8, "wedge_pressure": [np.nan, 20.0], "sevr": [0.8, np.nan]})
    assert words(classify(data)) == ["failed_run", "failed_run"]
    assert undecided(data) == [True, True]


def at_the_edge(dataset, status=Status.OK, spec=WINDOW):
    """Patients .5 and 1.5 errors inside of the window's 2.4 L/min and 50 mmHg, and as far outside."""
    places = np.array([0.5, 1.5, -0.5, -1.5])
    flow = 2.4 * (1 + places * FLOW)
    pressure = 50.0 * (1 + places * STEP_ERRORS["mean_arterial_pressure"])
    before = INSIDE | {
        "cardiac_output": np.append(flow, np.full(4, 3.5)),
        "mean_arterial_pressure": np.append(np.full(4, 65.0), pressure),
    }
    after = BETTER | {"cardiac_output": 1.5 * before["cardiac_output"]}
    return dataset(before, after, status=(status, status), spec=spec)


@pytest.mark.parametrize("status", [Status.OK, Status.OUTSIDE_COHORT])
def test_who_is_at_an_edge_of_the_window_is_undecided(dataset, status):
    data = at_the_edge(dataset, status)
    assert set(words(classify(data))) == {"helps" if status == Status.OK else "not_compared"}
    assert undecided(data) == undecided(data.chunk(patient=3)) == [True, False, True, False] * 2


def test_where_no_window_was_applied_there_is_no_edge(dataset):
    for spec in (None, WINDOW | {"window": False}):
        assert undecided(at_the_edge(dataset, spec=spec)) == [False] * 8


def test_the_window_of_a_simulation_is_known_from_its_attribute(dataset):
    data = at_the_edge(dataset, spec=None)
    expected = [True, False, True, False] * 2
    assert undecided(data.assign_attrs(window="ami-cs")) == expected
    assert undecided(data.assign_attrs(window="own", cohort="ami-cs")) == expected
    assert undecided(data.assign_attrs(window="own", cohort="healthy")) == [False] * 8


def test_each_patient_of_a_mixture_has_the_window_of_the_own_cohort(dataset):
    data = at_the_edge(dataset, spec={"cohort": {"ami-cs": 0.5, "healthy": 0.5}, "window": True})
    flags = {"flag_values": np.arange(2, dtype=np.uint8), "flag_meanings": "ami-cs healthy"}
    data["cohort"] = ("patient", np.array([0] * 4 + [1] * 4, dtype=np.uint8), flags)
    assert undecided(data) == [True, False, True, False, False, False, False, False]


def test_a_window_of_the_users_own_and_of_a_ratio(dataset):
    own = {"mine": {"title": "mine", "window": {"central_venous_pressure/wedge_pressure": {"low": 0.5}}}}
    by_steps = STEP_ERRORS["central_venous_pressure"] + STEP_ERRORS["wedge_pressure"]
    venous = 12.5 * (1 + np.array([0.9, 1.1]) * by_steps)
    spec = {"cohort": "mine", "cohorts": own, "window": True}
    data = dataset(INSIDE | {"central_venous_pressure": venous}, BETTER | {"cardiac_output": 5.0}, spec=spec)
    assert undecided(data) == [True, False]


def test_the_baseline_is_looked_for_where_nothing_supports_it(dataset):
    """With a balloon in both arms nobody shows the baseline; with a pressure held, the reference arm does."""
    data = at_the_edge(dataset)
    turned = data.assign_coords(arm=np.array(["iabp", "off"], dtype=object))
    swapped = turned.assign_attrs(spec=json.dumps(WINDOW | {"reference": "iabp"}))
    assert sum(undecided(swapped, arm="off", reference="iabp")) == 4
    both = data.assign(balloon_volume=("arm", [30.0, 40.0]))
    assert sum(undecided(both)) == 0
    held = data.assign_attrs(spec=json.dumps(WINDOW | {"regulation": "map-held"}))
    assert sum(undecided(held)) == 4
    assert sum(undecided(held.assign(pressure_target=65.0))) == 0
    varied = np.where(np.arange(8) < 4, 0.0, 30.0)
    some = data.assign(balloon_volume=(("patient", "arm"), np.stack([varied, np.full(8, 40.0)], axis=1)))
    assert undecided(some) == [True, False, True, False, False, False, False, False]


def test_a_summary_counts_those_at_the_edge_apart(dataset):
    both = at_the_edge(dataset)
    both["status"][4:] = Status.OUTSIDE_COHORT
    summary = summarise(both)
    assert (summary.compared, summary.undecided, summary.at_edge) == (4, 2, 2)
    assert "4 outside the cohort, of whom 2 within numerical error of its window" in summary.sentences()[0]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("cohort", "late", "limits"),
    [
        ("ami-cs", 0.06, {"stroke_work_relative_difference": 0.12}),
        ("high-risk-pci", 0.06, {"stroke_work_relative_difference": 0.12}),
        ("ami-cs", -0.02, {"cardiac_output_relative_difference": 0.1, "wedge_pressure": 35.0}),
    ],
)
def test_near_a_limit_no_verdict_of_finer_steps_differs_unflagged(cohort, late, limits):
    """The 40 of 4,000 patients who are nearest to a limit of harm, help or membership, in eight times the steps."""
    arms = {"off": {}, "iabp": {"balloon_volume": 40.0, "deflation_offset": late}}
    patients = sample(cohort, 4000, seed=5)
    coarse = classify(simulate(patients, arms, window=cohort))
    for name, limit in limits.items():
        values = coarse[name].isel(arm=0).values if name in OUTCOMES else coarse[name].values
        nearest = np.argsort(np.abs(values - limit))[:40]
        with finer_steps():
            fine = classify(simulate(patients.isel(patient=nearest), arms, window=cohort, tolerance=1e-6))
        few = coarse.isel(patient=nearest)
        wrong = few["response"].values != fine["response"].values
        assert few["undecided"].values.any()
        assert not (wrong & ~few["undecided"].values).any()

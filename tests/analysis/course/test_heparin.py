"""Heparin against the analytic solution, against scipy, and nomograms against what their tables say."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from counterpulse.analysis.course.constants import Heparin, Target, declared
from counterpulse.analysis.course.heparin import heparin_course
from counterpulse.analysis.course.nomograms import nomogram, published

PLAIN = Heparin.of({"variability": 0, "within": 0, "error": 0})
FIXED = {"bolus": 60, "infusion": 12, "steps": [{"change": 0}]}


def course(law=PLAIN, own=None, patients=4, weight=80.0, intervals=8, seed=1, first=0):
    chosen = own if own is not None else nomogram("fixed", FIXED)
    index = np.arange(first, first + patients)
    return heparin_course(seed, index, np.broadcast_to(weight, patients) + 0.0, chosen, law, intervals, Target.of())


def aptt_between(hours, steady=12 / 36, bolus=1.0, rate=0.6):
    """Mean aPTT of an interval: the integral of the analytic solution."""
    begin, end = hours
    area = steady * (end - begin) - (bolus - steady) * (np.exp(-rate * end) - np.exp(-rate * begin)) / rate
    return 30 + 100 * area / (end - begin)


def test_bolus_and_infusion_are_the_analytic_solution():
    found = course().aptt[0]
    expected = [aptt_between((6 * place, 6 * place + 6)) for place in range(8)]
    assert found == pytest.approx(expected, rel=2e-3)  # the trapezium over quarters of an hour
    assert found[-1] == pytest.approx(30 + 100 * 12 / 36, abs=0.01)


def test_time_above_a_limit_is_that_of_the_analytic_solution():
    """C = steady + (1 - steady) exp(-.6 t) crosses .7 U/mL, 100 s, after so many hours; steps are a quarter of one."""
    steady = 12 / 36
    crossed = np.log((1 - steady) / (0.7 - steady)) / 0.6
    assert course().excessive[0, 0] * 6 == pytest.approx(crossed, abs=0.13)
    into = np.log((1 - steady) / (0.4 - steady)) / 0.6
    assert course().in_range[0, 0] * 6 == pytest.approx(6 - into, abs=0.13)


@pytest.mark.parametrize("dose", [25, 100, 400])
def test_dose_dependent_clearance_against_scipy(dose):
    law = replace(PLAIN, dose_dependent=True)
    found = course(law, nomogram("one", {"bolus": dose, "infusion": 5, "steps": [{}]}), patients=1).aptt[0]

    def shape(concentration):
        return law.linear + law.saturable / (law.half + concentration)

    def slope(_, state):
        own = law.clearance * shape(state[0]) / shape(law.reference)
        return [(5e-3 - own * state[0]) / law.volume, state[0]]

    solved = solve_ivp(
        slope, (0, 48), [1e-3 * dose / law.volume, 0.0], t_eval=np.arange(0, 49, 6), rtol=1e-10, atol=1e-12
    )
    assert found == pytest.approx(30 + 100 * np.diff(solved.y[1]) / 6, rel=3e-3)


@pytest.mark.parametrize(("dose", "minutes"), [(25, 30), (100, 60), (400, 150)])
def test_the_shape_of_dose_dependence_has_the_published_half_lives(dose, minutes):
    law = PLAIN
    rate = law.linear + law.saturable / (law.half + 1e-3 * dose / law.volume)
    assert 60 * np.log(2) / rate == pytest.approx(minutes, rel=0.01)


def test_clearance_varies_as_stated():
    """At steady state aPTT - 30 is 100 R / CL: lognormal with the stated coefficient of variation."""
    law = replace(PLAIN, variability=0.3)
    steady = course(law, patients=20_000, intervals=20).aptt[:, -1].astype(float) - 30
    assert np.std(np.log(steady)) == pytest.approx(np.sqrt(np.log(1.09)), rel=0.02)
    assert np.median(steady) == pytest.approx(100 / 3, rel=0.01)
    drifting = course(replace(PLAIN, within=0.15), patients=20_000, intervals=20).aptt
    assert np.std(np.log(drifting[:, -1] - 30)) == pytest.approx(0.15, abs=0.03)


def test_a_patient_is_a_function_of_seed_and_place_alone():
    whole = course(Heparin.of(), patients=50)
    part = course(Heparin.of(), patients=20, first=30)
    for one, other in zip(whole, part, strict=True):
        assert (one[30:] == other).all()
    assert not (course(Heparin.of(), patients=50, seed=2).aptt == whole.aptt).all()


def test_a_step_does_what_its_row_says():
    """The first reading is 65 s: above 60 a bolus, a change and a pause follow, as in the analytic solution."""
    steps = [{"below": 60}, {"bolus": 20, "change": -4, "hold": 2}]
    found = course(own=nomogram("one", {"bolus": 60, "infusion": 12, "steps": steps}), intervals=2).aptt[0, 1]
    steady = 12 / 36
    start = steady + (1 - steady) * np.exp(-3.6) + 20e-3 / 0.06
    assert 30 + 100 * (start - 20e-3 / 0.06) > 60
    paused = start * (1 - np.exp(-1.2)) / 0.6
    begin, steady = start * np.exp(-1.2), 8 / 36
    rest = steady * 4 + (begin - steady) * (1 - np.exp(-2.4)) / 0.6
    assert found == pytest.approx(30 + 100 * (paused + rest) / 6, rel=2e-3)


def test_doses_that_are_not_per_kg_and_their_ceilings():
    coronary = published()["coronary"]
    light, heavy = (course(own=coronary, weight=each, intervals=1).aptt[0, 0] for each in (60.0, 120.0))
    assert light == pytest.approx(aptt_between((0, 6)), rel=2e-3)
    assert heavy == pytest.approx(aptt_between((0, 6), 1000 / 120 / 36, 4000 / 120 / 60), rel=2e-3)
    fixed = course(own=published()["cruickshank"], weight=80.0, intervals=1).aptt[0, 0]
    assert fixed == pytest.approx(aptt_between((0, 6), 1280 / 80 / 36, 5000 / 80 / 60), rel=2e-3)


def test_published_nomograms_say_where_they_are_from():
    assert {"raschke", "cruickshank", "coronary", "unadjusted"} == set(published())
    assert all(each.source.startswith(("[S]", "[M]", "[X]")) for each in published().values())
    rows = [row for table in declared().values() for row in table.values()]
    assert all(row.source.startswith(("[S] ", "[M] ", "[D] ", "[X] ")) and row.units for row in rows)
    assert all(row.low <= row.value <= row.high for row in rows)
    raschke = published()["raschke"]
    assert raschke.limits.tolist() == [35, 46, 71, 91]
    assert raschke.actions.tolist() == [[80, 4, 0], [40, 2, 0], [0, 0, 0], [0, -2, 0], [0, -3, 1]]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"bolus": -1}, "nomograms.mine.bolus: given -1, 0 to"),
        ({"boluss": 1}, "did you mean 'bolus'"),
        ({"infusion": None}, "number is needed"),
        ({"per_kg": 1}, "true or false"),
        ({"steps": []}, "1 to 30 tables"),
        ({"steps": [{"below": 50}]}, "every step but the last"),
        ({"steps": [{"below": 50}, {"below": 40}, {}]}, "is to rise"),
        ({"steps": [{"below": 50, "hold": 0.1}, {}]}, "quarters of an hour"),
        ({"steps": [{"belw": 50}, {}]}, "did you mean 'below'"),
        ({"steps": 3}, "a list of"),
    ],
)
def test_a_bad_nomogram_is_one_line(refused, change, says):
    with refused(says):
        nomogram("mine", FIXED | change)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"clearance": -0.1}, "heparin.clearance: given -0.1, 0.001 to 1 L/h/kg is allowed"),
        ({"clearence": 1}, "did you mean 'clearance'"),
        ({"linear": 0, "saturable": 0}, "nothing would be cleared"),
        ({"error": "much"}, "a number is needed"),
    ],
)
def test_a_bad_constant_is_one_line(refused, given, says):
    with refused(says):
        Heparin.of(given)
    with refused("low, high and excessive are to rise"):
        Target.of({"low": 80})

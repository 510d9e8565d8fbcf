"""Days as discrete events, against hazards integrated by hand and courses told step by step."""

import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from counterpulse.analysis.course import events, state
from counterpulse.analysis.course.benefit import benefit_of
from counterpulse.analysis.course.events import happened
from counterpulse.analysis.course.request import request_of
from counterpulse.analysis.course.state import Bedside

GOOD, BAD = (2.5, 80.0, 12.0), (1.5, 50.0, 30.0)
EXACT = {"weaning": {"output_error": 0, "pressure_error": 0}, "recovery": {"law": "none"}}
NO_HAZARD = np.zeros(state.KINDS)
DAYS = 14


def rules_of(**changes):
    return request_of(EXACT).rules._replace(**changes)


def people(patients, *arms, power=None, odds=-50.0, injured=0.0, first=0):
    """Patients whose outcomes are the same in everyone; by default nobody dies."""
    power = [0.5] * len(arms) if power is None else power
    base = np.array([[(*arm, each) for arm, each in zip(arms, power, strict=True)]] * patients, np.float32)
    empty = np.zeros_like(base)
    index = np.arange(first, first + patients)
    ones = np.ones((patients, state.KINDS))
    return Bedside(index, base, empty, empty, np.full(patients, odds), ones, np.full(patients, injured))


def lived(bedside, rules, hazards=NO_HAZARD, fatality=NO_HAZARD, rival=None, supported=True, seed=1, bleeding=1.0):
    steps = round(DAYS / rules.interval)
    daily = np.repeat(np.asarray(hazards, float)[:, None], steps, axis=1)
    factors = np.full((len(bedside.places), steps), bleeding, np.float32)
    return happened(seed, bedside, rules, daily, factors, np.asarray(fatality, float), rival, supported)


def near(share, expected, patients):
    assert share == pytest.approx(expected, abs=4 * np.sqrt(expected * (1 - expected) / patients))


def test_death_by_the_heart_is_the_published_odds_spread_over_thirty_days():
    """1 - exp(-H(14)), H(30) = -log(1 - p): of p = .4 at a power without a device."""
    rules = rules_of(slope=-2.55, time_constant=8.0)
    odds = np.log(0.4 / 0.6) + 2.55 * 0.5
    found = lived(people(40_000, BAD, BAD, odds=odds), rules, supported=False)
    share = (1 - np.exp(-14 / 8)) / (1 - np.exp(-30 / 8))
    near(np.isfinite(found.times[:, state.DEATH]).mean(), 1 - 0.6**share, 40_000)
    early = (1 - np.exp(-3.1 / 8)) / (1 - np.exp(-30 / 8))
    near((found.times[:, state.DEATH] <= 3.1).mean(), 1 - 0.6**early, 40_000)
    assert (found.cause[np.isfinite(found.times[:, state.DEATH])] == 1).all()
    assert found.support.sum() == 0


@pytest.mark.parametrize("share", [1.0, 0.5, 0.0])
def test_of_what_a_device_adds_the_causal_share_counts(share):
    rules = rules_of(slope=-2.55, causal_share=share)
    odds = np.log(0.4 / 0.6) + 2.55 * 0.5
    found = lived(people(40_000, BAD, BAD, BAD, power=[0.5, 0.8, 0.7], odds=odds), rules)
    p = 1 / (1 + np.exp(-(np.log(0.4 / 0.6) - 2.55 * share * 0.3)))
    part = (1 - np.exp(-14 / 8)) / (1 - np.exp(-30 / 8))
    near(np.isfinite(found.times[:, state.DEATH]).mean(), 1 - (1 - p) ** part, 40_000)


def test_competing_complications_have_the_incidence_of_competing_exponentials():
    """Limb ischaemia, which ends support, at .02 a day beside stroke at .03, fatal always."""
    hazards, fatality = [0.02, 0.0, 0.0, 0.0, 0.03], [0, 0, 0, 0, 1]
    found = lived(people(40_000, GOOD, BAD, BAD), rules_of(), hazards, fatality)
    for place, hazard in ((state.LIMB, 0.02), (state.STROKE, 0.03)):
        for day in (2.3, 14):
            near((found.times[:, place] <= day).mean(), hazard / 0.05 * (1 - np.exp(-0.05 * day)), 40_000)
    assert found.support.mean() == pytest.approx((1 - np.exp(-0.05 * 14)) / 0.05, rel=0.015)
    assert (found.times[:, state.LIMB] == found.times[:, state.OFF])[np.isfinite(found.times[:, state.LIMB])].all()
    stroke = np.isfinite(found.times[:, state.STROKE])
    assert (found.times[stroke, state.DEATH] == found.times[stroke, state.STROKE]).all()
    assert (found.cause[stroke] == 6).all()


def test_bleeding_follows_the_aptt_and_pauses_heparin():
    found = lived(people(40_000, GOOD, BAD, BAD), rules_of(), [0, 0.02, 0, 0, 0], bleeding=2.0)
    near(np.isfinite(found.times[:, state.BLEEDING]).mean(), 1 - np.exp(-0.04 * 14), 40_000)


def test_an_insertion_injures_and_may_kill():
    found = lived(people(50_000, GOOD, BAD, BAD, injured=0.1), rules_of(), fatality=[0, 0, 0, 0.3, 0])
    near((found.times[:, state.VASCULAR] == 0).mean(), 0.1, 50_000)
    near((found.times[:, state.DEATH] == 0).mean(), 0.03, 50_000)
    assert set(found.cause) == {0, 5}


def test_the_way_off_step_by_step():
    """A day at full support, then 1:2, 1:3 and off, 6 hours each."""
    found = lived(people(3, GOOD, GOOD, GOOD, GOOD), rules_of(earliest=1.0))
    assert (found.times[:, state.WEANED] == 1.5).all()
    assert (found.times[:, state.OFF] == 1.5).all()
    assert found.support == pytest.approx(1.5)
    assert not found.failures.any()


def test_a_failed_step_goes_back_to_full_support_and_is_tried_again_after_a_wait():
    """1:3 fails at days 1.5, 2.75 (a day's wait, then two steps), 4, ... and never works."""
    found = lived(people(2, GOOD, GOOD, GOOD, BAD), rules_of(earliest=1.0, wait=1.0, longest=99.0))
    expected = np.arange(1.5, DAYS, 1.5)
    assert (found.times[:, state.FAILURE] == 1.5).all()
    assert (found.failures == len(expected)).all()
    assert np.isinf(found.times[:, state.OFF]).all()


def test_support_returns_where_a_patient_fails_without_and_ends_at_the_longest():
    rules = rules_of(earliest=1.0, within=1.0, longest=5.0, wait=1.0)
    found = lived(people(2, BAD, GOOD, GOOD, GOOD), rules)
    assert (found.times[:, state.WEANED] == 1.5).all()
    assert (found.times[:, state.RETURN] == 1.75).all()
    assert (found.returns >= 2).all()
    stays = lived(people(2, GOOD, BAD, BAD, BAD), rules)
    assert (stays.times[:, state.OFF] == 5.0).all()
    assert stays.support == pytest.approx(5.0)


def test_escalation_after_readings_in_a_row_and_the_hazards_of_the_stronger_device():
    rival = np.array([1.0, 1.0, 1.0, 1.0, 4.0])
    arms = people(50_000, BAD, BAD, BAD, GOOD)
    rules = rules_of(escalate_after=0.5, readings=3.0)
    found = lived(arms, rules, [0, 0, 0, 0, 0.01], rival=rival)
    assert (found.times[:, state.ESCALATION] == 1.0).all()  # readings at .5, .75 and 1
    near(np.isfinite(found.times[:, state.STROKE]).mean(), 1 - np.exp(-0.01 - 0.04 * 13), 50_000)
    assert np.isinf(lived(arms, rules).times[:, state.ESCALATION]).all()


def test_from_the_stronger_device_by_what_the_heart_does_alone():
    rules = rules_of(escalate_after=0.5, readings=1.0, wait=1.0)
    found = lived(people(2, GOOD, BAD, BAD, GOOD), rules, rival=np.ones(5))
    assert (found.times[:, state.ESCALATION] == 0.5).all()
    assert (found.times[:, state.OFF] == 1.5).all()


def test_recovery_makes_weaning_possible_when_the_law_says():
    """Index 2.0 at first, slope 1: 2.2 is passed where 1 + .5 (1 - exp(-t/5)) > 1.1, at 1.116 days."""
    rules = rules_of(recovery_days=5.0, gain=0.5, spread=0.0, earliest=0.0)
    bedside = people(2, *[(2.0, 80.0, 12.0)] * 4)
    slope = np.zeros_like(bedside.base)
    slope[:, :, state.INDEX] = 1.0
    found = lived(bedside._replace(slope=slope), rules)
    assert (found.times[:, state.WEANED] == 1.25 + 0.5).all()
    assert events.gains(1, np.arange(4), rules) == pytest.approx(0.5)


def test_a_patient_is_a_function_of_seed_and_place_alone():
    rules = request_of({}).rules
    hazards, fatality = [0.02, 0.02, 0.03, 0.0, 0.01], [0.1] * 5
    whole = people(4000, (2.0, 65, 18), (2.3, 70, 16), (2.2, 68, 17), odds=1.0, injured=0.05)
    alone = lived(whole, rules, hazards, fatality)
    parts = [Bedside(*(each[place : place + 500] for each in whole)) for place in range(0, 4000, 500)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda part: lived(part, rules, hazards, fatality), parts))
    for field, together in zip(state.Events._fields, alone, strict=True):
        assert (np.concatenate([getattr(part, field) for part in found]) == together).all()
    assert not (lived(whole, rules, hazards, fatality, seed=2).times == alone.times).all()
    assert (np.sort(alone.times[np.isfinite(alone.times)]) <= DAYS).all()


def test_expected_benefit_is_what_the_events_come_to():
    """Support throughout against none: the difference of deaths in 60,000, by hazards added up and by events drawn."""
    request = request_of(EXACT | {"days": DAYS, "stroke": {"fatality": 0.5}, "infection": {"fatality": 0.2}})
    bedside = people(60_000, BAD, BAD, BAD, power=[0.5, 0.65, 0.6], odds=0.8, injured=0.06)
    rules = request.rules._replace(longest=99.0)
    daily = np.repeat(np.array([[0.0], [0.004], [0.01], [0.0], [0.005]]), request.intervals, axis=1)
    bleeding = np.full((60_000, request.intervals), 1.5, np.float32)
    fatality = np.array([request.prognosis.hazard(kind).fatality for kind in events_kinds()])
    supported, alone = (happened(7, bedside, rules, daily, bleeding, fatality, None, each) for each in (True, False))
    dead = [np.isfinite(each.times[:, state.DEATH]).mean() for each in (supported, alone)]
    expected = benefit_of(bedside, daily, bleeding, request)
    assert dead[1] - dead[0] == pytest.approx(expected.net[0, 0, -1], abs=0.007)
    assert expected.net[2, 0, -1] < 0 == expected.by_power[2, 0, -1]
    assert expected.best[2, 0] == 0
    assert expected.dearer[2, 0].all()
    steps = np.diff(expected.net[0, 0])
    assert (np.diff(expected.net[0, 0])[~expected.dearer[0, 0]] > 0).all()
    assert expected.best[0, 0] == (np.flatnonzero(steps > 0)[-1] + 1 if (steps > 0).any() else 0)


def events_kinds():
    from counterpulse.analysis.prognosis.constants import KINDS

    assert KINDS[state.AT_INSERTION] == "vascular_injury"
    assert [KINDS[place - state.LIMB] for place in (state.LIMB, state.BLEEDING, state.INFECTION, state.STROKE)] == [
        "limb_ischaemia",
        "severe_bleeding",
        "infection",
        "stroke",
    ]
    return KINDS


@pytest.mark.slow
def test_a_hundred_thousand_patients_take_ten_seconds_for_fourteen_days():
    from counterpulse.analysis.course.constants import Heparin, Target
    from counterpulse.analysis.course.heparin import heparin_course
    from counterpulse.analysis.course.nomograms import published

    bedside = people(100_000, (1.9, 65, 20), (2.2, 70, 17), (2.1, 68, 18), (2.0, 66, 19), odds=0.8, injured=0.05)
    rules, weight = request_of({}).rules, np.full(100_000, 80.0)

    def run(part):
        course = heparin_course(
            1, part.places, weight[: len(part.places)], published()["raschke"], Heparin.of(), 56, Target.of()
        )
        daily = np.full((state.KINDS, 56), 0.004)
        return happened(1, part, rules, daily, course.aptt / 60, np.full(5, 0.1), None)

    run(people(10, *[GOOD] * 4))
    begun = time.monotonic()
    run(bedside)
    assert time.monotonic() - begun < 10

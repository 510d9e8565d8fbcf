"""From haemodynamics to outcome, against published numbers, scipy and numerical integration."""

import re

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import kstest, spearmanr

from counterpulse.analysis.numbers.splitmix import mixed
from counterpulse.analysis.prognosis import complications, mortality
from counterpulse.analysis.prognosis.constants import KINDS, declared, prognosis
from counterpulse.analysis.prognosis.draws import normals, uniforms
from counterpulse.analysis.prognosis.risk_factors import RiskFactors, relative_hazard, risk_factors

CONSTANTS = prognosis()
KEYS = np.arange(200_000)


def test_every_constant_has_a_mark_and_a_value():
    rows = [row for table in declared().values() for row in table.values()]
    assert len(rows) > 40
    assert all(re.match(r"\[[SMDX]\]", row.source) for row in rows)
    slope = declared()["mortality"]["log_odds_per_watt"]
    assert (slope.value, slope.interval) == (-2.55, [-4.1, -0.93])


def test_the_slope_is_finckes():
    """Odds ratio .60 (.44 to .83) per .20 W."""
    slope = declared()["mortality"]["log_odds_per_watt"]
    for given, ratio in zip((slope.value, *slope.interval), (0.60, 0.44, 0.83), strict=True):
        assert np.exp(0.2 * given) == pytest.approx(ratio, abs=0.005)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"limb_ischaemia": {"per_day": -0.1}}, ("limb_ischaemia.per_day", "-0.1", "0 to 10 1/d is allowed")),
        ({"limb_ischaemia": {"per_day": {"value": -0.1}}}, ("limb_ischaemia.per_day", "-0.1")),
        ({"limb_ischemia": {"per_day": 0.1}}, ("limb_ischemia", "did you mean 'limb_ischaemia'")),
        ({"stroke": {"perday": 0.1}}, ("stroke", "did you mean 'per_day'")),
        ({"stroke": 3}, ("stroke", "a table is needed")),
        ({"stroke": {"rises_after_day": 3}}, ("stroke", "go together")),
        ({"risk_factors": {"female": 1.5}}, ("risk_factors.female", "1.5")),
        ({"mortality": {"log_odds_per_watt": 2.5}}, ("mortality.log_odds_per_watt", "2.5")),
        ({"mortality": {"log_odds_per_watt": "much"}}, ("mortality.log_odds_per_watt", "a number is needed")),
        ({"mortality": {"log_odds_per_watt": float("nan")}}, ("mortality.log_odds_per_watt", "finite")),
    ],
)
def test_bad_constants_are_refused_in_one_line(given, words, refused):
    with refused(*words):
        prognosis(given)


def test_a_users_table_replaces_what_it_names_alone():
    own = prognosis({"limb_ischaemia": {"per_day": 0.01}})
    assert own.limb_ischaemia.per_day == 0.01
    assert own.limb_ischaemia.arterial_disease == CONSTANTS.limb_ischaemia.arterial_disease
    assert own.stroke == CONSTANTS.stroke


def test_draws_are_uniform_independent_and_a_pure_function_of_key_and_seed():
    first = uniforms(KEYS, 1, "age")
    assert kstest(first, "uniform").pvalue > 0.001
    assert kstest(normals(KEYS, 1, "age"), "norm").pvalue > 0.001
    for other in (uniforms(KEYS, 2, "age"), uniforms(KEYS, 1, "female"), uniforms(KEYS + 1, 1, "age")):
        assert abs(spearmanr(first, other).statistic) < 0.01
    backwards = uniforms(KEYS[::-1], 1, "age")[::-1]
    np.testing.assert_array_equal(first, backwards)
    np.testing.assert_array_equal(first[1000:2000], uniforms(np.arange(1000, 2000), 1, "age"))


def test_the_hash_is_splitmix64():
    """The first numbers of its stream from the seed 1234567, as its author's program and others print them."""
    golden = 0x9E3779B97F4A7C15
    states = np.array([(1234567 + step * golden) % 2**64 for step in range(5)], dtype=np.uint64)
    assert mixed(states).tolist() == [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
        4593380528125082431,
        16408922859458223821,
    ]


def test_risk_factors_have_the_prevalences_and_keep_what_is_known():
    drawn = risk_factors(KEYS, 3, CONSTANTS.risk_factors)
    assert drawn.age.mean() == pytest.approx(CONSTANTS.risk_factors.age, abs=0.15)
    for name in ("female", "diabetes", "arterial_disease"):
        assert getattr(drawn, name).mean() == pytest.approx(getattr(CONSTANTS.risk_factors, name), abs=0.005)
    known = risk_factors(KEYS[:3], 3, CONSTANTS.risk_factors, age=[40, 50, 60], female=[1.0, 0.0, 1.0])
    assert known.age.tolist() == [40, 50, 60]
    assert known.female.tolist() == [True, False, True]


def test_the_average_patient_has_the_published_hazard():
    drawn = risk_factors(KEYS, 3, CONSTANTS.risk_factors)
    for kind in KINDS:
        own = relative_hazard(CONSTANTS.hazard(kind), drawn, CONSTANTS.risk_factors)
        assert own.mean() == pytest.approx(1.0, abs=0.02)


def test_risk_factors_multiply_as_stated():
    one = RiskFactors(*(np.array(each) for each in ([65.0, 65, 65, 65, 75], [0, 1, 0, 0, 0], [0, 0, 1, 0, 0],
                                                    [0, 0, 0, 1, 0])))  # fmt: skip
    own = relative_hazard(CONSTANTS.limb_ischaemia, one, CONSTANTS.risk_factors)
    assert own / own[0] == pytest.approx([1, 1.5, 1.5, 3, 1.2])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("days", [0.5, 7.0, 20.0])
def test_incidence_is_the_integral_of_the_hazard(kind, days):
    hazard = CONSTANTS.hazard(kind)
    total = quad(lambda day: float(complications.hazard_on_day(hazard, day, 1.3)), 0, days, points=[7.0])[0]
    expected = 1 - (1 - hazard.at_insertion) ** 1.3 * np.exp(-total)
    assert float(complications.incidence(hazard, days, 1.3)) == pytest.approx(expected, rel=1e-9)


def test_infection_doubles_from_day_seven_to_fourteen_and_bleeding_rises_with_aptt():
    on = [float(complications.hazard_on_day(CONSTANTS.infection, day, 1.0)) for day in (0, 7, 14)]
    assert on == pytest.approx([0.005, 0.005, 0.01])
    bleeding = complications.hazard_on_day(CONSTANTS.severe_bleeding, 1.0, 1.0, np.array([50.0, 70.0, 90.0]))
    assert bleeding == pytest.approx(np.array([1, 1, 1.2**2]) * 0.004)


def test_without_days_of_support_there_is_no_complication():
    drawn = risk_factors(KEYS[:10], 0, CONSTANTS.risk_factors)
    assert (complications.fatal(0.0, drawn, CONSTANTS) == 0).all()
    assert (complications.fatal(3.0, drawn, CONSTANTS, "ecmo") > complications.fatal(3.0, drawn, CONSTANTS)).all()


def test_the_intercept_gives_the_control_mortality():
    power = np.exp(normals(KEYS, 0, "power") * 0.3) * 0.5
    plain = mortality.log_odds(power, power, CONSTANTS.mortality, severity=normals(KEYS, 0, "severity"))
    own = mortality.intercept(plain, 0.413)
    assert mortality.death_probability(plain, own).mean() == pytest.approx(0.413, abs=1e-9)


def test_the_share_of_the_slope_that_is_causal_scales_what_a_device_changes_alone():
    before, after = np.array([0.4, 0.6]), np.array([0.5, 0.9])
    found = {share: mortality.log_odds(before, after, CONSTANTS.mortality, causal_share=share) for share in (1, 0.5, 0)}
    assert found[1] == pytest.approx(-2.55 * (after - 0.6))
    assert found[0] == pytest.approx(-2.55 * (before - 0.6))
    assert found[0.5] == pytest.approx((found[1] + found[0]) / 2)


def test_complications_add_to_death_independently():
    assert mortality.death_probability(np.array([0.0]), 0.0, 0.2) == pytest.approx([1 - 0.5 * 0.8])


@pytest.mark.parametrize("share", [0.0, 1.0, -1.0, 2.0])
def test_a_control_mortality_that_is_none_is_refused(share, refused):
    with refused("control_mortality", "above 0 and below 1"):
        mortality.intercept(np.zeros(3), share)


def test_flow_lost_by_the_leg_multiplies_its_hazard():
    hazard = prognosis({"limb_ischaemia": {"per_10_points_of_flow_lost": 2}}).limb_ischaemia
    found = complications.flow_factor(hazard, [0.8, 0.7, 0.4, 1.0], [0.8, 0.8, 0.8, 0.8])
    assert found == pytest.approx([1, 2**1.25, 2**5, 1])


def test_bleeding_rises_above_the_range_alone():
    hazard = prognosis({"severe_bleeding": {"per_10_s_above_range": 1.5}}).severe_bleeding
    assert complications.bleeding_factor(hazard, [40, 70, 80, 90]) == pytest.approx([1, 1, 1.5, 2.25])

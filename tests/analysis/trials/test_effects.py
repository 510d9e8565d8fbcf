"""Effects, tests, power and the pieces of the estimators, against scipy, scikit-learn and published numbers."""

import numpy as np
import pytest
from scipy.special import expit
from scipy.stats import binom, chi2_contingency
from scipy.stats.contingency import relative_risk

from counterpulse.analysis.trials import effects, logistic
from counterpulse.analysis.trials.matching import NOBODY, matched


def test_the_risk_ratio_and_the_test_are_scipys():
    ratio = relative_risk(119, 300, 123, 298).relative_risk
    assert effects.risk_ratio(119, 300, 123, 298) == pytest.approx(ratio)
    assert float(effects.risk_ratio(119, 300, 123, 298)) == pytest.approx(0.96, abs=0.005)  # as published
    table = [[119, 181], [123, 175]]
    chi = chi2_contingency(table, correction=False).statistic
    assert effects.z_score(119, 300, 123, 298) ** 2 == pytest.approx(chi)


def test_an_arm_without_deaths_has_a_finite_ratio():
    assert effects.risk_ratio(0, 10, 2, 10) == pytest.approx((0.5 / 10.5) / (2.5 / 10.5))
    assert effects.z_score(0, 10, 0, 10) == 0


@pytest.mark.parametrize(("device", "control", "patients"), [(0.3, 0.4, 600), (0.36, 0.405, 2000), (0.2, 0.25, 1000)])
def test_power_against_the_exact_binomial(device, control, patients):
    arm = patients // 2
    deaths = np.arange(arm + 1)
    score = effects.z_score(deaths[:, None], arm, deaths, arm)
    chance = binom.pmf(deaths, arm, device)[:, None] * binom.pmf(deaths, arm, control)
    exact = chance[score < -1.959964].sum()
    assert float(effects.power(device, control, patients)) == pytest.approx(exact, abs=0.01)


def test_patients_for_eighty_per_cent_power():
    """Fleiss 1981: 36 % against 40.5 % takes about 3,600 patients; and the power with them is 80 %."""
    needed = effects.patients_for_power(np.array([0.3, 0.4]), np.array([0.4, 0.4]), 0.4)
    assert needed[1] == np.inf
    assert float(effects.power(0.3, 0.4, needed[0], 0.4)) == pytest.approx(0.8, abs=1e-6)
    # two arms of 356 for 30 against 40 % without continuity correction, as in Fleiss' table
    assert float(effects.patients_for_power(0.3, 0.4)) / 2 == pytest.approx(356, abs=1)


def test_the_e_value_is_the_published_one():
    """VanderWeele and Ding 2017: risk ratio 3.9 has E-value 7.26; a protective one counts by its inverse."""
    assert float(effects.e_value(3.9)) == pytest.approx(7.26, abs=0.005)
    assert float(effects.e_value(1 / 3.9)) == pytest.approx(7.26, abs=0.005)
    assert float(effects.e_value(1.0)) == 1.0
    assert float(effects.e_value(0.0)) == np.inf


def cohort(replicates=3, patients=800, seed=0):
    random = np.random.default_rng(seed)
    columns = np.concatenate(
        [np.ones((replicates, patients, 1)), random.normal(size=(replicates, patients, 3))], axis=2
    )
    odds = columns @ np.array([-0.4, 0.8, -0.5, 0.0])
    return columns, random.random(odds.shape) < expit(odds)


def test_logistic_regression_is_scikit_learns():
    sklearn = pytest.importorskip("sklearn.linear_model")
    columns, outcome = cohort()
    found = logistic.fit(columns, outcome)
    some = logistic.fit(columns, outcome, columns[:, :, 1] > -1)
    for place in range(3):
        model = sklearn.LogisticRegression(C=np.inf, fit_intercept=False, tol=1e-10, max_iter=1000)
        model.fit(columns[place], outcome[place])
        assert found.coefficients[place] == pytest.approx(model.coef_[0], abs=1e-5)
        rows = columns[place, :, 1] > -1
        model.fit(columns[place][rows], outcome[place][rows])
        assert some.coefficients[place] == pytest.approx(model.coef_[0], abs=1e-5)


def test_standard_errors_of_the_regression_are_the_spread_of_its_coefficients():
    columns, outcome = cohort(400, 500)
    found = logistic.fit(columns, outcome)
    stated = np.sqrt(np.einsum("rii->ri", found.covariance)).mean(axis=0)
    assert found.coefficients.std(axis=0) == pytest.approx(stated, rel=0.12)


def test_a_separated_replicate_stays_finite():
    columns = np.array([[[1.0, x] for x in (-2, -1, 1, 2)]])
    assert np.isfinite(logistic.fit(columns, np.array([[0, 0, 1, 1]])).coefficients).all()


def test_matching_takes_the_nearest_who_is_left_within_the_caliper():
    logit = np.array([[0.0, 0.1, 0.02, 0.11, 5.0, -5.0], [0.0, 0.1, 0.02, 0.11, 5.0, -5.0]])
    treated = np.array([[True, True, False, False, True, False], [False, False, True, True, True, False]])
    found = matched(logit, treated, 0.2)
    assert found[0].tolist() == [2, 3, NOBODY, NOBODY, NOBODY, NOBODY]
    assert found[1].tolist() == [NOBODY, NOBODY, 0, 1, NOBODY, NOBODY]


def test_matching_pairs_each_untreated_once_and_as_a_slow_loop_does():
    random = np.random.default_rng(4)
    logit, treated = random.normal(size=(5, 120)), random.random((5, 120)) < 0.4
    found = matched(logit, treated, 0.2)
    for row in range(5):
        own = logit[row], treated[row]
        width = 0.2 * np.sqrt((own[0][own[1]].var(ddof=1) + own[0][~own[1]].var(ddof=1)) / 2)
        free, expected = set(np.flatnonzero(~own[1])), {}
        for who in np.flatnonzero(own[1]):
            near = min(free, key=lambda each: (abs(own[0][each] - own[0][who]), each), default=None)
            if near is not None and abs(own[0][near] - own[0][who]) <= width:
                expected[who] = near
                free.remove(near)
        pairs = {who: int(found[row, who]) for who in np.flatnonzero(found[row] != NOBODY)}
        assert pairs == expected

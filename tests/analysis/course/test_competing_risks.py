"""Cumulative incidence with competing risks, against lifelines and against what can be counted."""

import numpy as np
import pytest
from lifelines import AalenJohansenFitter

from counterpulse.analysis.course.competing_risks import cumulative_incidence, tallied


def drawn(patients, causes=3, censored=0.15, seed=0, steps=40):
    """Times on a grid, so that there are many ties, each with its cause; 0 is censored."""
    random = np.random.default_rng(seed)
    times = np.ceil(random.exponential(12, patients)).clip(1, steps)
    shares = [censored, *[(1 - censored) / causes] * causes]
    return times, random.choice(causes + 1, patients, p=shares)


@pytest.mark.parametrize("cause", [1, 2, 3])
def test_of_many_ties_lifelines_says_nearly_the_same(cause):
    """It takes no ties: they are told apart here, the censored last, and only the order of causes is left open."""
    times, causes = drawn(2000)
    edges = np.unique(times)
    found = cumulative_incidence(*tallied(times, causes, edges, 3))
    apart = times + 1e-6 * np.random.default_rng(1).permutation(2000) / 2000 + 1e-6 * (causes == 0)
    fitted = AalenJohansenFitter().fit(apart, causes, event_of_interest=cause).cumulative_density_
    theirs = fitted.iloc[:, 0].to_numpy()[np.searchsorted(fitted.index, edges + 1e-5, side="right") - 1]
    assert found.value[cause - 1] == pytest.approx(theirs, abs=1e-3)


@pytest.mark.parametrize("cause", [1, 2])
def test_without_ties_to_the_digit(cause):
    random = np.random.default_rng(5)
    times, causes = random.exponential(5, 300), random.choice(3, 300, p=[0.2, 0.5, 0.3])
    edges = np.sort(times)
    found = cumulative_incidence(*tallied(times, causes, edges, 2))
    fitted = AalenJohansenFitter().fit(times, causes, event_of_interest=cause)
    theirs = fitted.cumulative_density_.iloc[1:, 0].to_numpy()
    assert found.value[cause - 1] == pytest.approx(theirs, abs=1e-12)
    assert found.variance[cause - 1] == pytest.approx(np.ravel(fitted.variance_)[1:], rel=1e-6, abs=1e-12)


def test_without_censoring_it_is_the_share_counted_and_its_variance_the_binomial():
    times, causes = drawn(5000, censored=0.0)
    edges = np.arange(1.0, 41.0)
    found = cumulative_incidence(*tallied(times, causes, edges, 3))
    for cause in (1, 2, 3):
        share = np.array([np.mean((times <= edge) & (causes == cause)) for edge in edges])
        assert found.value[cause - 1] == pytest.approx(share, abs=1e-12)
        assert found.variance[cause - 1] == pytest.approx(share * (1 - share) / 5000, rel=1e-6)
    assert found.value[:, -1].sum() == pytest.approx(1)


def test_parts_add_up():
    times, causes = drawn(1000, seed=3)
    edges = np.arange(1.0, 41.0)
    whole = tallied(times, causes, edges, 3)
    parts = [tallied(times[part], causes[part], edges, 3) for part in (slice(0, 300), slice(300, None))]
    for together, one, other in zip(whole, *parts, strict=True):
        assert (together == one + other).all()


def test_the_interval_covers():
    edges, covered = np.arange(1.0, 41.0), 0
    for seed in range(100):
        times, causes = drawn(150, seed=seed)
        low, high = cumulative_incidence(*tallied(times, causes, edges, 3)).interval
        # constant hazards: of all who have an event by t, a third has it of each cause
        hazard = -np.log(1 - (1 - np.exp(-1 / 12)))
        share = 1 - (1 - 0.85 * (1 - np.exp(-hazard)) / 1) ** 10
        covered += bool(low[0, 9] <= share / 3 <= high[0, 9])
    assert covered >= 88


def test_what_comes_after_the_last_time_is_censored_there():
    events, leaving = tallied([1.0, 5.0, 99.0], [1, 2, 1], np.array([2.0, 6.0]), 2)
    assert events.tolist() == [[1, 0], [0, 1]]
    assert leaving.tolist() == [0, 1]
    assert cumulative_incidence(np.zeros((2, 0), int), np.zeros(0, int)).value.shape == (2, 0)

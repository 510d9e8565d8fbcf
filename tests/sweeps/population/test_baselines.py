"""Every cohort lands on its baseline, fills its window, and is a population rather than one patient repeated.

The targets [M] and how far from them a median may be stand in ``analysis/validation/rows.toml``, as do the share of the
candidates that must be inside the window and how much of it they must span. Nothing else was fitted than the medians of
the sampling laws.
"""

import pytest

from counterpulse.analysis.validation.baselines import baseline
from counterpulse.analysis.validation.records import Verdict
from counterpulse.analysis.validation.table import load
from counterpulse.sweeps.population.cohorts import names

pytestmark = pytest.mark.slow


def test_every_cohort_has_targets():
    assert list(load().targets) == names()


@pytest.mark.parametrize("cohort", names())
def test_those_inside_the_window_are_on_target_many_and_unlike_each_other(cohort):
    found = baseline(cohort, load(), seed=0)
    assert found["baseline_verdict"] == Verdict.RIGHT, found
    assert found["failed"] < 0.01 * found["candidates"]

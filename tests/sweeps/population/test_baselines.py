"""Every population lands on its baseline, fills its window, and is a population rather than one patient repeated.

Targets are assembled from the literature [M]; nothing else was fitted than the medians of the sampling laws.
"""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

import counterpulse as cp
from counterpulse.engine.names.outcomes import Status
from counterpulse.sweeps.population.cohorts import names, window

pytestmark = pytest.mark.slow

TOLERANCE = {
    "mean_arterial_pressure": 4.0,
    "systolic_pressure": 8.0,
    "diastolic_pressure": 8.0,
    "central_venous_pressure": 3.0,
    "wedge_pressure": 3.0,
    "mean_pulmonary_pressure": 4.0,
    "cardiac_output": 0.3,
}
NAMES = (*TOLERANCE, "lv_end_diastolic_volume")
BASELINES = {
    "healthy": (92, 118, 72, 4, 8, 15, 5.6, 130),
    "scai-b": (72, 95, 60, 9, 18, 27, 4.3, 150),
    "ami-cs": (66, 84, 56, 13, 24, 32, 3.6, 165),
    "scai-d": (56, 72, 48, 15, 26, 34, 3.0, 165),
    "scai-e": (50, 62, 42, 17, 27, 34, 2.5, 165),
    "adhf": (75, 92, 64, 14, 27, 38, 3.5, 280),
    "rv-failure": (65, 85, 55, 19, 13, 20, 2.9, 75),
    "acute-mr": (68, 88, 58, 12, 25, 34, 3.1, 165),
    "vsd": (68, 86, 58, 13, 17, 28, 3.0, 160),
    "severe-ar": (78, 130, 45, 8, 20, 28, 4.5, 260),
    "high-risk-pci": (92, 118, 72, 7, 16, 25, 4.5, 220),
    "refractory-ischaemia": (90, 122, 72, 7, 18, 26, 4.6, 140),
}


@pytest.fixture(scope="module", params=list(BASELINES))
def baseline(request: pytest.FixtureRequest) -> tuple[str, xr.Dataset]:
    cohort = request.param
    return cohort, cp.simulate(cp.sample(cohort, 2000, seed=0), arms={"off": {}}, window=cohort).sel(arm="off")


def test_every_population_has_a_baseline():
    assert list(BASELINES) == names()


def test_medians_inside_the_window_are_on_target(baseline):
    cohort, result = baseline
    inside = (result.status == Status.OK).values
    for name, target in zip(NAMES, BASELINES[cohort], strict=True):
        median = float(np.median(result[name].values[inside]))
        assert median == pytest.approx(target, abs=TOLERANCE.get(name, 0.15 * target)), name


def test_most_candidates_are_inside_and_nearly_none_fail(baseline):
    _, result = baseline
    inside = (result.status == Status.OK).mean()
    outside = (result.status == Status.OUTSIDE_COHORT).mean()
    assert inside >= 0.6
    assert inside + outside > 0.99


@pytest.mark.parametrize(
    "name", ["mean_arterial_pressure", "cardiac_output", "wedge_pressure", "central_venous_pressure"]
)
def test_those_inside_span_at_least_half_of_the_window(baseline, name):
    cohort, result = baseline
    low, high = window(cohort)[name]
    values = result[name].values[(result.status == Status.OK).values]
    least, most = np.quantile(values, [0.05, 0.95])
    assert (most - least) / (high - low) >= 0.5

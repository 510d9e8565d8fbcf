"""The benchmark of the boundary: how many plain patients do what a few refined ones do."""

import numpy as np
import pytest

from counterpulse.benchmarks.boundary import TRUTHS, needed, plain_error, refined_error


@pytest.mark.parametrize("truth", sorted(TRUTHS))
def test_four_times_fewer_patients_for_the_same_boundary(truth):
    """Planted edges: 1,000 patients in three rounds do better than 4,000 plain ones, over five seeds each."""
    seeds = range(0, 50, 10)
    refined = np.mean([refined_error(1000, seed, truth, 0.0) for seed in seeds])
    plain = np.mean([plain_error(4000, seed, truth, 0.0) for seed in seeds])
    assert 0 < refined < plain


def test_patients_needed_are_read_off_the_errors_of_plain_sweeps():
    errors = {patients: np.full(3, 2 / np.sqrt(patients)) for patients in (100, 400, 1600)}
    assert needed(errors, 2 / np.sqrt(200)) == pytest.approx(200)
    assert needed(errors, 2 / np.sqrt(10_000)) == pytest.approx(10_000)

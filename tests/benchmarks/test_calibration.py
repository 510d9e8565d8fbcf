"""The benchmark of calibration tells a calibrated posterior from one that is too sure of itself, and runs."""

import numpy as np
import pytest

from counterpulse.analysis.bedside.quantities import load
from counterpulse.analysis.match.request import read
from counterpulse.analysis.response.classify import CLASSES
from counterpulse.benchmarks import calibration
from counterpulse.benchmarks.calibration_scores import EFFECTS, PARAMETERS, People, coverage, scored

TARGETS = len(EFFECTS) + len(PARAMETERS)


def plane(size, seed):
    """Two things that are measured, and predictions that hang on them and on what is not."""
    random = np.random.default_rng(seed)
    true = random.standard_normal((size, 2)) * [8, 0.6] + [65, 3.6]
    slopes = np.linspace(0.2, 2, TARGETS)
    predicted = ((true - [65, 3.6]) / [8, 0.6]).sum(axis=1)[:, None] * slopes + random.standard_normal((size, TARGETS))
    return People(true, predicted, (predicted[:, 0] > 0).astype(np.int64))


@pytest.fixture(scope="module")
def measured():
    return read(["MAP=65+-4", "CO=3.6+-.4"], load(), ("off",), "off")


def test_of_a_right_likelihood_the_intervals_hold(measured):
    found = scored(measured, plane(20_000, 0), plane(2000, 1))
    assert coverage(found.ranks).mean(axis=0) == pytest.approx([0.5, 0.8, 0.9], abs=0.02)
    assert np.abs(coverage(found.ranks) - [0.5, 0.8, 0.9]).max() < 0.04
    assert (found.p_value < 0.01).mean() < 0.02
    # better than the cohort's own law, and not far from the regression, which knows this law
    gains = (found.log_scores[0] - found.log_scores[1:]).mean(axis=1)
    assert (gains[0] > -0.01).all()
    assert gains[0, -1] > 0.3
    assert np.abs(gains[1]).max() < 0.06
    assert found.response.shape == (3, 2000)
    assert len(CLASSES) == 3


def test_of_one_that_is_too_sure_they_do_not(measured):
    """Errors taken for a quarter of what they are."""
    store, fresh = plane(20_000, 0), plane(1000, 1)
    wrong = [each._replace(error=each.error / 4) for each in measured]
    given = fresh.true + np.random.default_rng(3).standard_normal(fresh.true.shape) * [4, 0.4]
    sure = scored(wrong, store, fresh._replace(true=given))
    assert coverage(sure.ranks)[-1, 2] < 0.85


def test_it_runs_and_writes_its_page(tmp_path):
    page = tmp_path / "page.md"
    calibration.main(
        ["--cohorts", "ami-cs", "--candidates", "512", "--patients", "40", "--stores", str(tmp_path), "-o", str(page)]
    )
    text = page.read_text()
    assert "| ami-cs | change of cardiac output |" in text
    assert "Research use only" in text
    assert page.with_suffix(".png").stat().st_size > 20_000

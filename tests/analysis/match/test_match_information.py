"""Expected fall of entropy against quadrature, and posterior predictive checks against draws."""

import numpy as np
import pytest
import xarray as xr
from scipy.integrate import quad
from scipy.stats import norm

from counterpulse.analysis.bedside.quantities import load
from counterpulse.analysis.match.check import ALARM, predictive_check
from counterpulse.analysis.match.information import entropy, expected_fall
from counterpulse.analysis.match.posterior import Classes, People
from counterpulse.analysis.match.request import read

LIKE = np.full(4000, 1 / 4000)


def two_groups(apart, share=0.3, size=4000, seed=0):
    random = np.random.default_rng(seed)
    place = (random.random(size) < share).astype(np.int64)
    return random.standard_normal(size) + apart * place, Classes(place)


def binary(share):
    return float(entropy(np.array([share, 1 - share])))


def mutual(apart, share, error):
    """Mutual information of a class and a number that is normal in both, in bits, by quadrature."""
    width = np.hypot(1, error)

    def density(at):
        return share * norm(apart, width).pdf(at), (1 - share) * norm(0, width).pdf(at)

    def left(at):
        one, other = density(at)
        return (one + other) * binary(one / (one + other))

    return binary(share) - quad(left, -8, 8 + apart, limit=200)[0]


@pytest.mark.parametrize(("apart", "error"), [(1.0, 0.5), (2.0, 0.5), (2.0, 2.0), (4.0, 1.0)])
def test_expected_fall_against_quadrature(apart, error):
    true, classes = two_groups(apart)
    found = expected_fall(true, classes, LIKE, error, 0.0, False, 0)
    assert found == pytest.approx(mutual(apart, 0.3, error), abs=0.03)


def test_what_tells_nothing_is_told_to_tell_nothing():
    true, classes = two_groups(0.0)
    assert expected_fall(true, classes, LIKE, 0.3, 0.0, False, 0) < 0.01
    alike = Classes(np.zeros(4000, np.int64))
    assert expected_fall(true, alike, LIKE, 0.3, 0.0, False, 0) == 0


def test_an_exact_measurement_of_the_class_takes_all_of_the_entropy():
    _, classes = two_groups(0.0)
    own = classes.place.astype(float)
    whole = binary(classes.place.mean())
    assert expected_fall(own, classes, LIKE, 0.0, 0.0, True, 0) == pytest.approx(whole, abs=0.03)


def test_weights_count_as_patients():
    true, classes = two_groups(2.0)
    weight = np.where(classes.place == 1, 7.0, 3.0)  # shares of .3 and .7 become even
    found = expected_fall(true, classes, weight / weight.sum(), 0.5, 0.0, False, 0)
    assert found == pytest.approx(mutual(2.0, 0.5, 0.5), abs=0.04)


def test_those_not_compared_tell_nothing():
    true, classes = two_groups(2.0)
    place = np.where(np.arange(4000) < 2000, classes.place, -1)
    assert Classes(place).shares(LIKE).sum() == pytest.approx(1)
    assert Classes(place).compared(LIKE) == pytest.approx(0.5)
    assert expected_fall(true, Classes(place), LIKE, 0.5, 0.0, False, 0) == pytest.approx(mutual(2, 0.3, 0.5), abs=0.04)


def people(pressure, output):
    block = xr.Dataset(
        {
            "mean_arterial_pressure": (("patient", "arm"), np.stack([pressure, pressure], axis=1)),
            "cardiac_output": (("patient", "arm"), np.stack([output, output], axis=1)),
        },
        {"arm": np.array(["off", "iabp"], dtype=object)},
    )
    return People(block, np.full(len(pressure), 1 / len(pressure)))


def test_predictive_check_against_drawn_replicates():
    random = np.random.default_rng(1)
    own = people(random.normal(62, 3, 2000), random.normal(3.2, 0.3, 2000))
    ones = read(["MAP=70+-4", "CO=2.4+-.3"], load(), ("off", "iabp"), "off")
    true = np.stack([each.true(own.block) for each in ones], axis=1)
    spread, value = np.array([4, 0.3]), np.array([70, 2.4])
    again = true + spread * random.standard_normal((400, *true.shape))
    seen = (((value - true) / spread) ** 2).sum(axis=1)
    joint = ((((again - true) / spread) ** 2).sum(axis=2) >= seen).mean()
    found = predictive_check(own, ones)
    assert found.joint == pytest.approx(joint, abs=0.01)
    each = (np.abs(again - true) >= np.abs(value - true)).mean(axis=(0, 1))
    assert found.each == pytest.approx(each, abs=0.01)


def test_a_number_far_off_is_the_one_that_does_not_fit():
    random = np.random.default_rng(2)
    own = people(random.normal(62, 3, 2000), random.normal(3.2, 0.3, 2000))
    found = predictive_check(own, read(["MAP=62", "CO=8"], load(), ("off", "iabp"), "off"))
    assert found.joint < ALARM
    assert found.each[1] < ALARM < found.each[0]

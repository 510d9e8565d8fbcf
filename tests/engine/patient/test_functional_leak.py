"""A mitral leak that follows the ventricle's size: its limits, and what unloading makes of it."""

from __future__ import annotations

import numpy as np
import pytest

from counterpulse.engine.arms import Solver, run_arms
from counterpulse.engine.inputs import PLACE, parameter_matrix
from counterpulse.engine.integration.lanes import LV
from counterpulse.engine.laws.valves import functional_leak
from counterpulse.engine.names.outcomes import OUTCOMES, Status
from counterpulse.engine.periodic.solution import Solution

from ..population import draw, relative_error

AREA, EXPONENT, ORGANIC = (
    PLACE[name]
    for name in (
        "functional_regurgitation_area",
        "functional_regurgitation_exponent",
        "mitral_regurgitation_area",
    )
)
LEAK = list(OUTCOMES).index("mitral_regurgitant_volume")
OUTPUT = list(OUTCOMES).index("cardiac_output")
ARMS: dict[str, dict[str, float]] = {
    "off": {},
    "iabp": {"balloon_volume": 40},
    "dilated": {"systemic_resistance": 0.7},
    "impella": {"impella_speed": 40},
    "ECMO": {"ecmo_flow": 3.0},
}


def solved(functional: float, exponent: float, organic: float) -> dict[str, Solution]:
    """Each arm of 60 patients with dilated hearts, whose mitral leaks are these (cm2)."""
    matrix = parameter_matrix(draw("adhf", 60, seed=82))
    matrix[:, [AREA, EXPONENT, ORGANIC]] = functional, exponent, organic
    _, *found = run_arms(matrix, ARMS, {}, Solver("float64", 1e-6))
    assert all((solution.status == Status.OK).mean() > 0.95 for _, solution in found)
    return {arm: solution for arm, (_, solution) in zip(ARMS, found, strict=True)}


@pytest.fixture(scope="module")
def rigid() -> dict[str, Solution]:
    return solved(0.3, 0.0, 0.0)


@pytest.fixture(scope="module")
def yielding() -> dict[str, Solution]:
    return solved(0.3, 2.0, 0.0)


def test_the_orifice_is_the_one_given_where_the_volume_is_the_reference():
    assert functional_leak(0.3, 250.0, 250.0, 5.0) == 0.3
    assert functional_leak(0.3, 250.0, 0.0, 5.0) == 0.3
    assert functional_leak(0.3, 125.0, 250.0, 2.0) == pytest.approx(0.075)
    assert functional_leak(0.3, 300.0, 250.0, 1.0) == pytest.approx(0.36)
    assert functional_leak(0.3, 125.0, 250.0, 0.0) == 0.3
    assert functional_leak(0.0, 300.0, 250.0, 5.0) == 0.0


def test_an_orifice_of_nothing_is_none_to_the_digit_whatever_its_exponent():
    one, other = solved(0.0, 2.0, 0.0), solved(0.0, 6.0, 0.0)
    for arm in ARMS:
        np.testing.assert_array_equal(one[arm].outcomes, other[arm].outcomes)
        np.testing.assert_array_equal(one[arm].states, other[arm].states)
        assert (one[arm].outcomes[one[arm].status == Status.OK, LEAK] == 0.0).all()


def test_an_orifice_without_an_exponent_is_an_organic_one_in_every_arm(rigid):
    organic = solved(0.0, 2.0, 0.3)
    for arm in ARMS:
        assert relative_error(rigid[arm].outcomes, organic[arm].outcomes).max() < 1e-9
        assert organic[arm].outcomes[:, LEAK].min() > 10.0


def test_without_support_the_leak_is_the_one_given(rigid, yielding):
    """The unsupported patient is its own reference, whatever the exponent."""
    np.testing.assert_array_equal(rigid["off"].outcomes, yielding["off"].outcomes)


def test_unloading_shrinks_the_orifice_and_more_so_with_a_larger_exponent(rigid, yielding):
    """Rosario 1998, Keren 1986: nitroprusside takes most of a functional leak, and its forward output gains more.

    An arm with less systemic resistance stands for it; a balloon and an axial pump do likewise, and ECMO, which loads
    the ventricle, widens the orifice.
    """
    strong = solved(0.3, 6.0, 0.0)
    for arm in ("iabp", "dilated", "impella"):
        least, some, most = (each[arm].outcomes for each in (rigid, yielding, strong))
        assert (some[:, LEAK] < least[:, LEAK]).mean() > 0.9
        assert (most[:, LEAK] < some[:, LEAK]).mean() > 0.9
        # forward output gains what the leak gives up
        assert (most[:, OUTPUT] > least[:, OUTPUT]).mean() > 0.9
    assert np.median(strong["dilated"].outcomes[:, LEAK] / strong["off"].outcomes[:, LEAK]) < 0.85
    assert np.median(rigid["dilated"].outcomes[:, LEAK] / rigid["off"].outcomes[:, LEAK]) > 0.95
    assert (yielding["ECMO"].outcomes[:, LEAK] > rigid["ECMO"].outcomes[:, LEAK]).mean() > 0.9


def test_the_orifice_follows_the_volume_at_activation(yielding):
    """What goes back in an arm is what the orifice at its own volume lets back: the pressures hardly differ."""
    size = yielding["dilated"].states[:, LV] / yielding["off"].states[:, LV]
    back = yielding["dilated"].outcomes[:, LEAK] / yielding["off"].outcomes[:, LEAK]
    assert (size < 1.0).mean() > 0.95
    assert np.corrcoef(size, back)[0, 1] > 0.8
    np.testing.assert_allclose(np.median(back / size**2), 1.0, atol=0.05)

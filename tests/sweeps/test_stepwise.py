"""Designs of base samples and trajectories: their form, their slices, and indices that are known in closed form."""

import numpy as np
import pytest
from scipy.stats import qmc

from counterpulse.sweeps.design import UNIT_CUBES, candidates
from counterpulse.sweeps.spec import from_canonical

D = 3


def rows(design, start, stop, dimensions=D, seed=5):
    return UNIT_CUBES[design](seed, dimensions, np.arange(start, stop, dtype=np.int64), stop).T


@pytest.mark.parametrize("design", ["saltelli", "morris"])
@pytest.mark.parametrize(("start", "stop"), [(0, 1), (3, 4), (7, 31), (60, 60), (59, 100)])
def test_any_slice_is_that_of_the_whole(design, start, stop):
    assert np.array_equal(rows(design, start, stop), rows(design, 0, 100)[start:stop])


def test_a_base_sample_is_a_then_each_coordinate_of_b_then_b():
    sets = rows("saltelli", 0, 64 * (D + 2)).reshape(64, D + 2, D)
    a, b = sets[:, 0], sets[:, -1]
    both = qmc.Sobol(2 * D, scramble=True, bits=52, rng=np.random.default_rng(5)).random(64)
    assert np.allclose(np.hstack([a, b]), both, rtol=0, atol=1e-15)
    for which in range(D):
        other = np.arange(D) != which
        assert np.array_equal(sets[:, 1 + which, which], b[:, which])
        assert np.array_equal(sets[:, 1 + which][:, other], a[:, other])


def test_sobol_indices_of_ishigami_come_out():
    sets = rows("saltelli", 0, 4096 * (D + 2)).reshape(4096, D + 2, D)
    x = np.pi * (2 * sets - 1)
    y = np.sin(x[..., 0]) + 7 * np.sin(x[..., 1]) ** 2 + 0.1 * x[..., 2] ** 4 * np.sin(x[..., 0])
    a, mixed, b = y[:, :1], y[:, 1:-1], y[:, -1:]
    spread = y[:, [0, -1]].var()
    # Ishigami and Homma 1990, closed form
    assert (b * (mixed - a)).mean(0) / spread == pytest.approx([0.3139, 0.4424, 0.0], abs=0.02)
    assert ((a - mixed) ** 2).mean(0) / (2 * spread) == pytest.approx([0.5576, 0.4424, 0.2437], abs=0.02)


def test_a_trajectory_moves_every_coordinate_once_by_half_the_cube():
    paths = rows("morris", 0, 400 * (D + 1)).reshape(400, D + 1, D)
    steps = np.diff(paths, axis=1)
    assert np.array_equal((steps != 0).sum(axis=1), np.ones((400, D)))
    assert np.array_equal((steps != 0).sum(axis=2), np.ones((400, D)))
    assert np.allclose(abs(steps[steps != 0]), 0.5)
    levels, counts = np.unique(paths, return_counts=True)
    assert levels.tolist() == [0.125, 0.375, 0.625, 0.875]
    assert counts.min() / counts.max() > 0.85
    # every order of the three, about as often
    orders = {tuple(order) for order in (steps != 0).argmax(axis=1)}
    assert len(orders) == 6


@pytest.mark.parametrize("design", ["saltelli", "morris"])
def test_rows_of_a_population_move_one_unit_at_a_time(design):
    vary = {"heart_rate": {"low": 60, "high": 120}, "systemic_resistance": {"low": 0.6, "high": 2.0}}
    spec = from_canonical(
        {"cohort": "ami-cs", "patients": 200, "design": design, "vary": vary, "arms": {"off": {}}, "window": False}
    )
    together = spec.dimensions + (2 if design == "saltelli" else 1)
    drawn = candidates(spec, 0, together)
    rate = drawn["heart_rate"].values
    assert len(np.unique(rate)) == 2
    resistance = drawn["systemic_resistance"].values
    if design == "saltelli":
        assert (rate[1:-1] != rate[0]).sum() == 1
        assert ((rate != rate[0]) & (resistance != resistance[0])).sum() == 1  # B alone
    else:
        assert (np.diff(rate) != 0).sum() == (np.diff(resistance) != 0).sum() == 1

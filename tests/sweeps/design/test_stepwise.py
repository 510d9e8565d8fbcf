"""Designs of base samples and trajectories: their form, their slices, and indices that are known in closed form."""

import numpy as np
import pytest
from scipy.stats import qmc

from counterpulse.sweeps.design.unit_cube import STEPWISE
from counterpulse.sweeps.spec.candidates import candidates
from counterpulse.sweeps.spec.file import from_canonical

D = 3


ALONE = tuple(range(D))


def rows(design, start, stop, units=ALONE, seed=5):
    return STEPWISE[design](seed, np.array(units), np.arange(start, stop, dtype=np.int64)).T


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


def test_a_group_is_moved_as_one():
    units = (0, 1, 0)
    sets = rows("saltelli", 0, 64 * 4, units).reshape(64, 4, D)
    assert np.array_equal(sets[:, 1, [0, 2]], sets[:, -1, [0, 2]])
    assert np.array_equal(sets[:, 1, 1], sets[:, 0, 1])
    assert np.array_equal(sets[:, 2, 1], sets[:, -1, 1])
    assert np.array_equal(sets[:, 2, [0, 2]], sets[:, 0, [0, 2]])
    steps = np.diff(rows("morris", 0, 400 * 3, units).reshape(400, 3, D), axis=1) != 0
    assert np.array_equal(steps[..., 0], steps[..., 2])
    assert np.array_equal(steps.sum(axis=1), np.ones((400, D)))
    assert 0.4 < steps[:, 0, 1].mean() < 0.6


SWEEP = {
    "cohort": "ami-cs",
    "patients": 40,
    "design": "saltelli",
    "vary": {"heart_rate": {"low": 60, "high": 120}, "systemic_resistance": {"low": 0.6, "high": 2.0}},
    "groups": {"the heart": ["heart_rate"], "all else": ["systemic_resistance", "cohort"]},
    "arms": {"off": {}},
}


def test_groups_of_a_sweep_hold_the_law_of_its_population_together():
    spec = from_canonical(SWEEP)
    assert spec.rounded == "10 whole sets of 4 rows"
    assert from_canonical(spec.canonical()).hash() == spec.hash()
    assert from_canonical(spec.canonical()).groups == spec.groups
    drawn = candidates(spec, 0, 4)
    rate = drawn["heart_rate"].values
    others = [name for name, each in drawn.items() if each.dims and name not in ("heart_rate", "index")]
    assert len(others) > 10
    a, first, second, b = range(4)
    assert rate[first] == rate[b] != rate[a] == rate[second]
    for name in others:
        values = drawn[name].values
        assert values[a] == values[first], name
        assert values[second] == values[b], name


def test_the_hash_knows_which_move_together_and_not_what_they_are_called():
    plain = from_canonical(SWEEP)
    renamed = from_canonical(SWEEP | {"groups": {"rate": ["heart_rate"], "rest": ["cohort", "systemic_resistance"]}})
    other = from_canonical(SWEEP | {"groups": {"rest": ["cohort", "heart_rate"]}})
    assert plain.hash() == renamed.hash() != other.hash()
    assert "groups" not in from_canonical({**SWEEP, "groups": {}}).canonical()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"design": "sobol"}, "allowed: saltelli, morris"),
        ({"groups": {"x": ["heart_rat"]}}, "did you mean 'heart_rate'"),
        ({"groups": {"x": []}}, "a list of parameters of [vary] is needed"),
        ({"groups": {"x": "heart_rate"}}, "a list of parameters of [vary] is needed"),
        ({"groups": {"x": ["heart_rate"], "y": ["heart_rate"]}}, "belongs to one group"),
        ({"groups": {"x": ["heart_rate", "heart_rate"]}}, "belongs to one group"),
        ({"groups": {"heart_rate": ["heart_rate"]}}, "no name for a group"),
        ({"groups": {"a, b": ["heart_rate"]}}, "no name for a group"),
        ({"groups": {"\x1b[31m": ["heart_rate"]}}, "no name for a group"),
        ({"groups": {"x" * 101: ["heart_rate"]}}, "longer than 100"),
        ({"groups": ["heart_rate"]}, "a table is needed"),
    ],
)
def test_groups_that_cannot_be_are_refused_in_one_line(refused, change, said):
    with refused(said):
        from_canonical(SWEEP | change)

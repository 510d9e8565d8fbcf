"""The search for boxes, against planted ones, and against what noise gives."""

import sys

import numpy as np
import pytest

from counterpulse.analysis.regions import prim, tree
from counterpulse.analysis.regions.prim import Sample, boxes, inside, limited, quality, worth_telling
from counterpulse.engine.errors import InputError

SEARCHES = {"prim": boxes, "tree": tree.leaves}
SIZES = np.full(12, 20)


def people(patients, chance, seed=0):
    """Codes of twelve numbers, and a class that is met with the chance given by the codes."""
    random = np.random.default_rng(seed)
    codes = random.integers(0, 20, (patients, 12)).astype(np.uint8)
    return Sample(codes, random.random(patients) < chance(codes), SIZES)


def planted(codes):
    """Often where the third number is 10 or more and the sixth below 8; seldom elsewhere."""
    return np.where((codes[:, 2] >= 10) & (codes[:, 5] < 8), 0.9, 0.2)


@pytest.mark.parametrize("name", SEARCHES)
@pytest.mark.parametrize("seed", range(3))
def test_a_planted_box_is_found_to_the_code(name, seed):
    sample = people(20_000, planted, seed)
    found = SEARCHES[name](sample, 8)
    assert len(found) == 1
    assert limited(found[0], SIZES) == [(2, 0), (5, 1)]
    assert (found[0][2, 0], found[0][5, 1]) == (10, 7)


def test_a_box_with_both_ends_in_few_patients():
    def between(codes):
        return np.where((codes[:, 4] >= 5) & (codes[:, 4] < 12), 0.85, 0.1)

    box = boxes(people(2000, between), 8)[0]
    assert limited(box, SIZES) == [(4, 0), (4, 1)]
    assert box[4].tolist() == [5, 11]


def test_two_boxes_come_one_after_the_other():
    def two(codes):
        return np.where((codes[:, 0] >= 14) | ((codes[:, 1] < 5) & (codes[:, 3] >= 10)), 0.9, 0.1)

    sample = people(20_000, two)
    found = [limited(box, SIZES) for box in boxes(sample, 8)]
    assert sorted(found) == [[(0, 0)], [(1, 1), (3, 0)]]
    assert len(boxes(sample, 1)) == 1


def test_no_rule_has_more_numbers_than_a_person_remembers():
    def corner(codes):
        return 0.02 + 0.96 * (codes[:, :6] >= 6).all(axis=1)

    found = boxes(people(20_000, corner), 8)
    assert found
    assert all(len({variable for variable, _ in limited(box, SIZES)}) <= prim.MOST_VARIABLES for box in found)


@pytest.mark.parametrize("name", SEARCHES)
@pytest.mark.parametrize("chance", [0.0, 1.0])
def test_nothing_is_sought_where_all_are_alike(name, chance):
    assert SEARCHES[name](people(500, lambda codes: np.full(len(codes), chance)), 8) == []


def test_nobody():
    assert boxes(Sample(np.zeros((0, 12), np.uint8), np.zeros(0, bool), SIZES), 8) == []


def test_the_quality_is_greatest_at_the_true_box():
    sample = people(100_000, planted)
    base = sample.member.mean()

    def worth(low, high):
        within = (sample.codes[:, 2] >= low) & (sample.codes[:, 5] <= high)
        return float(quality(np.array(within.sum()), np.array(sample.member[within].sum()), base))

    every = {(low, high): worth(low, high) for low in range(4, 16) for high in range(2, 14)}
    assert max(every, key=every.get) == (10, 7)


def test_recutting_finds_the_best_place_of_each_limit():
    sample = people(20_000, planted)
    start = sample.whole()
    start[2, 0], start[5, 1] = 15, 3
    box = prim._recut(sample, start, sample.member.mean(), 100)
    assert (box[2, 0], box[5, 1]) == (10, 7)


def test_inside_is_what_the_limits_say():
    sample = people(3000, planted)
    box = sample.whole()
    box[2] = 4, 9
    expected = (sample.codes[:, 2] >= 4) & (sample.codes[:, 2] <= 9)
    np.testing.assert_array_equal(inside(sample.codes, box, SIZES), expected)
    assert inside(sample.codes, sample.whole(), SIZES).all()


@pytest.mark.parametrize(
    ("patients", "members", "base", "told"),
    [
        (1000, 800, 0.5, True),
        (1000, 550, 0.5, False),  # certain, but not much more often
        (10, 8, 0.5, False),  # much more often, but not certain
        (0, 0, 0.5, False),
        (100, 100, 1.0, False),
    ],
)
def test_what_is_worth_telling(patients, members, base, told):
    assert worth_telling(patients, members, base) is told


def test_a_tree_without_scikit_learn_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.tree", None)
    with pytest.raises(InputError, match="pip install"):
        tree.leaves(people(500, planted), 8)

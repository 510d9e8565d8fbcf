"""Refined sweeps: the density patients are drawn from, their weights, and the sweep file that says it."""

import json
from pathlib import Path

import numpy as np
import pytest

from counterpulse.engine.errors import InputError
from counterpulse.sweeps.design.refinement import Refine
from counterpulse.sweeps.design.weighting import WEIGHT
from counterpulse.sweeps.execution.run import run
from counterpulse.sweeps.population.toml import written
from counterpulse.sweeps.spec.candidates import candidates, training
from counterpulse.sweeps.spec.file import from_canonical, load, parse
from counterpulse.sweeps.store.opening import open_store

EXAMPLES = Path(__file__).parents[3] / "examples"

PLAIN = """
cohort = "ami-cs"
patients = 16_384
seed = 5
[vary]
heart_rate = { low = 60, high = 150 }
systemic_resistance = { mean = 1.2, sd = 0.2 }
lv_elastance = { low = 0.4, high = 1.2 }
assist_ratio = { choice = [1, 2] }
[arms.off]
[arms.iabp]
balloon_volume = 40
"""
TABLE = """
[refine]
axes = ["heart_rate", "systemic_resistance"]
plain_share = 0.2
parent = "0123456789abcdef"
cells = [[0, 3, 0, 0], [0, 0, 10, 1], [2, 0, 0, 0]]
"""
CELLS = np.array([[0, 3, 0, 0], [0, 0, 10, 1], [2, 0, 0, 0]])
DENSITY = 0.2 + 0.8 * CELLS / CELLS.mean()


def refined(**replaced):
    return parse(PLAIN + TABLE).model_copy(update=replaced)


@pytest.fixture(scope="module", params=["sobol", "random"])
def drawn(request):
    return candidates(refined(design=request.param), 0, 16_384)


def positions(patients):
    """Cells and places in the laws, by the normal distribution of the tables, not by the code under test."""
    from scipy.stats import norm

    first = (patients["heart_rate"].values - 60) / 90
    return first, norm.cdf((patients["systemic_resistance"].values - 1.2) / 0.2)


def test_patients_fill_the_density(drawn):
    first, second = positions(drawn)
    counts = np.histogram2d(first, second, bins=CELLS.shape, range=[[0, 1], [0, 1]])[0]
    expected = DENSITY / DENSITY.size * 16_384
    noise = 4 * np.sqrt(expected) if drawn.attrs["design"] == "random" else 16
    assert (np.abs(counts - expected) < noise).all()


def test_low_discrepancy_is_kept():
    """Rosenblatt's map of the patients is the even sequence again, so it is as even as a plain one."""
    first, second = positions(candidates(refined(), 0, 4096))
    marginal = DENSITY.mean(axis=1)
    again = np.interp(first, np.linspace(0, 1, 4), np.append(0, np.cumsum(marginal) / marginal.sum()))
    row = np.minimum((first * 3).astype(int), 2)
    cumulative = np.append(np.zeros((3, 1)), np.cumsum(DENSITY, axis=1), axis=1) / DENSITY.sum(axis=1, keepdims=True)
    upward = np.array(
        [np.interp(place, np.linspace(0, 1, 5), cumulative[own]) for place, own in zip(second, row, strict=True)]
    )
    plain = candidates(parse(PLAIN), 0, 4096)
    # clipped tails are one value for many places
    inside = np.abs(plain["systemic_resistance"] - 1.2).values < 0.49
    inside &= np.abs(second - 0.5) < 0.4937
    expected = positions(plain)
    np.testing.assert_allclose(again[inside], expected[0][inside], atol=1e-9)
    np.testing.assert_allclose(upward[inside], expected[1][inside], atol=1e-6)
    assert inside.mean() > 0.9


def test_weights_are_plain_over_proposal(drawn):
    first, second = positions(drawn)
    cell = tuple(
        np.clip((place * count).astype(int), 0, count - 1)
        for place, count in zip((first, second), CELLS.shape, strict=True)
    )
    np.testing.assert_allclose(drawn[WEIGHT], 1 / DENSITY[cell])
    assert float(drawn[WEIGHT].max()) <= drawn[WEIGHT].attrs["largest"] == 5.0
    assert drawn[WEIGHT].attrs["units"] == "1"


def test_weighted_shares_are_those_of_the_plain_law():
    """Of 200 random sweeps the mean of a weighted share is the exact one, within its own error."""
    shares = []
    for seed in range(200):
        patients = candidates(refined(design="random", seed=seed), 0, 500)
        first, second = positions(patients)
        shares.append(float((patients[WEIGHT] * (first + second > 1.2)).mean()))
    assert abs(np.mean(shares) - 0.8**2 / 2) < 4 * np.std(shares) / np.sqrt(200)


def test_everything_else_is_drawn_as_before(drawn):
    plain = candidates(parse(PLAIN).model_copy(update={"design": drawn.attrs["design"]}), 0, 16_384)
    others = set(plain.variables) - {"heart_rate", "systemic_resistance"}
    for name in others:
        np.testing.assert_array_equal(drawn[name], plain[name])
    assert set(drawn.variables) - set(plain.variables) == {WEIGHT}
    assert "weight" in others  # the body's, in kg


def test_training_patients_are_of_the_plain_law():
    assert training(refined(), 50).identical(training(parse(PLAIN), 50))


def test_one_cell_is_the_plain_law():
    spec = parse(PLAIN + TABLE[: TABLE.index("cells")] + "cells = [[7]]")
    patients = candidates(spec, 0, 1000)
    plain = candidates(parse(PLAIN), 0, 1000)
    assert (patients[WEIGHT] == 1).all()
    for name in plain.variables:
        np.testing.assert_allclose(patients[name], plain[name], rtol=1e-14)


def test_ends_of_the_unit_square_stay_inside():
    ends = np.array([2.0**-54, 0.5, 1 - 2.0**-53])
    for place in Refine(**parse(PLAIN + TABLE).refine.model_dump()).placed(ends, ends[::-1].copy())[:2]:
        assert ((place > 0) & (place < 1)).all()


def test_a_mixture_can_be_refined():
    spec = parse((PLAIN + TABLE).replace('"ami-cs"', '{ "ami-cs" = 0.7, adhf = 0.3 }'))
    patients = candidates(spec, 0, 4096)
    assert {"cohort", WEIGHT} <= set(patients.variables)
    assert abs(float((patients["cohort"] == 0).mean()) - 0.3) < 0.01


class TestSpec:
    def test_decides_the_hash(self):
        own = parse(PLAIN + TABLE).hash()
        assert own != parse(PLAIN).hash()
        for old, new in (("0.2\nparent", "0.3\nparent"), ("10, 1", "10, 2"), ('"heart_rate"', '"lv_elastance"')):
            assert parse(PLAIN + TABLE.replace(old, new)).hash() != own

    def test_says_nothing_where_there_is_none(self):
        assert "refine" not in parse(PLAIN).canonical()

    def test_survives_json_and_reading_back(self):
        spec = parse(PLAIN + TABLE)
        again = from_canonical(json.loads(json.dumps(spec.canonical())))
        assert (again.hash(), again.refine) == (spec.hash(), spec.refine)

    @pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.toml")), ids=lambda path: path.name)
    def test_is_written_as_a_file_that_says_the_same(self, path):
        spec = load(path)
        assert parse(written(spec.canonical())) == from_canonical(spec.canonical())

    def test_is_written_whatever_the_names_are(self):
        title = 'say "when" \\ [1, 2,] \N{GRINNING FACE} ä'
        content = parse(PLAIN + TABLE).canonical() | {"name": title}
        content["arms"] = {'a "b".c': {}, "\N{SNOWMAN}": {"balloon_volume": 1e-05}}
        content["reference"] = 'a "b".c'
        assert parse(written(content)) == from_canonical(content)

    def test_is_written_with_a_line_for_each_row_of_cells(self):
        spec = parse(PLAIN + TABLE)
        lines = written(spec.canonical()).splitlines()
        assert [line.strip() for line in lines if line.startswith("    [")] == [
            f"{[*row]}," for row in spec.refine.cells
        ]

    @pytest.mark.parametrize(
        ("old", "new", "says"),
        [
            ('"systemic_resistance"]', '"systemic_resistence"]', "did you mean 'systemic_resistance'"),
            ('"systemic_resistance"]', '"age"]', "must vary over a range in [vary]"),
            ('"systemic_resistance"]', '"assist_ratio"]', "must vary over a range in [vary]"),
            ('"systemic_resistance"]', '"heart_rate"]', "two different"),
            ('"systemic_resistance"]', "]", "refine.axes"),
            ("plain_share = 0.2", "plain_share = 0", "refine.plain_share: given 0"),
            ("plain_share = 0.2", "plain_share = 1.5", "refine.plain_share: given 1.5"),
            ("plain_share = 0.2\n", "", "refine.plain_share: missing"),
            ("[0, 3, 0, 0]", "[0, 3]", "differ in length"),
            ("[0, 3, 0, 0]", "[0, 3, 0, -1]", "refine.cells.0.3: given -1"),
            ("[0, 3, 0, 0]", "[0, 3, 0, true]", "refine.cells.0.3: given true"),
            ("cells", "cels", "did you mean 'cells'"),
            ("[[0, 3, 0, 0], [0, 0, 10, 1], [2, 0, 0, 0]]", "[[0]]", "all are 0"),
            ("[[0, 3, 0, 0], [0, 0, 10, 1], [2, 0, 0, 0]]", "[]", "refine.cells"),
        ],
    )
    def test_a_mistake_is_told_in_one_line(self, refused, old, new, says):
        assert old in TABLE
        with refused(says):
            parse(PLAIN + TABLE.replace(old, new))

    @pytest.mark.parametrize("design", ["grid", "latin-hypercube"])
    def test_other_designs_are_refused(self, design):
        with pytest.raises(InputError, match=f"the design is {design}; allowed: sobol, random"):
            parse(f'design = "{design}"\n' + PLAIN + TABLE)

    def test_nothing_varied_is_refused(self):
        with pytest.raises(InputError, match="two parameters that vary"):
            parse(PLAIN.replace("[vary]", "[scale]").split("heart_rate")[0] + "[arms.off]\n" + TABLE)


@pytest.mark.slow
def test_a_store_keeps_the_weights_and_can_grow(tmp_path):
    spec = refined(patients=20)
    spec = spec.model_copy(update={"run": spec.run.model_copy(update={"block": 8, "warm_start": False})})
    run(spec, tmp_path / "a.zarr", array_task=(0, 1), workers=1)
    grown = spec.model_copy(update={"patients": 40})
    run(grown, tmp_path / "a.zarr", array_task=(0, 1), workers=1)
    stored = open_store(tmp_path / "a.zarr")
    assert stored.attrs["blocks_missing"] == 0
    expected = candidates(grown, 0, 40)[WEIGHT]
    np.testing.assert_array_equal(stored[WEIGHT], expected)
    assert stored[WEIGHT].attrs["long_name"] == expected.attrs["long_name"]
    assert (stored["weight"] > 20).all()

"""Refinement: where it puts patients, what it saves on planted boundaries, and the commands on a real small store."""

import json

import numpy as np
import pytest
from click.testing import CliRunner
from planted_boundary import TRUTHS, X, Y, plain_error, planted, refined_error, sweep

from counterpulse.analysis.maps.boundary import boundary
from counterpulse.analysis.maps.refine import CELLS, proposed, refine, sentences
from counterpulse.analysis.response.classify import classify
from counterpulse.analysis.words.counted import LEFT_OUT
from counterpulse.cli.group import commands
from counterpulse.engine.errors import InputError
from counterpulse.sweeps.design.weighting import WEIGHT
from counterpulse.sweeps.execution.run import run
from counterpulse.sweeps.population.toml import written
from counterpulse.sweeps.spec.candidates import candidates
from counterpulse.sweeps.spec.file import from_canonical, load, parse
from counterpulse.sweeps.store.opening import open_store

WAVE, CURVE = TRUTHS["wave"]


@pytest.fixture(scope="module")
def parent():
    return planted(sweep(1000, 1), WAVE)


@pytest.fixture(scope="module")
def proposal(parent):
    return refine(parent, X, Y, 5000)


def test_new_patients_are_near_the_boundary(proposal):
    patients = candidates(proposed(proposal), 0, 5000)
    x, y = (patients[X].values - 60) / 90, (patients[Y].values - 0.6) / 1.4
    near = np.abs(WAVE(x, y)) < 0.02
    plain = candidates(sweep(5000, 2), 0, 5000)
    usual = np.abs(WAVE((plain[X].values - 60) / 90, (plain[Y].values - 0.6) / 1.4)) < 0.02
    assert near.mean() / usual.mean() == pytest.approx(proposal.attrs["gain"], rel=0.25)
    assert proposal.attrs["gain"] > 4


def test_what_is_said_of_the_weights_is_true(proposal):
    weight = candidates(proposed(proposal), 0, 5000)[WEIGHT].values
    assert proposal.attrs["lowest_weight"] <= weight.min()
    assert weight.max() <= proposal.attrs["highest_weight"] <= 1 / 0.15 + 1e-9
    assert weight.mean() == pytest.approx(1, abs=0.02)
    kish = weight.sum() ** 2 / (weight**2).sum() / len(weight)
    assert kish == pytest.approx(proposal.attrs["worth"], rel=0.05)
    assert "5,000 patients, 85 % of them" in sentences(proposal)[0]


def test_weighted_shares_of_a_refined_sweep_are_those_of_the_plain_law(proposal):
    """The wave halves the square: over independent sweeps the weighted share helped is .5 within its error."""
    shares = []
    for seed in range(100, 140):
        spec = proposed(proposal).model_copy(update={"seed": seed, "patients": 500, "design": "random"})
        own = planted(spec, WAVE)
        shares.append(float((own[WEIGHT] * (own["cardiac_output"][:, 1] > 4.5)).mean()))
    assert abs(np.mean(shares) - 0.5) < 4 * np.std(shares) / np.sqrt(len(shares))


def test_the_new_sweep_is_the_old_one_elsewhere(parent, proposal):
    old = from_canonical(json.loads(parent.attrs["spec"]))
    spec = proposed(proposal)
    assert (spec.patients, spec.seed) == (5000, old.seed + 1)
    assert spec.refine.parent == old.hash()
    assert np.shape(spec.refine.cells) == (CELLS, CELLS)
    same = set(old.canonical()) - {"patients", "seed"}
    assert {name: spec.canonical()[name] for name in same} == {name: old.canonical()[name] for name in same}
    assert parse(written(spec.canonical())).hash() == spec.hash()


def test_the_same_store_gives_the_same_sweep(parent, proposal):
    assert refine(parent, X, Y, 5000).identical(proposal)


def test_a_normal_law_is_refined_in_its_own_positions(parent):
    content = json.loads(parent.attrs["spec"])
    content["vary"][Y] = {"mean": 1.3, "sd": 0.25}
    spec = from_canonical(content | {"scale": {Y: 1.1}})
    own = planted(spec, lambda x, y: y - 0.6)  # helped above 1.44, which is 1.309 before the factor
    patients = candidates(proposed(refine(own, X, Y, 4000)), 0, 4000)
    density = np.average(np.abs(patients[Y] - 1.44) < 0.03) / np.average(np.abs(own[Y] - 1.44) < 0.03)
    assert density > 4
    assert np.average(patients[Y], weights=patients[WEIGHT]) == pytest.approx(1.43, abs=0.01)


def test_a_refined_sweep_can_be_refined(parent, proposal):
    child = planted(proposed(proposal).model_copy(update={"patients": 2000}), WAVE)
    again = refine([parent, child], X, Y, 4000)
    assert proposed(again).refine.parent == proposed(proposal).hash()
    assert proposed(again).seed == proposed(proposal).seed + 1
    assert again.attrs["gain"] > proposal.attrs["gain"]


@pytest.mark.slow
@pytest.mark.parametrize("truth", sorted(TRUTHS))
def test_four_times_fewer_patients_for_the_same_boundary(truth):
    """1,000 patients in three rounds do better than 4,000 plain ones, over five seeds each."""
    seeds = range(0, 50, 10)
    refined = np.mean([refined_error(1000, seed, truth) for seed in seeds])
    plain = np.mean([plain_error(4000, seed, truth) for seed in seeds])
    assert 0 < refined < plain


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"y": "age"}, r"must vary over a range in \[vary\]"),
        ({"y": "systemic_resistence"}, "did you mean 'systemic_resistance'"),
        ({"y": "cardiac_output"}, r"must vary over a range in \[vary\]"),
        ({"y": X}, "two different"),
        ({"patients": 0}, "0 patients are not possible"),
        ({"plain_share": 0.0}, "refine.plain_share: given 0.0"),
        ({"seed": 1}, "the seed 1 is the old sweep's own"),
        ({"seed": -1}, "seed: given -1"),
        ({"level": 2.0}, "between 0 and 1"),
    ],
)
def test_a_mistake_is_told_in_one_line(parent, given, says):
    with pytest.raises(InputError, match=says) as caught:
        refine(parent, **{"x": X, "y": Y, "patients": 100} | given)
    assert "\n" not in str(caught.value)


def test_what_cannot_be_refined(parent):
    spec = json.loads(parent.attrs["spec"])
    with pytest.raises(InputError, match="the design is latin-hypercube"):
        refine(parent.assign_attrs(spec=json.dumps(spec | {"design": "latin-hypercube"})), X, Y, 100)
    with pytest.raises(InputError, match="a store is needed"):
        refine(parent.drop_attrs(deep=False), X, Y, 100)
    nobody = parent.assign(cardiac_output=parent["cardiac_output"] * 0 + 4.0)
    with pytest.raises(
        InputError, match="crosses 50 % nowhere over heart_rate and systemic_resistance; it is 0 to 0 %"
    ):
        refine(nobody, X, Y, 100)


@pytest.fixture(scope="module")
def store(tmp_path_factory, in_this_process):
    """A sweep of real patients."""
    spec = sweep(600, 3)
    path = tmp_path_factory.mktemp("real") / "real.zarr"
    brief = spec.run.model_copy(update={"warm_start": False, "other_modes": 0})
    with in_this_process():
        run(spec.model_copy(update={"run": brief}), path)
    return path


class TestCommands:
    def called(self, *arguments):
        return CliRunner().invoke(commands, [str(each) for each in arguments])

    def test_boundary(self, store, tmp_path):
        done = self.called("boundary", store, "--x", X, "--y", Y, "-o", tmp_path / "b.png", "--json")
        assert done.exit_code == 0, done.output
        content = json.loads(done.stdout)
        expected = boundary(open_store(store), X, Y)
        assert content["mean_error"] == expected.attrs["mean_error"]
        assert (tmp_path / "b.png").exists()
        words = self.called("boundary", store, "--x", X, "--y", Y, "-o", tmp_path / "b.png").stdout
        compared = np.isin(classify(open_store(store))["response"].values, (2, 3, 4)).sum()
        about = expected.attrs
        apart = sum(about[name] for name in ("failed_run", "not_compared", *LEFT_OUT))
        assert 500 < about["compared"] == compared == 600 - apart
        assert f"{compared} of 600 candidates compared (iabp against off), " in words
        assert f"{about['not_survivable']} whose baseline nobody survives" in words
        assert "error (% of the axes)" in words

    @pytest.mark.slow
    def test_refine_writes_a_sweep_runs_it_and_both_are_pooled(self, store, tmp_path):
        child = tmp_path / "child.toml"
        arguments = ("refine", store, "--x", X, "--y", Y, "--patients", 200, "-o", child)
        done = self.called(*arguments, "--run")
        assert done.exit_code == 0, done.output
        assert "200 patients, 85 % of them" in done.stderr
        stored = open_store(tmp_path / "child.zarr")
        assert stored.attrs["spec_hash"] == load(child).hash()
        assert stored.sizes["patient"] == 200
        assert float(stored[WEIGHT].mean()) == pytest.approx(1, abs=0.1)
        pooled = self.called(
            "boundary", store, tmp_path / "child.zarr", "--x", X, "--y", Y, "-o", tmp_path / "b.png", "--json"
        )
        assert json.loads(pooled.stdout)["candidates"] == 800
        before = child.read_bytes()
        again = self.called(*arguments)
        assert isinstance(again.exception, InputError)
        assert "is there already" in str(again.exception)
        assert child.read_bytes() == before

    def test_json_tells_the_gain(self, store, tmp_path):
        done = self.called(
            "refine", store, "--x", X, "--y", Y, "--patients", 50, "-o", tmp_path / "c.toml", "--json", "--seed", 77
        )
        content = json.loads(done.stdout)
        assert json.loads(content["spec"])["seed"] == load(tmp_path / "c.toml").seed == 77
        assert content["gain"] > 1

    def test_nothing_is_written_for_bad_input(self, store, tmp_path):
        for y in ("age", "wedge_pressure", X):
            done = self.called("refine", store, "--x", X, "--y", y, "--patients", 50, "-o", tmp_path / "c.toml")
            assert isinstance(done.exception, InputError)
        assert not list(tmp_path.iterdir())

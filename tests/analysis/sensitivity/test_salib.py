"""What is handed to SALib, against SALib itself: its samplers, its laws, and its analyzers beside our own indices."""

import numpy as np
import pytest
from SALib.analyze import morris as salib_morris
from SALib.analyze import rbd_fast
from SALib.analyze import sobol as salib_sobol
from SALib.sample import latin
from SALib.sample import sobol as sobol_sample
from scipy.stats import kstest

import counterpulse as cp
from counterpulse.sweeps.spec.candidates import candidates
from counterpulse.sweeps.spec.file import from_canonical

ARMS = {"off": {}, "iabp": {"balloon_volume": 40}}
VARY = {
    "heart_rate": {"low": 80, "high": 120},
    "systemic_resistance": {"median": 1.0, "sigma": 0.2},
    "lv_elastance": {"mean": 1.2, "sd": 0.1},
    "assist_ratio": {"choice": [1, 2]},
}
RUN = {
    "heart_rate": {"low": 80, "high": 120},
    "systemic_resistance": {"median": 1.0, "sigma": 0.2},
    "peripheral_artery_disease": {"choice": [0, 1]},
}
"""What varies in the sweeps that are run."""
STEP = 2 / 3
"""Our effects are those of a step, as long as this in the unit cube; those of SALib are slopes."""
ASKED = ["cardiac_output", "cardiac_output_relative_difference"]


@pytest.fixture
def sweep(tmp_path, monkeypatch, sweep_text, in_this_process):
    """Run a sweep in a folder of its own, and give its store."""
    monkeypatch.chdir(tmp_path)

    def ran(**content):
        (tmp_path / "run.toml").write_text(sweep_text(**content))
        with in_this_process():
            cp.run("run.toml", "run.zarr", progress=False)
        return cp.open_store("run.zarr")

    return ran


def spec_of(**content):
    return from_canonical({"cohort": "adhf", "patients": 1, "arms": ARMS} | content)


def check_agreement(ours, problem, outcomes, name):
    theirs = salib_sobol.analyze(problem, outcomes[name], calc_second_order=False, num_resamples=2, seed=1)
    own = ours.sel(outcome=name)
    np.testing.assert_allclose(own["first"], theirs["S1"], atol=1e-6)
    np.testing.assert_allclose(own["total"], theirs["ST"], atol=1e-6)
    assert own["total"].max() > 0.1


def test_samples_of_salib_run_as_a_table_have_the_indices_that_salib_finds(sweep, sweep_text, tmp_path):
    (tmp_path / "sweep.toml").write_text(sweep_text(patients=1, vary=RUN))
    problem = cp.salib_problem("sweep.toml")
    samples = sobol_sample.sample(problem, 16, calc_second_order=False, seed=4)
    cp.salib_patients("sweep.toml", samples).to_dataframe().to_csv("samples.csv", index=False)
    store = sweep(design={"file": "samples.csv"})
    given = cp.to_salib(store, ASKED, rows_together=problem["num_vars"] + 2)
    assert given.left_out == 0
    ours = cp.sensitivity(store, ASKED, method="sobol")
    assert [name.partition(" ")[0] for name in ours["parameter"].values[:2]] == problem["names"][:2]
    for name in ASKED:
        check_agreement(ours, problem, given.outcomes, name)


def test_a_saltelli_sweep_of_our_own_has_the_indices_that_salib_finds(sweep):
    groups = {"load": ["systemic_resistance", "heart_rate"], "rest": ["cohort", "peripheral_artery_disease"]}
    store = sweep(design="saltelli", patients=128, vary=RUN, groups=groups)
    given = cp.to_salib(store, ASKED)
    assert list(dict.fromkeys(given.problem["groups"])) == ["load", "rest"]
    assert given.problem == cp.salib_problem(store)
    # rates in the samples are those of the patients, in their order
    np.testing.assert_allclose(given.samples[:, 0], store["heart_rate"].values, rtol=1e-6)
    ours = cp.sensitivity(store, ASKED)
    for name in ASKED:
        check_agreement(ours, given.problem, given.outcomes, name)


@pytest.mark.parametrize("groups", [{}, {"pump": ["assist_ratio", "heart_rate"]}])
def test_a_problem_is_the_law_of_the_sweep(groups):
    spec = spec_of(vary=VARY, groups=groups, design="saltelli")
    problem = cp.salib_problem(spec)
    assert problem["num_vars"] == spec.dimensions == len(problem["names"])
    assert problem["names"][: len(VARY)] == list(spec.varied)
    theirs = cp.salib_patients(spec, latin.sample(problem, 4000, seed=1))
    ours = candidates(spec.model_copy(update={"design": "random", "patients": 4000, "groups": {}}), 0, 4000)
    assert set(theirs.data_vars) == set(ours.data_vars)
    drawn = [name for name in ours.data_vars if ours[name].dims and name != "index"]
    assert len(drawn) > len(VARY)
    for name in drawn:
        # of equal laws one in a hundred thousand would be told apart
        assert kstest(theirs[name].values, ours[name].values).pvalue > 1e-5, name
        assert theirs[name].min() >= ours[name].min() * 0.8
    for name in ("systemic_resistance", "lv_elastance"):
        assert spec.vary[name].bounds[0] <= theirs[name].min() < theirs[name].max() <= spec.vary[name].bounds[1]
    assert ("groups" in problem) == bool(groups)


def test_a_mixture_has_its_cohort_among_the_variables():
    spec = spec_of(cohort={"ami-cs": 1, "adhf": 3})
    problem = cp.salib_problem(spec)
    patients = cp.salib_patients(spec, latin.sample(problem, 400, seed=1))
    assert problem["names"][0] == "cohort"
    assert (patients["cohort"].values == 0).sum() == 300


def test_all_else_comes_with_the_parameters_that_differ(dataset):
    rate, rng = np.linspace(60, 100, 400), np.random.default_rng(1)
    made = dataset({"cardiac_output": rate / 20}, {"cardiac_output": rate / 10})
    made["heart_rate"] = ("patient", rng.permutation(rate))
    made["cardiac_output"] = made["cardiac_output"] * 0 + made["heart_rate"] / 20
    given = cp.to_salib(made, ["cardiac_output"])
    place = given.problem["names"].index("heart_rate")
    assert given.problem["bounds"][place] == [60, 100]
    found = rbd_fast.analyze(given.problem, given.samples, given.outcomes["cardiac_output"], seed=1)
    assert found["S1"][place] > 0.95


def test_a_morris_sweep_of_our_own_has_the_effects_that_salib_finds(sweep):
    store = sweep(design="morris", patients=64, vary=RUN, groups={"rest": ["cohort"]})
    given = cp.to_salib(store, ASKED)
    assert list(dict.fromkeys(given.problem["groups"])) == [
        *("heart_rate", "systemic_resistance", "peripheral_artery_disease", "rest")
    ]
    ours = cp.sensitivity(store, ASKED)
    for name in ASKED:
        found = salib_morris.analyze(given.problem, given.samples, given.outcomes[name], num_levels=4, seed=1)
        np.testing.assert_allclose(ours["mu_star"].sel(outcome=name), STEP * np.asarray(found["mu_star"]), rtol=1e-6)


def test_sets_of_rows_without_a_number_are_left_out_whole(dataset):
    values = np.arange(40.0)
    made = dataset({"cardiac_output": values}, {"cardiac_output": values + 1})
    made["heart_rate"] = ("patient", values + 60)
    made["status"][13, 0] = 5
    given = cp.to_salib(made, ["cardiac_output"], rows_together=6)
    kept = [row for row in range(36) if row // 6 != 2]
    np.testing.assert_array_equal(given.outcomes["cardiac_output"], values[kept])
    np.testing.assert_array_equal(given.samples[:, given.problem["names"].index("heart_rate")], values[kept] + 60)
    assert given.left_out == 10


def test_what_cannot_be_told_to_salib_is_refused_in_one_line(dataset, refused, tmp_path):
    spec = spec_of(vary={"heart_rate": {"low": 80, "high": 120}})
    count = cp.salib_problem(spec)["num_vars"]
    with refused("samples", f"(patients, {count})", "heart_rate"):
        cp.salib_patients(spec, np.zeros((3, 2)))
    with refused("row 2", "heart_rate is 121", "80 to 120"):
        cp.salib_patients(spec, np.array([[100.0, *[0.5] * (count - 1)], [121.0, *[0.5] * (count - 1)]]))
    with refused("row 1", "nan"):
        cp.salib_patients(spec, np.full((1, count), np.nan))
    with refused("numbers are needed"):
        cp.salib_patients(spec, "many")
    with refused("a sweep file or the store of a sweep"):
        cp.salib_problem(dataset({"cardiac_output": np.arange(3.0)}, {"cardiac_output": np.arange(3.0)}))
    with refused("nowhere.toml"):
        cp.salib_problem(tmp_path / "nowhere.toml")
    made = dataset({"cardiac_output": np.arange(3.0)}, {"cardiac_output": np.arange(3.0)})
    with refused("no parameter differs"):
        cp.to_salib(made, ["cardiac_output"])
    made["heart_rate"] = ("patient", np.arange(3.0) + 60)
    with refused("rows_together", "0"):
        cp.to_salib(made, ["cardiac_output"], rows_together=0)
    with refused("cardiac_outptu", "cardiac_output"):
        cp.to_salib(made, ["cardiac_outptu"])

"""Mixtures of cohorts: shares, each patient by its own law and window."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

import counterpulse as cp
from counterpulse.engine.names.outcomes import Status
from counterpulse.engine.names.parameters import PARAMETERS
from counterpulse.sweeps.population import cohorts
from counterpulse.sweeps.population.mixtures import bounds_by_cohort
from counterpulse.sweeps.spec.candidates import candidates
from counterpulse.sweeps.spec.file import from_canonical
from counterpulse.sweeps.spec.spec import Spec

WEIGHTS = {"ami-cs": 3, "adhf": 2, "healthy": 1}


def sweep(weights: Any = WEIGHTS, patients: int = 4096, **more: Any) -> Spec:
    return from_canonical({"cohort": weights, "patients": patients, "seed": 7, "arms": {"off": {}}} | more)


def rows(spec: Spec) -> xr.Dataset:
    return candidates(spec, 0, spec.patients)


def names_of(drawn: xr.Dataset) -> np.ndarray:
    return np.array(drawn["cohort"].attrs["flag_meanings"].split())[drawn["cohort"].values]


@pytest.mark.parametrize(("design", "most"), [("sobol", 1e-3), ("latin-hypercube", 3e-4), ("random", 0.03)])
def test_shares_are_those_asked_for(design: str, most: float):
    drawn = names_of(rows(sweep(design=design)))
    for name, weight in WEIGHTS.items():
        assert np.mean(drawn == name) == pytest.approx(weight / 6, abs=most)


def test_every_patient_follows_the_law_of_its_own_cohort():
    drawn = rows(sweep(patients=12_000))
    own = names_of(drawn)
    for name in WEIGHTS:
        law = cohorts.load()[name].law
        mine = drawn.isel(patient=np.flatnonzero(own == name))
        for parameter in ("lv_elastance", "stressed_volume", "heart_rate"):
            assert np.median(mine[parameter]) == pytest.approx(law[parameter].median, rel=0.02)
            low, high = cohorts.load()[name].bounds(parameter)
            assert low * (1 - 1e-12) <= mine[parameter].min() <= mine[parameter].max() <= high * (1 + 1e-12)
    # what only one cohort has of its own is the model's default in the others
    assert "rv_stiffness_scale" not in drawn
    assert set(np.unique(drawn["lv_stiffness_scale"])) == {0.34, 0.5}


def test_what_the_members_share_is_one_variable():
    spec = sweep()
    latents = spec.population.latents()
    assert len(latents) == len(set(latents))
    assert set(latents) == set().union(*(cohorts.load()[name].latents() for name in WEIGHTS))


def test_says_who_is_of_which():
    drawn = cp.sample({"ami-cs": 0.6, "adhf": 0.4}, 1000)
    assert drawn["cohort"].dtype == np.uint8
    assert drawn["cohort"].attrs["flag_meanings"] == "adhf ami-cs"
    assert drawn["cohort"].attrs["flag_values"].tolist() == [0, 1]
    assert drawn.attrs["cohort"] == "40 % adhf, 60 % ami-cs"
    assert json.loads(drawn.attrs["cohort_definitions"]) == {"adhf": "haemodynamic", "ami-cs": "haemodynamic"}
    assert set(drawn.data_vars) <= {*PARAMETERS, "index", "cohort"}


def test_weights_count_by_their_ratios_and_not_by_their_order():
    spec = sweep()
    for other in ({"healthy": 1, "adhf": 2, "ami-cs": 3}, {"ami-cs": 0.5, "adhf": 1 / 3, "healthy": 1 / 6}):
        assert sweep(other).hash() == spec.hash()
    assert sweep({"ami-cs": 3, "adhf": 2, "healthy": 1.1}).hash() != spec.hash()
    assert sum(spec.cohort.values()) == pytest.approx(1)
    for count in range(2, 4):
        many = sweep(dict.fromkeys(list(WEIGHTS)[:count], 0.1))
        assert from_canonical(json.loads(json.dumps(many.canonical()))).canonical() == many.canonical()


def test_one_cohort_is_no_mixture():
    spec = sweep({"adhf": 0.3})
    assert spec.cohort == "adhf"
    assert spec.hash() == sweep("adhf").hash()
    assert "cohort" not in rows(spec)
    assert rows(spec).identical(rows(sweep("adhf")))


def test_bounds_are_those_of_the_patients_own_cohort():
    drawn = cp.sample(WEIGHTS, 200)
    for bounds in (bounds_by_cohort(drawn), sweep().population.bounds(drawn)):
        for patient, name in enumerate(names_of(drawn)):
            for key, (low, high) in cohorts.window(name).items():
                assert (bounds[key][0][patient], bounds[key][1][patient]) == (low, high)
    alone = cp.sample("adhf", 3)
    assert bounds_by_cohort(alone) == cohorts.window("adhf")


def test_a_cohort_without_a_bound_has_none():
    lone = {"title": "x", "base": "adhf", "window": {"cardiac_output/wedge_pressure": {"high": 9}}}
    spec = sweep({"adhf": 1, "lone": 1}, cohorts={"lone": lone}, patients=64)
    bounds = spec.population.bounds(rows(spec))
    lows, highs = bounds["cardiac_output/wedge_pressure"]
    mine = names_of(rows(spec)) == "lone"
    assert np.all(lows == -np.inf)
    assert np.all(highs[mine] == 9)
    assert np.all(highs[~mine] == np.inf)


@pytest.mark.parametrize(
    ("patients", "words"),
    [
        (cp.sample("adhf", 2).drop_attrs(), ["'own'", "sample()"]),
        (cp.sample("adhf", 2).assign_attrs(cohort="adfh"), ["'adfh'", "'adhf'"]),
        (cp.sample(WEIGHTS, 2).drop_attrs(), ["'own'", "flags"]),
        (cp.sample(WEIGHTS, 2).assign(cohort=("patient", [7, 8])), ["'own'", "flags"]),
    ],
)
def test_own_windows_need_patients_who_say_their_cohort(patients: xr.Dataset, refused: Any, words: list[str]):
    with refused(*words):
        cp.simulate(patients, {"off": {}}, window="own")


def test_a_store_of_a_mixture_says_who_is_of_which_and_applies_each_window(tmp_path: Path, in_this_process):
    spec = sweep(
        {"healthy": 1, "adhf": 1},
        patients=48,
        run={"block": 16, "warm_start": False, "other_modes": 0},
        arms={"off": {}},
    )
    with in_this_process():
        cp.run(spec, tmp_path / "store.zarr")
    stored = cp.open_store(tmp_path / "store.zarr").load()
    drawn = cp.sample({"healthy": 1, "adhf": 1}, 48, seed=7)
    assert stored["cohort"].values.tobytes() == drawn["cohort"].values.tobytes()
    assert stored["cohort"].attrs["flag_meanings"] == "adhf healthy"
    assert stored.attrs["cohort"] == "50 % adhf, 50 % healthy"
    assert set(json.loads(stored.attrs["cohort_definitions"])) == {"adhf", "healthy"}
    result = cp.simulate(drawn, {"off": {}}, window="own")
    assert np.array_equal(result["status"], stored["status"])
    assert np.array_equal(result["cohort"], drawn["cohort"])
    # the window of the one shuts out the other
    inside = (stored["status"].sel(arm="off") == Status.OK).values
    for name, share in (("healthy", 0.5), ("adhf", 0.5)):
        assert np.mean(inside[names_of(stored) == name]) > share
    alone = cp.simulate(drawn, {"off": {}}, window="healthy")["status"].sel(arm="off") == Status.OK
    assert np.mean(alone.values[names_of(stored) == "adhf"]) < 0.1

"""Every answer on the face: a data set with units, kept in files, with the numbers of its command."""

import json

import numpy as np
import pytest
from answer_checks import check_answer, check_json

import counterpulse as cp
from counterpulse.analysis.devices import rivals_words, weaning_words
from counterpulse.analysis.maps import boundary_words, robustness_words
from counterpulse.analysis.maps import map as map_room
from counterpulse.analysis.predictors import words as predictor_words
from counterpulse.analysis.regions import words as rule_words
from counterpulse.analysis.sensitivity import words as sensitivity_words
from counterpulse.analysis.words.parts import Table

X, Y = "systemic_resistance", "heart_rate"
BOTH = {"x": X, "y": Y}
WORDS = {
    "map": map_room.in_words,
    "boundary": boundary_words.in_words,
    "robustness": robustness_words.in_words,
    "regions": rule_words.in_words,
    "predictors": predictor_words.in_words,
    "sensitivity": sensitivity_words.in_words,
    "weaning": weaning_words.in_words,
    "rivals": rivals_words.in_words,
}
ASKED = {
    "map": ("map", BOTH),
    "curves": ("map", {"x": X}),
    "median": ("map", BOTH | {"value": "cardiac_output_difference"}),
    "mean": ("map", BOTH | {"value": "wedge_pressure", "mean": True}),
    "columns": ("map", BOTH | {"columns": "arterial_stiffness", "bins": 5}),
    "boundary": ("boundary", BOTH),
    "robustness": ("robustness", BOTH),
    "rules": ("regions", {}),
    "rules of harm": ("regions", {"target": "harms"}),
    "predictors": ("predictors", {"target": "harms"}),
    "sensitivity": ("sensitivity", {}),
    "weaning": ("weaning", {"by": "arterial_stiffness"}),
    "rivals": ("rivals", {}),
    "rivals on a map": ("rivals", BOTH | {"bins": 3}),
}
"""What is asked in Python, and by options of the same names on the command line, where --for is the target."""


@pytest.fixture(scope="module")
def people(population):
    """Patients with and without a balloon, and with one at every second beat."""
    two = population(6000)
    three = two.isel(arm=[0, 1, 1]).assign_coords(arm=np.array(["off", "iabp", "half"], dtype=object))
    return three.assign(assist_ratio=("arm", [1.0, 1.0, 2.0]))


@pytest.fixture(name="stored")
def _stored(people, monkeypatch):
    """Every store that is opened holds the same patients."""
    monkeypatch.setattr("counterpulse.sweeps.store.opening.open_store", lambda path: people)


@pytest.mark.parametrize(("name", "asked"), ASKED.values(), ids=ASKED)
def test_every_answer_is_the_command(people, stored, call, tmp_path, name, asked):
    answer = getattr(cp, name)(people, **asked)
    check_answer(answer, WORDS[name], tmp_path)
    named = {key.replace("target", "for"): value for key, value in asked.items()}
    options = [part for key, value in named.items() for part in (f"--{key}", value) if part is not True]
    code, out, _ = call(name, "people.zarr", *options, "-o", tmp_path / "picture.png", "--json")
    assert code == 0
    found = json.loads(out)
    assert found["figure"] == str(tmp_path / "picture.png")
    check_json(found, answer)


def test_a_map_weighs_patients_who_were_not_drawn_alike(people, tmp_path):
    weight = np.where(people["heart_rate"].values > 100, 0.2, 1.8)
    check_answer(cp.map(people.assign(sampling_weight=("patient", weight)), X, Y), map_room.in_words, tmp_path)


@pytest.mark.parametrize("name", ["regions", "predictors", "sensitivity", "weaning", "rivals"])
def test_a_refined_store_is_refused(people, name):
    refined = people.assign(sampling_weight=("patient", np.ones(people.sizes["patient"])))
    with pytest.raises(cp.InputError, match=rf"{name}: .* were not drawn alike \(sampling_weight"):
        getattr(cp, name)(refined)


def test_a_map_is_indexed_by_names_and_values(people):
    answer = cp.map(people, X, Y, bins=10)
    share = answer["share"].sel(response="helps").sel({X: 1.8, Y: 70}, method="nearest")
    assert 0.9 < share <= 1
    assert answer[X].attrs["units"] == people[X].attrs["units"]


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"mean": True}, "mean: of what"),
        ({"quantile": 0.9}, "quantile: of what"),
        ({"value": "cardiac_output", "mean": True, "quantile": 0.9}, "one of mean and quantile"),
    ],
)
def test_statistics_of_nothing_are_refused(people, asked, says):
    with pytest.raises(cp.InputError, match=says):
        cp.map(people, X, **asked)


def test_the_command_prints_all_sentences_and_tables(people, stored, call, tmp_path):
    answer = cp.boundary(people, X, Y)
    asked = ["boundary", "people.zarr", "--x", X, "--y", Y, "-o", tmp_path / "boundary.png"]
    table = next(part for part in boundary_words.in_words(answer) if isinstance(part, Table))
    told = call(*asked)[1]
    assert all(line in told for line in boundary_words.sentences(answer))
    assert len(told.splitlines()) == len(boundary_words.sentences(answer)) + 1 + len(table.rows)

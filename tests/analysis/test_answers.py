"""The answers of maps on the face of the package: data sets, kept in files, with the numbers of the command line."""

import json

import numpy as np
import pytest
from answer_checks import check_answer, check_json

import counterpulse as cp
from counterpulse.analysis.maps import boundary_words, robustness_words
from counterpulse.analysis.maps import map as map_room
from counterpulse.analysis.words.parts import Table

X, Y = "systemic_resistance", "heart_rate"
ASKED = {
    "map": ({}, []),
    "map of weights": ({}, []),
    "curves": ({"y": None}, []),
    "median": ({"value": "cardiac_output_difference"}, ["--value", "cardiac_output_difference"]),
    "mean": ({"value": "wedge_pressure", "mean": True}, ["--value", "wedge_pressure", "--mean"]),
    "columns": ({"columns": "arterial_stiffness", "bins": 5}, ["--columns", "arterial_stiffness", "--bins", "5"]),
}


@pytest.fixture(name="stored")
def _stored(people, monkeypatch):
    """Every store that is opened holds the same patients."""
    monkeypatch.setattr("counterpulse.sweeps.store.opening.open_store", lambda path: people)


@pytest.mark.parametrize(("asked", "options"), ASKED.values(), ids=ASKED)
def test_map_is_the_command(people, stored, call, tmp_path, request, asked, options):
    if "weights" in request.node.callspec.id:
        weight = np.where(people["heart_rate"].values > 100, 0.2, 1.8)
        people = people.assign(sampling_weight=("patient", weight))
    answer = cp.map(people, X, **({"y": Y} | asked))
    check_answer(answer, map_room.in_words, tmp_path)
    if "sampling_weight" in people:
        return
    axes = ["--x", X, *(["--y", Y] if "y" not in asked else [])]
    code, out, _ = call("map", "people.zarr", *axes, *options, "-o", tmp_path / "map.png", "--json")
    assert code == 0
    found = json.loads(out)
    assert found["figure"] == str(tmp_path / "map.png")
    check_json(found, answer)


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


def test_boundary_is_the_command(people, stored, call, tmp_path):
    answer = cp.boundary(people, X, Y)
    check_answer(answer, boundary_words.in_words, tmp_path)
    asked = ["boundary", "people.zarr", "--x", X, "--y", Y, "-o", tmp_path / "boundary.png"]
    check_json(json.loads(call(*asked, "--json")[1]), answer)
    table = next(part for part in boundary_words.in_words(answer) if isinstance(part, Table))
    told = call(*asked)[1]
    assert all(line in told for line in boundary_words.sentences(answer))
    assert len(told.splitlines()) == len(boundary_words.sentences(answer)) + 1 + len(table.rows)


def test_robustness_is_the_command(people, stored, call, tmp_path):
    answer = cp.robustness(people, X, Y)
    check_answer(answer, robustness_words.in_words, tmp_path)
    assert answer["state"].attrs["flag_meanings"] == "fails uncertain holds"
    asked = ["robustness", "people.zarr", "--x", X, "--y", Y, "-o", tmp_path / "robustness.png", "--json"]
    check_json(json.loads(call(*asked)[1]), answer)

"""What is given of patients is what the kernel is handed and what a result shows, however it is given."""

from functools import reduce
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import counterpulse as cp
from counterpulse.engine import simulation
from counterpulse.engine.inputs import PLACE
from counterpulse.engine.names.conditions import WHOLE
from counterpulse.engine.names.outcomes import OUTCOMES
from counterpulse.engine.names.parameters import PARAMETERS
from counterpulse.engine.periodic.solution import unsolved

ARMS: dict[str, dict[str, float]] = {"off": {}, "iabp": {"balloon_volume": 40}}
pytestmark = pytest.mark.filterwarnings("error")


class NoFollower:
    """Stands where irregular patients would be followed."""

    def __init__(self, *_: Any) -> None:
        pass

    def difference_errors(self, arms: list[str], _: str) -> np.ndarray:
        return np.zeros((self.patients, len(arms)))


@pytest.fixture
def handed(monkeypatch: pytest.MonkeyPatch) -> list[np.ndarray]:
    """Rows of parameters that the kernel would have been handed; it is not run."""
    seen: list[np.ndarray] = []

    def run_arms(matrix: np.ndarray, arms: Any, *_: Any) -> list[Any]:
        seen.append(matrix.copy())
        NoFollower.patients = len(matrix)
        return [(matrix, unsolved(np.zeros((len(matrix), 1)))) for _ in range(1 + len(arms))]

    monkeypatch.setattr(simulation, "run_arms", run_arms)
    monkeypatch.setattr(simulation, "Follower", NoFollower)
    return seen


def two_values(name: str) -> list[float]:
    """Two values of a parameter that differ from its default."""
    quantity = PARAMETERS[name]
    if name in WHOLE:
        allowed = [each for each in WHOLE[name] if each != quantity.default]
        return [allowed[0], allowed[-1]]
    low, high = (end if np.isfinite(end) else 1.0 for end in quantity.plausible)
    return [low + 0.3 * (high - low), low + 0.7 * (high - low)]


Values = dict[str, list[float]]
NUMBERS = ("patient", [4.0, 5.0])
"""A variable that is no parameter, along the patients."""


def along(values: Values) -> dict[str, Any]:
    return {name: ("patient", both) for name, both in values.items()}


def firsts(values: Values) -> dict[str, float]:
    return {name: both[0] for name, both in values.items()}


def levels(values: Values) -> pd.MultiIndex:
    return pd.MultiIndex.from_arrays([["b", "a"], *values.values()], names=["site", *values])


WAYS: dict[str, Any] = {
    "variables": lambda values: xr.Dataset(along(values)),
    "coordinates": lambda values: xr.Dataset({"lactate": NUMBERS}, along(values)),
    "indexes": lambda values: reduce(xr.Dataset.set_xindex, values, xr.Dataset(coords=along(values))),
    "levels of a grid": lambda values: xr.Dataset(
        {"lactate": NUMBERS}, xr.Coordinates.from_pandas_multiindex(levels(values), "patient")
    ),
    "scalar variables": lambda values: xr.Dataset(
        {"lactate": NUMBERS} | {name: own[0] for name, own in values.items()}
    ),
    "scalar coordinates": lambda values: xr.Dataset(
        {"lactate": NUMBERS}, {name: own[0] for name, own in values.items()}
    ),
    "columns of a frame": pd.DataFrame,
    "levels of a frame's index": lambda values: pd.DataFrame({"age": values.get("age", [60, 61])}, levels(values)).drop(
        columns=["age"] if "age" in values else []
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_every_parameter_given_in_any_way_is_used_and_shown(way: str, handed: list[np.ndarray]):
    values = {name: two_values(name) for name in PARAMETERS}
    result = cp.simulate(WAYS[way](values), {"off": {}})
    for name, (first, second) in values.items():
        expected = [first, first] if "scalar" in way else [first, second]
        np.testing.assert_array_equal(handed[0][:, PLACE[name]], expected, err_msg=name)
        np.testing.assert_array_equal(np.broadcast_to(result[name].values, 2), expected, err_msg=name)
        assert result[name].dims == (() if "scalar" in way else ("patient",))
        assert result[name].attrs["units"] == PARAMETERS[name].units


@pytest.mark.parametrize("name", ["heart_rate", "assist_ratio", "ecmo_flow"])
@pytest.mark.parametrize("way", WAYS)
def test_what_is_not_given_is_the_default_in_kernel_and_result(way: str, name: str, handed: list[np.ndarray]):
    result = cp.simulate(WAYS[way]({name: two_values(name), "lv_mass": [200.0, 220.0]}), {"off": {}})
    for each, quantity in PARAMETERS.items():
        np.testing.assert_array_equal(np.broadcast_to(result[each].values, 2), handed[0][:, PLACE[each]])
        if each not in (name, "lv_mass", "age"):
            assert (handed[0][:, PLACE[each]] == quantity.default).all()


@pytest.mark.parametrize("way", WAYS)
def test_what_an_arm_sets_is_shown_in_that_arm_however_the_patients_own_is_given(way: str, handed: list[np.ndarray]):
    result = cp.simulate(WAYS[way]({"balloon_volume": [30.0, 20.0], "heart_rate": [70.0, 80.0]}), ARMS)
    own = [30.0, 30.0] if "scalar" in way else [30.0, 20.0]
    shown = result["balloon_volume"].transpose(..., "arm")
    np.testing.assert_array_equal(np.broadcast_to(shown.values, (2, 2)), [[own[0], 40.0], [own[1], 40.0]])
    np.testing.assert_array_equal(result["heart_rate"].values, 70.0 if "scalar" in way else [70.0, 80.0])


def test_four_rates_as_a_coordinate_are_four_patients_as_they_are_as_a_variable():
    rates = ("patient", np.array([60.0, 80.0, 100.0, 120.0]))
    as_variable = cp.simulate(xr.Dataset({"heart_rate": rates}), ARMS)
    as_coordinate = cp.simulate(xr.Dataset(coords={"heart_rate": rates}), ARMS)
    assert len(set(as_variable["cardiac_output"].sel(arm="off").values)) == 4
    xr.testing.assert_identical(as_coordinate, as_variable)
    one = xr.Dataset(coords={"heart_rate": rates}).isel(patient=2)
    beat = cp.waveforms(one, ARMS, samples=20)
    assert float(beat["pattern_duration"].sel(arm="off")) == pytest.approx(0.6)
    xr.testing.assert_identical(beat, cp.waveforms(xr.Dataset({"heart_rate": rates}).isel(patient=2), ARMS, samples=20))


def test_a_grid_is_unstacked_again(handed: list[np.ndarray]):
    axes = {"heart_rate": [60.0, 100.0], "systemic_resistance": [0.8, 1.0, 1.2]}
    result = cp.simulate(xr.Dataset(coords=axes).stack(patient=list(axes)), ARMS)
    assert dict(result.unstack("patient")["status"].sizes) == {"arm": 2, "heart_rate": 2, "systemic_resistance": 3}
    assert handed[0][:, PLACE["systemic_resistance"]].tolist() == [0.8, 1.0, 1.2] * 2


def test_random_numbers_follow_an_index_that_is_a_coordinate(monkeypatch: pytest.MonkeyPatch, handed: list[np.ndarray]):
    keys = []
    monkeypatch.setattr(NoFollower, "__init__", lambda self, index, seed, *_: keys.append((index.tolist(), seed)))
    rhythm = {"atrial_fibrillation": ("patient", [0.0, 1.0])}
    result = cp.simulate(xr.Dataset(coords=rhythm | {"index": ("patient", [7, 9])}, attrs={"seed": 3}), ARMS)
    assert keys == [([7, 9], 3)]
    assert result["index"].values.tolist() == [7, 9]
    assert "difference_error" in result


@pytest.mark.parametrize(
    ("patients", "words"),
    [
        (xr.Dataset(coords={"heart_rate": [60.0, 100.0]}), ".stack(patient=['heart_rate']) makes one"),
        (xr.Dataset({"heart_rate": 60.0}), ".expand_dims('patient') makes one"),
        (xr.Dataset({"lv_mass": ("patient", [200.0])}, {"heart_rate": [60.0, 100.0]}), "heart_rate has dimensions"),
        (xr.Dataset(coords={"heart_rate": ("patient", [600.0])}), "outside its physical range"),
        (xr.Dataset(coords={"heart_rate": ("patient", ["fast"])}), "not numbers"),
        (xr.Dataset(coords={"heart_rat": ("patient", [60.0])}), "did you mean 'heart_rate'?"),
        (xr.Dataset({"site": (("patient", "visit"), [[1, 2]])}), "site has the dimensions patient, visit"),
        (xr.Dataset({"cardiac_output": ("patient", [4.0])}), "'own_cardiac_output'"),
        (xr.Dataset({"status": ("patient", ["alive"])}), "'own_status'"),
    ],
)
def test_what_cannot_be_is_told_in_one_line(refused: Any, patients: xr.Dataset, words: str):
    for ask in (cp.simulate, cp.waveforms):
        if ask is cp.waveforms and "patient" not in patients.dims:
            continue
        with refused(words):
            ask(patients, ARMS)


def test_labels_identifiers_and_groups_pass_through(handed: list[np.ndarray]):
    patients = xr.Dataset(
        {"heart_rate": ("patient", [60.0, 90.0]), "site": ("patient", ["b", "a"]), "trial": "one"},
        {"patient": ["P-7", "P-3"], "lactate": ("patient", [2.0, np.nan]), "country": "NL"},
        {"title": "mine"},
    )
    for result in (cp.simulate(patients, ARMS), cp.classify(cp.simulate(patients, ARMS))):
        assert result["patient"].values.tolist() == ["P-7", "P-3"]
        assert result["site"].values.tolist() == ["b", "a"]
        assert result["lactate"].values.tolist()[0] == 2.0
        assert (str(result["trial"].values), str(result["country"].values)) == ("one", "NL")
        assert result.attrs["title"] == "mine"
        assert result.sel(patient="P-3")["heart_rate"] == 90
    assert set(result["response"].coords) == {"patient", "lactate", "country"}


@pytest.mark.parametrize("window", [None, "ami-cs", "own"])
def test_labels_are_kept_whatever_is_asked(window: str | None):
    drawn = cp.sample({"ami-cs": 0.5, "adhf": 0.5}, 3, seed=2).assign_coords(patient=["x", "y", "z"])
    result = cp.simulate(drawn, ARMS, window=window)
    assert result["patient"].values.tolist() == ["x", "y", "z"]
    np.testing.assert_array_equal(result["cohort"], drawn["cohort"])
    assert result["cohort"].attrs == drawn["cohort"].attrs
    several = cp.waveforms(drawn, ARMS, samples=8)
    assert several["patient"].values.tolist() == ["x", "y", "z"]
    assert set(several.data_vars).isdisjoint({"cohort", "site"})
    assert str(cp.waveforms(drawn.isel(patient=1), ARMS, samples=8)["patient"].values) == "y"
    assert set(OUTCOMES) <= set(result.data_vars)

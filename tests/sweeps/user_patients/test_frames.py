"""A user's own patients as a data frame of pandas or polars."""

import datetime
import decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest

import counterpulse as cp
from counterpulse.sweeps.simulate import read_patients
from counterpulse.sweeps.user_patients.frames import from_frame

ARMS = {"off": {}, "iabp": {"balloon_volume": 40}}
COLUMNS: dict[str, list[Any]] = {
    "patient": ["P-7", "P-3", "P-5"],
    "heart_rate": [60, 90, 120],
    "systemic_resistance": [1.0, 1.2, 0.8],
    "site": ["b", None, "a"],
    "lactate": [2.5, None, 4.0],
    "diabetic": [True, False, True],
    "admitted": [datetime.date(2024, 1, day) for day in (1, 2, 3)],
    "fee": [decimal.Decimal("1.5"), None, decimal.Decimal(2)],
}


def frame(library: str, columns: dict[str, Any]) -> Any:
    return pytest.importorskip(library).DataFrame(columns)


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_a_frame_is_patients_with_all_that_belongs_to_them(library: str):
    result = cp.simulate(frame(library, COLUMNS), ARMS)
    plain = cp.simulate(from_frame(pd.DataFrame({name: COLUMNS[name] for name in list(COLUMNS)[1:3]})), ARMS)
    np.testing.assert_array_equal(result["cardiac_output"], plain["cardiac_output"])
    assert result["patient"].values.tolist() == COLUMNS["patient"]
    assert result["heart_rate"].values.tolist() == [60.0, 90.0, 120.0]
    assert result["site"].values.tolist() == ["b", "", "a"]
    np.testing.assert_array_equal(result["lactate"], [2.5, np.nan, 4.0])
    assert result["diabetic"].values.tolist() == [True, False, True]
    assert [str(each)[:10] for each in result["admitted"].values] == ["2024-01-01", "2024-01-02", "2024-01-03"]
    np.testing.assert_array_equal(result["fee"], [1.5, np.nan, 2.0])


@pytest.mark.parametrize(
    ("index", "labels"),
    [
        (None, None),
        (["x", "y", "z"], ["x", "y", "z"]),
        ([4, 0, 2], [4, 0, 2]),
        (pd.Index([1, 2, 3], name="site"), [1, 2, 3]),
    ],
)
def test_an_index_of_pandas_is_the_labels(index: Any, labels: list[Any] | None):
    given, beside, _ = read_patients(pd.DataFrame({"heart_rate": [60, 90, 120]}, index))
    assert given["heart_rate"].values.tolist() == [60, 90, 120]
    assert labels == (beside["patient"].values.tolist() if "patient" in beside.coords else None)


def test_rows_that_were_taken_out_keep_their_labels():
    rates = pd.DataFrame({"heart_rate": [60, 90, 120]})
    assert cp.simulate(rates[rates["heart_rate"] > 80], {"off": {}})["patient"].values.tolist() == [1, 2]


@pytest.mark.parametrize("kind", ["Int64", "Float64", "category", "float32", "int8"])
def test_numbers_of_any_kind_are_numbers(kind: str):
    given, *_ = read_patients(pd.DataFrame({"heart_rate": pd.Series([60, 90, 120], dtype=kind)}))
    assert given["heart_rate"].values.astype(float).tolist() == [60, 90, 120]


def test_cohorts_by_name_are_judged_and_drawn_as_cohorts():
    rates = pd.DataFrame({"heart_rate": [60, 90, 120], "cohort": ["healthy", "ami-cs", "healthy"]})
    result = cp.simulate(rates, ARMS, window="own")
    assert result["cohort"].values.tolist() == [1, 0, 1]
    assert result["cohort"].attrs["flag_meanings"] == "ami-cs healthy"
    with pytest.raises(cp.InputError, match="'my site'"):
        cp.simulate(rates.assign(cohort="my site"), ARMS)


@pytest.mark.parametrize("library", ["pandas", "polars"])
@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"heart_rat": [60]}, "did you mean 'heart_rate'?"),
        ({"site": ["a"]}, "none of the columns is a parameter"),
        ({"heart_rate": []}, "there are none"),
        ({"heart_rate": ["fast"]}, "heart_rate holds 'fast', numbers are needed"),
        ({"heart_rate": [datetime.date(2024, 1, 1)]}, "numbers are needed"),
        ({"heart_rate": [60.0, None]}, "patient 1: heart_rate = nan is not a finite number"),
        ({"heart_rate": [60.0, 900.0]}, "outside its physical range"),
        ({"heart_rate": [[60.0, 70.0]]}, "numbers are needed"),
        ({"heart_rate": [60], "index": ["a"]}, "index holds no integer per patient"),
        ({"heart_rate": [60], "wedge_pressure": [20]}, "'own_wedge_pressure'"),
    ],
)
def test_what_cannot_be_is_told_in_one_line(refused: Any, library: str, columns: dict[str, Any], words: str):
    with refused(words):
        cp.simulate(frame(library, columns), ARMS)


def test_two_columns_of_one_name_are_refused():
    twice = pd.DataFrame([[60, 70]], columns=["heart_rate", "heart_rate"])
    with pytest.raises(cp.InputError, match="two columns are called 'heart_rate'"):
        cp.simulate(twice, ARMS)


def test_a_table_that_is_not_in_memory_is_refused():
    lazy = pytest.importorskip("polars").DataFrame({"heart_rate": [60]}).lazy()
    with pytest.raises(cp.InputError, match="a data frame of pandas or polars"):
        cp.simulate(lazy, ARMS)

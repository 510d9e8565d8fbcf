"""A user's own patients: which columns are parameters, which pass through, which are refused."""

from typing import Any

import pytest

from counterpulse.engine.errors import InputError
from counterpulse.engine.names.parameters import PARAMETERS
from counterpulse.sweeps.user_patients.columns import split_columns

OTHERS = [
    "patient", "id", "site", "height", "sex", "stage", "image", "page", "wage", "usage", "male", "bmi", "lvef",
    "ef", "map", "hr", "ci", "diagnosis", "age_group", "weight_class", "nyha_class", "lactate", "survived",
    "outcome", "elastance", "resistance", "device", "cluster", "index", "cohort", "sampling_weight", "arm_group",
    "Klinik",
]  # fmt: skip


def test_columns_are_told_apart_in_their_order():
    names = ["site", "heart_rate", "lactate", "age"]
    assert split_columns(names, "mine.csv") == (["heart_rate", "age"], ["site", "lactate"])
    assert split_columns([*PARAMETERS, *OTHERS], "mine.csv") == ([*PARAMETERS], OTHERS)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("heart_rat", "heart_rate"),
        ("eart_rate", "heart_rate"),
        ("Heart rate", "heart_rate"),
        ("heart_rate_bpm", "heart_rate"),
        ("heartRate", "heart_rate"),
        ("wieght", "weight"),
        ("weight_kg", "weight"),
        ("age_years", "age"),
        ("Age", "age"),
        ("femal", "female"),
        ("systemic-resistence", "systemic_resistance"),
        ("stressed_vol", "stressed_volume"),
        ("impela_speed", "impella_speed"),
    ],
)
def test_a_misspelt_parameter_does_not_pass_as_an_identifier(name: str, meant: str):
    with pytest.raises(InputError, match=f"mine.csv: '{name}' is no parameter; did you mean '{meant}'"):
        split_columns(["site", name], "mine.csv")


@pytest.mark.parametrize("parameter", PARAMETERS)
def test_no_parameter_with_a_letter_lost_doubled_or_swapped_passes(parameter: str):
    at = len(parameter) // 2
    swapped = parameter[:at] + parameter[at + 1] + parameter[at] + parameter[at + 2 :]
    spoilt = {parameter[:at] + parameter[at + 1 :], parameter[:at] + parameter[at - 1 :], swapped} - {*PARAMETERS}
    for name in spoilt if len(parameter) > 4 else ():
        with pytest.raises(InputError, match="did you mean"):
            split_columns([name], "mine.csv")


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ([3], "a column is called 3"),
        ([None], "a column is called None"),
        ([("a", "b")], "a column is called"),
        (["site", "site"], "two columns are called 'site'"),
        (["heart_rate", "heart_rate"], "two columns are called 'heart_rate'"),
        (["cardiac_output"], "'own_cardiac_output'"),
        (["cardiac_output_relative_difference"], "is what a result computes"),
        (["status"], "is what a result computes"),
        (["arm"], "is kept for results"),
        (["waveforms"], "is kept for results"),
        (["__x"], "is kept for results"),
        (["a/b"], "is no name for a column"),
        ([""], "is no name for a column"),
        (["si\nte"], "is no name for a column"),
        (["s" * 101], "is longer than 100 characters"),
    ],
)
def test_a_name_that_cannot_be_is_told_in_one_line(refused: Any, names: list[object], words: str):
    with refused("mine.csv: ", words):
        split_columns(names, "mine.csv")

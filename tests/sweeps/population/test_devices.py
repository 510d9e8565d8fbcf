"""Devices by name: words and levels become parameters, and what makes no sense is refused in one line."""

from typing import Any

import pytest

from counterpulse.engine.laws.pumps import GREATEST_SPEED
from counterpulse.engine.names.conditions import WHOLE
from counterpulse.sweeps.population.checks import arm
from counterpulse.sweeps.population.devices import SPEEDS, WORDS


@pytest.mark.parametrize(
    ("table", "parameters"),
    [
        ({"impella": "CP", "impella_level": 9}, {"impella_model": 2, "impella_speed": 46}),
        ({"impella": "2.5", "impella_level": 1}, {"impella_model": 1, "impella_speed": 25}),
        ({"impella": "5.5", "impella_speed": 33}, {"impella_model": 3, "impella_speed": 33}),
        ({"impella": "5.5", "impella_level": 0}, {"impella_model": 3, "impella_speed": 0}),
        ({"impella_model": 2, "impella_level": 6}, {"impella_model": 2, "impella_speed": 39}),
        ({"impella_model": 2, "impella_speed": 40}, {"impella_model": 2, "impella_speed": 40}),
        ({"impella_speed": 0}, {"impella_speed": 0}),
        ({"balloon_sizing": "height"}, {"balloon_sizing": 1}),
        ({"balloon_sizing": "given"}, {"balloon_sizing": 0}),
        ({"balloon_sizing": 2}, {"balloon_sizing": 2}),
        ({"balloon_drive": "pneumatic"}, {"balloon_drive": 1}),
        (
            {"ecmo_flow": 4, "impella": "CP", "impella_level": 2},
            {"ecmo_flow": 4, "impella_model": 2, "impella_speed": 31},
        ),
    ],
)
def test_words_are_parameters(table: dict[str, Any], parameters: dict[str, float]):
    assert arm("pump", table) == parameters


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"impella": "CP"}, ["arms.pump", "stands still", "impella_level"]),
        ({"impella": "3.5", "impella_level": 3}, ["arms.pump.impella", "'3.5'", '"CP"']),
        ({"impella": 2.5, "impella_level": 3}, ["arms.pump.impella", "2.5", '"2.5"']),
        ({"impella": ["CP"], "impella_level": 3}, ["arms.pump.impella", "['CP']"]),
        ({"impela": "CP", "impella_level": 3}, ["arms.pump", "impella_level needs a pump"]),
        ({"impela": "CP"}, ["arms.pump", "'impela'", "'impella'"]),
        ({"impella_levl": 3}, ["arms.pump", "'impella_levl'", "'impella_level'"]),
        ({"impella_level": 3}, ["arms.pump", "needs a pump", '"CP"']),
        ({"impella_level": 3, "impella_model": [2]}, ["arms.pump", "needs a pump"]),
        ({"impella": "CP", "impella_level": 10}, ["arms.pump.impella_level", "10", "0 to 9"]),
        ({"impella": "CP", "impella_level": -1}, ["arms.pump.impella_level", "-1", "0 to 9"]),
        ({"impella": "CP", "impella_level": 2.5}, ["arms.pump.impella_level", "2.5", "whole"]),
        ({"impella": "CP", "impella_level": True}, ["arms.pump.impella_level", "true", "whole"]),
        ({"impella": "CP", "impella_level": "P-3"}, ["arms.pump.impella_level", "'P-3'", "whole"]),
        ({"impella": "CP", "impella_level": 3, "impella_speed": 30}, ["impella_level and impella_speed"]),
        ({"impella": "CP", "impella_model": 2, "impella_speed": 30}, ["impella and impella_model"]),
        ({"impella_model": 2, "impella": "CP", "impella_speed": 30}, ["impella and impella_model"]),
        ({"impella_speed": 30}, ["arms.pump", "impella_speed = 30", "which pump"]),
        ({"impella": "CP", "impella_speed": 47}, ["impella_speed = 47", "Impella CP", "46 krpm"]),
        ({"impella_model": 3, "impella_speed": 34}, ["impella_speed = 34", "Impella 5.5", "33 krpm"]),
        ({"impella": "2.5", "impella_speed": -1}, ["impella_speed = -1", "0 to 51 krpm"]),
        ({"balloon_sizing": "heigth"}, ["arms.pump.balloon_sizing", "'heigth'", '"height"']),
        ({"balloon_sizing": 3}, ["balloon_sizing = 3", "0, 1 or 2"]),
        ({"balloon_drive": "pneumatics"}, ["arms.pump.balloon_drive", '"pneumatic"']),
        ({"balloon_drive": None}, ["arms.pump.balloon_drive", "None"]),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(refused: Any, table: dict[str, Any], words: list[str]):
    with refused(*words):
        arm("pump", table)


def test_patients_may_bring_the_pump_along():
    assert arm("pump", {"impella_speed": 30}, ["impella_model"]) == {"impella_speed": 30}


def test_levels_rise_to_the_greatest_speed_of_the_engine():
    assert tuple(speeds[-1] for speeds in SPEEDS.values()) == GREATEST_SPEED
    assert all(
        len(speeds) == 10 and speeds[0] == 0 and list(speeds) == sorted(set(speeds)) for speeds in SPEEDS.values()
    )


def test_words_name_every_value_of_what_takes_a_few():
    assert all(tuple(words.values()) == WHOLE[parameter] for parameter, words in WORDS.values())

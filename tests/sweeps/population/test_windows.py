"""Windows as they are told and as the engine takes them."""

from math import inf

import numpy as np
import pytest

from counterpulse.sweeps.population.windows import bounds, in_words, open_ended


@pytest.mark.parametrize(
    ("key", "limits", "words"),
    [
        ("wedge_pressure", (15, 35), "wedge_pressure 15 to 35 mmHg"),
        ("central_venous_pressure/wedge_pressure", (0.8, None), "central_venous_pressure/wedge_pressure above 0.8"),
        ("ejection_fraction", (None, 0.4), "ejection_fraction below 0.4"),
        (
            "mean_arterial_pressure/cardiac_output",
            (1, 2),
            "mean_arterial_pressure/cardiac_output 1 to 2 mmHg per L/min",
        ),
        ("heart_rate", (60, None), "heart_rate above 60 1/min"),
        ("coronary_stenosis", (0.55, 0.85), "coronary_stenosis 0.55 to 0.85"),
    ],
)
def test_an_entry_is_told_with_its_units(key: str, limits: tuple[float | None, float | None], words: str):
    assert in_words(key, *limits) == words


def test_what_has_no_bound_is_infinite():
    assert open_ended({"a": (1, None), "b": (None, 2)}) == {"a": (1, inf), "b": (-inf, 2)}


def test_every_patient_has_the_bounds_of_its_own_window():
    found = bounds([{"a": (1, 2)}, {"a": (3, None), "b": (None, 4)}], np.array([1, 0, 1], np.uint8))
    assert {key: (low.tolist(), high.tolist()) for key, (low, high) in found.items()} == {
        "a": ([3, 1, 3], [inf, 2, inf]),
        "b": ([-inf, -inf, -inf], [4, inf, 4]),
    }

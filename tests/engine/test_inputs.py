"""What comes in: settings of what is off are folded away, and patients that are the same are known by every number."""

from __future__ import annotations

import numpy as np
import pytest

from counterpulse.engine.inputs import DEFAULTS, NAMES, PLACE, same_rows, without_idle
from counterpulse.engine.names.conditions import REGULATION, SETTINGS
from counterpulse.engine.names.regulation import MODES, REGULATIONS

SWITCHES = sorted({switch for conditions in SETTINGS.values() for switch in conditions if switch != REGULATION})
PATIENTS = 200


def machines(off: str) -> np.ndarray:
    """Give patients with all numbers of their own; a switch is 0 in none, some, or all of them, or 1 in all."""
    generator = np.random.default_rng(1)
    matrix = generator.uniform(2.0, 3.0, (PATIENTS, len(NAMES)))
    for switch in SWITCHES:
        drawn = generator.integers(0, 2, PATIENTS)
        matrix[:, PLACE[switch]] = {"none": 1.0, "some": drawn, "all": 0.0}[off]
    return matrix


@pytest.mark.parametrize("regulation", REGULATIONS)
@pytest.mark.parametrize("off", ["none", "some", "all"])
def test_settings_of_what_is_off_become_the_default_patient_by_patient(off, regulation):
    matrix = machines(off)
    found = without_idle(matrix.copy(), regulation)
    mode = list(MODES).index(regulation)
    for given, own in zip(matrix, found, strict=True):
        expected = given.copy()
        for name, conditions in SETTINGS.items():
            values = {switch: mode if switch == REGULATION else given[PLACE[switch]] for switch in conditions}
            if not all(low <= values[switch] <= high for switch, (low, high) in conditions.items()):
                expected[PLACE[name]] = DEFAULTS[PLACE[name]]
        np.testing.assert_array_equal(own, expected)


@pytest.mark.parametrize("changed", ["nothing", "one number of everyone", "one number of some", "a number each"])
def test_patients_are_the_same_where_every_number_is(changed):
    generator = np.random.default_rng(2)
    one = generator.uniform(size=(50, 7))
    other = one.copy()
    if changed == "one number of everyone":
        other[:, 3] += 1.0
    if changed == "one number of some":
        other[::3, 3] += 1.0
        other[4, 5] += 1.0
    if changed == "a number each":
        other[np.arange(0, 50, 2), generator.integers(0, 7, 25)] += 1.0
    expected = [bool(np.array_equal(mine, another)) for mine, another in zip(one, other, strict=True)]
    np.testing.assert_array_equal(same_rows(one, other), expected)
    np.testing.assert_array_equal(same_rows(one[::-1], other[::-1]), expected[::-1])

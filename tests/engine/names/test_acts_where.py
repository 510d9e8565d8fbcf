"""The table of what acts where, against the model itself: one patient in an arm for every parameter."""

import numpy as np
import pytest
import xarray as xr

from counterpulse.engine.names.conditions import ACTS_WHERE, DEVICES, REGULATION, SETTINGS, WHOLE
from counterpulse.engine.names.outcomes import OUTCOMES
from counterpulse.engine.names.parameters import PARAMETERS
from counterpulse.engine.simulation import simulate

SWITCHED_ON = {"balloon_volume": 40.0, "impella_speed": 30.0, "ecmo_flow": 4.0, "sheath_resistance": 0.5}
SHIFTS = ("lv_unstressed_volume", "rv_unstressed_volume", "la_unstressed_volume", "ra_unstressed_volume")
"""Move a volume and nothing else."""
ROOM = "pericardial_room"
"""Acts where a heart fills it, which this patient's does not."""
RISK = "territory_at_risk"
"""Acts where the inner layer lacks flow, which this patient's does not: a test of its own."""
WORKING = {
    "ecmo_cannula": {"ecmo_flow": 7.0},
    "balloon_smallest_gap": {"aortic_size": 0.4, "systemic_resistance": 0.4},
    "balloon_sizing": {"balloon_volume": 60.0},
}
"""Where these are met beyond being allowed to act."""


@pytest.fixture
def patient():
    return xr.Dataset({"heart_rate": ("patient", [80.0])})


def other(name):
    low, high = PARAMETERS[name].plausible
    default = PARAMETERS[name].default
    choices = WHOLE.get(name, (low + 0.3 * (high - low), low + 0.8 * (high - low)))
    return next(value for value in reversed(choices) if value != default)


def moved(result, arm, reference):
    """Largest relative change of an outcome."""
    names = [name for name in OUTCOMES if name not in ("beats_to_converge", "convergence_error")]
    floor = np.array([OUTCOMES[name].floor for name in names])
    one, base = (result[names].sel(arm=each).isel(patient=0).to_array().values for each in (arm, reference))
    return np.max(np.abs(one - base) / (np.abs(base) + floor))


def test_without_a_device_in_open_loop_all_else_acts_and_no_more(patient):
    names = [name for name in PARAMETERS if name not in DEVICES]
    result = simulate(patient, {"plain": {}} | {name: {name: other(name)} for name in names}, tolerance=1e-5)
    changes = {name: moved(result, name, "plain") for name in names}
    assert {name for name in names if changes[name] == 0} == set(SETTINGS)
    acting = {name for name in names if changes[name] > 1e-4}
    assert acting | {ROOM, RISK, *SHIFTS} == set(names) - set(ACTS_WHERE) | {ROOM, RISK, *SHIFTS}


def test_a_territory_at_risk_acts_where_an_arm_changes_what_it_lacks(patient):
    """Not without support, whose own elastance has it in."""
    stenosed = patient.assign(coronary_stenosis=0.85)
    arms = {"off": {}, "iabp": {"balloon_volume": 40.0}}
    none, all_of_it = (simulate(stenosed.assign({RISK: share}), arms, tolerance=1e-6) for share in (0.0, 1.0))
    for arm, least, most in (("off", 0.0, 1e-4), ("iabp", 1e-2, 1.0)):
        changes = [
            abs(all_of_it[name] - none[name]).sel(arm=arm).item() / abs(none[name].sel(arm=arm).item())
            for name in ("cardiac_output", "stroke_work", "wedge_pressure")
        ]
        assert least <= max(changes) <= most


def arms_of(cases):
    """Give arms in which conditions hold, without a parameter and with it."""
    arms, pairs = {"plain": {}}, []
    for name, conditions in cases:
        on = {each: SWITCHED_ON.get(each, max(low, 0.0)) for each, (low, _) in conditions.items() if each != REGULATION}
        on = {each: value if value > 1e-300 else 1.0 for each, value in on.items()} | WORKING.get(name, {})
        on = on | {each: 0.0 for each, bounds in conditions.items() if bounds == (0.0, 0.0)}
        pair = str(sorted(on.items())), f"{name} {len(pairs)}"
        arms |= {pair[0]: on, pair[1]: on | {name: other(name)}}
        pairs.append(pair)
    return arms, pairs


def test_every_setting_acts_where_the_table_says(patient):
    cases = [(name, case) for name, all_cases in ACTS_WHERE.items() for case in all_cases if REGULATION not in case]
    steady = [each for each in cases if each[0] != "rr_variation" and not each[0].startswith("trigger")]
    for some in (steady, [each for each in cases if each not in steady]):
        arms, pairs = arms_of(some)
        result = simulate(patient, arms, tolerance=1e-5)
        idle = [arm for reference, arm in pairs if not moved(result, arm, reference) > 1e-4]
        assert not idle


@pytest.mark.parametrize("name", ["baroreflex_gain", "pressure_target", "pressor_venous_exponent"])
def test_a_setting_of_a_mode_acts_in_it(patient, name):
    ((_, (mode, _)),) = SETTINGS[name].items()
    regulation = ("open-loop", "baroreflex", "map-held")[int(mode)]
    arms = {
        "off": {},
        "iabp": {"balloon_volume": 40.0},
        "set": {"balloon_volume": 40.0, name: {"baroreflex_gain": 2.0, "pressure_target": 90.0}.get(name, 0.5)},
    }
    result = simulate(patient, arms, regulation=regulation, tolerance=1e-5)
    assert moved(result, "set", "iabp") > 1e-5

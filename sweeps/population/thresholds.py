"""The [response] table of a sweep file: what counts as help, and where the lines of harm and help are drawn."""

from __future__ import annotations

from ...engine import InputError, check_name
from .checks import number, one_of
from .definitions import BY_COHORT, DEFINITIONS
from .tables import place, shown_key

RESPONSE_DEFAULTS: dict[str, str | float] = {
    "definition": BY_COHORT,
    "helps_output_gain": 0.10,
    "helps_endocardial_gain": 0.10,
    "helps_reserve_below": 0.10,
    "harms_output_loss": 0.05,
    "harms_demand_gain": 0.05,
    "harms_wedge_gain": 2.0,
    "harms_regurgitation_gain": 0.10,
    "harms_regurgitation_volume": 3.0,
    "harms_limb_flow": 0.5,
    "harms_visceral_flow": 0.8,
    "harms_end_diastolic_gain": 1.0,
    "harms_work_gain": 0.12,
    "no_effect_output": 0.05,
    "no_effect_perfusion": 0.10,
    "imamura_improvement": 0.30,
    "imamura_venous_pressure": 12.0,
    "imamura_wedge_pressure": 18.0,
    "imamura_cardiac_index": 2.0,
    "hsu_power_index": 0.28,
    "hsu_points": 2.0,
    "sintek_left_power_index": 0.28,
    "sintek_right_power_index": 0.10,
    "leave_out": 1.0,
}
"""Thresholds of helps, fails and harms: fractions of the reference arm's value, but pressures and harms_wedge_gain and
harms_end_diastolic_gain in mmHg, harms_regurgitation_volume in mL, indices of flow in L/min/m2 and of power in W/m2.

leave_out is 1 or 0, or true or false: whether patients whose baseline nobody survives, or is no shock in a cohort that
is in shock, are left out of shares.

Those of Imamura and hsu_power_index are published [S]. harms_work_gain is derived [D]: stroke work rises by 2 to 11 %
where deflation is well timed or up to 40 ms late, by 16 to 18 % at 80 ms, by 21 to 26 % at 120 ms. All others are
choices of this project [X].
"""


def setting(name: str, raw: object, table: str = "response") -> str | float:
    """Read an entry of [response].

    Parameters
    ----------
    name : str
        A key of ``RESPONSE_DEFAULTS``.
    raw : object
        A name of ``DEFINITIONS`` for ``definition``, 1, 0, true or false for ``leave_out``, else a threshold: a
        number that is not negative.
    table : str
        What an error calls the place it was given in.

    Raises
    ------
    InputError
        In one line, naming the nearest match.
    """
    check_name(table, shown_key(name), RESPONSE_DEFAULTS)
    where = place(table, name)
    if name == "definition":
        return one_of(where, raw, DEFINITIONS)
    if name == "leave_out":
        return _switch(where, raw)
    value = number(where, raw)
    if value < 0:
        raise InputError(f"{where}: given {value:g}, a threshold is not negative")
    return value


def _switch(where: str, raw: object) -> float:
    value = float(raw) if isinstance(raw, bool) else number(where, raw)
    if value not in (0.0, 1.0):
        raise InputError(f"{where}: given {value:g}; 1 or true leaves out, 0 or false keeps everyone")
    return value

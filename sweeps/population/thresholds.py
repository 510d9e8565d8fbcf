"""The [response] table of a sweep file: what counts as help, and where the lines of harm and help are drawn."""

from __future__ import annotations

from typing import NamedTuple

from ...engine import InputError, check_name
from .checks import number, one_of
from .definitions import BY_COHORT, DEFINITIONS
from .tables import place, shown_key


class Threshold(NamedTuple):
    """A line that is drawn between the classes of response, or a choice beside them."""

    default: str | float
    units: str
    meaning: str
    source: str = "[X]"


THRESHOLDS: dict[str, Threshold] = {
    "definition": Threshold(BY_COHORT, "", "what counts as help; by-cohort: what the patient's cohort declares"),
    "helps_output_gain": Threshold(0.10, "1", "help: cardiac output up by this share or more"),
    "helps_endocardial_gain": Threshold(
        0.10, "1", "help in ischaemia: endocardial flow per oxygen demand up by this share or more"
    ),
    "helps_reserve_below": Threshold(0.10, "1", "in whom ischaemia can be relieved: coronary reserve below this"),
    "harms_output_loss": Threshold(0.05, "1", "harm: cardiac output down by this share or more"),
    "harms_demand_gain": Threshold(0.05, "1", "harm: oxygen demand up by this share or more"),
    "harms_wedge_gain": Threshold(2.0, "mmHg", "harm: wedge pressure up by this or more"),
    "harms_regurgitation_gain": Threshold(
        0.10, "1", "harm: mitral or aortic regurgitant volume up by this share or more, and by the next"
    ),
    "harms_regurgitation_volume": Threshold(3.0, "mL", "and up by this volume or more"),
    "harms_limb_flow": Threshold(0.5, "1", "harm: flow to the legs down to this share or less"),
    "harms_visceral_flow": Threshold(0.8, "1", "harm: flow to the viscera down to this share or less"),
    "harms_end_diastolic_gain": Threshold(
        1.0, "mmHg", "harm by late deflation: end-diastolic aortic pressure up by more than this, and the next"
    ),
    "harms_work_gain": Threshold(
        0.12,
        "1",
        "and stroke work up by this share or more",
        "[D] up by 2 to 11 % where deflation is well timed or up to 40 ms late, by 16 to 18 % at 80 ms, by 21 to 26 % "
        "at 120 ms",
    ),
    "no_effect_output": Threshold(0.05, "1", "no effect: cardiac output changes by less than this share, and the next"),
    "no_effect_perfusion": Threshold(0.10, "1", "and the subendocardial viability ratio by less than this share"),
    "imamura_improvement": Threshold(
        0.30, "1", "imamura: venous pressure and wedge pressure down, cardiac index up, by this share or more", "[S]"
    ),
    "imamura_venous_pressure": Threshold(12.0, "mmHg", "imamura-stabilised: central venous pressure below this", "[S]"),
    "imamura_wedge_pressure": Threshold(18.0, "mmHg", "imamura-stabilised: wedge pressure below this", "[S]"),
    "imamura_cardiac_index": Threshold(2.0, "L/min/m2", "imamura-stabilised: cardiac index above this", "[S]"),
    "hsu_power_index": Threshold(0.28, "W/m2", "hsu: a left ventricular power index below this is a point", "[S]"),
    "hsu_points": Threshold(2.0, "1", "hsu: help where there are fewer points"),
    "sintek_left_power_index": Threshold(0.28, "W/m2", "sintek: left ventricular power index, this or more"),
    "sintek_right_power_index": Threshold(0.10, "W/m2", "sintek: right ventricular power index, this or more"),
    "leave_out": Threshold(
        1.0,
        "",
        "1: who cannot survive the baseline, or is not in shock where shock is studied, counts in no share; 0: all do",
    ),
}
"""Shares are of the reference arm's value. Marks: [S] published, [D] derived, [X] a choice of this project."""
RESPONSE_DEFAULTS: dict[str, str | float] = {name: each.default for name, each in THRESHOLDS.items()}


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

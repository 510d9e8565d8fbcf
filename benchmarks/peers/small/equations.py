"""The small closed loop: four chambers of time-varying elastance, aorta with balloon, arteries, veins and lungs.

Plain functions of numbers, arrays, traced values or symbols alike: every Python peer compiles these very lines.
"""

from collections.abc import Callable
from typing import Any

RANGES = {
    "lv_elastance": (0.5, 2.0),
    "lv_diastolic": (0.04, 0.10),
    "lv_unstressed": (0.0, 20.0),
    "rv_elastance": (0.3, 0.8),
    "rv_diastolic": (0.03, 0.06),
    "la_elastance": (0.2, 0.4),
    "la_diastolic": (0.10, 0.18),
    "ra_elastance": (0.15, 0.30),
    "ra_diastolic": (0.08, 0.14),
    "root_elastance": (0.8, 2.0),
    "distal_elastance": (1.0, 2.5),
    "venous_elastance": (0.011, 0.017),
    "pulmonary_elastance": (0.2, 0.4),
    "pulmonary_venous_elastance": (0.06, 0.12),
    "mitral_conductance": (100.0, 200.0),
    "aortic_conductance": (40.0, 80.0),
    "tricuspid_conductance": (100.0, 200.0),
    "pulmonary_valve_conductance": (60.0, 120.0),
    "root_conductance": (15.0, 30.0),
    "systemic_conductance": (0.6, 1.4),
    "venous_conductance": (30.0, 60.0),
    "pulmonary_conductance": (6.0, 15.0),
    "pulmonary_venous_conductance": (60.0, 120.0),
}
"""What the equations read, and the range it is drawn from: mmHg/mL, mL, mL/s/mmHg."""
CLOCK = {
    "heart_rate": (60.0, 120.0),
    "balloon_volume": (25.0, 50.0),
    "balloon_centre": (0.66, 0.74),
    "balloon_threshold": (0.20, 0.45),
    "stressed_volume": (650.0, 1100.0),
}
"""The rest of a patient: 1/min, mL, phase of the middle of inflation, cosine of its half width, mL."""

TURN = 6.283185307179586
VENTRICLE = (0.25, 2.0)
ATRIUM = (0.93, 4.0)
"""Phase of the highest activation, and how sharp it is."""
BALLOON_SHARPNESS = 10.0


def drive_of(cos: Any, exp: Any) -> Callable[..., Any]:
    """Activations and balloon volume (mL) at a phase: analytic and periodic, which suits every integrator."""

    def drive(phase: Any, volume: Any, centre: Any, threshold: Any) -> Any:
        ventricle = exp(VENTRICLE[1] * (cos(TURN * (phase - VENTRICLE[0])) - 1.0))
        atrium = exp(ATRIUM[1] * (cos(TURN * (phase - ATRIUM[0])) - 1.0))
        filled = 1.0 / (1.0 + exp(BALLOON_SHARPNESS * (threshold - cos(TURN * (phase - centre)))))
        return ventricle, atrium, volume * filled

    return drive


def pressures(y: Any, ventricle: Any, atrium: Any, balloon: Any, c: Any) -> Any:
    """Pressures (mmHg) from volumes (mL); the root's wall encloses blood and balloon."""
    lv, rv, la, ra, root, distal, veins, lung, lung_veins = y
    return (
        (c.lv_diastolic + (c.lv_elastance - c.lv_diastolic) * ventricle) * (lv - c.lv_unstressed),
        (c.rv_diastolic + (c.rv_elastance - c.rv_diastolic) * ventricle) * rv,
        (c.la_diastolic + (c.la_elastance - c.la_diastolic) * atrium) * la,
        (c.ra_diastolic + (c.ra_elastance - c.ra_diastolic) * atrium) * ra,
        c.root_elastance * (root + balloon),
        c.distal_elastance * distal,
        c.venous_elastance * veins,
        c.pulmonary_elastance * lung,
        c.pulmonary_venous_elastance * lung_veins,
    )


def valve(gradient: Any, conductance: Any) -> Any:
    """Flow (mL/s) through a diode; ``abs`` is understood by every compiler met here, ``max`` is not."""
    return (0.5 * conductance) * (gradient + abs(gradient))


def balance(p: Any, mitral: Any, aortic: Any, tricuspid: Any, pulmonary: Any, c: Any) -> Any:
    """Rates of change of the volumes (mL/s) from the pressures and the valves' flows."""
    _, _, la, ra, root, distal, veins, lung, lung_veins = p
    into_distal = c.root_conductance * (root - distal)
    systemic = c.systemic_conductance * (distal - veins)
    venous = c.venous_conductance * (veins - ra)
    through_lung = c.pulmonary_conductance * (lung - lung_veins)
    into_atrium = c.pulmonary_venous_conductance * (lung_veins - la)
    return (
        mitral - aortic,
        tricuspid - pulmonary,
        into_atrium - mitral,
        venous - tricuspid,
        aortic - into_distal,
        into_distal - systemic,
        systemic - venous,
        pulmonary - through_lung,
        through_lung - into_atrium,
    )

"""Where a parameter acts: devices, modes of regulation, and the values that some parameters are bound to."""

from __future__ import annotations

from .parameters import Parameters
from .regulation import MODES

DEVICES = {
    "balloon_volume": ("balloon_", "assist_", "inflation_", "deflation_", "trigger_"),
    "impella_speed": ("impella_",),
    "ecmo_flow": ("ecmo_",),
}
"""The parameter that switches a device on, and how the names of its settings begin; at 0 the device is off."""
DEVICE_PARAMETERS = frozenset(
    name for name in Parameters._fields if name.startswith(tuple(each for own in DEVICES.values() for each in own))
)
"""Parameters that describe a device: they act only where the device is on."""
Conditions = dict[str, tuple[float, float]]
"""A parameter, or ``REGULATION`` -> lowest and highest value; all of them must hold."""
REGULATION = "regulation"
"""The mode of regulation beside the parameters, by its place among the modes."""
ON = (5e-324, float("inf"))
"""Above 0."""
BALLOON: Conditions = {"balloon_volume": ON}
GAS: Conditions = BALLOON | {"balloon_drive": (1.0, 1.0)}
RAMPS: Conditions = BALLOON | {"balloon_drive": (0.0, 0.0)}
GROIN: tuple[Conditions, ...] = (BALLOON, {"ecmo_flow": ON}, {"impella_speed": ON, "impella_model": (1.0, 2.0)})
"""Devices that enter through the groin."""
SETTINGS: dict[str, Conditions] = {
    **{
        name: {switch: ON}
        for switch, beginnings in DEVICES.items()
        for name in Parameters._fields
        if name.startswith(beginnings) and name != switch
    },
    "balloon_line_resistance": GAS,
    "balloon_line_volume": GAS,
    "balloon_drive_pressure": GAS,
    "balloon_vacuum_pressure": GAS,
    "balloon_valve_time": GAS,
    "inflation_time": RAMPS,
    "deflation_time": RAMPS,
    "occlusion_resistance": BALLOON,
    **{name: {REGULATION: (place, place)} for place, mode in enumerate(MODES.values()) for name in mode.settings},
}
"""Settings of a device or of a mode of regulation -> where they act; anywhere else they are folded away."""
ACTS_WHERE: dict[str, tuple[Conditions, ...]] = {
    **{name: (conditions,) for name, conditions in SETTINGS.items()},
    "thoracic_length": (BALLOON,),
    "weight": (BALLOON | {"balloon_sizing": (1.0, 1.0)},),
    "sheath_resistance": GROIN,
    "limb_collateral_resistance": tuple(each | {"sheath_resistance": ON} for each in GROIN),
    "peripheral_artery_disease": tuple(each | {"sheath_resistance": ON} for each in GROIN),
    "functional_regurgitation_exponent": ({"functional_regurgitation_area": ON},),
    "rr_variation": ({"atrial_fibrillation": ON},),
}
"""Likewise, with what is a patient's own and yet acts only where something else does: where one of several holds."""
RHYTHM = ("atrial_fibrillation", "ectopic_share")
TRIGGER = ("trigger_jitter", "trigger_missed_share", "trigger_late_share")
"""Parameters above 0 that make a patient irregular: at any time, and with a balloon."""
WHOLE: dict[str, tuple[float, ...]] = {
    "female": (0.0, 1.0),
    "peripheral_artery_disease": (0.0, 1.0),
    "atrial_fibrillation": (0.0, 1.0),
    "vasodilated": (0.0, 1.0),
    "assist_ratio": (1.0, 2.0, 3.0),
    "balloon_sizing": (0.0, 1.0, 2.0),
    "balloon_drive": (0.0, 1.0),
    "impella_model": (1.0, 2.0, 3.0),
    "ecmo_cannula": (15.0, 17.0, 19.0),
}
"""Parameters that take these values and none between."""

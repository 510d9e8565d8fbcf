"""A patient's clock: when the heart is activated, and when the balloon fills and empties."""

from __future__ import annotations

from typing import NamedTuple

from ..compile.decorators import inlined
from ..laws import balloon, heart
from ..names.parameters import Parameters


class Timing(NamedTuple):
    """A patient's clock, in seconds; the balloon's times count from the first activation of the pattern."""

    period: float
    beats: float
    effective_period: float
    atrial_lead: float
    balloon_volume: float
    inflation_start: float
    deflation_start: float
    inflation_time: float
    deflation_time: float
    gas_pressure: float
    gas_vacuum: float
    gas_time: float


@inlined
def moved_volume(p: Parameters) -> float:
    """Volume (mL) that the balloon of this patient moves."""
    tall = balloon.height(p.body_surface_area, p.weight)
    return balloon.chosen_volume(p.balloon_volume, p.balloon_sizing, tall, p.thoracic_length, p.balloon_helium_loss)


@inlined
def clock(p: Parameters, period: float, learned_closure: float) -> Timing:
    """The clock of one patient in one arm at a beat's period (s); without a balloon every pattern is one beat."""
    effective = heart.effective_period(period, p.systole_stretch)
    supported = p.balloon_volume > 0.0
    gas = supported and p.balloon_drive > 0.0
    return Timing(
        period=period,
        beats=p.assist_ratio if supported else 1.0,
        effective_period=effective,
        atrial_lead=p.pr_interval,
        balloon_volume=moved_volume(p) if supported else 0.0,
        inflation_start=learned_closure + p.inflation_offset if supported else 0.0,
        deflation_start=period + p.deflation_offset if supported else 0.0,
        inflation_time=p.inflation_time if supported else 1.0,
        deflation_time=p.deflation_time if supported else 1.0,
        gas_pressure=p.balloon_drive_pressure if gas else 0.0,
        gas_vacuum=p.balloon_vacuum_pressure if gas else 0.0,
        gas_time=p.balloon_valve_time if gas else 0.0,
    )

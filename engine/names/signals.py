"""What time imposes on the equations."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from .quantity import Quantity


class Drive(NamedTuple):
    """What time alone imposes: read from tables on the grid of half steps."""

    ventricular_activation: Annotated[float, Quantity("ventricular activation", "1")]
    atrial_activation: Annotated[float, Quantity("atrial activation", "1")]
    balloon_volume: Annotated[float, Quantity("balloon volume", "mL")]
    balloon_rate: Annotated[
        float,
        Quantity("rate of change of the balloon volume (mL/s); pressure of the gas (mmHg) if that drives it", "1"),
    ]

"""What time imposes on the equations, and the signals that outcomes are made of."""

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


class Means(NamedTuple):
    """Signals whose mean over the pattern is taken with the weights of the integrator itself."""

    aortic_pressure: Annotated[float, Quantity("pressure in the aortic root", "mmHg")]
    left_atrial_pressure: Annotated[float, Quantity("left atrial pressure", "mmHg")]
    right_atrial_pressure: Annotated[float, Quantity("right atrial pressure", "mmHg")]
    pulmonary_arterial_pressure: Annotated[float, Quantity("pulmonary arterial pressure", "mmHg")]
    aortic_valve_flow: Annotated[float, Quantity("flow through the aortic valve", "mL/s")]
    upper_body_flow: Annotated[float, Quantity("flow through the upper body's bed", "mL/s")]
    visceral_flow: Annotated[float, Quantity("flow through the visceral bed", "mL/s")]
    limb_flow: Annotated[float, Quantity("flow through the legs' bed", "mL/s")]
    coronary_flow: Annotated[float, Quantity("flow into the coronary arteries", "mL/s")]
    inner_flow: Annotated[float, Quantity("flow into the inner coronary layer", "mL/s")]
    outer_flow: Annotated[float, Quantity("flow into the outer coronary layer", "mL/s")]
    lv_power: Annotated[float, Quantity("power of the left ventricle on its blood", "mmHg mL/s")]


class Extras(NamedTuple):
    """Means over the pattern of what lesions and machines carry."""

    mitral_leak: Annotated[float, Quantity("backward flow through the mitral valve", "mL/s")]
    aortic_leak: Annotated[float, Quantity("backward flow through the aortic valve", "mL/s")]
    pulmonary_valve_flow: Annotated[float, Quantity("flow through the pulmonary valve", "mL/s")]
    defect_flow: Annotated[float, Quantity("flow through the septal defect, left to right", "mL/s")]
    impella_flow: Annotated[float, Quantity("flow of an axial pump", "mL/s")]
    ecmo_flow: Annotated[float, Quantity("ECMO flow", "mL/s")]
    starved: Annotated[float, Quantity("share of its flow that a pump could not draw", "1")]


class Samples(NamedTuple):
    """Signals kept at every step of a measured pattern, for extremes, instants and parts of the beat."""

    root_pressure: Annotated[float, Quantity("pressure in the aortic root", "mmHg")]
    lv_pressure: Annotated[float, Quantity("left ventricular pressure", "mmHg")]
    lv_volume: Annotated[float, Quantity("left ventricular volume", "mL")]
    aortic_valve_gradient: Annotated[
        float, Quantity("pressure that drives the aortic valve's flow, of the flow's sign", "mmHg")
    ]
    pulmonary_root_pressure: Annotated[float, Quantity("pressure in the pulmonary root", "mmHg")]
    pulmonary_valve_gradient: Annotated[
        float, Quantity("pressure that drives the pulmonary valve's flow, of the flow's sign", "mmHg")
    ]

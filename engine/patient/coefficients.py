"""A patient's parameters, folded once into what the equations multiply by."""

from __future__ import annotations

from typing import NamedTuple

from ..compile.decorators import inlined
from ..laws import aorta, balloon, coronary, periphery, pumps
from ..names.parameters import Parameters
from .clock import moved_volume


class Coefficients(NamedTuple):
    """What the equations read; one float each, units as the laws that use them say."""

    lv_elastance: float
    lv_unstressed: float
    lv_exponent: float
    lv_scale: float
    rv_elastance: float
    rv_unstressed: float
    rv_exponent: float
    rv_scale: float
    la_elastance: float
    la_unstressed: float
    la_exponent: float
    la_scale: float
    ra_elastance: float
    ra_unstressed: float
    ra_exponent: float
    ra_scale: float
    aortic_area: float
    mitral_area: float
    pulmonary_area: float
    tricuspid_area: float
    aortic_leak: float
    mitral_leak: float
    tricuspid_leak: float
    defect_area: float
    septal_left: float
    septal_right: float
    pericardial_volume: float
    wall_p0: float
    wall_p1: float
    wall_offset: float
    wall_lowest: float
    wall_slope_low: float
    wall_slope_high: float
    wall_gain: float
    wall_viscosity: float
    abdominal_p0: float
    abdominal_offset: float
    abdominal_lowest: float
    abdominal_slope_low: float
    abdominal_viscosity: float
    upper_viscosity: float
    upper_elastance: float
    root_factor: float
    abdominal_factor: float
    iliac_factor: float
    upper_factor: float
    upper_conductance: float
    visceral_conductance: float
    limb_conductance: float
    systemic_venous_elastance: float
    systemic_venous_conductance: float
    pulmonary_arterial_elastance: float
    pulmonary_characteristic_resistance: float
    pulmonary_conductance: float
    pulmonary_venous_elastance: float
    pulmonary_venous_conductance: float
    layer_conductance: float
    layer_elastance: float
    inner_pressure_share: float
    outer_pressure_share: float
    stenosis_resistance: float
    stenosis_turbulence: float
    balloon_proximal: float
    balloon_distal: float
    balloon_abdominal: float
    balloon_per_length: float
    balloon_smallest_gap: float
    occlusion_scale: float
    gas_driven: float
    gas_resistance: float
    balloon_capacity: float
    balloon_helium: float
    balloon_line_volume: float
    impella_head: float
    impella_gain: float
    ecmo_flow: float
    bronchial_conductance: float
    thebesian_share: float


@inlined
def thoracic_wall(c: Coefficients) -> aorta.Wall:
    """Law of the wall of the root and the thoracic aorta."""
    return aorta.Wall(
        gain=c.wall_gain,
        offset=c.wall_offset,
        p0=c.wall_p0,
        p1=c.wall_p1,
        lowest=c.wall_lowest,
        slope_low=c.wall_slope_low,
        slope_high=c.wall_slope_high,
    )


@inlined
def abdominal_wall(c: Coefficients) -> aorta.Wall:
    """Law of the wall of the abdominal and iliac arteries."""
    return aorta.Wall(
        gain=c.wall_gain,
        offset=c.abdominal_offset,
        p0=c.abdominal_p0,
        p1=c.wall_p1,
        lowest=c.abdominal_lowest,
        slope_low=c.abdominal_slope_low,
        slope_high=c.wall_slope_high,
    )


class Body(NamedTuple):
    """What the beat map and the outcomes need beside the coefficients."""

    total_volume: float
    lv_mass: float
    body_surface_area: float
    demand_share: float
    dilated: float
    territory_at_risk: float
    functional_leak: float
    leak_exponent: float
    pressor_venous_exponent: float
    pericardial_room: float


@inlined
def fold(
    p: Parameters, pericardial_volume: float = 0.0, splanchnic: float = 1.0, peripheral: float = 1.0
) -> Coefficients:
    """Fold the parameters of one patient in one arm; a device that is off leaves neutral values.

    The pericardium's volume (mL) belongs to the patient's state, and is 0 where it plays no part. The last two are
    factors on the resistance of the visceral bed, and of the other two beds, where they are regulated.
    """
    wall = aorta.wall_law(p.age, p.female, p.aortic_size, p.arterial_stiffness, 0.0)
    abdominal_wall = aorta.wall_law(p.age, p.female, p.aortic_size, p.arterial_stiffness, aorta.SHIFT)
    viscosity = aorta.wall_viscosity(p.wall_viscosity, wall)
    abdominal_viscosity = aorta.wall_viscosity(p.wall_viscosity, abdominal_wall)
    upper_elastance = p.arterial_stiffness / aorta.UPPER_COMPLIANCE
    upper_viscosity = p.wall_viscosity * upper_elastance
    supported = 1.0 if p.balloon_volume > 0.0 else 0.0
    proximal, distal, abdominal = balloon.placement(p.balloon_position, p.balloon_length, p.thoracic_length)
    covered = balloon.visceral_cover(p.balloon_position, p.balloon_length, p.thoracic_length)
    open_share = 1.0 - supported * p.balloon_visceral_cover * covered / p.assist_ratio
    upper_conductance = 1.0 / (periphery.UPPER_FACTOR * p.systemic_resistance * peripheral)
    visceral_conductance = open_share / (periphery.VISCERAL_FACTOR * p.systemic_resistance * splanchnic)
    limb_conductance = 1.0 / (periphery.LIMB_FACTOR * p.systemic_resistance * peripheral + groin_resistance(p))
    mass = p.lv_mass / coronary.REFERENCE_MASS
    coronary_conductance = mass / coronary.CONDUIT_RESISTANCE
    bronchial_conductance = periphery.BRONCHIAL_CONDUCTANCE * p.body_surface_area if p.ecmo_flow > 0.0 else 0.0
    thebesian_share = periphery.THEBESIAN_SHARE if p.ecmo_flow > 0.0 else 0.0
    return Coefficients(
        lv_elastance=p.lv_elastance,
        lv_unstressed=p.lv_unstressed_volume,
        lv_exponent=p.lv_stiffness_exponent,
        lv_scale=p.lv_stiffness_scale,
        rv_elastance=p.rv_elastance,
        rv_unstressed=p.rv_unstressed_volume,
        rv_exponent=p.rv_stiffness_exponent,
        rv_scale=p.rv_stiffness_scale,
        la_elastance=p.la_elastance,
        la_unstressed=p.la_unstressed_volume,
        la_exponent=p.la_stiffness_exponent,
        la_scale=p.la_stiffness_scale,
        ra_elastance=p.ra_elastance,
        ra_unstressed=p.ra_unstressed_volume,
        ra_exponent=p.ra_stiffness_exponent,
        ra_scale=p.ra_stiffness_scale,
        aortic_area=p.aortic_valve_area,
        mitral_area=p.mitral_valve_area,
        pulmonary_area=p.pulmonary_valve_area,
        tricuspid_area=p.tricuspid_valve_area,
        aortic_leak=p.aortic_regurgitation_area,
        mitral_leak=p.mitral_regurgitation_area + p.functional_regurgitation_area,
        tricuspid_leak=p.tricuspid_regurgitation_area,
        defect_area=p.septal_defect_area,
        septal_left=p.septal_gain_left,
        septal_right=p.septal_gain_right,
        pericardial_volume=pericardial_volume,
        wall_p0=wall.p0,
        wall_p1=wall.p1,
        wall_offset=wall.offset,
        wall_lowest=wall.lowest,
        wall_slope_low=wall.slope_low,
        wall_slope_high=wall.slope_high,
        wall_gain=wall.gain,
        wall_viscosity=viscosity,
        abdominal_p0=abdominal_wall.p0,
        abdominal_offset=abdominal_wall.offset,
        abdominal_lowest=abdominal_wall.lowest,
        abdominal_slope_low=abdominal_wall.slope_low,
        abdominal_viscosity=abdominal_viscosity,
        upper_viscosity=upper_viscosity,
        upper_elastance=upper_elastance,
        root_factor=aorta.outflow_factor(viscosity * aorta.GAIN[aorta.ROOT], coronary_conductance),
        abdominal_factor=aorta.outflow_factor(abdominal_viscosity * aorta.GAIN[aorta.ABDOMINAL], visceral_conductance),
        iliac_factor=aorta.outflow_factor(abdominal_viscosity * aorta.GAIN[aorta.ILIAC], limb_conductance),
        upper_factor=aorta.outflow_factor(upper_viscosity, upper_conductance),
        upper_conductance=upper_conductance,
        visceral_conductance=visceral_conductance,
        limb_conductance=limb_conductance,
        systemic_venous_elastance=1.0 / p.systemic_venous_compliance,
        systemic_venous_conductance=1.0 / p.systemic_venous_resistance,
        pulmonary_arterial_elastance=1.0 / p.pulmonary_arterial_compliance,
        pulmonary_characteristic_resistance=p.pulmonary_characteristic_resistance,
        pulmonary_conductance=1.0 / p.pulmonary_resistance,
        pulmonary_venous_elastance=1.0 / p.pulmonary_venous_compliance,
        pulmonary_venous_conductance=1.0 / p.pulmonary_venous_resistance,
        layer_conductance=mass / coronary.INFLOW_RESISTANCE,
        layer_elastance=1.0 / (coronary.LAYER_COMPLIANCE * mass),
        inner_pressure_share=p.inner_pressure_share,
        outer_pressure_share=p.outer_pressure_share,
        stenosis_resistance=coronary.stenosis_resistance(p.coronary_stenosis),
        stenosis_turbulence=coronary.stenosis_turbulence(p.coronary_stenosis),
        balloon_proximal=supported * proximal,
        balloon_distal=supported * distal,
        balloon_abdominal=supported * abdominal,
        balloon_per_length=supported / p.balloon_length,
        balloon_smallest_gap=p.balloon_smallest_gap,
        occlusion_scale=supported * p.occlusion_resistance,
        gas_driven=supported * p.balloon_drive,
        gas_resistance=p.balloon_line_resistance,
        balloon_capacity=moved_volume(p),
        balloon_helium=balloon.helium(moved_volume(p), p.balloon_line_volume),
        balloon_line_volume=p.balloon_line_volume,
        impella_head=pumps.axial_head(p.impella_model, p.impella_speed),
        impella_gain=pumps.axial_gain(p.impella_model, p.impella_speed),
        ecmo_flow=pumps.PER_LITRE * min(p.ecmo_flow, pumps.cannula_limit(p.ecmo_cannula, ECMO_LOAD)),
        bronchial_conductance=bronchial_conductance,
        thebesian_share=thebesian_share,
    )


ECMO_LOAD = 70.0
"""mmHg in the artery, for the flow that a return cannula lets pass."""
UPPER_ACCESS = 3.0
"""Model of the axial pump that enters through an axillary artery, the Impella 5.5; the others use the groin [S]."""


@inlined
def groin_resistance(p: Parameters) -> float:
    """Resistance (mmHg s/mL) before the leg: of a device through the groin, if there is one."""
    pump = p.impella_speed > 0.0 and p.impella_model < UPPER_ACCESS
    if p.balloon_volume > 0.0 or p.ecmo_flow > 0.0 or pump:
        return periphery.limb_obstruction(
            p.sheath_resistance, p.limb_collateral_resistance, p.peripheral_artery_disease
        )
    return 0.0


@inlined
def body(p: Parameters, c: Coefficients) -> Body:
    """What is left beside the coefficients."""
    return Body(
        total_volume=p.stressed_volume + unstressed_volume(c),
        lv_mass=p.lv_mass,
        body_surface_area=p.body_surface_area,
        demand_share=p.coronary_demand_share,
        dilated=p.vasodilated,
        territory_at_risk=p.territory_at_risk,
        functional_leak=p.functional_regurgitation_area,
        leak_exponent=p.functional_regurgitation_exponent,
        pressor_venous_exponent=p.pressor_venous_exponent,
        pericardial_room=p.pericardial_room,
    )


@inlined
def unstressed_volume(c: Coefficients) -> float:
    """Blood volume (mL) below which nothing is stressed: chambers at zero pressure, aortic nodes at 0 mmHg."""
    chambers = c.lv_unstressed + c.rv_unstressed + c.la_unstressed + c.ra_unstressed
    share, abdominal_share = c.wall_lowest - c.wall_offset, c.abdominal_lowest - c.abdominal_offset
    aortic = 0.0
    for node in range(len(aorta.GAIN)):
        aortic += (abdominal_share if aorta.IS_SHIFTED[node] else share) / (aorta.GAIN[node] * c.wall_gain)
    return chambers + aortic

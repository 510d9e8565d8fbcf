"""The closed circulation: one right-hand side, assembled from the laws of the other rooms."""

from __future__ import annotations

from ..compile.decorators import inlined
from ..laws.aorta import (
    ABDOMINAL,
    GAIN,
    HALF_INERTANCE,
    ILIAC,
    INERTANCE,
    PER_LENGTH,
    PROXIMAL,
    RESISTANCE,
    ROOT,
    TO_ABDOMINAL,
    TO_DISTAL,
    TO_ILIAC,
    TO_PROXIMAL,
    TO_UPPER,
    viscous_pressure,
    wall_pressure,
)
from ..laws.balloon import gap_area, gas_rate, occlusion
from ..laws.coronary import (
    CONDUIT_COMPLIANCE,
    CONDUIT_RESISTANCE,
    INFLOW_RESISTANCE,
    LAYER_COMPLIANCE,
    OUTFLOW_RESISTANCE,
    stenosis_flow,
)
from ..laws.heart import chamber_pressure, pericardial_pressure
from ..laws.periphery import linear_flow
from ..laws.pumps import LAG, axial_flow, supply
from ..laws.valves import RESISTANCE as VALVE_RESISTANCE
from ..laws.valves import orifice_flow, valve_flow
from ..names.signals import Drive, Extras, Means, Samples
from ..names.state import Machine, State
from .coefficients import Coefficients, wall_of
from .optional_laws import Physics

ROOT_GAIN, THORACIC_GAIN, ABDOMINAL_GAIN, ILIAC_GAIN = GAIN[ROOT], GAIN[PROXIMAL], GAIN[ABDOMINAL], GAIN[ILIAC]
PROXIMAL_RESISTANCE, PROXIMAL_INERTANCE = RESISTANCE[TO_PROXIMAL], INERTANCE[TO_PROXIMAL]
DISTAL_RESISTANCE = RESISTANCE[TO_DISTAL]
ABDOMINAL_RESISTANCE, ABDOMINAL_INERTANCE = RESISTANCE[TO_ABDOMINAL], INERTANCE[TO_ABDOMINAL]
ILIAC_RESISTANCE, PER_ILIAC_INERTANCE = RESISTANCE[TO_ILIAC], 1.0 / INERTANCE[TO_ILIAC]
PER_UPPER_INERTANCE = 1.0 / INERTANCE[TO_UPPER]
STIFFER_CONDUIT = LAYER_COMPLIANCE / CONDUIT_COMPLIANCE
WIDER_CONDUIT = INFLOW_RESISTANCE / CONDUIT_RESISTANCE
WIDER_OUTFLOW = INFLOW_RESISTANCE / OUTFLOW_RESISTANCE


@inlined
def slope(
    drive: Drive,
    y: State,
    machine: Machine,
    inner_conductance: float,
    outer_conductance: float,
    c: Coefficients,
    physics: Physics,
) -> tuple[State, Machine, Means, Extras, Samples]:
    """Rate of change of every state (per s), and the signals that outcomes are made of.

    Parameters
    ----------
    drive : Drive
        Activations, balloon volume and its rate at this time.
    y : State
        Volumes (mL) and flows (mL/s).
    machine : Machine
        State of a gas-driven balloon and of an axial pump; matters only to machines.
    inner_conductance, outer_conductance : float
        Inflow conductance of the coronary layers under their present tone, mL/s/mmHg.
    c : Coefficients
        The patient.
    physics : Physics
        The optional laws in use.
    """
    # chambers and veins; the septum shares the ventricles' pressures
    ventricle = drive.ventricular_activation
    atrium = drive.atrial_activation
    own_lv = chamber_pressure(y.lv_volume, ventricle, c.lv_elastance, c.lv_unstressed, c.lv_exponent, c.lv_scale)
    own_rv = chamber_pressure(y.rv_volume, ventricle, c.rv_elastance, c.rv_unstressed, c.rv_exponent, c.rv_scale)
    p_la = chamber_pressure(y.la_volume, atrium, c.la_elastance, c.la_unstressed, c.la_exponent, c.la_scale)
    p_ra = chamber_pressure(y.ra_volume, atrium, c.ra_elastance, c.ra_unstressed, c.ra_exponent, c.ra_scale)
    p_lv = own_lv + c.septal_left * own_rv
    p_rv = own_rv + c.septal_right * own_lv
    if len(physics.lesions) > 0:
        around = pericardial_pressure(y.lv_volume + y.rv_volume + y.la_volume + y.ra_volume, c.pericardial_volume)
        p_lv, p_rv, p_la, p_ra = p_lv + around, p_rv + around, p_la + around, p_ra + around
    p_sv = y.systemic_venous_volume * c.systemic_venous_elastance
    p_pa = y.pulmonary_arterial_volume * c.pulmonary_arterial_elastance
    p_pv = y.pulmonary_venous_volume * c.pulmonary_venous_elastance

    # the walls of the aorta enclose blood and balloon
    balloon_volume, balloon_rate = drive.balloon_volume, drive.balloon_rate
    if len(physics.machines) > 0:
        balloon_volume = machine.balloon_volume if c.gas_driven > 0.0 else balloon_volume
    wall_proximal = y.proximal_volume + c.balloon_proximal * balloon_volume
    wall_distal = y.distal_volume + c.balloon_distal * balloon_volume
    wall_abdominal = y.abdominal_volume + c.balloon_abdominal * balloon_volume
    wall = wall_of(c)
    e_root = wall_pressure(y.root_volume, ROOT_GAIN, wall)
    e_proximal = wall_pressure(wall_proximal, THORACIC_GAIN, wall)
    e_distal = wall_pressure(wall_distal, THORACIC_GAIN, wall)
    e_abdominal = wall_pressure(wall_abdominal, ABDOMINAL_GAIN, wall)
    e_iliac = wall_pressure(y.iliac_volume, ILIAC_GAIN, wall)

    # coronary bed
    p_coronary = y.coronary_volume * (STIFFER_CONDUIT * c.layer_elastance)
    p_inner = y.inner_volume * c.layer_elastance + c.inner_pressure_share * p_lv
    p_outer = y.outer_volume * c.layer_elastance + c.outer_pressure_share * p_lv
    p_arterioles = p_coronary
    if len(physics.lesions) > 0:
        both = inner_conductance + outer_conductance
        behind = (inner_conductance * p_inner + outer_conductance * p_outer) / both
        through = stenosis_flow(p_coronary - behind, c.stenosis_resistance + 1.0 / both, c.stenosis_turbulence)
        p_arterioles = behind + through / both
    q_inner = linear_flow(p_arterioles, p_inner, inner_conductance)
    q_outer = linear_flow(p_arterioles, p_outer, outer_conductance)
    outflow_conductance = WIDER_OUTFLOW * c.layer_conductance
    q_inner_out = linear_flow(p_inner, p_ra, outflow_conductance)
    q_outer_out = linear_flow(p_outer, p_ra, outflow_conductance)

    # pumps
    impella_flow, ecmo_flow, starved = 0.0, 0.0, 0.0
    if len(physics.machines) > 0:
        impella_flow = machine.impella_flow
        drawn = supply(y.ra_volume, c.ra_unstressed)
        ecmo_flow = c.ecmo_flow * drawn
        starved = 1.0 - drawn if c.ecmo_flow > 0.0 else 0.0

    # valves; the wall's viscosity and the lung's characteristic resistance stand in series with the orifice
    aortic_leak, mitral_leak, tricuspid_leak, q_defect = 0.0, 0.0, 0.0, 0.0
    if len(physics.lesions) > 0:
        aortic_leak, mitral_leak, tricuspid_leak = c.aortic_leak, c.mitral_leak, c.tricuspid_leak
        q_defect = orifice_flow(p_lv - p_rv, c.defect_area, VALVE_RESISTANCE)
    coronary_conductance = WIDER_CONDUIT * c.layer_conductance
    root_viscosity = ROOT_GAIN * c.wall_viscosity
    thoracic_viscosity = THORACIC_GAIN * c.wall_viscosity
    p_closed = viscous_pressure(
        e_root, root_viscosity, impella_flow - y.proximal_flow - y.upper_flow,
        coronary_conductance, p_coronary, c.root_factor)  # fmt: skip
    root_resistance = root_viscosity * c.root_factor
    aortic_gradient = p_lv - p_closed
    q_aortic = valve_flow(aortic_gradient, c.aortic_area, aortic_leak, VALVE_RESISTANCE + root_resistance)
    p_root = p_closed + root_resistance * q_aortic
    q_mitral = valve_flow(p_la - p_lv, c.mitral_area, mitral_leak, VALVE_RESISTANCE)
    q_tricuspid = valve_flow(p_ra - p_rv, c.tricuspid_area, tricuspid_leak, VALVE_RESISTANCE)
    lung_resistance = VALVE_RESISTANCE + c.pulmonary_characteristic_resistance
    pulmonary_gradient = p_rv - p_pa
    q_pulmonary = valve_flow(pulmonary_gradient, c.pulmonary_area, 0.0, lung_resistance)
    p_pulmonary_root = p_pa + c.pulmonary_characteristic_resistance * q_pulmonary

    # machines
    machine_rate = Machine(0.0, 0.0)
    if len(physics.machines) > 0:
        node = (
            c.balloon_proximal * (e_proximal + thoracic_viscosity * (y.proximal_flow - y.thoracic_flow))
            + c.balloon_distal * (e_distal + thoracic_viscosity * (y.thoracic_flow - y.abdominal_flow))
            + c.balloon_abdominal * e_abdominal
        )
        answer = thoracic_viscosity * (c.balloon_proximal * c.balloon_proximal + c.balloon_distal * c.balloon_distal)
        filling = gas_rate(balloon_volume, c.balloon_capacity, drive.balloon_rate, node, c.gas_resistance, answer)
        balloon_rate = filling if c.gas_driven > 0.0 else balloon_rate
        drawn = supply(y.lv_volume, c.lv_unstressed)
        wanted = drawn * axial_flow(c.impella_head, c.impella_gain, p_root - p_lv)
        starved = max(starved, 1.0 - drawn if c.impella_gain > 0.0 else 0.0)
        machine_rate = Machine(
            balloon_volume=filling if c.gas_driven > 0.0 else 0.0, impella_flow=(wanted - impella_flow) * (1.0 / LAG)
        )

    # pressures of the other nodes, and the beds they feed
    p_proximal = e_proximal + thoracic_viscosity * (
        y.proximal_flow - y.thoracic_flow + c.balloon_proximal * balloon_rate
    )
    p_distal = e_distal + thoracic_viscosity * (y.thoracic_flow - y.abdominal_flow + c.balloon_distal * balloon_rate)
    p_abdominal = viscous_pressure(
        e_abdominal, ABDOMINAL_GAIN * c.wall_viscosity,
        y.abdominal_flow - y.iliac_flow + c.balloon_abdominal * balloon_rate,
        c.visceral_conductance, p_sv, c.abdominal_factor)  # fmt: skip
    p_iliac = viscous_pressure(
        e_iliac, ILIAC_GAIN * c.wall_viscosity, y.iliac_flow + ecmo_flow, c.limb_conductance, p_sv, c.iliac_factor
    )
    p_upper = viscous_pressure(
        y.upper_volume * c.upper_elastance, c.upper_viscosity, y.upper_flow, c.upper_conductance, p_sv, c.upper_factor
    )
    q_coronary = linear_flow(p_root, p_coronary, coronary_conductance)
    q_upper = linear_flow(p_upper, p_sv, c.upper_conductance)
    q_visceral = linear_flow(p_abdominal, p_sv, c.visceral_conductance)
    q_limb = linear_flow(p_iliac, p_sv, c.limb_conductance)
    q_sv = linear_flow(p_sv, p_ra, c.systemic_venous_conductance)
    q_pa = linear_flow(p_pa, p_pv, c.pulmonary_conductance)
    q_pv = linear_flow(p_pv, p_la, c.pulmonary_venous_conductance)
    q_bronchial = 0.0
    if len(physics.machines) > 0:
        q_bronchial = linear_flow(p_distal, p_pv, c.bronchial_conductance)

    # blood between the nodes: the gap beside the balloon holds the inertance of the thoracic halves
    area_proximal = wall_proximal * PER_LENGTH
    area_distal = wall_distal * PER_LENGTH
    balloon_area = balloon_volume * c.balloon_per_length
    gap_proximal = gap_area(area_proximal, balloon_area, c.balloon_smallest_gap)
    gap_distal = gap_area(area_distal, balloon_area, c.balloon_smallest_gap)
    narrow_proximal = 0.5 * occlusion(area_proximal, 1.0 / gap_proximal, c.occlusion_scale)
    narrow_distal = 0.5 * occlusion(area_distal, 1.0 / gap_distal, c.occlusion_scale)
    per_proximal = gap_proximal / (PROXIMAL_INERTANCE * gap_proximal + HALF_INERTANCE)
    per_thoracic = gap_proximal * gap_distal / (HALF_INERTANCE * (gap_proximal + gap_distal))
    per_abdominal = gap_distal / (ABDOMINAL_INERTANCE * gap_distal + HALF_INERTANCE)

    slopes = State(
        lv_volume=q_mitral - q_aortic - q_defect - impella_flow,
        rv_volume=q_tricuspid - q_pulmonary + q_defect,
        la_volume=q_pv - q_mitral,
        ra_volume=q_sv + q_inner_out + q_outer_out - q_tricuspid - ecmo_flow,
        root_volume=q_aortic + impella_flow - y.proximal_flow - y.upper_flow - q_coronary,
        proximal_volume=y.proximal_flow - y.thoracic_flow,
        distal_volume=y.thoracic_flow - y.abdominal_flow - q_bronchial,
        abdominal_volume=y.abdominal_flow - y.iliac_flow - q_visceral,
        iliac_volume=y.iliac_flow + ecmo_flow - q_limb,
        upper_volume=y.upper_flow - q_upper,
        proximal_flow=(p_root - p_proximal - (PROXIMAL_RESISTANCE + narrow_proximal) * y.proximal_flow) * per_proximal,
        thoracic_flow=(p_proximal - p_distal - (DISTAL_RESISTANCE + narrow_proximal + narrow_distal) * y.thoracic_flow)
        * per_thoracic,
        abdominal_flow=(p_distal - p_abdominal - (ABDOMINAL_RESISTANCE + narrow_distal) * y.abdominal_flow)
        * per_abdominal,
        iliac_flow=(p_abdominal - p_iliac - ILIAC_RESISTANCE * y.iliac_flow) * PER_ILIAC_INERTANCE,
        upper_flow=(p_root - p_upper) * PER_UPPER_INERTANCE,
        systemic_venous_volume=q_upper + q_visceral + q_limb - q_sv,
        pulmonary_arterial_volume=q_pulmonary - q_pa,
        pulmonary_venous_volume=q_pa + q_bronchial - q_pv,
        coronary_volume=q_coronary - q_inner - q_outer,
        inner_volume=q_inner - q_inner_out,
        outer_volume=q_outer - q_outer_out,
    )
    means = Means(
        aortic_pressure=p_root,
        left_atrial_pressure=p_la,
        right_atrial_pressure=p_ra,
        pulmonary_arterial_pressure=p_pulmonary_root,
        aortic_valve_flow=q_aortic,
        upper_body_flow=q_upper,
        visceral_flow=q_visceral,
        limb_flow=q_limb,
        coronary_flow=q_coronary,
        inner_flow=q_inner,
        outer_flow=q_outer,
        lv_power=p_lv * (q_aortic + q_defect + impella_flow - q_mitral),
    )
    extras = Extras(
        mitral_leak=-min(q_mitral, 0.0),
        aortic_leak=-min(q_aortic, 0.0),
        pulmonary_valve_flow=q_pulmonary,
        defect_flow=q_defect,
        impella_flow=impella_flow,
        ecmo_flow=ecmo_flow,
        starved=starved,
    )
    samples = Samples(p_root, p_lv, y.lv_volume, aortic_gradient, p_pulmonary_root, pulmonary_gradient)
    return slopes, machine_rate, means, extras, samples

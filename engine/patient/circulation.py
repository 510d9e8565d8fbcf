"""The closed circulation: one right-hand side, organ by organ, assembled from the laws of the other rooms."""

from __future__ import annotations

from typing import NamedTuple

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
    flow_rate,
    viscous_pressure,
    voigt_pressure,
    wall_pressure,
    wall_share,
)
from ..laws.balloon import gap_area, gas_rate, inertance_by_gap, inertance_by_gaps, occlusion
from ..laws.elementary import reciprocals_of_five, tangent_pi
from ..laws.periphery import linear_flow
from ..laws.pumps import axial_flow, cannula_rate, supply
from ..laws.valves import RESISTANCE as VALVE_RESISTANCE
from ..laws.valves import orifice_flow
from ..names.outcomes import Extras, Means, Samples
from ..names.signals import Drive
from ..names.state import Machine, State
from .coefficients import Coefficients, abdominal_wall, thoracic_wall
from .optional_laws import Physics
from .organs import WIDER_CONDUIT, aortic_ejection, chamber_pressures, coronary_bed, other_valves

ROOT_GAIN, THORACIC_GAIN, ABDOMINAL_GAIN, ILIAC_GAIN = GAIN[ROOT], GAIN[PROXIMAL], GAIN[ABDOMINAL], GAIN[ILIAC]
PROXIMAL_RESISTANCE, PROXIMAL_INERTANCE = RESISTANCE[TO_PROXIMAL], INERTANCE[TO_PROXIMAL]
DISTAL_RESISTANCE = RESISTANCE[TO_DISTAL]
ABDOMINAL_RESISTANCE, ABDOMINAL_INERTANCE = RESISTANCE[TO_ABDOMINAL], INERTANCE[TO_ABDOMINAL]
ILIAC_RESISTANCE, PER_ILIAC_INERTANCE = RESISTANCE[TO_ILIAC], 1.0 / INERTANCE[TO_ILIAC]
PER_UPPER_INERTANCE = 1.0 / INERTANCE[TO_UPPER]


class Nodes(NamedTuple):
    """Something of every node of the aorta: a volume (mL), a net inflow (mL/s) or a pressure (mmHg)."""

    root: float
    proximal: float
    distal: float
    abdominal: float
    iliac: float


class Pumps(NamedTuple):
    """Flows of the pumps (mL/s), and the share that one could not draw."""

    impella: float
    ecmo: float
    starved: float


class AorticFlows(NamedTuple):
    """Rates of change of the flows between the nodes of the aorta (mL/s2)."""

    proximal: float
    thoracic: float
    abdominal: float
    iliac: float
    upper: float


class Beds(NamedTuple):
    """Flows through beds, veins and lungs, and into the coronary arteries (mL/s)."""

    coronary: float
    upper: float
    visceral: float
    limb: float
    systemic_venous: float
    pulmonary: float
    pulmonary_venous: float
    bronchial: float


@inlined
def enclosed_volumes(y: State, balloon_volume: float, c: Coefficients) -> Nodes:
    """Volumes within the walls of the aorta: blood and balloon."""
    return Nodes(
        root=y.root_volume,
        proximal=y.proximal_volume + c.balloon_proximal * balloon_volume,
        distal=y.distal_volume + c.balloon_distal * balloon_volume,
        abdominal=y.abdominal_volume + c.balloon_abdominal * balloon_volume,
        iliac=y.iliac_volume,
    )


@inlined
def elastic_pressures(enclosed: Nodes, c: Coefficients) -> Nodes:
    """Elastic pressures of the walls of the aorta; their tangents by one division."""
    thoracic, abdominal = thoracic_wall(c), abdominal_wall(c)
    root, beyond_root = wall_share(enclosed.root, ROOT_GAIN, thoracic)
    proximal, beyond_proximal = wall_share(enclosed.proximal, THORACIC_GAIN, thoracic)
    distal, beyond_distal = wall_share(enclosed.distal, THORACIC_GAIN, thoracic)
    visceral, beyond_visceral = wall_share(enclosed.abdominal, ABDOMINAL_GAIN, abdominal)
    iliac, beyond_iliac = wall_share(enclosed.iliac, ILIAC_GAIN, abdominal)
    root, below_root = tangent_pi(root)
    proximal, below_proximal = tangent_pi(proximal)
    distal, below_distal = tangent_pi(distal)
    visceral, below_visceral = tangent_pi(visceral)
    iliac, below_iliac = tangent_pi(iliac)
    of_root, of_proximal, of_distal, of_visceral, of_iliac = reciprocals_of_five(
        below_root, below_proximal, below_distal, below_visceral, below_iliac
    )
    return Nodes(
        root=wall_pressure(root * of_root, beyond_root, thoracic),
        proximal=wall_pressure(proximal * of_proximal, beyond_proximal, thoracic),
        distal=wall_pressure(distal * of_distal, beyond_distal, thoracic),
        abdominal=wall_pressure(visceral * of_visceral, beyond_visceral, abdominal),
        iliac=wall_pressure(iliac * of_iliac, beyond_iliac, abdominal),
    )


@inlined
def pump_flows(y: State, machine: Machine, c: Coefficients, physics: Physics) -> Pumps:
    """Flows of an axial pump, left ventricle to aortic root, and of ECMO, right atrium to iliac arteries."""
    impella, ecmo, starved = 0.0, 0.0, 0.0
    if len(physics.pumps) > 0:
        impella = machine.impella_flow
        drawn = supply(y.ra_volume, c.ra_unstressed)
        ecmo = c.ecmo_flow * drawn
        starved = 1.0 - drawn if c.ecmo_flow > 0.0 else 0.0
    return Pumps(impella, ecmo, starved)


@inlined
def gas_filling(drive: Drive, balloon_volume: float, elastic: Nodes, inflow: Nodes, c: Coefficients) -> float:
    """Rate (mL/s) at which gas fills the balloon, against the pressure of the nodes that it lies in."""
    viscosity = THORACIC_GAIN * c.wall_viscosity
    node = (
        c.balloon_proximal * voigt_pressure(elastic.proximal, viscosity, inflow.proximal)
        + c.balloon_distal * voigt_pressure(elastic.distal, viscosity, inflow.distal)
        + c.balloon_abdominal * elastic.abdominal
    )
    answer = viscosity * (c.balloon_proximal * c.balloon_proximal + c.balloon_distal * c.balloon_distal)
    return gas_rate(
        balloon_volume, c.balloon_capacity, c.balloon_helium, c.balloon_line_volume, drive.balloon_rate, node,
        c.gas_resistance, answer,
    )  # fmt: skip


@inlined
def node_pressures(
    root: float, elastic: Nodes, inflow: Nodes, balloon_rate: float, veins: float, c: Coefficients
) -> Nodes:
    """Pressures of the nodes of the aorta; what feeds a bed answers to the flow through it."""
    thoracic_viscosity = THORACIC_GAIN * c.wall_viscosity
    return Nodes(
        root=root,
        proximal=voigt_pressure(
            elastic.proximal, thoracic_viscosity, inflow.proximal + c.balloon_proximal * balloon_rate),
        distal=voigt_pressure(
            elastic.distal, thoracic_viscosity, inflow.distal + c.balloon_distal * balloon_rate),
        abdominal=viscous_pressure(
            elastic.abdominal, ABDOMINAL_GAIN * c.abdominal_viscosity,
            inflow.abdominal + c.balloon_abdominal * balloon_rate,
            c.visceral_conductance, veins, c.abdominal_factor),
        iliac=viscous_pressure(
            elastic.iliac, ILIAC_GAIN * c.abdominal_viscosity, inflow.iliac,
            c.limb_conductance, veins, c.iliac_factor),
    )  # fmt: skip


@inlined
def aortic_flow_rates(
    y: State, enclosed: Nodes, pressure: Nodes, upper: float, balloon_volume: float, c: Coefficients
) -> AorticFlows:
    """Rates of change of the flows between the nodes; the gap beside the balloon narrows the thoracic halves."""
    area_proximal = enclosed.proximal * PER_LENGTH
    area_distal = enclosed.distal * PER_LENGTH
    balloon_area = balloon_volume * c.balloon_per_length
    gap_proximal = gap_area(area_proximal, balloon_area, c.balloon_smallest_gap)
    gap_distal = gap_area(area_distal, balloon_area, c.balloon_smallest_gap)
    of_gap_proximal, of_gap_distal, of_proximal, of_thoracic, of_abdominal = reciprocals_of_five(
        gap_proximal,
        gap_distal,
        inertance_by_gap(PROXIMAL_INERTANCE, HALF_INERTANCE, gap_proximal),
        inertance_by_gaps(HALF_INERTANCE, gap_proximal, gap_distal),
        inertance_by_gap(ABDOMINAL_INERTANCE, HALF_INERTANCE, gap_distal),
    )
    narrow_proximal = 0.5 * occlusion(area_proximal, of_gap_proximal, c.occlusion_scale)
    narrow_distal = 0.5 * occlusion(area_distal, of_gap_distal, c.occlusion_scale)
    return AorticFlows(
        proximal=flow_rate(
            pressure.root, pressure.proximal, PROXIMAL_RESISTANCE + narrow_proximal, y.proximal_flow,
            gap_proximal * of_proximal),
        thoracic=flow_rate(
            pressure.proximal, pressure.distal, DISTAL_RESISTANCE + narrow_proximal + narrow_distal, y.thoracic_flow,
            gap_proximal * gap_distal * of_thoracic),
        abdominal=flow_rate(
            pressure.distal, pressure.abdominal, ABDOMINAL_RESISTANCE + narrow_distal, y.abdominal_flow,
            gap_distal * of_abdominal),
        iliac=flow_rate(pressure.abdominal, pressure.iliac, ILIAC_RESISTANCE, y.iliac_flow, PER_ILIAC_INERTANCE),
        upper=(pressure.root - upper) * PER_UPPER_INERTANCE,
    )  # fmt: skip


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
    chambers = chamber_pressures(drive, y, c, physics)
    p_sv = y.systemic_venous_volume * c.systemic_venous_elastance
    p_pa = y.pulmonary_arterial_volume * c.pulmonary_arterial_elastance
    p_pv = y.pulmonary_venous_volume * c.pulmonary_venous_elastance

    balloon_volume, balloon_rate = drive.balloon_volume, drive.balloon_rate
    if len(physics.gas) > 0:
        balloon_volume = machine.balloon_volume if c.gas_driven > 0.0 else balloon_volume
    enclosed = enclosed_volumes(y, balloon_volume, c)
    elastic = elastic_pressures(enclosed, c)
    coronary = coronary_bed(y, chambers, inner_conductance, outer_conductance, c, physics)
    pumps = pump_flows(y, machine, c, physics)
    inflow = Nodes(
        root=pumps.impella - y.proximal_flow - y.upper_flow,
        proximal=y.proximal_flow - y.thoracic_flow,
        distal=y.thoracic_flow - y.abdominal_flow,
        abdominal=y.abdominal_flow - y.iliac_flow,
        iliac=y.iliac_flow + pumps.ecmo,
    )

    aortic_leak, mitral_leak, tricuspid_leak, q_defect = 0.0, 0.0, 0.0, 0.0
    if len(physics.lesions) > 0:
        aortic_leak, mitral_leak, tricuspid_leak = c.aortic_leak, c.mitral_leak, c.tricuspid_leak
        q_defect = orifice_flow(chambers.lv - chambers.rv, c.defect_area, VALVE_RESISTANCE)
    aortic = aortic_ejection(chambers.lv, elastic.root, inflow.root, coronary.conduit, aortic_leak, c)
    q_mitral, q_tricuspid, pulmonary = other_valves(chambers, p_pa, mitral_leak, tricuspid_leak, c)

    filling, impella_rate, thebesian = 0.0, 0.0, 0.0
    starved = pumps.starved
    if len(physics.gas) > 0:
        filling = gas_filling(drive, balloon_volume, elastic, inflow, c) if c.gas_driven > 0.0 else 0.0
        balloon_rate = filling if c.gas_driven > 0.0 else balloon_rate
    if len(physics.pumps) > 0:
        drawn = supply(y.lv_volume, c.lv_unstressed)
        wanted = drawn * axial_flow(c.impella_head, c.impella_gain, aortic.pressure - chambers.lv)
        starved = max(starved, 1.0 - drawn if c.impella_gain > 0.0 else 0.0)
        impella_rate = cannula_rate(wanted, pumps.impella)
        thebesian = c.thebesian_share * (coronary.inner_out + coronary.outer_out)

    pressure = node_pressures(aortic.pressure, elastic, inflow, balloon_rate, p_sv, c)
    p_upper = viscous_pressure(
        y.upper_volume * c.upper_elastance, c.upper_viscosity, y.upper_flow, c.upper_conductance, p_sv, c.upper_factor
    )
    beds = Beds(
        coronary=linear_flow(aortic.pressure, coronary.conduit, WIDER_CONDUIT * c.layer_conductance),
        upper=linear_flow(p_upper, p_sv, c.upper_conductance),
        visceral=linear_flow(pressure.abdominal, p_sv, c.visceral_conductance),
        limb=linear_flow(pressure.iliac, p_sv, c.limb_conductance),
        systemic_venous=linear_flow(p_sv, chambers.ra, c.systemic_venous_conductance),
        pulmonary=linear_flow(p_pa, p_pv, c.pulmonary_conductance),
        pulmonary_venous=linear_flow(p_pv, chambers.la, c.pulmonary_venous_conductance),
        bronchial=linear_flow(pressure.distal, p_pv, c.bronchial_conductance) if len(physics.pumps) > 0 else 0.0,
    )
    flow_rates = aortic_flow_rates(y, enclosed, pressure, p_upper, balloon_volume, c)

    rates = State(
        lv_volume=q_mitral - aortic.flow - q_defect - pumps.impella,
        rv_volume=q_tricuspid - pulmonary.flow + q_defect + thebesian,
        la_volume=beds.pulmonary_venous - q_mitral,
        ra_volume=beds.systemic_venous + coronary.inner_out + coronary.outer_out - thebesian - q_tricuspid - pumps.ecmo,
        root_volume=aortic.flow + pumps.impella - y.proximal_flow - y.upper_flow - beds.coronary,
        proximal_volume=inflow.proximal,
        distal_volume=inflow.distal - beds.bronchial,
        abdominal_volume=inflow.abdominal - beds.visceral,
        iliac_volume=inflow.iliac - beds.limb,
        upper_volume=y.upper_flow - beds.upper,
        proximal_flow=flow_rates.proximal,
        thoracic_flow=flow_rates.thoracic,
        abdominal_flow=flow_rates.abdominal,
        iliac_flow=flow_rates.iliac,
        upper_flow=flow_rates.upper,
        systemic_venous_volume=beds.upper + beds.visceral + beds.limb - beds.systemic_venous,
        pulmonary_arterial_volume=pulmonary.flow - beds.pulmonary,
        pulmonary_venous_volume=beds.pulmonary + beds.bronchial - beds.pulmonary_venous,
        coronary_volume=beds.coronary - coronary.inner - coronary.outer,
        inner_volume=coronary.inner - coronary.inner_out,
        outer_volume=coronary.outer - coronary.outer_out,
    )
    means = Means(
        aortic_pressure=aortic.pressure,
        left_atrial_pressure=chambers.la,
        right_atrial_pressure=chambers.ra,
        pulmonary_arterial_pressure=pulmonary.pressure,
        aortic_valve_flow=aortic.flow,
        upper_body_flow=beds.upper,
        visceral_flow=beds.visceral,
        limb_flow=beds.limb,
        coronary_flow=beds.coronary,
        inner_flow=coronary.inner,
        outer_flow=coronary.outer,
        lv_power=chambers.lv * (aortic.flow + q_defect + pumps.impella - q_mitral),
    )
    extras = Extras(
        mitral_leak=-min(q_mitral, 0.0),
        aortic_leak=-min(aortic.flow, 0.0),
        pulmonary_valve_flow=pulmonary.flow,
        defect_flow=q_defect,
        impella_flow=pumps.impella,
        ecmo_flow=pumps.ecmo,
        starved=starved,
    )
    samples = Samples(
        root_pressure=aortic.pressure,
        lv_pressure=chambers.lv,
        lv_volume=y.lv_volume,
        lv_inflow=rates.lv_volume,
        aortic_valve_gradient=aortic.gradient,
        pulmonary_root_pressure=pulmonary.pressure,
        pulmonary_valve_gradient=pulmonary.gradient,
        balloon_volume=balloon_volume,
    )
    return rates, Machine(filling, impella_rate), means, extras, samples

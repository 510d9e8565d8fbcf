"""The organs of the circulation: the heart's chambers and the valves it ejects through, and the coronary bed."""

from __future__ import annotations

from typing import NamedTuple

from ..compile.decorators import inlined
from ..laws.aorta import GAIN, ROOT, viscous_pressure
from ..laws.coronary import (
    CONDUIT_COMPLIANCE,
    CONDUIT_RESISTANCE,
    INFLOW_RESISTANCE,
    LAYER_COMPLIANCE,
    OUTFLOW_RESISTANCE,
    layer_pressure,
    pressure_behind_stenosis,
)
from ..laws.elementary import reciprocals_of_three
from ..laws.heart import chamber_pressure, pericardial_pressure, septal_pressure
from ..laws.periphery import linear_flow
from ..laws.valves import RESISTANCE as VALVE_RESISTANCE
from ..laws.valves import flow_through, valve
from ..names.signals import Drive
from ..names.state import State
from .coefficients import Coefficients
from .optional_laws import Physics

ROOT_GAIN = GAIN[ROOT]
STIFFER_CONDUIT = LAYER_COMPLIANCE / CONDUIT_COMPLIANCE
WIDER_CONDUIT = INFLOW_RESISTANCE / CONDUIT_RESISTANCE
WIDER_OUTFLOW = INFLOW_RESISTANCE / OUTFLOW_RESISTANCE


class Chambers(NamedTuple):
    """Pressures of the heart's chambers (mmHg)."""

    lv: float
    rv: float
    la: float
    ra: float


class CoronaryBed(NamedTuple):
    """Pressure in the epicardial artery (mmHg), and flows into and out of both layers (mL/s)."""

    conduit: float
    inner: float
    outer: float
    inner_out: float
    outer_out: float


class Ejection(NamedTuple):
    """Flow through a valve into its artery (mL/s), what drives it (mmHg), and the pressure behind it (mmHg)."""

    flow: float
    gradient: float
    pressure: float


class OtherValves(NamedTuple):
    """Flows through the valves that are not the aortic one (mL/s)."""

    mitral: float
    tricuspid: float
    pulmonary: Ejection


@inlined
def chamber_pressures(drive: Drive, y: State, c: Coefficients, physics: Physics) -> Chambers:
    """Pressures of the chambers; the septum shares those of the ventricles, the pericardium surrounds all four."""
    ventricle = drive.ventricular_activation
    atrium = drive.atrial_activation
    own_lv = chamber_pressure(y.lv_volume, ventricle, c.lv_elastance, c.lv_unstressed, c.lv_exponent, c.lv_scale)
    own_rv = chamber_pressure(y.rv_volume, ventricle, c.rv_elastance, c.rv_unstressed, c.rv_exponent, c.rv_scale)
    la = chamber_pressure(y.la_volume, atrium, c.la_elastance, c.la_unstressed, c.la_exponent, c.la_scale)
    ra = chamber_pressure(y.ra_volume, atrium, c.ra_elastance, c.ra_unstressed, c.ra_exponent, c.ra_scale)
    lv = septal_pressure(own_lv, own_rv, c.septal_left)
    rv = septal_pressure(own_rv, own_lv, c.septal_right)
    if len(physics.lesions) > 0:
        around = pericardial_pressure(y.lv_volume + y.rv_volume + y.la_volume + y.ra_volume, c.pericardial_volume)
        lv, rv, la, ra = lv + around, rv + around, la + around, ra + around
    return Chambers(lv, rv, la, ra)


@inlined
def coronary_bed(
    y: State,
    chambers: Chambers,
    inner_conductance: float,
    outer_conductance: float,
    c: Coefficients,
    physics: Physics,
) -> CoronaryBed:
    """Flows through both layers of the left ventricle's wall, which squeezes them."""
    conduit = y.coronary_volume * (STIFFER_CONDUIT * c.layer_elastance)
    inner = layer_pressure(y.inner_volume, c.layer_elastance, c.inner_pressure_share, chambers.lv)
    outer = layer_pressure(y.outer_volume, c.layer_elastance, c.outer_pressure_share, chambers.lv)
    arterioles = conduit
    if len(physics.lesions) > 0:
        arterioles = pressure_behind_stenosis(
            conduit, inner, outer, inner_conductance, outer_conductance, c.stenosis_resistance, c.stenosis_turbulence
        )
    outflow_conductance = WIDER_OUTFLOW * c.layer_conductance
    return CoronaryBed(
        conduit=conduit,
        inner=linear_flow(arterioles, inner, inner_conductance),
        outer=linear_flow(arterioles, outer, outer_conductance),
        inner_out=linear_flow(inner, chambers.ra, outflow_conductance),
        outer_out=linear_flow(outer, chambers.ra, outflow_conductance),
    )


@inlined
def aortic_ejection(
    lv: float, elastic: float, net_inflow: float, conduit: float, leak: float, c: Coefficients
) -> Ejection:
    """Flow into the aortic root; the viscosity of the root's wall stands in series with the valve."""
    viscosity = ROOT_GAIN * c.wall_viscosity
    closed = viscous_pressure(
        elastic, viscosity, net_inflow, WIDER_CONDUIT * c.layer_conductance, conduit, c.root_factor
    )
    resistance = viscosity * c.root_factor
    gradient = lv - closed
    flow = flow_through(valve(gradient, c.aortic_area, leak, VALVE_RESISTANCE + resistance))
    return Ejection(flow, gradient, closed + resistance * flow)


@inlined
def other_valves(
    chambers: Chambers, arteries: float, mitral_leak: float, tricuspid_leak: float, c: Coefficients
) -> OtherValves:
    """Flows through the valves but for the aortic one, by one division.

    The lung's characteristic resistance stands in series with the pulmonary valve.
    """
    lung = c.pulmonary_characteristic_resistance
    mitral = valve(chambers.la - chambers.lv, c.mitral_area, mitral_leak, VALVE_RESISTANCE)
    tricuspid = valve(chambers.ra - chambers.rv, c.tricuspid_area, tricuspid_leak, VALVE_RESISTANCE)
    pulmonary = valve(chambers.rv - arteries, c.pulmonary_area, 0.0, VALVE_RESISTANCE + lung)
    of_mitral, of_tricuspid, of_pulmonary = reciprocals_of_three(
        mitral.per_velocity, tricuspid.per_velocity, pulmonary.per_velocity
    )
    flow = pulmonary.area * pulmonary.gradient * of_pulmonary
    return OtherValves(
        mitral=mitral.area * mitral.gradient * of_mitral,
        tricuspid=tricuspid.area * tricuspid.gradient * of_tricuspid,
        pulmonary=Ejection(flow, pulmonary.gradient, arteries + lung * flow),
    )

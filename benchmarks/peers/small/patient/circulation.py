"""The small loop as the engine's right-hand side."""

from .. import equations
from ..compile.decorators import inlined
from ..names.outcomes import Extras, Means, Samples
from ..names.state import Machine, State

pressures = inlined(equations.pressures)
valve = inlined(equations.valve)
balance = inlined(equations.balance)


@inlined
def slope(drive, y, machine, inner_conductance, outer_conductance, c, physics):  # type: ignore[no-untyped-def]
    """Rates, and the signals that outcomes are made of; what this loop lacks is zero."""
    p = pressures(y, drive.ventricular_activation, drive.atrial_activation, drive.balloon_volume, c)
    lv, rv, la, ra, root, _, _, lung, _ = p
    mitral = valve(la - lv, c.mitral_conductance)
    aortic = valve(lv - root, c.aortic_conductance)
    tricuspid = valve(ra - rv, c.tricuspid_conductance)
    pulmonary = valve(rv - lung, c.pulmonary_valve_conductance)
    (a, b, d, e, f, g, h, i, j) = balance(p, mitral, aortic, tricuspid, pulmonary, c)
    return (
        State(a, b, d, e, f, g, h, i, j),
        Machine(0.0, 0.0),
        Means(root, aortic, lv * (aortic - mitral), 0.0, 0.0),
        Extras(0.0),
        Samples(root, lv, y.lv_volume),
    )

"""The three outcomes, from means alone."""

from ..compile.decorators import function
from ..names.outcomes import Outcomes


@function
def measure(signals, shut, places, m, extras, c, timing, body, inner_tone, outer_tone):  # type: ignore[no-untyped-def]
    outcomes = Outcomes(m.aortic_pressure, 0.06 * m.aortic_valve_flow, m.lv_power * timing.period, 0.0, 0.0)
    return outcomes, 1, 0, 0.0

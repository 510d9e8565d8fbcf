"""Parameters of the small loop."""

from collections import namedtuple

from .. import equations

Parameters = namedtuple("Parameters", [*equations.RANGES, *equations.CLOCK, "assist_ratio", "steps"])
DEVICES: dict[str, tuple[str, ...]] = {}
"""None that is switched on by a parameter."""

"""Parameters of the small loop."""

from collections import namedtuple

from .. import equations

Parameters = namedtuple("Parameters", [*equations.RANGES, *equations.CLOCK, "assist_ratio", "steps"])

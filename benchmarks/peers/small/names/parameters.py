"""Parameters of the small loop."""

from collections import namedtuple

from .. import equations
from .quantity import Quantity

Parameters = namedtuple("Parameters", [*equations.RANGES, *equations.CLOCK, "assist_ratio", "steps"])
PARAMETERS = {"assist_ratio": Quantity("beats in a pattern", "1", 1.0, (1, 1), (1, 1))}
"""What the engine asks for of them."""

"""Steps as the parameters say, and the same initial guess for all."""

import numpy as np

from ..compile.decorators import compiled
from ..names.parameters import Parameters
from ..names.state import PERIODIC_STATE

STEPS_AT = Parameters._fields.index("steps")
INITIAL_GUESS = np.array([quantity.default for quantity in PERIODIC_STATE.values()])


@compiled
def survey(parameters, steps, codes, guesses):  # type: ignore[no-untyped-def]
    for job in range(parameters.shape[0]):
        steps[job] = int(parameters[job, STEPS_AT])
        codes[job] = 0
        guesses[job] = INITIAL_GUESS

"""Steps as the parameters say, and the same first guess for all."""

import numpy as np

from ..compile.decorators import compiled
from ..names.parameters import Parameters
from ..names.state import HELD, MACHINE, REGULATED, STATE

STEPS_AT = Parameters._fields.index("steps")
FIRST_GUESS = np.array([each.default for table in (STATE, HELD, MACHINE, REGULATED) for each in table.values()])


@compiled
def survey(parameters, steps, codes, guesses):  # type: ignore[no-untyped-def]
    for job in range(parameters.shape[0]):
        steps[job] = int(parameters[job, STEPS_AT])
        codes[job] = 0
        guesses[job] = FIRST_GUESS

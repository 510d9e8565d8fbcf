"""Whether a sweep that is yet to run can tell sensitivity: asked of its own design with outcomes that are made up."""

from __future__ import annotations

import json

import numpy as np
import xarray as xr

from ...engine import OUTCOMES, PARAMETERS, Status
from ...sweeps.design.stepwise import FEWEST
from ...sweeps.spec.candidates import candidates
from ...sweeps.spec.spec import Spec
from .indices import sensitivity


def check_design(spec: Spec) -> xr.Dataset | None:
    """Ask `sensitivity` of the first rows of a saltelli or morris sweep; None of any other design.

    Raises
    ------
    InputError
        Where it would refuse the store.
    """
    if spec.design not in FEWEST:
        return None
    patients = candidates(spec, 0, FEWEST[spec.design] * spec.rows_together)
    count, arms = patients.sizes["patient"], list(spec.arms)
    values = np.random.default_rng(0).uniform(40.0, 60.0, (len(OUTCOMES), count, len(arms)))
    data = {name: (("patient", "arm"), each) for name, each in zip(OUTCOMES, values, strict=True)}
    result = xr.Dataset(data, {"arm": np.array(arms, dtype=object)})
    result["status"] = xr.full_like(result[next(iter(OUTCOMES))], Status.OK, dtype=np.uint8)
    for name in (*PARAMETERS, "cohort"):
        own = [overrides.get(name) for overrides in spec.arms.values()]
        if name not in patients and all(each is None for each in own):
            continue
        column = patients[name] if name in patients else xr.DataArray(PARAMETERS[name].default)
        sides = [column if each is None else xr.full_like(column, each) for each in own]
        result[name] = column if all(each is None for each in own) else xr.concat(sides, result["arm"])
    return sensitivity(result.assign_attrs(spec=json.dumps(spec.canonical())))

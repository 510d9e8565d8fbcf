"""Pressures and volumes of some patients of the posterior, with and without support."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from ...engine import RHYTHM, InputError, Status
from ...sweeps.earlier_results import ARMS, attribute_table
from ...sweeps.simulate import waveforms
from ..reading.origin import stored_spec
from ..response.comparison import Comparison
from ..response.pairs import Pair
from .posterior import People, weighted_quantiles

SHOWN = (0.1, 0.3, 0.5, 0.7, 0.9)
"""Quantiles of the predicted change of output at which a patient is shown."""

SAMPLES = 240
SIGNALS = ("aortic_pressure", "lv_pressure", "lv_volume")


def shown_patients(dataset: xr.Dataset, people: People, comparison: Comparison) -> dict[str, Any]:
    """Follow five patients through a beat, in the reference and in an arm.

    They are those at the 10th, 30th, 50th, 70th and 90th percentile of the predicted change of cardiac output.

    Returns
    -------
    dict
        Variables over ``shown``, ``shown_arm`` and ``instant``; none where no rhythm is regular or no arm is told.
    """
    spec = stored_spec(dataset)
    arms = spec.get("arms") or attribute_table(dataset.attrs.get(ARMS))
    names = (comparison.reference, comparison.arm)
    if not set(names) <= arms.keys():
        return {}
    block = people.block
    ran = (block["status"].sel(arm=list(names)).values == Status.OK).all(axis=1)
    regular = np.all([np.broadcast_to(block[name].values == 0, ran.shape) for name in RHYTHM if name in block], axis=0)
    kept = np.flatnonzero(ran & regular)
    if not len(kept):
        return {}
    change = np.asarray(Pair(block, comparison.arm, comparison.reference).difference("cardiac_output").value)[kept]
    at = weighted_quantiles(change, people.weight[kept], SHOWN)
    # the weightiest of those at a quantile, so that the one patient shown is no odd one
    reach = np.ptp(change) / 40 or 1.0
    score = np.log(people.weight[kept]) - 0.5 * ((change - at[:, np.newaxis]) / reach) ** 2
    chosen = kept[np.argmax(score, axis=1)]
    try:
        traces = waveforms(
            block.isel(patient=chosen).drop_vars("patient", errors="ignore"),
            {name: arms[name] for name in names},
            samples=SAMPLES,
            regulation=str(spec.get("regulation") or dataset.attrs.get("regulation") or "open-loop"),
            reference=comparison.reference,
        )
    except InputError:
        return {}
    dims = ("shown", "shown_arm", "instant")
    order = ("patient", "arm", "time")
    found: dict[str, Any] = {}
    for name in SIGNALS:
        about = {key: traces[name].attrs[key] for key in ("long_name", "units")}
        found[f"shown_{name}"] = dims, traces[name].transpose(*order).values, about
    found["shown_duration"] = (
        dims[:2],
        traces["pattern_duration"].transpose(*order[:2]).values,
        {"long_name": "duration of the pattern of beats", "units": "s"},
    )
    found["shown_arm"] = ("shown_arm", np.array(names, dtype=object))
    return found

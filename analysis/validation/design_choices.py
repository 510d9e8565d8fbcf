"""Design choices of the model: how far the headline answers move when one is halved or doubled."""

from __future__ import annotations

import numpy as np
import xarray as xr

from ...engine import PARAMETERS, Status
from ...sweeps.simulate import sample, simulate
from ..response.classify import Response, classify
from .quantities import Array

ARMS: dict[str, dict[str, float]] = {"off": {}, "iabp": {"balloon_volume": 40.0}}
FACTORS = (0.5, 2.0)
MOVED = ("choice_patients", "helped_before", "helped_after", "output_gain_before", "output_gain_after")


def halved_and_doubled(cohort: str, parameters: list[str], patients: int, seed: int) -> xr.Dataset:
    """Halve and double each parameter in the first candidates inside the cohort's window.

    A value that leaves the parameter's physical range is taken at its end.

    Returns
    -------
    xr.Dataset
        Over ``design_choice`` and ``factor``: ``choice_patients``, those inside the window as the model stands who
        converged both ways; of these very patients the share ``helped`` and the median relative ``output_gain`` of
        cardiac output, ``..._before`` and ``..._after`` the change; and the coordinate ``cohort``.
    """
    candidates = _inside(cohort, patients, seed)
    changes = [(parameter, factor) for parameter in parameters for factor in FACTORS]
    result = classify(simulate(_versions(candidates, changes), ARMS), arm="iabp", reference="off")
    shape = (1 + len(changes), candidates.sizes["patient"])
    helps = (result["response"].values == Response.HELPS).reshape(shape)
    gain = result["cardiac_output_relative_difference"].values.reshape(shape)
    moved = [_moved(helps[[0, place]], gain[[0, place]]) for place in range(1, len(helps))]
    columns = np.array(moved).reshape(len(parameters), len(FACTORS), len(MOVED))
    found = xr.Dataset(
        {name: (("design_choice", "factor"), columns[..., place]) for place, name in enumerate(MOVED)},
        {"cohort": cohort, "design_choice": np.array(parameters, dtype=object), "factor": list(FACTORS)},
    )
    return found.assign(choice_patients=found["choice_patients"].astype(int))


def _inside(cohort: str, patients: int, seed: int) -> xr.Dataset:
    drawn = sample(cohort, 2 * patients, seed=seed)
    status = simulate(drawn, {"off": {}}, window=cohort)["status"].sel(arm="off").values
    return drawn.isel(patient=np.flatnonzero(status == Status.OK)[:patients])


def _versions(candidates: xr.Dataset, changes: list[tuple[str, float]]) -> xr.Dataset:
    """Lay the patients as they are and in every changed version one after the other: full lanes for the kernel."""
    count = candidates.sizes["patient"]
    names = {str(name) for name in candidates.data_vars} | {parameter for parameter, _ in changes}
    columns = {}
    for name in sorted(names - {"index"}):
        own = candidates[name].values if name in candidates else PARAMETERS[name].default
        versions = np.tile(np.broadcast_to(np.asarray(own, np.float64), count), (1 + len(changes), 1))
        for place, (parameter, factor) in enumerate(changes, start=1):
            if parameter == name:
                versions[place] = np.clip(factor * versions[place], *PARAMETERS[name].physical)
        columns[name] = ("patient", versions.ravel())
    return xr.Dataset(columns, attrs=candidates.attrs)


def _moved(helps: Array, gain: Array) -> list[float]:
    """Compare two versions of the same patients, those who converged in both: `MOVED`."""
    both = np.isfinite(gain).all(axis=0)
    helped = [float(each[both].mean()) for each in helps]
    gained = [float(np.median(each[both])) for each in gain]
    return [float(both.sum()), *helped, *gained]

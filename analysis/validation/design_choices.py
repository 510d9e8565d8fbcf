"""Design choices of the model: how far the headline answers move when one is halved or doubled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr

from ...engine import PARAMETERS, Status
from ...engine.names.regulation import MODES
from ...sweeps.simulate import sample, simulate
from ..response.classify import Response, classify
from .quantities import Array

ARMS: dict[str, dict[str, float]] = {"off": {}, "iabp": {"balloon_volume": 40.0}}
FACTORS = (0.5, 2.0)
MOVED = ("choice_patients", "helped_before", "helped_after", "output_gain_before", "output_gain_after")


def halved_and_doubled(
    cohort: str,
    parameters: Sequence[str],
    patients: int,
    seed: int,
    instead: Mapping[str, tuple[float, float]] | None = None,
) -> xr.Dataset:
    """Halve and double each parameter, in every mode of regulation, in the first candidates inside the cohort's window.

    A value that leaves the parameter's physical range is taken at its end. A parameter that acts in one mode alone is
    changed in that mode alone.

    Parameters
    ----------
    cohort : str
        Name of the cohort.
    parameters : sequence of str
        Names of the parameters.
    patients : int
        How many.
    seed : int
        Of the candidates.
    instead : mapping of str to pair of float, optional
        Parameter to the two values that it is set to instead.

    Returns
    -------
    xr.Dataset
        Over ``regulation``, ``design_choice`` and ``factor``: ``choice_patients``, those inside the window as the
        model stands who converged both ways, 0 where nothing was changed; of these very patients the share ``helped``
        and the median relative ``output_gain`` of cardiac output, ``..._before`` and ``..._after`` the change; and the
        coordinate ``cohort``.
    """
    candidates = _inside(cohort, patients, seed)
    columns = np.full((len(MODES), len(parameters), len(FACTORS), len(MOVED)), np.nan)
    columns[..., 0] = 0
    of_one_mode = {name for mode in MODES.values() for name in mode.settings}
    for place, (name, mode) in enumerate(MODES.items()):
        acting = [each for each in parameters if each not in of_one_mode or each in mode.settings]
        rows = [list(parameters).index(each) for each in acting]
        columns[place, rows] = _in_mode(name, candidates, acting, instead or {})
    found = xr.Dataset(
        {name: (("regulation", "design_choice", "factor"), columns[..., place]) for place, name in enumerate(MOVED)},
        {
            "cohort": cohort,
            "regulation": np.array(list(MODES), dtype=object),
            "design_choice": np.array(parameters, dtype=object),
            "factor": list(FACTORS),
        },
    )
    return found.assign(choice_patients=found["choice_patients"].astype(int))


def _in_mode(
    regulation: str, candidates: xr.Dataset, parameters: Sequence[str], instead: Mapping[str, tuple[float, float]]
) -> Array:
    """Change the parameters in a mode of regulation: `MOVED` over parameters and changes."""
    count = candidates.sizes["patient"]
    changes = [
        (parameter, _changed(candidates, parameter, place, instead))
        for parameter in parameters
        for place in range(len(FACTORS))
    ]
    result = classify(
        simulate(_versions(candidates, changes), ARMS, regulation=regulation), arm="iabp", reference="off"
    )
    shape = (1 + len(changes), count)
    helps = (result["response"].values == Response.HELPS).reshape(shape)
    gain = result["cardiac_output_relative_difference"].values.reshape(shape)
    moved = [_moved(helps[[0, place]], gain[[0, place]]) for place in range(1, len(helps))]
    return np.array(moved).reshape(len(parameters), len(FACTORS), len(MOVED))


def _own(candidates: xr.Dataset, name: str) -> Array:
    """Values of a parameter in every patient."""
    own = candidates[name].values if name in candidates else PARAMETERS[name].default
    return np.broadcast_to(np.asarray(own, np.float64), candidates.sizes["patient"])


def _changed(candidates: xr.Dataset, name: str, place: int, instead: Mapping[str, tuple[float, float]]) -> Array:
    """Values of a parameter, halved or doubled, or set to what stands for that."""
    own = _own(candidates, name)
    if name in instead:
        return np.full_like(own, instead[name][place])
    return np.clip(FACTORS[place] * own, *PARAMETERS[name].physical)


def _inside(cohort: str, patients: int, seed: int) -> xr.Dataset:
    drawn = sample(cohort, 2 * patients, seed=seed)
    status = simulate(drawn, {"off": {}}, window=cohort)["status"].sel(arm="off").values
    return drawn.isel(patient=np.flatnonzero(status == Status.OK)[:patients])


def _versions(candidates: xr.Dataset, changes: Sequence[tuple[str, Array]]) -> xr.Dataset:
    """Lay the patients as they are and in every changed version one after the other: full lanes for the kernel."""
    names = {str(name) for name in candidates.data_vars} | {parameter for parameter, _ in changes}
    columns = {}
    for name in sorted(names - {"index"}):
        versions = np.tile(_own(candidates, name), (1 + len(changes), 1))
        for place, (parameter, values) in enumerate(changes, start=1):
            if parameter == name:
                versions[place] = values
        columns[name] = ("patient", versions.ravel())
    return xr.Dataset(columns, attrs=candidates.attrs)


def _moved(helps: Array, gain: Array) -> list[float]:
    """Compare two versions of the same patients, those who converged in both: `MOVED`."""
    both = np.isfinite(gain).all(axis=0)
    helped = [float(each[both].mean()) for each in helps]
    gained = [float(np.median(each[both])) for each in gain]
    return [float(both.sum()), *helped, *gained]

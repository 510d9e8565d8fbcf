"""Structural doubt: how far the headline answers move when a design choice is halved or doubled."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr

from ...engine import PARAMETERS, Status
from ...sweeps.simulate import sample, simulate
from ..response.classify import Response, classify
from .quantities import Array

ARMS: dict[str, dict[str, float]] = {"off": {}, "iabp": {"balloon_volume": 40.0}}
FACTORS = (0.5, 2.0)


@dataclass(frozen=True)
class Headline:
    """The answers for one cohort: share helped (1) and median relative gain of cardiac output (1)."""

    helped: float
    output_gain: float


@dataclass(frozen=True)
class Moved:
    """A design choice changed, for one cohort.

    Attributes
    ----------
    patients : int
        Compared: inside the window as the model stands, converged both ways.
    before, after : Headline
        Of these very patients.
    """

    cohort: str
    parameter: str
    factor: float
    patients: int
    before: Headline
    after: Headline

    def by(self, headline: str) -> float:
        """How far an answer moved."""
        return float(getattr(self.after, headline) - getattr(self.before, headline))


def doubt(cohort: str, parameters: list[str], patients: int, seed: int) -> list[Moved]:
    """Halve and double each parameter in the first candidates inside the cohort's window.

    A value that leaves the parameter's physical range is taken at its end.
    """
    candidates = _inside(cohort, patients, seed)
    changes = [(parameter, factor) for parameter in parameters for factor in FACTORS]
    result = classify(simulate(_versions(candidates, changes), ARMS), arm="iabp", reference="off")
    shape = (1 + len(changes), candidates.sizes["patient"])
    helps = (result["response"].values == Response.HELPS).reshape(shape)
    gain = result["cardiac_output_relative_difference"].values.reshape(shape)
    return [
        _moved(cohort, change, helps[[0, place]], gain[[0, place]]) for place, change in enumerate(changes, start=1)
    ]


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


def _moved(cohort: str, change: tuple[str, float], helps: Array, gain: Array) -> Moved:
    both = np.isfinite(gain).all(axis=0)
    before, after = (
        Headline(float(helped[both].mean()), float(np.median(gained[both])))
        for helped, gained in zip(helps, gain, strict=True)
    )
    return Moved(cohort, *change, int(both.sum()), before, after)

"""Refinement: new patients simulated where the posterior is, by adaptive multiple importance sampling."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import xarray as xr

from ...engine import InputError, Status, WarmStart
from ...sweeps.design.unit_cube import UNIT_CUBES
from ...sweeps.design.weighting import WEIGHT
from ...sweeps.earlier_results import ARMS, attribute_table
from ...sweeps.spec.blocks import simulated
from ...sweeps.spec.candidates import candidates_at, positions
from ...sweeps.spec.file import from_canonical
from ...sweeps.spec.spec import Spec
from ..numbers.cells import Floats
from ..reading.origin import stored_spec
from .proposal import Proposal, learnt
from .request import Measurement
from .weights import Candidates, effective_size, log_likelihood, rows_of

BATCH = 1024
"""Patients simulated between two looks at the effective sample size."""

LEARNERS = 16_384
"""Patients at most, the weightiest, from whom a proposal is learnt."""


class Law(NamedTuple):
    """What the patients of a store were drawn by; without a specification where new ones cannot be drawn so.

    Attributes
    ----------
    spec : Spec or None
    why_not : str
        Why there is none.
    """

    spec: Spec | None
    why_not: str = ""


def law_of(dataset: xr.Dataset) -> Law:
    """Find how the patients of a data set were drawn, and its arms."""
    content: dict[str, Any] = stored_spec(dataset)
    if not content:
        content = _of_simulation(dataset)
        if not content:
            return Law(None, "the data set does not say how its patients were drawn")
    if WEIGHT in dataset.variables:
        return Law(None, "the patients of a refined sweep were not drawn alike")
    try:
        spec = from_canonical(content)
    except InputError as error:
        return Law(None, f"how its patients were drawn cannot be read: {error}")
    if spec.design not in UNIT_CUBES:
        return Law(None, f"a design of the kind {spec.design} is no sample of a law")
    return Law(spec)


def _of_simulation(dataset: xr.Dataset) -> dict[str, Any]:
    """Specification of a result of ``simulate`` whose patients are whole from ``sample``; empty where they are not."""
    about, arms = dataset.attrs, attribute_table(dataset.attrs.get(ARMS))
    index = dataset["index"].values if "index" in dataset.variables else np.empty(0)
    if not arms or not {"cohort", "seed", "design"} <= about.keys():
        return {}
    if not np.array_equal(index, np.arange(dataset.sizes["patient"])) or about.get("window", "own") not in (
        "own", about["cohort"],
    ):  # fmt: skip
        return {}
    return {
        "cohort": about["cohort"],
        "patients": dataset.sizes["patient"],
        "seed": int(about["seed"]),
        "design": about["design"],
        "regulation": str(about.get("regulation", "open-loop")),
        "arms": arms,
        "window": "window" in about,
        **({"reference": str(about["reference"])} if "reference" in about else {}),
    }


@dataclass
class Refined:
    """Patients, those of the store and new ones, and their importance weights.

    Attributes
    ----------
    rows : array of int
        Positions in the store of those from there, who come first.
    log_weight : array
        Of those from the store, then of the new ones.
    fresh : xr.Dataset or None
        The new ones with a result, as simulated.
    simulations : int
        How many were simulated.
    """

    rows: np.ndarray
    log_weight: Floats
    fresh: xr.Dataset | None = None
    simulations: int = 0

    @property
    def effective(self) -> float:
        """Effective sample size."""
        return effective_size(self.log_weight)


def refine(
    dataset: xr.Dataset,
    candidates: Candidates,
    measured: Sequence[Measurement],
    spec: Spec,
    baseline: str,
    *,
    effective: float,
    simulations: int,
    seed: int,
    warm_start: WarmStart | None,
    threads: int,
) -> Refined:
    """Simulate new patients around the posterior until the effective sample size is reached.

    Every patient, of the store and new, is weighed by the likelihood and the density of the law over that of the
    mixture of all proposals so far, each with the number drawn from it (deterministic multiple mixture: Veach and
    Guibas 1995; adaptive: Cornuet, Marin, Mira and Robert 2012, Scand J Stat 39:798). The store counts as a proposal
    that is the law itself. So the weights are right whatever the proposals, which decide the number of simulations.

    Parameters
    ----------
    dataset : xr.Dataset
        The store.
    candidates : Candidates
        Of the store.
    measured : sequence of Measurement
    spec : Spec
        How the store's patients were drawn, and simulated.
    baseline : str
        Arm without support.
    effective : float
        Effective sample size that is enough.
    simulations : int
        Patients simulated at most.
    seed : int
    warm_start : WarmStart or None
        Of the store.
    threads : int
    """
    found = Refined(candidates.rows, candidates.log_weight)
    if found.effective >= effective or simulations <= 0:
        return found
    near = np.sort(np.argsort(-candidates.log_weight, kind="stable")[:LEARNERS])
    names = [name for each in measured for name in each.quantity.needs]
    old = _Known.of(rows_of(dataset, names, candidates.rows[near]), _scores(spec, candidates.rows[near]), measured)
    stored, log_likelihood_of_stored = _scores(spec, candidates.rows), candidates.log_weight
    fresh: list[xr.Dataset] = []
    known: list[_Known] = []
    proposals: list[tuple[int, Proposal]] = []
    log_weight = candidates.log_weight
    value, spread = (np.array(each) for each in zip(*((one.value, one.spread or 0.5) for one in measured), strict=True))
    random = np.random.default_rng([seed, len(measured), spec.dimensions])
    arms = list(dict.fromkeys([baseline, *(each.arm for each in measured)]))
    drawn = 0
    while drawn < simulations and effective_size(log_weight) < effective:
        size = min(BATCH, simulations - drawn)
        everyone = _Known.joined([old, *known])
        density = np.log(_mixture(everyone.places, candidates.run, proposals))
        proposal = learnt(everyone.places, everyone.log_likelihood - density, everyone.true, value, spread, -density)
        places = proposal.drawn(size, random)
        patients = candidates_at(spec, _unit(places), dataset.sizes["patient"] + drawn + np.arange(size))
        result = simulated(spec, patients, warm_start, threads)
        drawn += size
        proposals.append((size, proposal))
        ran = (result["status"].sel(arm=arms) == Status.OK).all("arm").values
        kept = np.flatnonzero(ran)
        fresh.append(result.isel(patient=kept))
        known.append(_Known.of(fresh[-1], places[kept], measured))
        log_weight = np.concatenate(
            [log_likelihood_of_stored - np.log(_mixture(stored, candidates.run, proposals))]
            + [each.log_likelihood - np.log(_mixture(each.places, candidates.run, proposals)) for each in known]
        )
    new = xr.concat(fresh, "patient", data_vars="minimal", coords="minimal", compat="override", join="override")
    return Refined(candidates.rows, log_weight, new, drawn)


class _Known(NamedTuple):
    """Patients whose true values are known: places (patient, coordinate), true (patient, measurement), likelihood."""

    places: Floats
    true: Floats
    log_likelihood: Floats

    @classmethod
    def of(cls, block: xr.Dataset, places: Floats, measured: Sequence[Measurement]) -> _Known:
        true = np.stack([each.true(block) for each in measured], axis=1)
        return cls(places, true, log_likelihood(measured, block))

    @classmethod
    def joined(cls, several: Sequence[_Known]) -> _Known:
        whole = cls(*(np.concatenate(each) for each in zip(*several, strict=True)))
        kept = np.isfinite(whole.log_likelihood)
        return cls(*(each[kept] for each in whole))


def _mixture(places: Floats, run: int, proposals: Sequence[tuple[int, Proposal]]) -> Floats:
    """Number drawn from each proposal times its density over that of the law, summed; the store is one of them."""
    total = np.full(len(places), float(run))
    for count, proposal in proposals:
        total += count * proposal.ratio(places)
    return total


def _scores(spec: Spec, rows: np.ndarray) -> Floats:
    """Places (patient, coordinate) of patients of a store, where its law is standard normal."""
    from scipy.special import ndtri

    columns, _ = positions(spec, np.asarray(rows, dtype=np.int64))
    return np.ascontiguousarray(ndtri(columns).T)


def _unit(places: Floats) -> Floats:
    """Positions in the unit cube (coordinate, patient)."""
    from scipy.special import ndtr

    return np.ascontiguousarray(np.clip(ndtr(places).T, 2.0**-54, 1 - 2.0**-53))

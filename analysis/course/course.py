"""Days of support: what each day gives and costs, how heparin is steered, which way off, and who needed none."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from typing import Any

import numpy as np
import xarray as xr

from ...engine import InputError
from ..reading.origin import about_sweep
from ..reading.stream import Weights, fold, refuse_weights, sample
from ..response.classify import compared_in, judge
from ..response.comparison import Comparison
from . import patients
from .answer import answer_of, attributes_of
from .arms import Arms, arms_of
from .bedside import Calibration, calibrated, needs, places, ran
from .request import Request, request_of
from .work import Work, plans_of

SAMPLE = 20_000
"""Patients on whom a course is calibrated, at most."""


def course(
    dataset: xr.Dataset,
    asked: str | PathLike[str] | Mapping[str, Any],
    *,
    thresholds: Mapping[str, float] | None = None,
    by_patient: bool = False,
) -> xr.Dataset:
    """Take the patients of a store through days of support.

    Research use only: nothing here advises on a patient.

    Parameters
    ----------
    dataset : xr.Dataset
        Result of ``open_store`` or ``simulate``, with an arm without support, one with a balloon, and those to which it
        is wound down.
    asked : str, path or mapping
        A course file, as in examples/courses, or a table of the same form.
    thresholds : mapping, optional
        As in :func:`~counterpulse.analysis.response.classify.classify`: who is left out, and the classes of response.
    by_patient : bool
        Whether a row for each patient is wanted instead of what they come to: over ``patient`` the class of response,
        the days of the events of the course asked for (``death_day`` and others; NaN where there was none), days of
        support, the cause of death; and for each causal share (``_all``, ``_half``, ``_none``) the days of support with
        the greatest expected benefit, the day from which another costs more than it gives, benefit and probability of
        a complication until then, and whether a device should not have been put in. Dask arrays, computed piece by
        piece where they are read; ``counterpulse course --patients FILE`` writes them.

    Returns
    -------
    xr.Dataset
        Over ``course``, ``event`` and ``time`` (days): ``incidence``, the cumulative incidence with competing risks
        (Aalen and Johansen), with its 95 % interval; over ``course`` the mean days of ``support``, shares of the
        patients, deaths by ``cause``, and ``more_deaths`` than in the course asked for, of the same patients. Over
        ``nomogram`` and ``interval`` the shares of time below, in and far above the range of the aPTT. Over ``group``
        (all, and by response), ``causal_share`` and ``day``: ``by_power`` and ``benefit``, what support until the day
        changes in the probability to be alive at the end of the course, by cardiac power alone and all in all;
        ``dearer``, for which share the day costs more than it gives, and ``best``, for which it is the best end. Over
        ``causal_share`` and ``measure`` who should not have had a device (their benefit is greatest without), beside
        the others. Over ``row`` incidences at published exposures.

    Raises
    ------
    InputError
        For a mistake in the course, an arm or a variable that the store lacks, or nobody to take through it.
    """
    request = request_of(asked)
    if request.patients is not None:
        candidates = dataset.sizes["patient"]
        if request.patients > candidates:
            raise InputError(f"patients: given {request.patients:,}, and the store has {candidates:,}")
        dataset = dataset.isel(patient=slice(0, request.patients))
    arms = arms_of(dataset, request)
    comparison = Comparison.of(dataset, arms.full, arms.reference, None, thresholds)
    names = list(dict.fromkeys([*comparison.reads(dataset), *needs(dataset), "central_venous_pressure"]))
    for name in names:
        if name not in dataset.variables:
            raise InputError(f"course: the data set has no variable {name!r}, which a course needs")
    learnt = _learnt(dataset, names, arms, comparison, request)
    work = Work(request, arms, comparison, learnt, plans_of(arms, request))
    about = about_sweep(dataset) | comparison.attributes
    if by_patient:
        return patients.by_patient(dataset, names, work, about | attributes_of(work))
    sums = fold(dataset, names, work.of, answer="course", weights=Weights.REFUSED)
    return answer_of(work, sums, about, dataset.sizes["patient"])


def _learnt(dataset: xr.Dataset, names: list[str], arms: Arms, comparison: Comparison, request: Request) -> Calibration:
    refuse_weights(dataset, "course")
    block = sample(dataset, names, SAMPLE)
    chosen = np.flatnonzero(compared_in(judge(block, comparison)[0]) & ran(block, arms.all))
    if not chosen.size:
        raise InputError(f"course: no patient was compared in all of {', '.join(arms.all)}")
    block = block.isel(patient=chosen)
    return calibrated(block, places(block, slice(0, chosen.size)), arms.all, arms.full, request)

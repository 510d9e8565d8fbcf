"""The face's ``sample``, ``simulate`` and ``waveforms``: names resolved, windows applied."""

from __future__ import annotations

from collections.abc import Mapping
from operator import index
from typing import Any

import xarray as xr

from ..engine import ensemble
from ..engine import waveforms as signals
from ..engine.quantity import InputError
from . import cohorts
from .checks import arm, items, number, one_of
from .design import candidates
from .spec import LATER, PRECISIONS, REGULATIONS, from_canonical
from .strict import shown

MOST_SAMPLES = 100_000


def sample(cohort: str, patients: int, seed: int = 0, design: str = "sobol") -> xr.Dataset:
    """Draw candidates from a cohort.

    Parameters
    ----------
    cohort : str
        Name of the population.
    patients : int
        Number of candidates.
    seed : int
        Seed of the design.
    design : str
        ``"sobol"``, ``"latin-hypercube"`` or ``"random"``.

    Returns
    -------
    xarray.Dataset
        One variable per parameter of the cohort's law over the dimension ``patient`` (without it where all
        patients have the same), ``index``, and the attributes ``cohort``, ``seed`` and ``design``.

    Raises
    ------
    InputError
        For a cohort or design that is not known, a number of patients or a seed out of range.
    """
    if hasattr(patients, "__index__") and not isinstance(patients, bool):
        patients = index(patients)  # numpy's integers are as good as Python's
    spec = from_canonical({"cohort": cohort, "patients": patients, "seed": seed, "design": design, "arms": {"off": {}}})
    return candidates(spec, 0, spec.patients)


def simulate(
    patients: xr.Dataset,
    arms: Mapping[str, Mapping[str, float]],
    regulation: str = "open-loop",
    precision: str = "float64",
    tolerance: float = 5e-4,
    threads: int | None = None,
    guide: Any = None,
    reference: str | None = None,
    window: str | None = None,
) -> xr.Dataset:
    """Run patients in every arm to their periodic states.

    Parameters
    ----------
    patients : xarray.Dataset
        One variable per parameter over the dimension ``patient``, or without it where all have the same; what is
        missing has its default. As from ``sample``.
    arms : mapping of str to mapping of str to float
        Name to overrides of parameters, as ``{"off": {}, "iabp": {"balloon_volume": 40}}``.
    regulation : str
        ``"open-loop"``.
    precision : str
        ``"float64"`` or ``"float32"``, of the kernel and of the result.
    tolerance : float
        Relative error of the outcomes at which a periodic state is accepted.
    threads : int, optional
        Default: the cores this process may use.
    guide : None
        Not offered yet.
    reference : str, optional
        The arm the others are compared with; default the first.
    window : str, optional
        Name of a cohort whose window is applied: who is outside keeps the baseline and has the status
        ``outside_cohort``.

    Returns
    -------
    xarray.Dataset
        Dimensions ``patient`` and ``arm``: ``status``, ``findings``, the parameters and the outcomes, each with its
        units.

    Raises
    ------
    InputError
        For bad input, in one line.
    """
    if guide is not None:
        raise InputError("guide: not offered yet; allowed: None")
    one_of("regulation", regulation, REGULATIONS, LATER["regulation"])
    if threads is not None and (not isinstance(threads, int) or isinstance(threads, bool) or threads < 1):
        raise InputError(f"threads: given {shown(threads)}, an integer of 1 or more is needed")
    if window is not None:
        one_of("window", window, tuple(cohorts.names()))
    _check_patients(patients)
    one_of("precision", precision, PRECISIONS)
    result = ensemble.simulate(
        patients,
        _arms(arms),
        reference=reference,
        bounds=None if window is None else cohorts.window(window),
        regulation=regulation,
        precision=precision,
        tolerance=number("tolerance", tolerance),
        threads=threads,
    )
    return result.assign_attrs({**patients.attrs, **result.attrs})


def waveforms(
    patients: xr.Dataset,
    arms: Mapping[str, Mapping[str, float]],
    *,
    samples: int = 400,
    precision: str = "float64",
    tolerance: float = 5e-4,
) -> xr.Dataset:
    """Follow pressures, volumes and flows through the periodic state, for plots.

    Parameters
    ----------
    patients : xarray.Dataset
        One patient (``patients.isel(patient=0)``) or several.
    arms : mapping of str to mapping of str to float
        As for ``simulate``.
    samples : int
        Instants over the pattern.
    precision : str
        ``"float64"`` or ``"float32"``.
    tolerance : float
        As for ``simulate``.

    Returns
    -------
    xarray.Dataset
        Over ``arm`` and ``time`` in seconds from ventricular activation; with several patients over ``patient`` too,
        ``time`` then a fraction of ``pattern_duration``.

    Raises
    ------
    InputError
        For bad input, in one line.
    """
    if not isinstance(samples, int) or isinstance(samples, bool) or not 2 <= samples <= MOST_SAMPLES:
        raise InputError(f"samples: given {shown(samples)}, an integer of 2 to {MOST_SAMPLES} is needed")
    _check_patients(patients)
    one_of("precision", precision, PRECISIONS)
    return signals.waveforms(
        patients, _arms(arms), samples=samples, precision=precision, tolerance=number("tolerance", tolerance)
    )


def _check_patients(patients: object) -> None:
    if not isinstance(patients, xr.Dataset):
        raise InputError(f"patients: given {shown(patients)}, an xarray.Dataset is needed, as from sample()")


def _arms(arms: Mapping[str, Mapping[str, float]]) -> dict[str, dict[str, float]]:
    checked = {name: arm(name, overrides) for name, overrides in items("arms", arms)}
    if not checked:
        raise InputError('arms: none given, at least one is needed, as {"off": {}}')
    return checked

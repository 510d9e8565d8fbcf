"""The face's ``sample``, ``simulate`` and ``waveforms``: names resolved, windows applied."""

from __future__ import annotations

import os
from collections.abc import Mapping
from operator import index

import xarray as xr

from ..engine import ensemble
from ..engine import waveforms as signals
from ..engine.guide import SCOUTS, Guide, make_guide
from ..engine.irregular import MOST_BEATS
from ..engine.quantity import InputError
from ..engine.tables import REGULATIONS
from . import cohorts
from .checks import arm, items, number, one_of
from .design import candidates
from .mixtures import joined, own_bounds
from .spec import PRECISIONS, SCOUTS_SEED, from_canonical
from .strict import shown

MOST_SAMPLES = 100_000


def sample(cohort: str | Mapping[str, float], patients: int, seed: int = 0, design: str = "sobol") -> xr.Dataset:
    """Draw candidates from a cohort, or from several.

    Parameters
    ----------
    cohort : str or mapping of str to float
        Name of the population, or names and weights, as ``{"ami-cs": 0.6, "adhf": 0.4}``.
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
        patients have the same), ``index``, and the attributes ``cohort``, ``cohort_definitions``, ``seed`` and
        ``design``. From several cohorts also ``cohort``, which one a patient is of, with CF flags.

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
    arms: Mapping[str, Mapping[str, float | str]],
    regulation: str = "open-loop",
    precision: str = "float64",
    tolerance: float = 5e-4,
    threads: int | None = None,
    guide: Guide | None = None,
    reference: str | None = None,
    window: str | None = None,
    rhythm_tolerance: float = 1e-2,
    most_beats: int = MOST_BEATS,
) -> xr.Dataset:
    """Run patients in every arm to their periodic states.

    Parameters
    ----------
    patients : xarray.Dataset
        One variable per parameter over the dimension ``patient``, or without it where all have the same; what is
        missing has its default. As from ``sample``.
    arms : mapping of str to mapping
        Name to overrides of parameters, as ``{"off": {}, "iabp": {"balloon_volume": 40}}``; devices by name too, as
        ``{"impella": "CP", "impella_level": 6}``.
    regulation : str
        ``"open-loop"``, ``"baroreflex"`` or ``"map-held"``.
    precision : str
        ``"float64"`` or ``"float32"``, of the kernel and of the result.
    tolerance : float
        Relative error of the outcomes at which a periodic state is accepted.
    threads : int, optional
        Default: the cores this process may use.
    guide : Guide, optional
        From ``guide``, of the same arms: fewer beats to the periodic state, the same answer within the tolerance.
    reference : str, optional
        The arm the others are compared with; default the first.
    window : str, optional
        Name of a cohort whose window is applied: who is outside keeps the baseline and has the status
        ``outside_cohort``. ``"own"``: that of the cohort each patient was drawn from.
    rhythm_tolerance : float
        In irregular rhythm, relative error of the mean outcomes at which a patient is followed no longer.
    most_beats : int
        Beats after which an irregular patient has not converged.

    Returns
    -------
    xarray.Dataset
        Dimensions ``patient`` and ``arm``: ``status``, ``findings``, the parameters and the outcomes, each with its
        units. Where a patient may be irregular also ``difference_error``, of the difference to the reference arm.

    Raises
    ------
    InputError
        For bad input, in one line.
    """
    if guide is not None and not isinstance(guide, Guide):
        raise InputError(f"guide: given {shown(guide)}, what guide() returns is needed")
    one_of("regulation", regulation, REGULATIONS)
    _check_threads(threads)
    if window is not None:
        one_of("window", window, ("own", *cohorts.names()))
    _check_patients(patients)
    one_of("precision", precision, PRECISIONS)
    result = ensemble.simulate(
        patients.drop_vars("cohort", errors="ignore"),
        _arms(arms, patients),
        reference=reference,
        bounds=None if window is None else own_bounds(patients) if window == "own" else cohorts.window(window),
        regulation=regulation,
        precision=precision,
        tolerance=number("tolerance", tolerance),
        threads=threads,
        guide=guide,
        rhythm_tolerance=number("rhythm_tolerance", rhythm_tolerance),
        most_beats=most_beats,
    )
    return joined(result, patients).assign_attrs({**patients.attrs, **result.attrs})


def guide(
    cohort: str | Mapping[str, float],
    arms: Mapping[str, Mapping[str, float | str]],
    regulation: str = "open-loop",
    precision: str = "float64",
    reference: str | None = None,
    threads: int | None = None,
) -> Guide:
    """Learn a population's way to its periodic states, for ``simulate``; it pays from a few thousand patients on.

    Parameters
    ----------
    cohort : str or mapping of str to float
        As for ``sample``. With patients from elsewhere a guide costs beats, not accuracy.
    arms, regulation, precision, reference, threads
        As for ``simulate``; arms, regulation and precision must be those of the simulation.

    Returns
    -------
    Guide

    Raises
    ------
    InputError
        For bad input, in one line.
    """
    one_of("regulation", regulation, REGULATIONS)
    one_of("precision", precision, PRECISIONS)
    _check_threads(threads)
    return make_guide(
        sample(cohort, SCOUTS, seed=SCOUTS_SEED).drop_vars("cohort", errors="ignore"),
        _arms(arms, xr.Dataset()),
        reference=reference,
        regulation=regulation,
        precision=precision,
        threads=len(os.sched_getaffinity(0)) if threads is None else threads,
    )


def waveforms(
    patients: xr.Dataset,
    arms: Mapping[str, Mapping[str, float | str]],
    *,
    samples: int = 400,
    precision: str = "float64",
    tolerance: float = 5e-4,
    regulation: str = "open-loop",
    reference: str | None = None,
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
    regulation, reference : str
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
        patients.drop_vars("cohort", errors="ignore"),
        _arms(arms, patients),
        samples=samples,
        precision=precision,
        tolerance=number("tolerance", tolerance),
        regulation=one_of("regulation", regulation, REGULATIONS),
        reference=reference,
    )


def _check_threads(threads: object) -> None:
    if threads is not None and (not isinstance(threads, int) or isinstance(threads, bool) or threads < 1):
        raise InputError(f"threads: given {shown(threads)}, an integer of 1 or more is needed")


def _check_patients(patients: object) -> None:
    if not isinstance(patients, xr.Dataset):
        raise InputError(f"patients: given {shown(patients)}, an xarray.Dataset is needed, as from sample()")


def _arms(arms: object, patients: xr.Dataset) -> dict[str, dict[str, float]]:
    carried = {str(name) for name in patients.data_vars}
    checked = {name: arm(name, overrides, carried) for name, overrides in items("arms", arms)}
    if not checked:
        raise InputError('arms: none given, at least one is needed, as {"off": {}}')
    return checked

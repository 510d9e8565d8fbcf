"""The face's ``simulate`` and ``waveforms``: names resolved, windows applied."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import xarray as xr

from ..engine import ensemble
from ..engine.quantity import InputError
from .checks import one_of
from .cohorts import window as window_of
from .spec import LATER, PRECISIONS, REGULATIONS


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
    one_of("precision", precision, PRECISIONS)
    result = ensemble.simulate(
        patients,
        arms,
        reference=reference,
        bounds=None if window is None else window_of(window),
        regulation=regulation,
        precision=precision,
        tolerance=tolerance,
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
    one_of("precision", precision, PRECISIONS)
    return ensemble.waveforms(patients, arms, samples=samples, precision=precision, tolerance=tolerance)

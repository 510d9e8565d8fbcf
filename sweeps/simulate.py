"""The face's ``sample``, ``simulate`` and ``waveforms``: names resolved, windows applied."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np
import xarray as xr

from .. import engine
from ..engine import PARAMETERS, REGULATIONS, InputError, WarmStart, allowed_cores, make_warm_start
from ..engine.cohort_bounds import slice_of
from ..engine.inputs import given as read_given
from ..engine.irregular.follow import MOST_BEATS
from .earlier_results import as_patients, described
from .notebook import bar_wanted, in_parts
from .population import cohorts, ineffective
from .population.checks import arm, items, number, one_of, whole
from .population.mixtures import bounds_by_cohort
from .population.tables import shown
from .spec.candidates import TRAINING_SEED, candidates
from .spec.file import from_canonical
from .spec.levels import expanded
from .spec.settings import MOST_TRAINING_PATIENTS, TRAINING_PATIENTS
from .spec.spec import PRECISIONS
from .user_patients.frames import Frame, from_frame, is_frame
from .user_patients.patients import Patients, numbered, separated

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
        patients have the same), their position as the coordinate ``patient`` and as ``index``, and the attributes
        ``cohort``, ``cohort_definitions``, ``cohort_shock``, ``seed`` and ``design``. From several cohorts also
        ``cohort``, which one a patient is of, with CF flags.

    Raises
    ------
    InputError
        For a cohort or design that is not known, a number of patients or a seed out of range.
    """
    spec = from_canonical({"cohort": cohort, "patients": patients, "seed": seed, "design": design, "arms": {"off": {}}})
    return numbered(candidates(spec, 0, spec.patients))


def simulate(
    patients: xr.Dataset | Frame,
    arms: Mapping[str, Mapping[str, float | str]],
    regulation: str = "open-loop",
    precision: str = "float64",
    tolerance: float = 5e-4,
    threads: int | None = None,
    warm_start: WarmStart | None = None,
    reference: str | None = None,
    window: str | None = None,
    rhythm_tolerance: float = 1e-2,
    most_beats: int = MOST_BEATS,
    progress: bool | None = None,
) -> xr.Dataset:
    """Run patients in every arm to their periodic states.

    Parameters
    ----------
    patients : xarray.Dataset, or data frame of pandas or polars
        One variable, coordinate or column per parameter over the dimension ``patient``, or without it where all have
        the same; what is missing has its default. As from ``sample``; a stacked grid; or an earlier result or a store,
        whole or a part, whose patients are then simulated again: what arms of it set is not the patients' own.

        What is no parameter (labels, identifiers, groups, measurements) is not used and passes through to the result.
        A name close to a parameter's, or that of something a result holds, is refused. ``patient`` are labels, as the
        index of a frame is where it is not 0, 1, ...; ``cohort`` says the population, ``index`` and the attribute
        ``seed`` the random numbers of irregular rhythm. In a frame, missing texts become "" and missing numbers NaN,
        which no parameter may be.
    arms : mapping of str to mapping
        Name to overrides of parameters, as ``{"off": {}, "iabp": {"balloon_volume": 40}}``; devices by name too, as
        ``{"impella": "CP", "impella_level": 6}``, and by levels, ``{"impella": "CP", "levels": [2, 4, 6, 8]}`` or
        ``{"levels": {"ecmo_flow": [2, 3, 4]}}``: one arm for each, ``ARM@LEVEL``.
    regulation : str
        ``"open-loop"``, ``"baroreflex"`` or ``"map-held"``.
    precision : str
        ``"float64"`` or ``"float32"``, of the kernel and of the result.
    tolerance : float
        Relative error of the outcomes at which a periodic state is accepted.
    threads : int, optional
        Default: the cores this process may use.
    warm_start : WarmStart, optional
        From ``warm_start``, of the same arms: fewer beats to the periodic state, the same answer within the tolerance.
    reference : str, optional
        The arm the others are compared with; default the first.
    window : str, optional
        Name of a cohort whose window is applied: who is outside keeps the baseline and has the status
        ``outside_cohort``. ``"own"``: that of the cohort each patient was drawn from.
    rhythm_tolerance : float
        In irregular rhythm, relative error of the mean outcomes at which a patient is followed no longer.
    most_beats : int
        Beats after which an irregular patient has not converged.
    progress : bool, optional
        Whether a bar shows how far it is, after half a second. Default: in a notebook.

    Returns
    -------
    xarray.Dataset
        Dimensions ``patient`` and ``arm``: ``status``, ``findings``, the parameters as used and the outcomes, each with
        its units, ``index``, and what passed through. The coordinate ``patient`` is the label, else the position. Where
        a patient may be irregular also ``difference_error``, of the difference to the reference arm.

    Raises
    ------
    InputError
        For bad input, in one line.
    """
    if warm_start is not None and not isinstance(warm_start, WarmStart):
        raise InputError(f"warm_start: given {shown(warm_start)}, what warm_start() returns is needed")
    one_of("regulation", regulation, REGULATIONS)
    if window is not None:
        one_of("window", window, ("own", *cohorts.names()))
    given, beside, *_ = people = read_patients(patients)
    one_of("precision", precision, PRECISIONS)
    checked = _arms(arms, given, regulation)
    people.check_lost(checked)
    bounds = {} if window is None else bounds_by_cohort(beside) if window == "own" else cohorts.window(window)
    threads = None if threads is None else whole("threads", threads, 1)
    solve = partial(
        engine.simulate,
        arms=checked,
        reference=reference,
        regulation=regulation,
        precision=precision,
        tolerance=number("tolerance", tolerance),
        warm_start=warm_start,
        rhythm_tolerance=number("rhythm_tolerance", rhythm_tolerance),
        most_beats=whole("most_beats", most_beats, 1),
    )
    if bar_wanted(progress) and given.sizes.get("patient"):
        # a mistake is told with the position among all of them, before anybody is simulated
        read_given(given)
        result = in_parts(
            given,
            lambda part, rows: solve(part, bounds=slice_of(bounds, rows.start, rows.stop), threads=1),
            allowed_cores() if threads is None else threads,
        )
    else:
        result = solve(given, bounds=bounds, threads=threads)
    applied = {} if window is None else {"window": window}
    return numbered(people.joined(result)).assign_attrs(described(checked, given, people.lost) | applied)


def warm_start(
    cohort: str | Mapping[str, float],
    arms: Mapping[str, Mapping[str, float | str]],
    regulation: str = "open-loop",
    precision: str = "float64",
    reference: str | None = None,
    threads: int | None = None,
    training_patients: int = TRAINING_PATIENTS,
) -> WarmStart:
    """Learn a population's way to its periodic states, for ``simulate``; it pays from a few thousand patients on.

    Parameters
    ----------
    cohort : str or mapping of str to float
        As for ``sample``. With patients from elsewhere a warm start costs beats, not accuracy.
    arms, regulation, precision, reference, threads
        As for ``simulate``; arms, regulation and precision must be those of the simulation.
    training_patients : int
        To learn of, 1,024 to 100,000. From some 250,000 patients on it pays to take 9,216.

    Returns
    -------
    WarmStart

    Raises
    ------
    InputError
        For bad input, in one line.
    """
    one_of("regulation", regulation, REGULATIONS)
    one_of("precision", precision, PRECISIONS)
    count = whole("training_patients", training_patients, TRAINING_PATIENTS, MOST_TRAINING_PATIENTS)
    training = sample(cohort, count, seed=TRAINING_SEED).drop_vars("cohort", errors="ignore")
    return make_warm_start(
        training,
        _arms(arms, training, regulation),
        reference=reference,
        regulation=regulation,
        precision=precision,
        threads=allowed_cores() if threads is None else whole("threads", threads, 1),
    )


def waveforms(
    patients: xr.Dataset | Frame,
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
    patients : xarray.Dataset, or data frame of pandas or polars
        One patient (``patients.isel(patient=0)``) or several, as for ``simulate``.
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
        ``time`` then a fraction of ``pattern_duration``. What passes through are coordinates.

        A pattern is the beats after which everything repeats: one, or as many as ``assist_ratio`` says. Its duration
        differs between arms where the ratio does, or the heart rate, which the baroreflex sets in each arm: the
        signals are those of the rate at which it came to rest. In seconds ``time`` runs through the longest pattern
        of the arms, and a shorter one begins again before the end: cut it at its ``pattern_duration`` for a single
        loop. As a fraction it is of each arm's own pattern, so that equal fractions are no equal times.

    Raises
    ------
    InputError
        For bad input, in one line.
    """
    people = read_patients(patients)
    one_of("precision", precision, PRECISIONS)
    one_of("regulation", regulation, REGULATIONS)
    checked = _arms(arms, people.given, regulation)
    people.check_lost(checked)
    followed = engine.waveforms(
        people.given,
        checked,
        samples=whole("samples", samples, 2, MOST_SAMPLES),
        precision=precision,
        tolerance=number("tolerance", tolerance),
        regulation=regulation,
        reference=reference,
    )
    return numbered(people.joined(followed, as_coordinates=True))


def read_patients(patients: object) -> Patients:
    """Take apart what was given for patients.

    Parameters
    ----------
    patients : xr.Dataset or Frame
        As for ``simulate``.

    Raises
    ------
    InputError
        For what is neither, a name that is refused, or an earlier result whose patients are not known.
    """
    if is_frame(patients):
        return separated(from_frame(patients))
    if not isinstance(patients, xr.Dataset):
        raise InputError(
            f"patients: given {shown(patients)}, an xarray.Dataset is needed, as from sample(), or a data frame of "
            "pandas or polars"
        )
    own, lost = as_patients(patients)
    return separated(own)._replace(lost=lost)


def _arms(arms: object, given: xr.Dataset, regulation: str) -> dict[str, dict[str, float]]:
    carried = {str(name) for name in given.data_vars}
    checked = {name: arm(name, overrides, carried) for name, overrides in expanded(items("arms", arms))}
    if not checked:
        raise InputError('arms: none given, at least one is needed, as {"off": {}}')
    ineffective.check_arms(checked, regulation, partial(_reach, given))
    return checked


def _reach(patients: xr.Dataset, name: str) -> tuple[float, float]:
    """Lowest and highest value of a parameter among patients; what is no number is refused later."""
    values = patients.variables[name].values if name in patients.variables else np.empty(0)
    if values.dtype.kind not in "fiub" or not values.size:
        return (PARAMETERS[name].default,) * 2
    return float(values.min()), float(values.max())

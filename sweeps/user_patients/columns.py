"""Columns of a user's own patients: which are parameters, which pass through to the results, which are refused."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher
from functools import lru_cache

from ...engine import OUTCOMES, PARAMETERS, InputError
from ...engine.names.outcomes import Means, Samples
from ...engine.names.state import STATE
from ..population.checks import check_title
from ..population.tables import shown, shown_key

COMPUTED = ("status", "findings", "difference_error", "response", "no_effect", "undecided", "pattern_duration")
"""Beside the outcomes and their differences: what a result calls so."""

TAKEN = ("arm", "time", "waveforms", "receipts", "warm_start", "samples")
"""Dimensions of a result beside ``patient``, and folders of a store."""

DIFFERENCES = ("_relative_difference", "_difference")


def split_columns(names: Iterable[object], where: str) -> tuple[list[str], list[str]]:
    """Tell parameters from what merely belongs to the patients: identifiers, groups, measurements.

    A column passes through where nothing suggests that a parameter was meant. Refused are a name close to a
    parameter's (nine letters in ten alike, or four in five and the first; other case, blanks and hyphens count as
    alike), a parameter's name followed by its unit, and the name of something that a result holds.

    Parameters
    ----------
    names : iterable
        Of the columns, in the order of the table.
    where : str
        What is read, for errors: ``patients``, or the path of a file.

    Returns
    -------
    list of str
        Names of parameters.
    list of str
        Names of all others, those with a meaning of their own included: ``patient`` (labels), ``index`` (with the
        seed, of the random numbers), ``cohort`` and ``sampling_weight``.

    Raises
    ------
    InputError
        For a name that is refused, is there twice, or is no name.
    """
    parameters: list[str] = []
    others: list[str] = []
    for name in names:
        if not isinstance(name, str):
            raise InputError(f"{where}: a column is called {shown(name)}, a text is needed")
        if name in parameters or name in others:
            raise InputError(f"{where}: two columns are called {shown(name)}; one of them is needed")
        if name in PARAMETERS:
            parameters.append(name)
            continue
        if (meant := parameter_meant(name)) is not None:
            raise InputError(
                f"{where}: {shown_key(name)!r} is no parameter; did you mean {meant!r}? A column that has nothing to "
                "do with it needs a name less like it"
            )
        _check_other(name, where)
        others.append(name)
    return parameters, others


@lru_cache(maxsize=1024)
def parameter_meant(name: str) -> str | None:
    """Parameter that a name which is none was probably meant for."""
    plain = name.strip().lower().replace(" ", "_").replace("-", "_")[:80]
    for known, quantity in PARAMETERS.items():
        ending = plain.removeprefix(f"{known}_")
        if ending != plain and ending.removesuffix("s") in quantity.units.lower():
            return known
    likeness, best = max((SequenceMatcher(None, plain, known).ratio(), known) for known in PARAMETERS)
    return best if likeness >= 0.9 or (likeness >= 0.8 and plain[0] == best[0]) else None


def is_computed(name: str) -> bool:
    """Whether results or waveforms have a variable of this name, which is not what was given."""
    if name in PARAMETERS:
        # a signal may be called like what sets it, as the balloon's volume, which is a state where gas drives it
        return False
    outcome = name
    for ending in DIFFERENCES:
        outcome = outcome.removesuffix(ending)
    signals = (*Means._fields, *Samples._fields, *STATE)
    return name in (*COMPUTED, *signals) or outcome in (*OUTCOMES, "demand")


def _check_other(name: str, where: str) -> None:
    """Refuse a name that would hide something of a result, or that no file can hold."""
    if is_computed(name):
        raise InputError(f"{where}: {name!r} is what a result computes; give the column another name, as 'own_{name}'")
    if name in TAKEN or name.startswith((".", "__")):
        raise InputError(f"{where}: {shown(name)} is kept for results; give the column another name")
    check_title(where, name, "a column", ("/",))

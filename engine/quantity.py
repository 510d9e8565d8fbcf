"""What a number of the model is: its name in words, its unit, its range and where it comes from."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any, NamedTuple, get_type_hints


class Quantity(NamedTuple):
    """The declaration that every parameter, state and outcome carries as its type annotation.

    Attributes
    ----------
    long_name : str
        The field's standard term in words.
    units : str
        UDUNITS spelling; ``"1"`` for fractions and ratios.
    default : float
        Value where none is given (parameters), first guess (states); unused for outcomes.
    plausible : tuple of float
        Range met in patients, for documentation and hints.
    physical : tuple of float
        Range outside which input is refused.
    source : str
        Provenance: [S] read in the source, [C] read in public code citing the paper,
        [M] textbook value, [D] derived arithmetic, [X] a design choice of this project.
    floor : float
        Size below which an outcome's error is judged absolutely instead of relatively.
    """

    long_name: str
    units: str
    default: float = 0.0
    plausible: tuple[float, float] = (float("-inf"), float("inf"))
    physical: tuple[float, float] = (float("-inf"), float("inf"))
    source: str = ""
    floor: float = 0.0


def quantities(table: Any) -> dict[str, Quantity]:
    """Read the declarations of a table.

    Parameters
    ----------
    table : NamedTuple class
        A table whose fields are ``Annotated[float, Quantity(...)]``.

    Returns
    -------
    dict of str to Quantity
        In field order.
    """
    hints = get_type_hints(table, include_extras=True)
    return {name: hints[name].__metadata__[0] for name in table._fields}


class InputError(ValueError):
    """Bad input, told in one line: where, what was given, what is allowed, the nearest match."""


def check_name(where: str, name: str, allowed: Iterable[str]) -> None:
    """Refuse a name that is not among those allowed.

    Parameters
    ----------
    where : str
        The place a user would look for, as ``arms.iabp`` or ``[vary]``.
    name : str
        What was given.
    allowed : iterable of str
        What may be given.

    Raises
    ------
    InputError
        Naming the nearest match, or all that is allowed where that is short.
    """
    choices = list(allowed)
    if name in choices:
        return
    near = get_close_matches(str(name), choices, n=1, cutoff=0.5)
    if near:
        hint = f"did you mean {near[0]!r}?"
    elif len(choices) <= 12:
        hint = f"allowed: {', '.join(choices)}"
    else:
        hint = f"{len(choices)} names are allowed, {choices[0]!r} for one"
    raise InputError(f"{where}: {str(name)!r} is not known; {hint}")


def check_range(where: str, name: str, value: float, quantity: Quantity) -> None:
    """Refuse a value outside the physical range of its quantity.

    Raises
    ------
    InputError
        Naming the value, the range and the unit.
    """
    low, high = quantity.physical
    if not low <= value <= high:
        units = "" if quantity.units == "1" else f" {quantity.units}"
        raise InputError(f"{where}: {name} = {value:g} is outside its physical range {low:g} to {high:g}{units}")

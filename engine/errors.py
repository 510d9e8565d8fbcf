"""Bad input, told in one line."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from .names.quantity import Quantity


class InputError(ValueError):
    """Bad input, told in one line: where, what was given, what is allowed, the nearest match."""

    def _render_traceback_(self) -> list[str]:
        """Give IPython, and so Jupyter, the line it is, in place of the traceback of the code that told it."""
        return [f"{type(self).__name__}: {self}"]


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

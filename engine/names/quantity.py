"""What a number of the model is: its name in words, its unit, its range and where it comes from."""

from __future__ import annotations

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
        Value where none is given (parameters), initial guess (states); unused for outcomes.
    plausible : tuple of float
        Range met in patients, for documentation and hints.
    physical : tuple of float
        Range outside which input is refused.
    source : str
        Provenance: [S] read in the source, [C] read in public code citing the paper,
        [M] textbook value, [D] derived arithmetic, [X] a design choice of this project.
    scale : float
        Size by which a state's change is judged.
    floor : float
        Size below which an outcome's error is judged absolutely instead of relatively.
    judged : bool
        Whether an outcome has an error at all.
    """

    long_name: str
    units: str
    default: float = 0.0
    plausible: tuple[float, float] = (float("-inf"), float("inf"))
    physical: tuple[float, float] = (float("-inf"), float("inf"))
    source: str = ""
    scale: float = 0.0
    floor: float = 0.0
    judged: bool = True


def quantities(table: Any, needed: str = "") -> dict[str, Quantity]:
    """Read the declarations of a table.

    Parameters
    ----------
    table : NamedTuple class
        A table whose fields are ``Annotated[float, Quantity(...)]``.
    needed : {"", "scale", "floor"}
        What must be above 0 in every field that is judged, because something is divided by it.

    Returns
    -------
    dict of str to Quantity
        In field order.

    Raises
    ------
    ValueError
        Naming the fields that were declared without what is needed.
    """
    hints = get_type_hints(table, include_extras=True)
    declared: dict[str, Quantity] = {name: hints[name].__metadata__[0] for name in table._fields}
    missing = [name for name, each in declared.items() if needed and each.judged and not getattr(each, needed) > 0.0]
    if missing:
        raise ValueError(f"{table.__name__}: {', '.join(missing)} declared without a {needed} above 0")
    return declared


def leading_judged(outcomes: dict[str, Quantity]) -> int:
    """Count the outcomes whose error is judged; they stand before the others.

    Raises
    ------
    ValueError
        Where one stands behind an outcome that is not judged.
    """
    judged = [quantity.judged for quantity in outcomes.values()]
    count = sum(judged)
    if not all(judged[:count]):
        raise ValueError(
            f"{list(outcomes)[judged.index(False)]} has no error, and stands before outcomes that have one"
        )
    return count

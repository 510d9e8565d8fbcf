"""The law of one parameter of a cohort: what a row of its table may say, and what that means."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from ...engine import PARAMETERS, WHOLE, InputError, check_name
from .tables import Number, PositiveNumber, Table, shown_key

Source = Annotated[str, Field(pattern=r"\[[SCMDX]\]", max_length=1000)]
"""Where the numbers of a row come from: text with at least one mark."""

SPREADS = ("sigma", "sd", "low", "high", "share", "choice")
FORMS = ((), ("sigma",), ("sd",), ("low", "high"), ("low", "high", "share"), ("share",), ("choice",))


class Row(Table):
    """What a file says of one parameter; it is laid over what the base of the cohort says."""

    median: Number | None = None
    sigma: PositiveNumber | None = None
    sd: PositiveNumber | None = None
    low: Number | None = None
    high: Number | None = None
    share: Annotated[Number, Field(gt=0, lt=1)] | None = None
    choice: Annotated[tuple[Number, ...], Field(min_length=1, max_length=1000, strict=False)] | None = None
    scales: dict[str, Number] = Field(default_factory=dict)
    follows: dict[str, Number] = Field(default_factory=dict)
    source: Source | None = None


class Factor(Table):
    """A quantity that many parameters share, lognormal about 1."""

    sigma: PositiveNumber
    source: Source | None = None


class Marginal(Table):
    """The law of one parameter: a base, times shared factors, loaded on the deviations of other parameters.

    The base is fixed (``median``), lognormal (``sigma``), normal (``sd``), uniform (``low``, ``high``), 1 with the
    probability ``share`` and 0 else, uniform with that probability and 0 else, or one of ``choice``, equally likely.
    """

    median: float
    sigma: float = 0.0
    sd: float = 0.0
    low: float | None = None
    high: float | None = None
    share: float | None = None
    choice: Annotated[tuple[float, ...], Field(strict=False)] | None = None
    scales: dict[str, float] = Field(default_factory=dict)
    follows: dict[str, float] = Field(default_factory=dict)

    @property
    def has_own(self) -> bool:
        """Whether the base itself varies."""
        return self.sigma > 0 or self.sd > 0 or self.low is not None or self.is_whole

    @property
    def is_whole(self) -> bool:
        """Whether the base takes a few values and none between, or stands apart from 0."""
        return self.share is not None or self.choice is not None

    @property
    def varies(self) -> bool:
        """Whether the parameter differs between patients."""
        return self.has_own or bool(self.scales) or bool(self.follows)

    def row(self) -> dict[str, Any]:
        """Give the row that says this, in types that JSON keeps."""
        said = self.model_dump(mode="json", exclude_defaults=True)
        return {key: value for key, value in said.items() if key != "median" or not set(said) & set(SPREADS[2:])}


def laid_over(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """Lay one row over another: a spread replaces the spread below, a median what has none."""
    dropped: set[str] = set()
    if "median" in above:
        dropped |= set(SPREADS[2:])
    if set(SPREADS) & above.keys():
        dropped |= set(SPREADS)
    if set(SPREADS[2:]) & above.keys():
        dropped |= {"median"}
    if {"share", "choice"} & above.keys():
        dropped |= {"scales", "follows"}
    return {key: value for key, value in below.items() if key not in dropped} | above


def marginal(where: str, parameter: str, row: dict[str, Any]) -> Marginal:
    """Read a row.

    Parameters
    ----------
    where : str
        Path of the row, for errors.
    parameter : str
        Whose law it is.
    row : dict
        What was set of a ``Row``.

    Raises
    ------
    InputError
        For a parameter that is not known, a mixture of forms, or a law that the parameter cannot have.
    """
    check_name(where, shown_key(parameter), PARAMETERS)
    said = {key: value for key, value in row.items() if value is not None and key != "source"}
    form = tuple(key for key in SPREADS if key in said)
    if form not in FORMS:
        raise InputError(
            f"{where}: given {', '.join(form)}, allowed is one of sigma, sd, low and high (with a share or without), "
            "share, or choice"
        )
    if "median" in said and form in FORMS[3:]:
        raise InputError(f"{where}: given median and {form[0]}, a law by {' and '.join(form)} needs no median")
    law = Marginal(**said | {"median": said.get("median", _middle(parameter, said))})
    _check_form(where, law)
    if parameter in WHOLE:
        _check_whole(where, parameter, law)
    elif law.share is not None and law.low is None:
        raise InputError(
            f"{where}: a share alone is for what is 0 or 1; allowed: sigma, sd, low and high (with a share or "
            "without), or choice"
        )
    return law


def _middle(parameter: str, said: dict[str, Any]) -> float:
    if "low" in said and "share" in said:
        # as the law's values: the middle itself belongs to the share, whose lowest it then is
        above = (0.5 - (1.0 - said["share"])) / said["share"]
        return float(said["low"] + above * (said["high"] - said["low"])) if above >= 0 else 0.0
    if "low" in said:
        return float(0.5 * said["low"] + 0.5 * said["high"])
    if "share" in said:
        return float(said["share"] >= 0.5)
    if "choice" in said:
        return float(said["choice"][len(said["choice"]) // 2])
    return PARAMETERS[parameter].default


def _check_form(where: str, law: Marginal) -> None:
    if law.low is not None and law.high is not None and not law.low < law.high:
        raise InputError(f"{where}: low = {law.low:g} must be below high = {law.high:g}")
    if law.sigma > 0 and not law.median > 0:
        raise InputError(f"{where}: a lognormal law needs a median above 0, given {law.median:g}")
    if law.is_whole and (law.scales or law.follows):
        raise InputError(f"{where}: a share or a choice stands alone, without scales and follows")


def _check_whole(where: str, parameter: str, law: Marginal) -> None:
    allowed = WHOLE[parameter]
    if law.varies and not law.is_whole:
        raise InputError(f"{where}: varies by share or choice alone, of {', '.join(f'{each:g}' for each in allowed)}")
    if law.share is not None and (allowed != (0.0, 1.0) or law.low is not None):
        raise InputError(f"{where}: a share is for what is 0 or 1; allowed: choice")
    for value in law.choice or (law.median,):
        if value not in allowed:
            raise InputError(f"{where}: given {value:g}, allowed: {', '.join(f'{each:g}' for each in allowed)}")

"""The forms in which one number may vary between patients, as a sweep file and a cohort write them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from ...engine import InputError, check_name
from .tables import Number, PositiveNumber, Table, shown, shown_key, validated

CLIP = 2.5
"""Normal and lognormal laws are clipped at this many standard deviations [D physiology, sampling law]."""

Array = NDArray[np.float64]


def normal_score(unit: Array) -> Array:
    """Return the standard normal score of a position in the unit interval, clipped at ``CLIP``."""
    # scipy takes a tenth of a second to import, which who only reads a store need not wait for
    from scipy.special import ndtri

    return np.asarray(np.clip(ndtri(unit), -CLIP, CLIP), dtype=np.float64)


class Uniform(Table):
    """Equally likely between ``low`` and ``high``."""

    low: Number
    high: Number

    @property
    def bounds(self) -> tuple[float, float]:
        """Lowest and highest value."""
        return self.low, self.high

    def quantile(self, unit: Array) -> Array:
        """Values at positions in the unit interval."""
        return np.clip(self.low + (self.high - self.low) * unit, *self.bounds)

    def level(self, fraction: Array) -> Array:
        """Values at fractions 0 to 1 of the way from the lowest to the highest."""
        return np.clip(self.low + (self.high - self.low) * fraction, *self.bounds)


class Normal(Table):
    """Normal with ``mean`` and ``sd``, clipped at ``CLIP`` standard deviations."""

    mean: Number
    sd: PositiveNumber

    @property
    def bounds(self) -> tuple[float, float]:
        """Lowest and highest value."""
        return self.mean - CLIP * self.sd, self.mean + CLIP * self.sd

    def quantile(self, unit: Array) -> Array:
        """Values at positions in the unit interval."""
        return np.clip(self.mean + self.sd * normal_score(unit), *self.bounds)

    def level(self, fraction: Array) -> Array:
        """Values at fractions 0 to 1 of the way from the lowest to the highest."""
        return np.clip(self.mean + self.sd * CLIP * (2 * fraction - 1), *self.bounds)


class Lognormal(Table):
    """Lognormal with ``median`` and ``sigma``, the standard deviation of the logarithm, clipped as the normal is."""

    median: PositiveNumber
    sigma: Annotated[PositiveNumber, Field(le=5)]

    @property
    def bounds(self) -> tuple[float, float]:
        """Lowest and highest value."""
        reach = float(np.exp(CLIP * self.sigma))
        return self.median / reach, self.median * reach

    def quantile(self, unit: Array) -> Array:
        """Values at positions in the unit interval."""
        return np.clip(self.median * np.exp(self.sigma * normal_score(unit)), *self.bounds)

    def level(self, fraction: Array) -> Array:
        """Values at fractions 0 to 1 of the way from the lowest to the highest, in equal ratios."""
        return np.clip(self.median * np.exp(self.sigma * CLIP * (2 * fraction - 1)), *self.bounds)


class Choice(Table):
    """One of the values listed, equally likely; a value listed twice is twice as likely."""

    choice: Annotated[tuple[Number, ...], Field(min_length=1, strict=False)]

    @property
    def bounds(self) -> tuple[float, float]:
        """Lowest and highest value."""
        return min(self.choice), max(self.choice)

    def quantile(self, unit: Array) -> Array:
        """Values at positions in the unit interval."""
        place = np.minimum((unit * len(self.choice)).astype(np.int64), len(self.choice) - 1)
        return np.array(self.choice)[place]


Distribution = Uniform | Normal | Lognormal | Choice

FORMS: tuple[type[Distribution], ...] = (Uniform, Normal, Lognormal, Choice)
ALLOWED = ", ".join("{ " + ", ".join(form.model_fields) + " }" for form in FORMS)


def distribution(raw: object, where: str) -> Distribution:
    """Read one of the forms.

    Parameters
    ----------
    raw : object
        ``{low, high}``, ``{mean, sd}``, ``{median, sigma}`` or ``{choice}``, or a distribution already.
    where : str
        Path of the table in its file.

    Raises
    ------
    InputError
        For a key that no form has, keys of two forms, a form half given, an empty or reversed range.
    """
    if isinstance(raw, FORMS):
        return raw
    if not isinstance(raw, dict):
        raise InputError(f"{where}: given {shown(raw)}, allowed is one of {ALLOWED}")
    law = validated(_form_of(raw, where), raw, where)
    if isinstance(law, Uniform) and not law.low < law.high:
        raise InputError(f"{where}: low = {law.low:g} must be below high = {law.high:g}")
    return law


def _form_of(keys: Iterable[str], where: str) -> type[Distribution]:
    for key in keys:
        check_name(where, shown_key(key), [name for form in FORMS for name in form.model_fields])
    for form in FORMS:
        if set(keys) == set(form.model_fields):
            return form
    raise InputError(f"{where}: given {{ {', '.join(keys)} }}, allowed is one of {ALLOWED}")

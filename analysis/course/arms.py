"""Arms of a store that a course goes through: the reference, the steps of weaning, and a stronger device."""

from __future__ import annotations

from typing import NamedTuple

import xarray as xr

from ...engine import InputError, check_name
from ...sweeps.design.weighting import WEIGHT
from ..devices.arm_settings import settings
from ..devices.weaning_curves import SETTINGS, curves_of, full_support
from ..reading.origin import reference_of
from .request import Request, request_of

PARAMETER = {"ratio": "assist_ratio", "volume": "balloon_volume"}
HINT = {
    "ratio": "assist_ratio = 2 and the same balloon_volume",
    "volume": "a smaller balloon_volume, as 20",
}
"""What an arm that is missing would have."""


class Arms(NamedTuple):
    """Names of arms.

    Attributes
    ----------
    reference, full : str
    steps : dict of str to tuple of str
        Arms from full support down, by what is wound down; only what the store has.
    rival : str or None
    """

    reference: str
    full: str
    steps: dict[str, tuple[str, ...]]
    rival: str | None

    @property
    def all(self) -> list[str]:
        """Every arm once, the reference first."""
        ladders = [name for steps in self.steps.values() for name in steps]
        return list(dict.fromkeys([self.reference, self.full, *ladders, *([self.rival] if self.rival else [])]))

    def course(self, way: str, with_rival: bool = True) -> list[str]:
        """Arms in the order in which the loop knows them."""
        rival = [self.rival] if self.rival and with_rival else []
        return [self.reference, *self.steps[way], *rival]


def arms_of(dataset: xr.Dataset, request: Request) -> Arms:
    """Find the arms of a course.

    Raises
    ------
    InputError
        Where one that the course asks for is not there, naming what to add to the sweep.
    """
    if "arm" not in dataset.dims:
        raise InputError("course: the data set has no dimension 'arm'; it wants the result of simulate or open_store")
    known, reference = [str(name) for name in dataset["arm"].values], reference_of(dataset)
    if settings(dataset, reference, SETTINGS)["balloon_volume"]:
        raise InputError(f"course: the reference {reference} has a balloon; a course wants an arm without support")
    for where, name in (("arm", request.arm), ("escalation.arm", request.rival)):
        if name is not None:
            check_name(where, name, known)
    full = request.arm or full_support(dataset, reference)
    if full == reference:
        raise InputError(f"arm: {full} is the reference, and cannot be full support")
    steps = _steps(dataset, full, reference)
    if request.rival in (reference, full, *(name for each in steps.values() for name in each)):
        raise InputError(f"escalation.arm: {request.rival} is an arm of the course; a stronger device is needed")
    if request.way not in steps:
        raise InputError(
            f"course: weaning by {request.way} from {full} wants an arm with {HINT[request.way]}, and the store has "
            f"{', '.join(known)}; add one to the sweep, as in examples/course.toml"
        )
    return Arms(reference, full, steps, request.rival)


def has_arms(dataset: xr.Dataset) -> bool:
    """Whether a store, not a refined one, has the arms that an empty course file goes through."""
    if WEIGHT in dataset.variables:
        return False
    try:
        arms_of(dataset, request_of({}))
    except InputError:
        return False
    return True


def _steps(dataset: xr.Dataset, full: str, reference: str) -> dict[str, tuple[str, ...]]:
    """Arms from full support down, for each of the two ways that the store has arms for."""
    try:
        curves = {curve.setting: curve for curve in curves_of(dataset, full, reference)}
    except InputError:
        if not settings(dataset, full, SETTINGS)["balloon_volume"] > 0:
            raise InputError(f"arm: {full} has no balloon of one volume, from which a course could wean") from None
        return {}
    found = {}
    for way, parameter in PARAMETER.items():
        if parameter not in curves:
            continue
        values = dict(zip(curves[parameter].arms, curves[parameter].values, strict=True))
        less = [name for name in values if (values[name] > values[full]) == (way == "ratio") and name != full]
        less = [name for name in less if values[name] != values[full]]
        if less:
            found[way] = (full, *sorted(less, key=values.__getitem__, reverse=way == "volume"))
    return found

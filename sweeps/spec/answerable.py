"""Whether a sweep can be asked what its design is made for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...engine import InputError
from ..design.stepwise import FEWEST

if TYPE_CHECKING:
    from .spec import Spec

SETS = {"saltelli": "base samples", "morris": "trajectories"}


def check_answerable(spec: Spec) -> None:
    """Refuse a saltelli or morris sweep of which ``sensitivity`` could say nothing once it has run.

    Raises
    ------
    InputError
        In one line.
    """
    if spec.design not in FEWEST:
        return
    if not spec.dimensions:
        raise InputError(f"design: {spec.design} needs something that varies, in [vary] or by the law of a cohort")
    fewest, together = FEWEST[spec.design], spec.rows_together
    if spec.patients < fewest * together:
        raise InputError(
            f"patients: {spec.patients:,} are {spec.patients // together} {SETS[spec.design]} of {together} rows, "
            f"of which sensitivity needs {fewest}; {fewest * together:,} patients or more are needed"
        )
    if spec.design == "saltelli" and spec.applies_window:
        raise InputError(
            "window: true leaves holes in a saltelli design, of which Sobol indices need every row; allowed: false"
        )

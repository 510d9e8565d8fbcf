"""Some of a sweep's patients in the other modes of regulation: a sweep of its own for each mode, run with the sweep."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...engine import REGULATIONS
from .identity import FIXED
from .rules import source_of_irregularity
from .settings import Waveforms

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .spec import Spec

BLOCK = 512
"""Patients of a block: a few blocks for the workers to share, each long enough to fill the lanes."""


def other_modes(spec: Spec) -> tuple[str, ...]:
    """Modes of regulation in which some of the patients are run beside the sweep's own.

    None where the sweep asks for none, where a patient's rhythm may be irregular, for which there is only the open
    loop, and where the sweep is refined: its patients were not drawn alike, the sweep it refines has this part.
    """
    irregular = source_of_irregularity(spec.arms, spec.vary, spec.reach)
    if not spec.run.other_modes or irregular or spec.refine is not None:
        return ()
    return tuple(mode for mode in REGULATIONS if mode != spec.regulation)


def in_mode(spec: Spec, regulation: str, there: int = 0) -> Spec:
    """Give the sweep of the part in another mode of regulation.

    The patients are the first of a design whose beginning is a fair sample of it, which grow with the sweep; of one
    that hangs on how many points there are, some evenly spread over it. They start cold, as the training patients of
    a warm start would cost more beats than it saves in so few.

    Parameters
    ----------
    spec : Spec
        The sweep.
    regulation : str
        The other mode.
    there : int
        Patients of that part in the store already; they never become fewer, and stay as many of a design that hangs
        on how many points there are.
    """
    wanted = min(spec.run.other_modes, spec.patients)
    fixed = spec.design in FIXED
    patients = there if fixed and there else max(wanted, there)
    if not fixed:
        # whole sets of rows that hang together
        patients = min(-(-patients // spec.rows_together) * spec.rows_together, spec.patients)
    run = {"block": min(BLOCK, spec.run.block), "warm_start": False, "other_modes": 0}
    return spec.model_copy(
        update={
            "regulation": regulation,
            "patients": patients,
            "design_points": spec.points if fixed and patients < spec.points else None,
            "run": spec.run.model_copy(update=run),
            "waveforms": Waveforms(),
            "reference": spec.reference_arm,
            "window": spec.applies_window,
        }
    )


def places(part: Spec) -> NDArray[np.int64]:
    """Indices, in the sweep, of the patients of its part."""
    index = np.arange(part.patients, dtype=np.int64)
    return index if part.design_points is None else index * part.points // part.patients

"""How a sweep is executed: the tables of a sweep file beside its question."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ..population.tables import Number, Table, Whole

TRAINING_PATIENTS = 1024
"""As many as the engine learns everything from; a sweep that has them is the same as one from before it could say."""
MOST_TRAINING_PATIENTS = 100_000


class Run(Table):
    """How a sweep is executed. Only ``tolerance`` and, within it, the warm start change a result.

    Attributes
    ----------
    block : int
        Patients of a block: what a task does at a time, what a killed run loses, and a file of each variable.
    tolerance : float
        How near the outcomes must be to those of the periodic state, as a share of themselves.
    warm_start : bool
        Whether training patients are solved first, from which every other starts nearer to its end.
    training_patients : int
        How many. 9,216 take a tenth of the beats off everybody else's, which pays from some 250,000 patients on.
    max_failed_share : float
        Share of the patients that may fail before the run ends with exit code 1.
    other_modes : int
        Patients who are also run in the two other modes of regulation; 0: none.
    """

    block: Annotated[Whole, Field(gt=0, le=2**26)] = 16_384
    tolerance: Annotated[Number, Field(gt=1e-8, le=0.1)] = 5e-4
    warm_start: bool = True
    training_patients: Annotated[Whole, Field(ge=TRAINING_PATIENTS, le=MOST_TRAINING_PATIENTS)] = TRAINING_PATIENTS
    max_failed_share: Annotated[Number, Field(ge=0, le=1)] = 0.01
    other_modes: Annotated[Whole, Field(ge=0, le=100_000)] = 2048


class Rhythm(Table):
    """How long patients with an irregular rhythm are followed; both change their results.

    Attributes
    ----------
    tolerance : float
        Two standard errors of the outcomes, as a share of themselves, at which it is enough.
    most_beats : int
        Beats after which it ends in any case.
    """

    tolerance: Annotated[Number, Field(ge=1e-4, le=0.1)] = 1e-2
    most_beats: Annotated[Whole, Field(ge=64, le=100_000)] = 3000


class Waveforms(Table):
    """Whose waveforms the store keeps.

    Attributes
    ----------
    patients : int
        How many, from the first.
    """

    patients: Annotated[Whole, Field(ge=0, le=2**24)] = 0

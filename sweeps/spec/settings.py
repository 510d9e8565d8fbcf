"""How a sweep is executed: the tables of a sweep file beside its question."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ..population.tables import Number, Table, Whole


class Run(Table):
    """How a sweep is executed. Only ``tolerance`` and, within it, ``warm_start`` change a result."""

    block: Annotated[Whole, Field(gt=0, le=2**26)] = 16_384
    tolerance: Annotated[Number, Field(gt=1e-8, le=0.1)] = 5e-4
    warm_start: bool = True
    max_failed_share: Annotated[Number, Field(ge=0, le=1)] = 0.01
    other_modes: Annotated[Whole, Field(ge=0, le=100_000)] = 2048
    """Patients who are also run in the two other modes of regulation; 0: none."""


class Rhythm(Table):
    """How long patients with an irregular rhythm are followed; both change their results."""

    tolerance: Annotated[Number, Field(ge=1e-4, le=0.1)] = 1e-2
    most_beats: Annotated[Whole, Field(ge=64, le=100_000)] = 3000


class Waveforms(Table):
    """How many patients, from the first, leave their waveforms in the store."""

    patients: Annotated[Whole, Field(ge=0, le=2**24)] = 0

"""The blocks assigned to a run or to one task of a job array, without a list of them: there may be many millions."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterator
from math import gcd
from typing import TYPE_CHECKING

from .blocks import span

if TYPE_CHECKING:
    from .spec import Spec


class AssignedBlocks:
    """Blocks I, I+N, I+2N, ... of a sweep for task I of N; iterating gives those that are not done yet.

    Attributes
    ----------
    blocks : range
        All blocks assigned, done or not.
    patients, patients_left : int
        Patients in all of them, and in those still to be done.
    """

    def __init__(self, spec: Spec, array_task: tuple[int, int], done: Collection[int]) -> None:
        first, step = array_task
        self.blocks = range(first, spec.blocks, step)
        self._done = {number for number in done if number in self.blocks}
        self.patients = len(self.blocks) * spec.run.block
        if spec.blocks - 1 in self.blocks:
            self.patients -= spec.blocks * spec.run.block - spec.patients
        self.patients_left = self.patients - sum(stop - start for start, stop in (span(spec, n) for n in self._done))

    def __len__(self) -> int:
        """Blocks to be done."""
        return len(self.blocks) - len(self._done)

    def __iter__(self) -> Iterator[int]:
        """Give the blocks to be done, in their order."""
        return (number for number in self.blocks if number not in self._done)

    def scattered(self) -> Iterator[int]:
        """Give the blocks to be done in an order that two runs do not share: in even strides from a random start."""
        count = len(self.blocks)
        start, stride = random.randrange(max(count, 1)), random.randrange(max(count, 1)) or 1
        while gcd(stride, count) > 1:
            stride += 1
        places = ((start + turn * stride) % count for turn in range(count))
        return (self.blocks[place] for place in places if self.blocks[place] not in self._done)

"""What becomes of the held-out patients in some boxes, also where help or harm means something else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import xarray as xr

from ...engine import InputError
from ..numbers.held_out import READ, between, drawn
from ..reading.stream import Weights, fold
from ..response import definitions
from ..response.classify import CLASSES, Response, compared_in, judge
from ..response.comparison import Comparison
from ..response.variants import at_other_thresholds
from .prim import Sample, inside, limited
from .rules import UNKNOWN, Axis

MOVED = 30_000
"""Held-out patients at most who are judged again by other definitions."""

AS_JUDGED = "as judged"


@dataclass(frozen=True)
class Boxes:
    """Boxes over some numbers.

    Attributes
    ----------
    axes : tuple of Axis
        The numbers.
    boxes : tuple of np.ndarray
        Each (numbers, 2): lowest and highest code.
    """

    axes: tuple[Axis, ...]
    boxes: tuple[np.ndarray, ...]

    @property
    def sizes(self) -> np.ndarray:
        """Number of codes of each axis."""
        return np.array([len(axis.cuts) + 1 for axis in self.axes], dtype=np.int64)

    @property
    def used(self) -> list[int]:
        """Axes that a box limits."""
        return sorted({variable for box in self.boxes for variable, _ in limited(box, self.sizes)})

    @property
    def needs(self) -> list[str]:
        """Variables of the data set that tell who is in a box."""
        return [name for variable in self.used for name in self.axes[variable].measure.needs]

    def met(self, block: xr.Dataset) -> tuple[np.ndarray, np.ndarray]:
        """Who is in each box, (boxes, patients), and of whom that is known."""
        codes = np.zeros((block.sizes["patient"], len(self.axes)), dtype=np.uint8)
        for variable in self.used:
            codes[:, variable] = self.axes[variable].codes(block)
        rows = [inside(codes, box, self.sizes) for box in self.boxes]
        return np.array(rows, dtype=bool).reshape(len(rows), len(codes)), (codes != UNKNOWN).all(axis=1)


class Counts(NamedTuple):
    """Patients of a store by response, and the held-out ones by the boxes they are in.

    Attributes
    ----------
    classes : np.ndarray
        All patients by response.
    patterns : np.ndarray
        (2**boxes, responses): held-out patients; bit b of the row says whether they are in box b.
    unknown : int
        Held-out patients compared of whom that is not known.
    """

    classes: np.ndarray
    patterns: np.ndarray
    unknown: int

    @property
    def every(self) -> np.ndarray:
        """Mask of all patterns."""
        return np.ones(len(self.patterns), dtype=bool)

    def compared(self, rows: np.ndarray) -> int:
        """Patients compared in some patterns."""
        return int(self.patterns[rows][:, list(CLASSES)].sum())

    def of(self, which: Response, rows: np.ndarray) -> int:
        """Patients of a class in some patterns."""
        return int(self.patterns[rows, which].sum())

    def rows(self, box: int) -> np.ndarray:
        """Mask of the patterns in a box."""
        return (np.arange(len(self.patterns)) >> box & 1).astype(bool)


def count(dataset: xr.Dataset, comparison: Comparison, boxes: Boxes, share: float) -> Counts:
    """Count over the whole store, piece by piece; in the boxes those who were not among the ``share`` fitted on."""
    bits = 1 << np.arange(len(boxes.boxes))
    shape = (1 << len(boxes.boxes), len(Response))

    def counted(block: xr.Dataset, rows: slice) -> Counts:
        response, _, _ = judge(block, comparison)
        met, known = boxes.met(block)
        held = np.zeros(len(response), dtype=bool)
        held[between(rows, share, 1.0)] = True
        unknown = int((held & ~known & compared_in(response)).sum())
        place = (bits @ met)[held & known] * len(Response) + response[held & known]
        patterns = np.bincount(place, minlength=shape[0] * shape[1]).reshape(shape)
        return Counts(np.bincount(response, minlength=len(Response)), patterns, unknown)

    names = [*comparison.reads(dataset), *boxes.needs]
    return fold(dataset, names, counted, answer="regions", weights=Weights.REFUSED)


def moved(
    dataset: xr.Dataset, comparison: Comparison, which: Response, boxes: Boxes, share: float
) -> list[tuple[str, float, list[float]]]:
    """Judge some held-out patients by each of :func:`variants`.

    Returns
    -------
    list of tuple
        What is meant, the share of the class among all compared by it, and that in each box; NaN of nobody.
    """
    meant = variants(dataset, comparison, which)
    names = [name for each in meant.values() for name in each.reads(dataset)]
    last = min(1.0, share + MOVED / max(min(dataset.sizes["patient"], READ), 1))
    block = drawn(dataset, [*names, *boxes.needs], share, last)
    met, known = boxes.met(block)
    rows = []
    for words, other in meant.items():
        response, _, _ = judge(block, other)
        compared = known & compared_in(response)
        shares = [_mean((response == which)[compared & within]) for within in (np.ones_like(known), *met)]
        rows.append((words, shares[0], shares[1:]))
    return rows


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if len(values) else float("nan")


def variants(dataset: xr.Dataset, comparison: Comparison, which: Response) -> dict[str, Comparison]:
    """What else a class might mean: its thresholds halved and doubled, and every other definition of help.

    A definition that the data set cannot answer is left out. Harm does not depend on what counts as help.
    """
    kinds = ("harm",) if which == Response.HARMS else ("help", "harm")
    found = {AS_JUDGED: comparison} | at_other_thresholds(comparison, kinds)
    if which != Response.HARMS:
        for name in definitions.DEFINITIONS:
            if name not in comparison.definitions:
                try:
                    found[name] = Comparison.of(
                        dataset, comparison.arm, comparison.reference, name, comparison.thresholds
                    )
                except InputError:
                    continue
    return found


def sample_of(block: xr.Dataset, member: np.ndarray, compared: np.ndarray, axes: Sequence[Axis]) -> Sample:
    """Codes of the patients compared of a block, and who of them is of the class."""
    codes = [axis.codes(block)[compared] for axis in axes]
    table = np.stack(codes, axis=1) if codes else np.zeros((int(compared.sum()), 0), dtype=np.uint8)
    return Sample(table, member[compared], np.array([len(axis.cuts) + 1 for axis in axes], dtype=np.int64))

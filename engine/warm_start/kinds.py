"""Kinds of patients of an arm that have regressions of their own, because no one regression fits them all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np

from ..inputs import PLACE
from ..integration.lanes import INNER
from ..laws.coronary import LEAST_TONE
from ..periodic.prediction import Regressions, predict_field

STENOSIS = PLACE["coronary_stenosis"]
ANY, PERFUSED, EXHAUSTED = "any", "perfused", "exhausted"
"""Flow to the inner layer: whatever it is; autoregulated; or what pressure gives, as the layer is dilated."""
DILATED = 1.1 * LEAST_TONE
"""Tone up to which a layer counts as dilated as far as it can be. Flow follows pressure there, and contraction flow."""


class Kind(NamedTuple):
    """Patients of an arm in a mode of regulation, with a coronary stenosis or without, by their inner layer's flow."""

    arm: str
    mode: str
    stenosed: bool
    flow: str


def kinds(
    regressions: Mapping[Kind, Regressions],
    arm: str,
    mode: str,
    parameters: np.ndarray,
    start: np.ndarray,
    learned: np.ndarray,
) -> Iterator[tuple[Kind, np.ndarray]]:
    """Part the patients of an arm by kind: each with its rows.

    Whose flow is autoregulated is predicted, where training patients showed both.
    """
    stenosed = parameters[:, STENOSIS] > 0.0
    for kind in (False, True):
        rows = np.flatnonzero(stenosed == kind)
        if not rows.size:
            continue
        whole = Kind(arm, mode, kind, ANY)
        if whole._replace(flow=PERFUSED) not in regressions:
            yield whole, rows
            continue
        tones = np.empty(rows.size)
        predict_field(regressions[whole], INNER, parameters[rows], start[rows], learned[rows], tones)
        for flow, part in ((PERFUSED, rows[tones > DILATED]), (EXHAUSTED, rows[~(tones > DILATED)])):
            if part.size:
                yield whole._replace(flow=flow), part

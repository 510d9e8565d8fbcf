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
NEAR = 0.05
"""How far from the least tone a prediction leaves it open which of the two a layer is. Measured over 5,734 patients of
ami-cs with a stenosis, without support: 8 % are nearer, and of the others .3 % are not what they are taken for. Were
they judged together, all would need the caution of these few: 3.85 beats an arm instead of 3.65."""


class Kind(NamedTuple):
    """Patients of an arm in a mode of regulation, with a coronary stenosis or without, by their inner layer's flow."""

    arm: str
    mode: str
    stenosed: bool
    flow: str


class Members(NamedTuple):
    """Patients of a kind: their rows, and whether each is near the edge to the other kind (bool)."""

    kind: Kind
    rows: np.ndarray
    near: np.ndarray


def kinds(
    regressions: Mapping[Kind, Regressions],
    arm: str,
    mode: str,
    parameters: np.ndarray,
    start: np.ndarray,
    learned: np.ndarray,
) -> Iterator[Members]:
    """Part the patients of an arm by kind.

    Whose flow is autoregulated is predicted, where training patients showed both: by what those showed whose layer is
    dilated, for one that did not lack flow if it were would not be.
    """
    stenosed = parameters[:, STENOSIS] > 0.0
    for narrow in (False, True):
        rows = np.flatnonzero(stenosed == narrow)
        if not rows.size:
            continue
        whole = Kind(arm, mode, narrow, ANY)
        if whole._replace(flow=PERFUSED) not in regressions:
            yield Members(whole, rows, np.zeros(rows.size, bool))
            continue
        tones = np.empty(rows.size)
        exhausted = whole._replace(flow=EXHAUSTED)
        predict_field(regressions[exhausted], INNER, parameters[rows], start[rows], learned[rows], tones)
        perfused, near = tones > LEAST_TONE, np.abs(tones - LEAST_TONE) <= NEAR
        for kind, members in ((exhausted._replace(flow=PERFUSED), perfused), (exhausted, ~perfused)):
            if members.any():
                yield Members(kind, rows[members], near[members])

"""The command trial: a virtual trial, and the observational study that might have been made instead."""

from __future__ import annotations

from pathlib import Path

from ..analysis.trials import trial as tried
from ..analysis.trials import words
from ..analysis.trials.design import design_of
from ..analysis.trials.trial_figure import trial_figure
from .answers import tell_answer
from .devices import tell_missing
from .options.shared import Drawing
from .pictures import requested
from .reading import beside, opened, reading


def trial(
    store: Path,
    design: Path,
    seed: int | None,
    drawing: Drawing,
    arm: str | None,
    reference: str | None,
    as_json: bool,
) -> None:
    """Repeat a trial and an observational study on the patients of a store."""
    request = requested(drawing, beside(store, "trial.png"))
    design_of(design)
    dataset = opened(store)
    tell_missing(store, dataset)
    with reading(store):
        answer = tried.trial(dataset, design, arm=arm, reference=reference, seed=seed)
    tell_answer(answer, trial_figure, words.in_words, request, as_json)

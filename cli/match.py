"""The command match: which virtual patients a monitor's numbers fit, and what each arm would do in them."""

from __future__ import annotations

from pathlib import Path
from typing import Unpack

from ..analysis.match import match as matching
from ..analysis.match.figure import match_figure
from ..analysis.match.words import in_words
from ..analysis.response.comparison import Asked
from .answers import tell_answer
from .devices import tell_missing
from .options.shared import Drawing
from .pictures import requested
from .reading import beside, opened, reading


def match(
    store: Path,
    measured: tuple[str, ...],
    trace: Path | None,
    trace_arm: str | None,
    quantities: Path | None,
    effective: float,
    simulations: int,
    seed: int,
    drawing: Drawing,
    as_json: bool,
    **asked: Unpack[Asked],
) -> None:
    """Match a monitor's numbers with the patients of a store."""
    request = requested(drawing, beside(store, "match.png"))
    dataset = opened(store)
    tell_missing(store, dataset)
    with reading(store):
        answer = matching.match(
            dataset,
            measured,
            trace=trace,
            trace_arm=trace_arm,
            quantities=quantities,
            effective=effective,
            simulations=simulations,
            seed=seed,
            **asked,
        )
    tell_answer(answer, match_figure, in_words, request, as_json)

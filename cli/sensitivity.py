"""The command sensitivity: what an outcome or the probability of help depends on."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Unpack

from ..analysis.response.comparison import Asked
from ..analysis.sensitivity import indices, words
from ..analysis.sensitivity.sensitivity_figure import sensitivity_figure
from ..engine import InputError
from .answers import tell_answer
from .options.shared import Drawing
from .pictures import requested
from .reading import opened, reading


def sensitivity(
    store: Path,
    outcomes: tuple[str, ...],
    groups: tuple[str, ...],
    method: str | None,
    top: int,
    drawing: Drawing,
    as_json: bool,
    **asked: Unpack[Asked],
) -> None:
    """Say how much each parameter moves an outcome."""
    request = requested(drawing)
    dataset = opened(store)
    with reading(store):
        answer = indices.sensitivity(dataset, list(outcomes) or None, method=method, groups=_groups(groups), **asked)
    tell_answer(answer, sensitivity_figure, partial(words.in_words, top=top), request, as_json)


def _groups(texts: Sequence[str]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for text in texts:
        name, equals, members = text.partition("=")
        names = [each.strip() for each in members.split(",") if each.strip()]
        if not equals or not name.strip() or not names:
            raise InputError(f"--group: {text!r} is not NAME=A,B, as afterload=systemic_resistance,arterial_stiffness")
        if name.strip() in groups:
            raise InputError(f"--group: {name.strip()} is given twice")
        groups[name.strip()] = names
    return groups

"""The command sensitivity: what an outcome or the probability of help depends on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Unpack

from ..analysis.figures.style import check_format
from ..analysis.response.comparison import Asked
from ..analysis.sensitivity import indices, words
from ..analysis.sensitivity.sensitivity_figure import sensitivity_figure
from ..engine import InputError
from .output import report, say
from .pictures import picture
from .reading import opened, reading
from .tables import show


def sensitivity(
    store: Path,
    outcomes: tuple[str, ...],
    groups: tuple[str, ...],
    method: str | None,
    top: int,
    output: Path | None,
    as_json: bool,
    **asked: Unpack[Asked],
) -> None:
    """Say how much each parameter moves an outcome."""
    target = None
    if output is not None:
        target = check_format(output)
    dataset = opened(store)
    with reading(store):
        result = indices.sensitivity(dataset, list(outcomes) or None, method=method, groups=_groups(groups), **asked)
    path = None
    if target is not None:
        path = picture(sensitivity_figure(result), target)

    def told() -> None:
        show(words.in_words(result, top))
        if path is not None:
            say(f"{path}: written")

    report({"figure": path, **words.as_dict(result)}, as_json, told)


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

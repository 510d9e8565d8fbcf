"""How every answer is told: its picture written, its data set for machines, its sentences and tables for people."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import xarray as xr
from matplotlib.figure import Figure

from ..analysis.figures.numbers import tidy
from ..analysis.words.parts import Part
from .output import report
from .pictures import Request, drawn, paths_of
from .tables import show


def tell_answer(
    answer: xr.Dataset,
    figure: Callable[[xr.Dataset], Figure],
    in_words: Callable[[xr.Dataset], Sequence[Part]],
    request: Request,
    as_json: bool,
    files: Mapping[str, Path] | None = None,
) -> None:
    """Draw an answer where a picture is asked for, and tell it; ``files`` are others written of it, by name."""
    written, others = drawn(request, lambda: figure(answer), lambda: tidy(answer)), files or {}
    paths = [*paths_of(written), *others.values()]
    report({**written, **others, **as_dict(answer)}, as_json, lambda: show(in_words(answer), *paths))


def as_dict(answer: xr.Dataset) -> dict[str, Any]:
    """Give an answer as plain types for JSON.

    Returns
    -------
    dict
        Its attributes by name; under ``coords`` and ``data_vars`` its variables as ``xr.Dataset.to_dict`` has them,
        each with ``dims``, ``attrs`` and ``data``. ``xr.Dataset.from_dict`` reads the variables again.
    """
    whole = answer.to_dict()
    return {**whole["attrs"], "coords": whole["coords"], "data_vars": whole["data_vars"]}

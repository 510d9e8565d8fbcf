"""Commands about devices: their timing, weaning from them, their rivals, and what stands whatever one assumes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Unpack

import xarray as xr

from ..analysis.devices import rivals as rivalry
from ..analysis.devices import rivals_words, timing_words, weaning_words
from ..analysis.devices import timing as timed
from ..analysis.devices import weaning as wean
from ..analysis.devices.rivals_figure import rivals_figure
from ..analysis.devices.rivals_order import TARGETS
from ..analysis.devices.timing_figure import timing_figure
from ..analysis.devices.weaning_figure import weaning_figure
from ..analysis.maps import robustness as assumptions
from ..analysis.maps import robustness_words
from ..analysis.maps.robustness_figure import robustness_figure
from ..analysis.response.comparison import Asked
from ..engine import InputError
from .answers import tell_answer
from .options.shared import Drawing
from .output import tell
from .pictures import requested
from .reading import beside, opened, reading


def timing(
    store: Path,
    benefit: str,
    kept: float,
    harmed: float,
    x: str | None,
    y: str | None,
    drawing: Drawing,
    arm: str | None,
    reference: str | None,
    bins: int | None,
    thresholds: Mapping[str, float],
    as_json: bool,
) -> None:
    """Map a balloon's effect over the start of inflation and of deflation, or find each patient's own deflation."""
    request = requested(drawing, beside(store, "timing.png"))
    dataset = opened(store)
    tell_missing(store, dataset)
    with reading(store):
        answer = timed.timing(
            dataset,
            arm=arm,
            reference=reference,
            benefit=benefit,
            kept=kept,
            harmed=harmed,
            x=x,
            y=y,
            bins=bins,
            thresholds=thresholds,
        )
    tell_answer(answer, timing_figure, timing_words.in_words, request, as_json)


def weaning(
    store: Path,
    by: str | None,
    drawing: Drawing,
    as_json: bool,
    **asked: Unpack[Asked],
) -> None:
    """Say how much of a balloon's effect is kept at fewer beats or with less volume."""
    request = requested(drawing, beside(store, "weaning.png"))
    dataset = opened(store)
    tell_missing(store, dataset)
    with reading(store):
        answer = wean.weaning(dataset, by=by, **asked)
    tell_answer(answer, weaning_figure, weaning_words.in_words, request, as_json)


def rivals(
    store: Path,
    targets: tuple[str, ...],
    order: str | None,
    x: str | None,
    y: str | None,
    drawing: Drawing,
    bins: int | None,
    as_json: bool,
) -> None:
    """Find the mildest device that brings each patient to a target, and what its flow costs."""
    request = requested(drawing, beside(store, "rivals.png"))
    dataset = opened(store)
    tell_missing(store, dataset)
    ranks = order.split(",") if order else None
    with reading(store):
        answer = rivalry.rivals(dataset, targets or TARGETS, ranks, x=x, y=y, bins=bins)
    tell_answer(answer, rivals_figure, rivals_words.in_words, request, as_json)


def robustness(
    stores: tuple[Path, ...],
    x: str,
    y: str,
    of: str,
    level: float,
    definitions: tuple[str, ...],
    same_thresholds: bool,
    drawing: Drawing,
    arm: str | None,
    reference: str | None,
    bins: int | None,
    thresholds: Mapping[str, float],
    as_json: bool,
) -> None:
    """Say which parts of a map stand whatever one assumes."""
    request = requested(drawing, beside(stores[0], "robustness.png"))
    datasets = [opened(store) for store in stores]
    for store, each in zip(stores, datasets, strict=True):
        tell_missing(store, each)
    with reading(stores[0]):
        answer = assumptions.robustness(
            datasets,
            x,
            y,
            arm=arm,
            reference=reference,
            of=of,
            level=level,
            bins=bins,
            definitions=definitions,
            thresholds=thresholds,
            vary_thresholds=not same_thresholds,
        )
    tell_answer(answer, robustness_figure, robustness_words.in_words, request, as_json)


def tell_missing(store: Path, dataset: xr.Dataset) -> None:
    """Say of an unfinished store how much of it is there.

    Raises
    ------
    InputError
        Where nothing is.
    """
    blocks, missing = int(dataset.attrs.get("blocks", 1)), int(dataset.attrs.get("blocks_missing", 0))
    if missing == blocks:
        raise InputError(f"{store}: none of its {blocks:,} blocks has been run yet")
    if missing:
        tell(f"{store}: {missing:,} of {blocks:,} blocks have not been run yet; the answer is of the others")

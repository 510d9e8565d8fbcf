"""Commands about devices: their timing, weaning from them, their rivals, and what stands whatever one assumes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..engine import InputError
from .device_answers import say_rivals, say_robustness, say_timing, say_weaning
from .group import commands
from .output import json_option, picture, picture_option, report, tell
from .reading import (
    arm_option,
    beside,
    bins_option,
    comparison,
    definition_option,
    opened,
    reading,
    threshold_option,
    thresholds_of,
    x_option,
    y_option,
)

if TYPE_CHECKING:
    import xarray as xr

store_argument = click.argument("store", type=click.Path(path_type=Path))


@commands.command()
@store_argument
@click.option(
    "--benefit", default="output", show_default=True, help="What is to be best: output, augmentation, demand."
)
@click.option(
    "--kept", type=float, default=0.5, show_default=True, help="Share of an effect below which it is an error."
)
@click.option("--harmed", type=float, default=0.1, show_default=True, help="Share that the best may harm.")
@picture_option("timing.png")
@arm_option
@bins_option
@threshold_option
@json_option
def timing(
    store: Path,
    benefit: str,
    kept: float,
    harmed: float,
    output: Path | None,
    arm: str | None,
    bins: int | None,
    thresholds: tuple[str, ...],
    as_json: bool,
) -> None:
    """Map a balloon's effect over the start of inflation and of deflation.

    Both offsets must vary from patient to patient, as in examples/timing.toml. Finds the best timing with its tolerance
    by cohort and heart rate, and what the four errors of the textbook do.
    """
    from ..analysis.devices.timing_map import as_dict, map_timing
    from ..analysis.figures.style import check_format

    target = check_format(output or beside(store, "timing.png"))
    dataset, arm, reference = comparison(store, arm)
    tell_missing(store, dataset)
    limits = thresholds_of(thresholds)
    with reading(store):
        answer = map_timing(
            dataset,
            arm=arm,
            reference=reference,
            benefit=benefit,
            kept=kept,
            harmed=harmed,
            bins=bins,
            thresholds=limits,
        )
    from ..analysis.devices.timing_figure import timing_figure

    path = picture(timing_figure(answer), target)
    report({"figure": path, **as_dict(answer)}, as_json, lambda: say_timing(path, answer))


@commands.command()
@store_argument
@click.option("--by", help="Axis that cuts the patients into groups, or cohort.")
@picture_option("weaning.png")
@arm_option
@definition_option
@threshold_option
@json_option
def weaning(
    store: Path,
    by: str | None,
    output: Path | None,
    arm: str | None,
    definition: str | None,
    thresholds: tuple[str, ...],
    as_json: bool,
) -> None:
    """Say how much of a balloon's effect is kept at fewer beats or with less volume.

    The store needs arms that differ in assist_ratio or in balloon_volume, as in examples/weaning.toml; --arm is the
    full support, by default iabp or else the fullest balloon at every beat. With --by aortic_size it compares balloons
    in aortas of each size (examples/balloon-size.toml).
    """
    from ..analysis.devices.weaning import as_dict, wean
    from ..analysis.figures.style import check_format

    target = check_format(output or beside(store, "weaning.png"))
    dataset, _, reference = comparison(store, arm)
    tell_missing(store, dataset)
    limits = thresholds_of(thresholds)
    with reading(store):
        answer = wean(dataset, arm=arm, reference=reference, by=by, definition=definition, thresholds=limits)
    from ..analysis.devices.weaning_figure import weaning_figure

    path = picture(weaning_figure(answer), target)
    report({"figure": path, **as_dict(answer)}, as_json, lambda: say_weaning(path, answer))


@commands.command()
@store_argument
@click.option("--target", "targets", multiple=True, metavar="NAME>NUMBER", help="Also <, >=, <=; all must hold.")
@click.option("--order", help="Arms from the mildest on, by commas; / between equals.")
@click.option("--x", "x", metavar="NAME", help="Axis of a map: parameter, baseline outcome or NAME_difference.")
@click.option("--y", "y", metavar="NAME", help="Likewise, upwards.")
@picture_option("rivals.png")
@bins_option
@json_option
def rivals(
    store: Path,
    targets: tuple[str, ...],
    order: str | None,
    x: str | None,
    y: str | None,
    output: Path | None,
    bins: int | None,
    as_json: bool,
) -> None:
    """Find the mildest device that brings each patient to a target, and what its flow costs.

    The target is cardiac_index>2.2 and wedge_pressure<18 unless told otherwise. Without --order: no device, balloons,
    axial pumps by model, ECMO, each alone before it is combined.
    """
    from ..analysis.devices.rivals import as_dict, compare_rivals
    from ..analysis.devices.rivals_order import TARGETS
    from ..analysis.figures.style import check_format

    target = check_format(output or beside(store, "rivals.png"))
    dataset = comparison(store, None).dataset
    tell_missing(store, dataset)
    ranks = order.split(",") if order else None
    with reading(store):
        answer = compare_rivals(dataset, targets or TARGETS, ranks, x=x, y=y, bins=bins)
    from ..analysis.devices.rivals_figure import rivals_figure

    path = picture(rivals_figure(answer), target)
    report({"figure": path, **as_dict(answer)}, as_json, lambda: say_rivals(path, answer))


@commands.command()
@click.argument("stores", nargs=-1, required=True, type=click.Path(path_type=Path))
@x_option
@y_option
@click.option("--of", "of", default="helps", show_default=True, help="Class asked about: helps, fails or harms.")
@click.option("--level", type=float, default=0.5, show_default=True, help="Share of a cell above which it holds.")
@click.option("--definition", "definitions", multiple=True, help="A further definition of help to try; repeatable.")
@click.option("--same-lines", is_flag=True, help="Do not halve and double the lines of help and harm.")
@picture_option("robustness.png")
@arm_option
@bins_option
@threshold_option
@json_option
def robustness(
    stores: tuple[Path, ...],
    x: str,
    y: str,
    of: str,
    level: float,
    definitions: tuple[str, ...],
    same_lines: bool,
    output: Path | None,
    arm: str | None,
    bins: int | None,
    thresholds: tuple[str, ...],
    as_json: bool,
) -> None:
    """Say which parts of a map stand whatever one assumes.

    STORES hold the same patients under other assumptions: modes of regulation, structural guesses doubled by [scale],
    settings of the arms (see examples/robustness). The first is the one the others are compared with; on it the lines
    of help and harm are halved and doubled as well.
    """
    from ..analysis.figures.style import check_format
    from ..analysis.maps.robustness import as_dict, stand

    target = check_format(output or beside(stores[0], "robustness.png"))
    dataset, arm, reference = comparison(stores[0], arm)
    datasets = [dataset, *(opened(other) for other in stores[1:])]
    for store, each in zip(stores, datasets, strict=True):
        tell_missing(store, each)
    limits = thresholds_of(thresholds)
    with reading(stores[0]):
        answer = stand(
            datasets,
            x,
            y,
            arm=arm,
            reference=reference,
            of=of,
            level=level,
            bins=bins,
            definitions=definitions,
            thresholds=limits,
            vary_lines=not same_lines,
        )
    from ..analysis.maps.robustness_figure import robustness_figure

    path = picture(robustness_figure(answer), target)
    report({"figure": path, **as_dict(answer)}, as_json, lambda: say_robustness(path, answer))


def tell_missing(store: Path, dataset: xr.Dataset) -> None:
    """Say of an unfinished store how much of it is there, and of a refined one that its weights are not used.

    Raises
    ------
    InputError
        Where nothing is.
    """
    from ..sweeps.design.weighting import WEIGHT

    blocks, missing = int(dataset.attrs.get("blocks", 1)), int(dataset.attrs.get("blocks_missing", 0))
    if missing == blocks:
        raise InputError(f"{store}: none of its {blocks:,} blocks has been run yet")
    if missing:
        tell(f"{store}: {missing:,} of {blocks:,} blocks have not been run yet; the answer is of the others")
    if WEIGHT in dataset:
        tell(f"{store}: its patients were not drawn alike ({WEIGHT}); here each counts as one")

"""What the commands timing, weaning, rivals and robustness may be told."""

from __future__ import annotations

from pathlib import Path

import click

from ..group import command
from .shared import (
    arm_option,
    bins_option,
    definition_option,
    json_option,
    picture_option,
    store_argument,
    threshold_option,
    x_option,
    y_option,
)


@command("timing")
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
def timing() -> None:
    """Map a balloon's effect over the start of inflation and of deflation.

    Both offsets must vary from patient to patient, as in examples/timing.toml. Finds the best timing with its tolerance
    by cohort and heart rate, and what the four errors of the textbook do.
    """


@command("weaning")
@store_argument
@click.option("--by", help="Axis that cuts the patients into groups, or cohort.")
@picture_option("weaning.png")
@arm_option
@definition_option
@threshold_option
@json_option
def weaning() -> None:
    """Say how much of a balloon's effect is kept at fewer beats or with less volume.

    The store needs arms that differ in assist_ratio or in balloon_volume, as in examples/weaning.toml; --arm is the
    full support, by default iabp or else the fullest balloon at every beat. With --by aortic_size it compares balloons
    in aortas of each size (examples/balloon-size.toml).
    """


@command("rivals")
@store_argument
@click.option("--target", "targets", multiple=True, metavar="NAME>NUMBER", help="Also <, >=, <=; all must hold.")
@click.option("--order", help="Arms from the mildest on, by commas; / between equals.")
@click.option("--x", "x", metavar="NAME", help="Axis of a map: parameter, baseline outcome or NAME_difference.")
@click.option("--y", "y", metavar="NAME", help="Likewise, upwards.")
@picture_option("rivals.png")
@bins_option
@json_option
def rivals() -> None:
    """Find the mildest device that brings each patient to a target, and what its flow costs.

    The target is cardiac_index>2.2 and wedge_pressure<18 unless told otherwise. Without --order: no device, balloons,
    axial pumps by model, ECMO, each alone before it is combined.
    """


@command("robustness")
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
def robustness() -> None:
    """Say which parts of a map stand whatever one assumes.

    STORES hold the same patients under other assumptions: modes of regulation, structural guesses doubled by [scale],
    settings of the arms (see examples/robustness). The first is the one the others are compared with; on it the lines
    of help and harm are halved and doubled as well.
    """

"""What the commands timing, weaning, rivals and robustness may be told."""

from __future__ import annotations

import click

from ...sweeps.population.definitions import DEFINITIONS
from ..group import command
from .shared import (
    CLASSES,
    arm_option,
    axis_option,
    bins_option,
    comparison_options,
    json_option,
    one_of,
    picture_option,
    reference_option,
    store_argument,
    stores_argument,
    threshold_option,
    x_option,
    y_option,
)

BENEFITS = ("output", "augmentation", "demand")


@command("timing")
@store_argument
@click.option(
    "--benefit", metavar=one_of(BENEFITS), default="output", show_default=True, help="What the best timing is best for."
)
@click.option(
    "--kept", type=float, default=0.5, show_default=True, help="Share of an effect below which a timing is an error."
)
@click.option(
    "--harmed", type=float, default=0.1, show_default=True, help="Share of the patients that the best timing may harm."
)
@picture_option("timing.png")
@arm_option
@reference_option
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
@click.option("--by", metavar="NAME", help="Cut the patients into groups along an axis, or by cohort.")
@picture_option("weaning.png")
@comparison_options
@json_option
def weaning() -> None:
    """Say how much of a balloon's effect is kept at fewer beats or with less volume.

    The store needs arms that differ in assist_ratio or in balloon_volume, as in examples/weaning.toml; --arm is the
    full support, by default iabp or else the fullest balloon at every beat. With --by aortic_size it compares balloons
    in aortas of each size (examples/balloon-size.toml).
    """


@command("rivals")
@store_argument
@click.option(
    "--target",
    "targets",
    multiple=True,
    metavar="NAME>NUMBER",
    help="What a device must reach, by >, <, >= or <=; of several, all.",
)
@click.option(
    "--order", metavar="NAME,NAME", help="Arms from the mildest on; / instead of the comma between two alike."
)
@axis_option("x", "Axis from left to right of a map")
@axis_option("y", "Axis from bottom to top of a map")
@picture_option("rivals.png")
@bins_option
@json_option
def rivals() -> None:
    """Find the mildest device that brings each patient to a target, and what its flow costs.

    The target is cardiac_index>2.2 and wedge_pressure<18 unless told otherwise. Without --order: no device, balloons,
    axial pumps by model, ECMO, each alone before it is combined.
    """


@command("robustness")
@stores_argument
@x_option
@y_option
@click.option("--of", "of", metavar=one_of(CLASSES), default="helps", show_default=True, help="Class asked about.")
@click.option(
    "--level", type=float, default=0.5, show_default=True, help="Share of a cell above which the answer is yes."
)
@click.option(
    "--definition",
    "definitions",
    multiple=True,
    metavar="NAME",
    help=f"Try another definition of help, of {', '.join(DEFINITIONS)}; may be repeated.",
)
@click.option("--same-thresholds", is_flag=True, help="Leave the thresholds of help and harm as they are.")
@picture_option("robustness.png")
@arm_option
@reference_option
@bins_option
@threshold_option
@json_option
def robustness() -> None:
    """Say which parts of a map stand whatever one assumes.

    The stores hold the same patients under other assumptions: modes of regulation, structural guesses doubled by
    [scale], settings of the arms (see examples/robustness). The first is the one the others are compared with; on it
    the thresholds of help and harm are halved and doubled as well.
    """

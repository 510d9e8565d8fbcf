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
    "--benefit",
    metavar=one_of(BENEFITS),
    default="output",
    show_default=True,
    help="Optimal for cardiac output, for diastolic augmentation, or for low oxygen demand.",
)
@click.option(
    "--kept",
    type=float,
    default=0.5,
    show_default=True,
    help="A timing is an error where less than this fraction of the effect at the optimal timing remains.",
)
@click.option(
    "--harmed",
    type=float,
    default=0.1,
    show_default=True,
    help="Largest fraction of the patients that the optimal timing may harm.",
)
@axis_option("x", "Where arms differ in deflation: axis from left to right of the cells")
@axis_option("y", "Where arms differ in deflation: axis from bottom to top of the cells")
@picture_option("timing.png")
@arm_option
@reference_option
@bins_option
@threshold_option
@json_option
def timing() -> None:
    """Map the effect of a balloon over its timing.

    Where both offsets vary from patient to patient, as in examples/timing.toml: the best timing with its tolerance by
    cohort and heart rate, the deflation an operator would choose, and what the four errors of the textbook do. Where
    arms differ in deflation alone, as in examples/deflation.toml: the operator's optimum of each patient and each cell
    (lowest end-diastolic pressure with stroke work below +12 %), and what one setting for all loses.
    """


@command("weaning")
@store_argument
@click.option(
    "--by",
    metavar="NAME",
    help="Divide the patients into groups by a parameter or an outcome at baseline, or by cohort.",
)
@picture_option("weaning.png")
@comparison_options
@json_option
def weaning() -> None:
    """Show how much effect a balloon keeps with less support.

    Less support is a lower assist ratio or balloon volume: the store needs arms that differ in assist_ratio or in
    balloon_volume, as in examples/weaning.toml. --arm is full support: by default iabp, or else the largest balloon at
    an assist ratio of 1:1. --by aortic_size compares balloon
    volumes in aortas of each size (examples/balloon-size.toml).
    """


@command("rivals")
@store_argument
@click.option(
    "--target",
    "targets",
    multiple=True,
    metavar="NAME>NUMBER",
    help="Target for an outcome, with >, <, >= or <=; may be repeated, and then all must be met.",
)
@click.option(
    "--order",
    metavar="NAME,NAME",
    help="Devices in ascending order of support; a / instead of a comma ranks two devices equally.",
)
@axis_option("x", "Horizontal axis of a map")
@axis_option("y", "Vertical axis of a map")
@picture_option("rivals.png")
@bins_option
@json_option
def rivals() -> None:
    """Find the least support that brings each patient to a target.

    Also shows what every device does to output, filling pressure and load of the left ventricle. The default target is
    cardiac_index>=2.2 and mean_arterial_pressure>=60. A device given by levels in the sweep file is taken at the lowest
    level that meets it, else at the highest (examples/rivals.toml). The default order is no device, balloons, axial
    pumps by model, ECMO, and single devices before combinations.
    """


@command("robustness")
@stores_argument
@x_option
@y_option
@click.option(
    "--of", "of", metavar=one_of(CLASSES), default="helps", show_default=True, help="Response class in question."
)
@click.option(
    "--level",
    type=float,
    default=0.5,
    show_default=True,
    help="Fraction of a cell's patients that must be in the class for the result to hold there.",
)
@click.option(
    "--definition",
    "definitions",
    multiple=True,
    metavar="NAME",
    help=f"Also apply another definition of help: {', '.join(DEFINITIONS[:-1])} or {DEFINITIONS[-1]}; may be repeated.",
)
@click.option("--same-thresholds", is_flag=True, help="Do not halve and double the thresholds of help and harm.")
@picture_option("robustness.png")
@arm_option
@reference_option
@bins_option
@threshold_option
@json_option
def robustness() -> None:
    """Find the parts of a map that hold under every assumption.

    The stores hold the same patients under different assumptions: another mode of regulation, a guessed constant
    doubled by [scale], other settings of the arms (see examples/robustness). They are compared with the first store, in
    which the thresholds of help and harm are also halved and doubled.
    """

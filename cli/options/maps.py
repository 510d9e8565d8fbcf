"""What the commands map, boundary and refine may be told."""

from __future__ import annotations

import click

from ..group import command
from .shared import (
    axis_option,
    bins_option,
    comparison_options,
    json_option,
    path,
    picture_option,
    store_argument,
    stores_argument,
    x_option,
    y_option,
)

level_option = click.option(
    "--level", type=float, default=0.5, show_default=True, help="Share of patients helped that the boundary is at."
)


@command("map")
@store_argument
@x_option
@axis_option("y", "Axis from bottom to top, without which curves over x are drawn")
@click.option(
    "--columns",
    metavar="NAME",
    help="Draw maps side by side, for groups along an axis, for each cohort, or for groups of your own.",
)
@click.option(
    "--rows",
    metavar="NAME",
    help="Draw maps below each other, for groups along an axis, for each cohort, or for groups of your own.",
)
@click.option(
    "--groups",
    type=int,
    default=3,
    show_default=True,
    help="Groups that an axis of columns or rows is cut into.",
)
@click.option("--value", metavar="NAME", help="Map a number instead of the classes: its median unless told otherwise.")
@click.option("--quantile", type=float, help="Map a quantile of the --value other than its median, as .9.")
@click.option("--mean", is_flag=True, help="Map the mean of the --value.")
@picture_option("map.png")
@bins_option
@comparison_options
@json_option
def draw_map() -> None:
    """Draw where an arm helps, fails and harms, or how much a number changes.

    The axes are anything in the store: a parameter that varies, an outcome (at the baseline), or its change as
    cardiac_output_difference or cardiac_output_relative_difference. Every cell comes with its 95 % interval. Of a store
    with one arm, which nothing is compared with, --value maps a number.
    """


@command("boundary")
@stores_argument
@x_option
@y_option
@picture_option("boundary.png")
@level_option
@comparison_options
@json_option
def draw_boundary() -> None:
    """Find the line on which the share helped crosses a level, and how sure it is.

    Several stores are pooled: a sweep and those refined from it.
    """


@command("refine")
@stores_argument
@click.option(
    "--x",
    "x",
    required=True,
    metavar="NAME",
    help="One parameter that varies over a range in [vary] of a sweep file.",
)
@click.option("--y", "y", required=True, metavar="NAME", help="Another parameter that varies over a range in [vary].")
@click.option("--patients", type=int, required=True, help="Number of candidates of the new sweep.")
@click.option("-o", "--output", type=path, help="Sweep file that is written; default STORE-refined.toml.")
@level_option
@click.option(
    "--plain-share", type=float, default=0.15, show_default=True, help="Share of the candidates drawn by the old law."
)
@click.option("--seed", type=int, help="Seed of the new sweep; default that of the old one and 1.")
@click.option(
    "--run", "run_it", is_flag=True, help="Run the new sweep into a store beside the file, and print what run prints."
)
@comparison_options
@json_option
def refine() -> None:
    """Write a sweep that spends new patients near the boundary.

    Of several stores the last is refined, with what all of them know. Each new patient has a sampling_weight that
    takes it back to the old law; 'counterpulse boundary STORE NEW-STORE' pools both.
    """

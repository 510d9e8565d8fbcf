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
    "--level", type=float, default=0.5, show_default=True, help="Fraction of patients helped that defines the boundary."
)


@command("map")
@store_argument
@x_option
@axis_option("y", "Vertical axis; without it curves over x are drawn")
@click.option(
    "--columns",
    metavar="NAME",
    help="Draw maps side by side: for groups of a third quantity, for each cohort, or for groups of your own.",
)
@click.option(
    "--rows",
    metavar="NAME",
    help="Draw maps one below the other: for groups of a fourth quantity, for each cohort, or for groups of your own.",
)
@click.option(
    "--groups",
    type=int,
    default=3,
    show_default=True,
    help="Number of equal groups into which the quantity of --columns or --rows is cut.",
)
@click.option(
    "--value", metavar="NAME", help="Map the median of this outcome or change instead of the response classes."
)
@click.option("--quantile", type=float, help="Map this quantile of --value instead of its median, such as 0.9.")
@click.option("--mean", is_flag=True, help="Map the mean of --value instead of its median.")
@picture_option("map.png")
@bins_option
@comparison_options
@json_option
def draw_map() -> None:
    """Map where an arm helps, fails or harms.

    An axis is any quantity in the store: a parameter that varies, an outcome at baseline (in the reference arm), or the
    change of an outcome, such as cardiac_output_difference or cardiac_output_relative_difference. Every cell has its
    95 % confidence interval. --value maps an outcome or its change instead; of a store with a single arm nothing else
    can be mapped.
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
    """Locate where the fraction of patients helped crosses a level.

    The boundary is given with its standard error. Several stores are pooled, such as a sweep and its refinements.
    """


@command("refine")
@stores_argument
@click.option(
    "--x",
    "x",
    required=True,
    metavar="NAME",
    help="First axis: a parameter that has a range in [vary] of the sweep file.",
)
@click.option(
    "--y", "y", required=True, metavar="NAME", help="Second axis: another parameter that has a range in [vary]."
)
@click.option("--patients", type=int, required=True, help="Number of patients to draw in the new sweep.")
@click.option("-o", "--output", type=path, help="Sweep file to write; default STORE-refined.toml.")
@level_option
@click.option(
    "--plain-share",
    type=float,
    default=0.15,
    show_default=True,
    help="Fraction of the patients still drawn from the original distribution.",
)
@click.option("--seed", type=int, help="Random seed of the new sweep; default the old seed plus 1.")
@click.option("--run", "run_it", is_flag=True, help="Also run the new sweep, into a store beside its file.")
@comparison_options
@json_option
def refine() -> None:
    """Write a sweep file with more patients near the boundary.

    This is importance sampling: each new patient has a sampling_weight, by which fractions of patients remain those of
    the original distribution. Of several stores the last is refined, around the boundary found in all of them together;
    'counterpulse boundary STORE NEW-STORE' then pools old and new patients.
    """

"""What the command course may be told."""

from __future__ import annotations

import click

from ..group import command
from .shared import json_option, path, picture_option, store_argument, threshold_option


@command("course")
@store_argument
@click.argument("course_file", metavar="COURSE.toml", type=path)
@click.option(
    "--patients",
    type=path,
    metavar="FILE",
    help="Write a row for each patient to a .csv, .parquet or .nc file: events and their days, expected benefit.",
)
@picture_option("course.png")
@threshold_option
@json_option
def course() -> None:
    """Follow the patients of a store through days on a balloon.

    Heparin by a nomogram, complications, weaning, return, escalation and death, by the rules of COURSE.toml, which may
    be empty; examples/courses has some. The store needs an arm without support, one with a balloon, and arms to which
    it is wound down, as in examples/course.toml. Told are what each day of support gives and costs, heparin nomograms
    compared, weaning by ratio beside weaning by volume, and who should not have had a balloon, each for three shares of
    the association of cardiac power with death that are taken for cause: all, half and none.

    Research use only: nothing here advises on a patient.
    """

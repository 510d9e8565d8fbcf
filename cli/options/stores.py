"""What the commands status, verify, inspect and export may be told."""

from __future__ import annotations

import click

from ..group import command
from .shared import json_option, path, store_argument


@command("status")
@store_argument
@json_option
def status() -> None:
    """Show the progress of a store.

    Finished blocks, and how many patients of each arm have results, failed, or were outside the cohort's window. Works
    while a run is writing.
    """


@command("verify")
@store_argument
@click.option(
    "--sample",
    type=int,
    default=0,
    metavar="N",
    help="Also simulate N random finished blocks again, and compare the results.",
)
@json_option
def verify() -> None:
    """Check every byte of a store against its checksums.

    The exit code is 1 if anything differs from what was written; 'counterpulse run SPEC --repair' computes it again.
    """


@command("inspect")
@store_argument
@json_option
def inspect() -> None:
    """Show what is in a store.

    Dimensions, size, specification of the sweep, variables with their units, and the ranges of the outcomes.
    """


@command("export")
@store_argument
@click.option(
    "-o",
    "--output",
    "file",
    required=True,
    type=path,
    help="Output file; its ending, .csv, .parquet or .nc, says the format. An existing file is replaced once the new "
    "one is complete.",
)
@click.option("--variables", multiple=True, metavar="NAME[,NAME]", help="Write only these variables; may be repeated.")
@click.option("--waveforms", is_flag=True, help="Write the stored waveforms instead, one row per time point.")
@json_option
def export() -> None:
    """Write a store to a csv, parquet or netCDF file.

    A csv or parquet file has one row per patient and arm, with the status in words and every parameter and outcome that
    varies; a netCDF file has everything except the waveforms. Of an unfinished store the finished blocks are written.
    Parquet and netCDF need an extra: pip install 'counterpulse[export]'.
    """

"""What the commands status, verify, inspect and export may be told."""

from __future__ import annotations

import click

from ..group import command
from .shared import json_option, path, store_argument


@command("status")
@store_argument
@json_option
def status() -> None:
    """Say how far a store is.

    Also while it is written: blocks done, and how the patients of each arm fared.
    """


@command("verify")
@store_argument
@click.option("--sample", type=int, default=0, metavar="N", help="Run N finished blocks again, and compare.")
@json_option
def verify() -> None:
    """Compare every byte of a store with its receipts.

    Exit 1 where something is not as it was written; run SPEC --repair makes that again.
    """


@command("inspect")
@store_argument
@json_option
def inspect() -> None:
    """Show what is in a store.

    Dimensions, size, specification, variables with their units, and the ranges of the outcomes.
    """


@command("export")
@store_argument
@click.option(
    "-o",
    "--output",
    "file",
    required=True,
    type=path,
    help="File that is written; .csv, .parquet or .nc says the format. "
    "One that is there is replaced, when the new one is whole.",
)
@click.option("--variables", multiple=True, metavar="NAME[,NAME]", help="Write these variables only; may be repeated.")
@click.option("--waveforms", is_flag=True, help="Write the waveforms that the store keeps, a row for each instant.")
@json_option
def export() -> None:
    """Write a store as a table or as netCDF, for other programs.

    A csv or parquet file has one row per patient and arm, the status in words, and every parameter and outcome that
    differs from row to row; a netCDF file has everything but the waveforms. Of an unfinished store the finished blocks
    are written. Parquet and netCDF need the extra: pip install 'counterpulse[export]'.
    """

"""What the commands run, slurm and compile may be told."""

from __future__ import annotations

import click

from ..group import command
from .shared import json_option, path

spec_argument = click.argument("spec", type=path)
store_option = click.option(
    "-o", "--output", "store", type=path, help="Folder of the store; default out/NAME.zarr for a sweep file NAME.toml."
)


@command("run")
@spec_argument
@store_option
@click.option("--workers", type=int, help="Number of worker processes; default the cores available to this process.")
@click.option("--address", metavar="URL", help="Run on the Dask scheduler at this address, such as tcp://host:8786.")
@click.option(
    "--array-task",
    metavar="I/N",
    help="Run the blocks of task I, counted from 0, of a job array of N tasks; without Dask.",
)
@click.option(
    "--slurm", is_flag=True, help="Start the Dask workers as Slurm jobs of one core each; default 16 of them."
)
@click.option("--repair", is_flag=True, help="Verify the store first, and compute again only what is damaged.")
@click.option(
    "--accept-engine",
    is_flag=True,
    help="Continue a store begun by another version of the engine, the simulation code; the store records both.",
)
@click.option("--dry-run", is_flag=True, help="Show what remains to be run, and write nothing.")
@click.option("--log-json", is_flag=True, help="Write each line of the log as a JSON object.")
@json_option
def run() -> None:
    """Run the sweep file SPEC, or continue an unfinished run.

    The patients are simulated in blocks and written to a store, a folder of Zarr arrays. A run that is stopped or
    killed loses only the blocks in progress; the same command continues it. The log is STORE.log, or STORE.I-of-N.log
    for a task of a job array.
    """


@command("slurm")
@spec_argument
@store_option
@click.option("--tasks", type=int, help="Number of tasks in the array; default 16, or the number of blocks if smaller.")
@click.option("--cpus", type=int, help="Cores per task; default 4, or the number of its blocks if smaller.")
@click.option("--time", "limit", metavar="[D-]HH:MM:SS", help="Time limit of each task; default 04:00:00.")
@click.option("--script", "file", type=path, help="Write the script to this file, which must not exist yet.")
@json_option
def slurm_script() -> None:
    """Print a batch script that runs SPEC as a Slurm job array.

    The script is meant to be read and edited. A task that reaches its time limit is requeued and continues.
    """


@command("compile")
@click.argument("spec", type=path, required=False)
@click.option(
    "--precision",
    type=click.Choice(["float64", "float32"]),
    help="Floating-point precision; default that of the sweep.",
)
@json_option
def compile_kernels() -> None:
    """Compile the kernels of a sweep before many processes start.

    Without the sweep file SPEC: those of a balloon in infarct shock. The compiled kernels are kept in the user's cache
    folder, or where the environment variable COUNTERPULSE_CACHE says.
    """

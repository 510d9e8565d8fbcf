"""What the commands run, slurm and compile may be told."""

from __future__ import annotations

import click

from ..group import command
from .shared import json_option, path

spec_argument = click.argument("spec", type=path)
store_option = click.option(
    "-o", "--output", "store", type=path, help="Store that is written; default out/SPEC-stem.zarr."
)


@command("run")
@spec_argument
@store_option
@click.option("--workers", type=int, help="Number of processes; default the cores that this process may use.")
@click.option("--address", metavar="URL", help="Use a running Dask scheduler, as tcp://host:8786.")
@click.option(
    "--array-task", metavar="I/N", help="Run share I, counted from 0, of N shares of the blocks, without Dask."
)
@click.option("--slurm", is_flag=True, help="Start Slurm jobs of one core as Dask workers, 16 unless --workers says.")
@click.option("--repair", is_flag=True, help="Verify the store first, and make again what is damaged and only that.")
@click.option("--accept-engine", is_flag=True, help="Go on in a store of another engine; the store then says so.")
@click.option("--dry-run", is_flag=True, help="Say what there is to do, and write nothing.")
@click.option("--log-json", is_flag=True, help="Make each line of the log, STORE.log, a JSON object.")
@json_option
def run() -> None:
    """Run a sweep file, or what is missing of it.

    Stopped or killed at any moment, the same command goes on where it was. What happens is kept in STORE.log, of a
    task of an array in STORE.I-of-N.log.
    """


@command("slurm")
@spec_argument
@store_option
@click.option("--tasks", type=int, help="Number of tasks of the array; default 16, or the number of blocks.")
@click.option("--cpus", type=int, help="Cores of each task; default 4, or the number of its blocks.")
@click.option("--time", "limit", metavar="[D-]HH:MM:SS", help="Time limit of each task; default 04:00:00.")
@click.option("--script", "file", type=path, help="Write the script to this file, which must be new.")
@json_option
def slurm_script() -> None:
    """Print the script of a Slurm job array that runs a sweep.

    Made to be read and edited. A task that is stopped at its time limit goes back into the queue.
    """


@command("compile")
@click.argument("spec", type=path, required=False)
@click.option("--precision", type=click.Choice(["float64", "float32"]), help="Precision, instead of the sweep's own.")
@json_option
def compile_kernels() -> None:
    """Compile what a sweep needs, before many start it at once.

    Without SPEC: a balloon in infarct shock. COUNTERPULSE_CACHE names the folder the kernels are kept in.
    """

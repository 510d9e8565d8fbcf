"""What the command trial may be told."""

from __future__ import annotations

import click

from ..group import command
from .shared import arm_option, json_option, path, picture_option, reference_option, store_argument


@command("trial")
@store_argument
@click.argument("design", type=path, metavar="TRIAL.toml")
@click.option("--seed", type=click.IntRange(min=0, max=2**32 - 1), help="Random seed, in place of the file's.")
@picture_option("trial.png")
@arm_option
@reference_option
@json_option
def trial() -> None:
    """Repeat a trial on virtual patients whose truth is known.

    The file says who is included by measured values, how many, allocation, crossover, escalation to a rival, and how
    many of the control arm die; or an observational study of the same patients, in which the treated are chosen; or
    both. Death follows cardiac power by a published association, of which all, half or none is taken for a cause, side
    by side; days of support cost their complications. Thousands of replicates give the distribution of the estimated
    effect beside a published one, the power, what the pooled result hides, and the bias of six estimators.

    Designs with published results stand in examples/trials, as examples/trials/infarct-600.toml for the store of
    examples/infarct-trial.toml; docs/trial.md explains what a file may say.

    Research use only: nothing here advises on a patient.
    """

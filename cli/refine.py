"""Commands around the boundary between help and no help: boundary, refine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..engine import InputError
from .group import DONE, commands
from .output import json_option, picture, picture_option, report, say, table, tell
from .reading import (
    arm_option,
    beside,
    definition_option,
    opened,
    reading,
    threshold_option,
    thresholds_of,
    x_option,
    y_option,
)

if TYPE_CHECKING:
    pass

stores_argument = click.argument("stores", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="STORE...")
level_option = click.option("--level", type=float, default=0.5, show_default=True, help="Share helped on the boundary.")


@commands.command("boundary")
@stores_argument
@x_option
@y_option
@picture_option("boundary.png")
@arm_option
@level_option
@definition_option
@threshold_option
@json_option
def boundary_command(
    stores: tuple[Path, ...],
    x: str,
    y: str,
    output: Path | None,
    arm: str | None,
    level: float,
    definition: str | None,
    thresholds: tuple[str, ...],
    as_json: bool,
) -> None:
    """Find the line on which the share helped crosses a level, and how sure it is.

    Several stores are pooled: a sweep and those refined from it.
    """
    from ..analysis.figures.style import check_format
    from ..analysis.maps.boundary import as_dict, boundary, sentences, stations

    target = check_format(output or beside(stores[0], "boundary.png"))
    with reading(stores[0]):
        result = boundary(
            [opened(store) for store in stores],
            x,
            y,
            arm=arm,
            level=level,
            definition=definition,
            thresholds=thresholds_of(thresholds),
        )
    from ..analysis.maps.boundary_figure import boundary_figure

    path = picture(boundary_figure(result), target)

    def words() -> None:
        say(f"{path}: " + "\n".join(sentences(result)))
        if rows := stations(result):
            table([x, y, "error (% of the axes)"], [[*place, 100 * error] for *place, error in rows])

    report({"figure": path, **as_dict(result)}, as_json, words)


@commands.command("refine")
@stores_argument
@click.option("--x", "x", required=True, metavar="NAME", help="Parameter that varies over a range in [vary].")
@click.option("--y", "y", required=True, metavar="NAME", help="Another.")
@click.option("--patients", type=int, required=True, help="Candidates of the new sweep.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="New sweep file; default STORE-refined.toml.")
@arm_option
@level_option
@click.option("--plain-share", type=float, default=0.15, show_default=True, help="Share drawn as before.")
@click.option("--seed", type=int, help="Of the new sweep; default that of the old one and 1.")
@click.option("--run", "run_it", is_flag=True, help="Run it, into a store beside the file; prints what run prints.")
@definition_option
@threshold_option
@json_option
def refine_command(
    stores: tuple[Path, ...],
    x: str,
    y: str,
    patients: int,
    output: Path | None,
    arm: str | None,
    level: float,
    plain_share: float,
    seed: int | None,
    run_it: bool,
    definition: str | None,
    thresholds: tuple[str, ...],
    as_json: bool,
) -> int:
    """Write a sweep that spends new patients near the boundary.

    Of several stores the last is refined, with what all of them know. Each new patient has a sampling_weight that
    takes it back to the old law; 'counterpulse boundary STORE NEW-STORE' pools both.
    """
    from ..analysis.maps.refine import as_dict, propose, sentences
    from ..sweeps.population.toml import written
    from ..sweeps.store.outputs import check_output

    target = output or beside(stores[-1], f"{stores[-1].resolve().stem}-refined.toml")
    check_output(target, where="--output")
    if target.exists():
        raise InputError(f"--output: {target} is there already; name a new file")
    with reading(stores[0]):
        proposal = propose(
            [opened(store) for store in stores],
            x,
            y,
            patients,
            arm=arm,
            level=level,
            plain_share=plain_share,
            seed=seed,
            definition=definition,
            thresholds=thresholds_of(thresholds),
        )
    with target.open("x", encoding="utf-8") as file:
        file.write(written(proposal.spec.canonical()))
    text = f"{target}: " + "\n".join(sentences(proposal))
    if not run_it:
        report({"file": target, **as_dict(proposal)}, as_json, lambda: say(text))
        return DONE
    from .options.running import run

    tell(text)
    code: int = click.get_current_context().invoke(run, spec=target, store=target.with_suffix(".zarr"), as_json=as_json)
    return code

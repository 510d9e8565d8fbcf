"""The command map: where an arm helps, fails and harms."""

from __future__ import annotations

from pathlib import Path

import click

from .group import commands
from .output import json_option, report, say
from .reading import arm_option, comparison, definition_option, reading, threshold_option, thresholds_of


@commands.command("map")
@click.argument("store", type=click.Path(path_type=Path))
@click.option("--x", "x", required=True, metavar="NAME", help="Parameter, baseline outcome or NAME_difference.")
@click.option("--y", "y", required=True, metavar="NAME", help="Likewise, upwards.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Picture; default map.png beside the store.")
@arm_option
@click.option("--bins", type=int, help="Cells along each axis; default by the number of patients.")
@definition_option
@threshold_option
@json_option
def map_command(
    store: Path,
    x: str,
    y: str,
    output: Path | None,
    arm: str | None,
    bins: int | None,
    definition: str | None,
    thresholds: tuple[str, ...],
    as_json: bool,
) -> None:
    """Draw where an arm helps, fails and harms.

    The axes are anything in the store: a parameter that varies, an outcome (at the baseline), or its change as
    cardiac_output_difference or cardiac_output_relative_difference.
    """
    from ..analysis.figures import check_format, save
    from ..analysis.maps import as_dict, map_response

    target = check_format(output or store.parent / "map.png")
    dataset, arm, reference = comparison(store, arm)
    with reading(store):
        result = map_response(
            dataset,
            x,
            y,
            arm=arm,
            reference=reference,
            bins=bins,
            definition=definition,
            thresholds=thresholds_of(thresholds),
        )
    from ..analysis.map_figure import map_figure

    path = save(map_figure(result), target)

    def words() -> None:
        about = result.attrs
        counts = ", ".join(
            f"{name} {about[name]:,}" for name in ("helps", "fails", "harms", "failed_run", "not_compared")
        )
        say(f"{path}: {about['compared']:,} patients compared over {x} and {y}; {counts}")

    report({"figure": path, **as_dict(result)}, as_json, words)

"""The command map: where an arm helps, fails and harms."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..engine import InputError
from .group import commands
from .output import json_option, picture, picture_option, report, say, tell
from .reading import (
    arm_option,
    beside,
    bins_option,
    definition_option,
    opened,
    reading,
    threshold_option,
    thresholds_of,
    x_option,
)

if TYPE_CHECKING:
    import xarray as xr


@commands.command("map")
@click.argument("store", type=click.Path(path_type=Path))
@x_option
@click.option("--y", "y", metavar="NAME", help="Likewise, upwards; without it curves over x.")
@click.option(
    "--columns", metavar="NAME", help="Maps side by side: likewise, in groups, or cohort, or a group of your own."
)
@click.option("--rows", metavar="NAME", help="Maps below each other: likewise.")
@click.option("--groups", type=int, default=3, show_default=True, help="Groups that columns and rows are cut into.")
@click.option("--value", metavar="NAME", help="Map this number instead of the classes: its median,")
@click.option("--quantile", type=float, help="another quantile, as .9,")
@click.option("--mean", is_flag=True, help="or its mean.")
@picture_option("map.png")
@arm_option
@bins_option
@definition_option
@threshold_option
@json_option
def map_command(
    store: Path,
    x: str,
    y: str | None,
    columns: str | None,
    rows: str | None,
    groups: int,
    value: str | None,
    quantile: float | None,
    mean: bool,
    output: Path | None,
    arm: str | None,
    bins: int | None,
    definition: str | None,
    thresholds: tuple[str, ...],
    as_json: bool,
) -> None:
    """Draw where an arm helps, fails and harms, or how much a number changes.

    The axes are anything in the store: a parameter that varies, an outcome (at the baseline), or its change as
    cardiac_output_difference or cardiac_output_relative_difference. Every cell comes with its 95 % interval. Of a store
    with one arm, which nothing is compared with, --value maps a number.
    """
    if value is None and (mean or quantile is not None):
        raise InputError(f"{'--mean' if mean else '--quantile'}: of what? give --value NAME too")
    if mean and quantile is not None:
        raise InputError("--mean: one of --mean and --quantile, not both")
    from ..analysis.figures.style import check_format
    from ..analysis.maps.response_map import as_dict, map_response
    from ..analysis.maps.values import map_value

    target = check_format(output or beside(store, "map.png"))
    level = None if mean else 0.5 if quantile is None else quantile
    made = map_response if value is None else partial(map_value, value=value, quantile=level)
    dataset = opened(store)
    with reading(store):
        result = made(
            dataset,
            x=x,
            y=y,
            columns=columns,
            rows=rows,
            groups=groups,
            arm=arm,
            bins=bins,
            definition=definition,
            thresholds=thresholds_of(thresholds),
        )
    from ..analysis.maps.map_figure import map_figure

    path = picture(map_figure(result), target)
    missing = result.attrs["blocks_missing"]
    if missing:
        tell(f"note: the store is not finished, {missing:,} blocks are missing; their patients are not compared")
    report({"figure": path, **as_dict(result)}, as_json, lambda: say(f"{path}: {_said(result)}"))


def _said(result: xr.Dataset) -> str:
    """Say who was compared over what, and who was not."""
    from ..analysis.words.counted import many, who_was_not

    about = result.attrs
    counts = [f"{name} {about[name]:,}" for name in ("helps", "fails", "harms") if name in about]
    shares = [
        f"{name} {100 * about[f'weighted_share_{name}']:.1f} %"
        for name in ("helps", "fails", "harms")
        if f"weighted_share_{name}" in about
    ]
    counts += [f"weighted {', '.join(shares)}"] if shares else []
    off = [name for name in ("off_the_map", "without_value") if about.get(name)]
    hidden = [f"{about[name]:,} {name.replace('_', ' ')}" for name in off]
    counts += [f"of them {', '.join(hidden)}"] if hidden else []
    over = " and ".join(reversed([str(dim) for dim in result["patients"].dims]))
    what = f", {about['statistic']} of {about['value_name']}" if "value" in result else ""
    done = "compared" if about["arm"] != about["reference"] else f"of {about['arm']}"
    who = f"{many(about['compared'], 'patient')} {done} over {over}{what}"
    told = f"{who}: {', '.join(counts)}" if counts else who
    return f"{told}; not {'compared' if counts else 'shown'}: {', '.join(who_was_not(about))}"

"""Arguments and options that several commands have."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import click

from ...engine import InputError
from ...sweeps.population.definitions import DEFINITIONS

Option = Callable[[Any], Any]
"""What ``click.option`` returns: a decorator of the function that declares a command."""

CLASSES = ("helps", "fails", "harms")
"""Names as the help shows them; a test holds them against the tables that decide, whose import takes time."""

path = click.Path(path_type=Path)

store_argument = click.argument("store", type=path)
stores_argument = click.argument("stores", nargs=-1, required=True, type=path, metavar="STORE...")
json_option = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")


def one_of(names: Sequence[str]) -> str:
    """Show the names that an option takes in place of its value."""
    return f"[{'|'.join(names)}]"


FORMATS = ("png", "pdf", "svg")


class Drawing(NamedTuple):
    """What a command was told of its figure."""

    output: Path | None = None
    formats: tuple[str, ...] = ()
    width: float | None = None
    data: Path | None = None
    style: Path | None = None


def picture_option(name: str | None) -> Option:
    """Options of a figure, as one ``drawing``: of that name beside the store unless said otherwise, or none."""
    where = f"default {name} beside the store" if name else "without it none is drawn"

    def declared(command: Any) -> Any:
        for option in (
            _of_drawing(
                "--style",
                "style",
                path,
                "FILE",
                "Style sheet of matplotlib (.mplstyle) to lay over that of the package.",
            ),
            _of_drawing("--data", "data", path, "FILE.csv", "Write the numbers behind the figure to a CSV file."),
            _of_drawing(
                "--width",
                "width",
                float,
                "MM",
                "Width of the figure in mm, such as 85 for a journal's column; default 183.",
            ),
            _of_drawing(
                "--format",
                "formats",
                str,
                one_of(FORMATS),
                "Format of the figure besides the ending of --output; may be repeated, for a file in each.",
                multiple=True,
            ),
            click.option(
                "-o",
                "--output",
                "drawing",
                type=path,
                metavar="FILE",
                callback=_drawing,
                help=f"File of the figure, .png, .pdf or .svg; {where}.",
            ),
        ):
            command = option(command)
        return command

    return declared


def _of_drawing(option: str, name: str, kind: Any, shown: str, text: str, *, multiple: bool = False) -> Option:
    """Option that goes into the command's ``drawing``; eager, so that all of them are known when that is made."""

    def kept(context: click.Context, option: click.Parameter, value: object) -> None:
        context.meta.setdefault(Drawing.__name__, {})[name] = value

    return click.option(
        option,
        name,
        type=kind,
        metavar=shown,
        multiple=multiple,
        is_eager=True,
        expose_value=False,
        callback=kept,
        help=text,
    )


def _drawing(context: click.Context, option: click.Parameter, output: Path | None) -> Drawing:
    return Drawing(output, **context.meta.pop(Drawing.__name__, {}))


def settings(context: click.Context, option: click.Parameter, texts: Sequence[str]) -> dict[str, float]:
    """Read what an option of the form NAME=VALUE gives, which may be repeated."""
    return dict(_setting(text, option.opts[0]) for text in texts)


def _setting(text: str, option: str) -> tuple[str, float]:
    name, equals, value = text.partition("=")
    try:
        if not equals:
            raise ValueError
        return name.strip(), float(value)
    except ValueError:
        raise InputError(f"{option}: {text!r} is not NAME=VALUE, as heart_rate=90") from None


arm_option = click.option(
    "--arm", metavar="NAME", help="Arm that is compared with the reference; default iabp, or the first other arm."
)
reference_option = click.option(
    "--reference", metavar="NAME", help="Arm that it is compared with; default the reference of the sweep."
)
definition_option = click.option(
    "--definition",
    metavar="NAME",
    help=f"Definition of help: {', '.join(DEFINITIONS[:-1])} or {DEFINITIONS[-1]}; default that of the sweep.",
)
threshold_option = click.option(
    "--threshold",
    "thresholds",
    multiple=True,
    metavar="NAME=VALUE",
    callback=settings,
    help="Set a threshold of help or harm, named as in [response] of a sweep file; may be repeated.",
)


def comparison_options(command: Any) -> Any:
    """Add what says which arms are compared, and what counts as help and harm: ``Asked`` in the command's function."""
    for option in (threshold_option, definition_option, reference_option, arm_option):
        command = option(command)
    return command


def axis_option(name: str, text: str, *, required: bool = False) -> Option:
    """Option for an axis: ``text`` says which, and what it may be follows."""
    may_be = "A parameter that varies, an outcome at baseline, or a change such as wedge_pressure_difference."
    return click.option(f"--{name}", name, required=required, metavar="NAME", help=f"{text}. {may_be}")


x_option = axis_option("x", "Horizontal axis", required=True)
y_option = axis_option("y", "Vertical axis", required=True)
bins_option = click.option(
    "--bins",
    type=int,
    help="Cells along each axis; default as many as leave about 80 patients per cell, or 25 in a small store.",
)

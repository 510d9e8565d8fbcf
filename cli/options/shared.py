"""Arguments and options that several commands have."""

from __future__ import annotations

from pathlib import Path

import click

from ..output import json_option, picture_option
from ..reading import arm_option, bins_option, definition_option, threshold_option, x_option, y_option

__all__ = [
    "arm_option",
    "bins_option",
    "definition_option",
    "json_option",
    "picture_option",
    "store_argument",
    "threshold_option",
    "x_option",
    "y_option",
]

store_argument = click.argument("store", type=click.Path(path_type=Path))

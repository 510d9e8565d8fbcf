"""Progress of a long command: a bar on a terminal, lines elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskProgressColumn, TextColumn
from rich.progress import Progress as Bar

from .output import tell

if TYPE_CHECKING:
    from ..sweeps.execution.run import Progress

LOG_EVERY = 10.0
"""Seconds between lines of progress where there is no terminal."""


@contextmanager
def progress_shown(shown: bool) -> Iterator[Callable[[Progress], None] | None]:
    """Show a bar on a terminal, a line every so often elsewhere."""
    if not shown:
        yield None
    elif sys.stderr.isatty():
        with _bar() as update:
            yield update
    else:
        yield Lines()


@contextmanager
def _bar() -> Iterator[Callable[[Progress], None]]:
    columns = (
        TextColumn("patients"),
        BarColumn(bar_width=None),
        TaskProgressColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[pace]}"),
    )
    with Bar(*columns, console=Console(stderr=True), expand=True) as bar:
        task = bar.add_task("patients", total=None, pace="starting")

        def update(state: Progress) -> None:
            bar.update(task, completed=state.patients_done, total=state.patients, pace=pace(state))

        yield update


class Lines:
    """Progress for a log file: the first state, one every ``LOG_EVERY`` seconds, and the last."""

    def __init__(self) -> None:
        self._next = monotonic() + LOG_EVERY

    def __call__(self, state: Progress) -> None:
        """Tell the state, if it is time."""
        now = monotonic()
        if now >= self._next:
            self._next = now + LOG_EVERY
            tell(f"{state.patients_done:,} of {state.patients:,} patients, {pace(state)}")


def pace(state: Progress) -> str:
    """Say rate and time left."""
    if not state.per_second or state.seconds_left is None:
        return "starting"
    minutes, seconds = divmod(round(state.seconds_left), 60)
    hours, minutes = divmod(minutes, 60)
    left = f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
    return f"{state.per_second:,.0f}/s, {left} left"

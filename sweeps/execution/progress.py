"""What a run tells while it goes on and when it ends."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from ..spec.assigned_blocks import AssignedBlocks
from ..store.receipts import Counts

if TYPE_CHECKING:
    import pandas as pd


class DiskFull(OSError):
    """There is no room left for the store; what is finished stays, and the run can go on when there is."""

    def __str__(self) -> str:
        return str(self.strerror)


@dataclass(frozen=True)
class Progress:
    """How far a run is.

    Attributes
    ----------
    blocks_done, blocks : int
        Of what this run was to do, those found finished included; also of its parts in other modes of regulation.
    patients_done, patients : int
        Likewise: a patient counts in each mode.
    per_second : float
        Patients per second since this run began; 0 before its first block.
    seconds_left : float or None
        At this rate; None before the first block.
    """

    blocks_done: int
    blocks: int
    patients_done: int
    patients: int
    per_second: float
    seconds_left: float | None


@dataclass(frozen=True, repr=False)
class Report:
    """What a run did, and what is in its store.

    Attributes
    ----------
    store : Path
        Folder of the store.
    patients, blocks : int
        Of the whole sweep.
    blocks_run : int
        Run here (in a dry run: that would be run).
    blocks_done : int
        There at the end, whoever ran them.
    failed_blocks : tuple of int
        Blocks that could not be run.
    counts : dict of str to dict of str to int
        Over the whole store: arm to status in lower case to number of patients, zeros included; ``not_run`` are those
        of blocks not done.
    failed_share : float
        Patients with a failure in any arm over patients done; those outside the cohort's window are no failures.
    seconds : float
        Wall time.
    interrupted : bool
        Whether a signal ended it early. It can be run again to go on.
    failures : dict of int to str
        Failed block to what went wrong, in one line.
    notes : tuple of str
        What is worth knowing of where it was run, a line each.
    other_modes : dict of str to Report
        By mode of regulation, the same of the part of the patients that is run in that mode too.
    """

    store: Path
    patients: int
    blocks: int
    blocks_run: int
    blocks_done: int
    failed_blocks: tuple[int, ...]
    counts: Counts
    failed_share: float
    seconds: float
    interrupted: bool
    failures: dict[int, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    other_modes: dict[str, Report] = field(default_factory=dict)

    @property
    def patients_done(self) -> int:
        """Patients of finished blocks."""
        return self.patients - max((counts.get("not_run", 0) for counts in self.counts.values()), default=0)

    def __repr__(self) -> str:
        """Say what there is, and how many patients have which status; as a console or a notebook shows it."""
        return "\n".join([*self._lines(), self._table().to_string()])

    def _repr_html_(self) -> str:
        """Give the same to a notebook."""
        lines = "<br>".join(escape(line) for line in self._lines())
        return f"<p>{lines}</p>{self._table().to_html()}"

    def _lines(self) -> list[str]:
        lines = [
            f"Report of {self._shown_store()}",
            f"{self.patients_done:,} of {self.patients:,} patients and {self.blocks_done:,} of {self.blocks:,} blocks "
            f"are there; {self.blocks_run:,} blocks of this run, in {self.seconds:,.1f} s",
        ]
        lines += [f"{mode}: {part.patients_done:,} of {part.patients:,} too" for mode, part in self.other_modes.items()]
        if self.interrupted:
            lines.append("stopped before the end; the same call goes on where it was")
        for mode, part in {"": self, **self.other_modes}.items():
            of_mode = f"{mode}, " if mode else ""
            lines += [f"{of_mode}block {number} failed: {reason}" for number, reason in part.failures.items()]
        return [*lines, *self.notes]

    def _shown_store(self) -> Path:
        """Give the store's path from the folder that is worked in, where it lies below that."""
        here = Path.cwd()
        return self.store.relative_to(here) if self.store.is_relative_to(here) else self.store

    def _table(self) -> pd.DataFrame:
        """Count patients by arm and by those statuses that occur."""
        import pandas as pd

        table = pd.DataFrame(self.counts).T
        return table.loc[:, (table > 0).any()].rename_axis("patients")


class Together:
    """The progress of a sweep and of its parts in other modes of regulation, told as one.

    Parameters
    ----------
    told : callable or None
        Who is told; None: nobody.
    """

    def __init__(self, told: Callable[[Progress], None] | None) -> None:
        self._told = told
        self._states: list[Progress] = []

    def next(self) -> Callable[[Progress], None] | None:
        """Give the next of the jobs somebody to tell its progress."""
        place = len(self._states)
        self._states.append(Progress(0, 0, 0, 0, 0.0, None))
        return None if self._told is None else partial(self._tell, place)

    def of(self, assigned: Sequence[AssignedBlocks]) -> None:
        """Learn what each of the jobs is to do, in the order in which they asked."""
        self._states = [
            Progress(len(each.blocks) - len(each), len(each.blocks), each.patients - each.patients_left, each.patients,
                     0.0, None)
            for each in assigned
        ]  # fmt: skip

    def _tell(self, place: int, state: Progress) -> None:
        self._states[place] = state
        unfinished = [number for number, each in enumerate(self._states) if each.blocks_done < each.blocks]
        if place != (unfinished or [len(self._states) - 1])[0]:
            # told with the one that comes first
            return
        done, every = (sum(getattr(each, name) for each in self._states) for name in ("patients_done", "patients"))
        later = sum(each.patients - each.patients_done for each in self._states[place + 1 :])
        left = state.seconds_left
        left = None if left is None or not state.per_second else left + later / state.per_second
        done_blocks, blocks = (sum(getattr(each, name) for each in self._states) for name in ("blocks_done", "blocks"))
        if self._told is not None:
            self._told(Progress(done_blocks, blocks, done, every, state.per_second, left))

"""What a run tells while it goes on and when it ends."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from ..store.receipts import Counts


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
        Of what this run was to do, those found finished included.
    patients_done, patients : int
        Likewise.
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


@dataclass(frozen=True)
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

"""How far a store is, and what became of its patients."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from .parts import stored_parts
from .receipts import Counts, tallied
from .store import read_stored


@dataclass(frozen=True)
class Failure:
    """One kind of failure in one arm.

    Attributes
    ----------
    arm, kind : str
        Name of the arm; the status in lower case.
    patients : int
        How many.
    example : int
        Index of the first patient with it.
    """

    arm: str
    kind: str
    patients: int
    example: int


@dataclass(frozen=True)
class StoreStatus:
    """What is in a store, finished or not.

    Attributes
    ----------
    path : Path
        Folder of the store.
    name : str
        Title of the sweep.
    cohort : str
        Its population.
    patients, patients_done : int
        Candidates in all, and those in finished blocks.
    blocks, blocks_done : int
        Blocks in all, and those finished.
    counts : dict of str to dict of str to int
        Arm to status in lower case to number of patients; ``not_run`` are those not done.
    findings : dict of str to dict of str to int
        Arm to finding to number of patients; only what occurs.
    failures : tuple of Failure
        The commonest first.
    failed_share : float
        Patients with a failure in any arm over patients done (those outside the cohort count as done, not as failed).
    seconds : float
        Wall time of the finished blocks, added up over workers.
    spec_hash, engine_fingerprint : str
        What decides the numbers.
    other_modes : dict of str to StoreStatus
        By mode of regulation, the same of the part of the patients that is run in that mode too.
    """

    path: Path
    name: str
    cohort: str
    patients: int
    patients_done: int
    blocks: int
    blocks_done: int
    counts: Counts
    findings: Counts
    failures: tuple[Failure, ...]
    failed_share: float
    seconds: float
    spec_hash: str
    engine_fingerprint: str
    other_modes: dict[str, StoreStatus] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """Whether every block is done, also of the parts in other modes of regulation."""
        return self.blocks_done == self.blocks and all(part.complete for part in self.other_modes.values())


def status(path: str | Path) -> StoreStatus:
    """Count what is done in a store, also while it is being written.

    Parameters
    ----------
    path : str or Path
        Folder of the store.

    Raises
    ------
    InputError
        Where there is no store, or a broken one.
    """
    stored = read_stored(path)
    spec = stored.spec
    receipts = stored.receipts()
    total = tallied(receipts, spec.arms)
    failures = [
        Failure(arm, kind, total.counts[arm].get(kind, 0), patient)
        for arm, kinds in total.examples.items()
        for kind, patient in kinds.items()
    ]
    return StoreStatus(
        path=stored.path,
        name=spec.name,
        cohort=spec.cohort_title,
        patients=spec.patients,
        patients_done=total.patients,
        blocks=spec.blocks,
        blocks_done=len(receipts),
        counts=total.of(spec.patients),
        findings=total.findings,
        failures=tuple(sorted(failures, key=lambda each: -each.patients)),
        failed_share=total.failed_share,
        seconds=total.seconds,
        spec_hash=stored.spec_hash,
        engine_fingerprint=stored.engine_fingerprint,
        other_modes={mode: status(folder) for mode, folder in stored_parts(stored.path).items()},
    )

"""One store that a run works on: what of it is to be done, and how far it is."""

from __future__ import annotations

import errno
import json
import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from ...engine import InputError
from ..spec.assigned_blocks import AssignedBlocks
from ..spec.blocks import span
from ..spec.spec import Spec
from ..store.receipts import tallied
from ..store.repair import look, withdraw
from ..store.store import Stored, agreed, read_stored
from . import journal
from .progress import Progress, Report
from .tasks import first, run_block, train

if TYPE_CHECKING:
    from ..store.creation import Model
    from .schedule import Tasks

log = logging.getLogger(__name__)
log.addHandler(logging.NullHandler())

FIRST, TRAINING = -1, -2
"""Numbers of the tasks that a store is made of: its first patient, on whom it is modelled, and its warm start."""


class Stopped(Exception):
    """A signal asked to stop while something was waited for."""


class Job:
    """A sweep, its store, and what of it is to be done here.

    Parameters
    ----------
    place : int
        Of the job among those of the run; the sweep itself is 0, its parts in other modes of regulation follow.
    """

    def __init__(
        self,
        place: int,
        spec: Spec,
        path: Path,
        array_task: tuple[int, int] | None,
        progress: Callable[[Progress], None] | None,
        stop: threading.Event,
        *,
        repair: bool = False,
        accept_engine: bool = False,
    ) -> None:
        from ...engine import fingerprint

        self.began = monotonic()
        self.place = place
        self.path = path
        self.progress = progress
        self.stop = stop
        self.fingerprint = fingerprint()
        self.array_task = array_task or (0, 1)
        self.accept_engine = accept_engine
        self.spec = spec
        self.damage = look(path, spec, self.fingerprint) if repair else None
        self._plan(_existing(path) if self.damage is None else self.damage.stored)
        self.template_left = self.damage is not None and self.damage.template
        self.failures: dict[int, str] = {}
        self.run_here = 0
        self.patients_here = 0
        self.started: float | None = None
        self.last = monotonic()
        self.rate = 0.0

    def _plan(self, stored: Stored | None) -> None:
        """See what is there and what is to be done here."""
        self.stored = stored
        self.done: set[int] = set()
        if stored is not None:
            self.spec = agreed(stored, self.spec, self.fingerprint, accept_engine=self.accept_engine)
            self.done = {receipt.block for receipt in replace(stored, spec=self.spec).receipts()}
            self.done -= set() if self.damage is None else self.damage.blocks
        self.todo = AssignedBlocks(self.spec, self.array_task, self.done)
        self.patients_left = self.todo.patients_left
        self.blocks_left = len(self.todo)

    @property
    def nothing_to_do(self) -> bool:
        """Whether the store has all that this run was asked for."""
        return not self.todo and not self.template_left

    @property
    def mode(self) -> str:
        """Mode of regulation of a part; nothing of the sweep itself."""
        return self.spec.regulation if self.place else ""

    def ask(self, tasks: Tasks, samples: str) -> None:
        """Ask for what the store is made of, where there is none; ``samples`` is the file of the user's patients."""
        if self.stored is not None and not self.template_left:
            return
        content = json.dumps(self.spec.canonical())
        tasks.submit((self.place, FIRST), first, content, samples)
        if self.spec.run.warm_start:
            tasks.submit((self.place, TRAINING), train, content, samples)

    def begin(self, tasks: Tasks) -> None:
        """Make the store, or take up what is there.

        Raises
        ------
        Stopped
            Where a signal came before the store was made.
        """
        from ..store import creation, upkeep

        if self.damage is not None:
            if self.template_left:
                was = self.damage.stored
                creation.restore(self.path, self.spec, was.engine_fingerprint, self._model(tasks))
                for engine in was.accepted:
                    upkeep.record_engine(self.path, engine)
                self.template_left = False
            withdraw(self.damage)
        # somebody else may be first, perhaps with other blocks
        if self.stored is None and not creation.create(self.path, self.spec, self.fingerprint, self._model(tasks)):
            self._plan(read_stored(self.path))
        if self.stored is not None:
            if self.fingerprint not in self.stored.engines:
                upkeep.record_engine(self.path, self.fingerprint)
            upkeep.update(self.stored, self.spec)
            upkeep.remove_leftovers(self.path, self.done)
        if self.mode:
            journal.note_part(self.mode, len(self.todo))
        else:
            journal.note_start(self.path, self.spec, self.fingerprint, tasks.pool.slots(), len(self.todo))
            journal.note_place(tasks.pool.notes)
        self._content, self._hash = json.dumps(self.spec.canonical()), self.spec.hash()
        self._engines = read_stored(self.path).engines

    def waiting(self) -> Iterator[int]:
        """Give the blocks to be done."""
        # another run may be at work in a store that was there: both in the same order would do everything twice
        return iter(self.todo) if self.stored is None else self.todo.scattered()

    def hand_out(self, tasks: Tasks, number: int) -> None:
        """Have a block run."""
        if self.started is None:
            self.started = monotonic()
        task = self.place, number
        tasks.submit(task, run_block, self._content, str(self.path), self._hash, self._engines, number)

    def settle(self, number: int, outcome: dict[str, Any]) -> bool:
        """Note what came of a block; say whether its process died, so that it is to be run once more."""
        if outcome.get("died"):
            journal.note_death(self.mode, number)
            return True
        if "error" in outcome:
            _check_room(outcome)
            self.fail(number, outcome["error"], outcome["trace"])
        else:
            journal.note_block(self.mode, number, outcome["receipt"], ran=outcome["ran"])
            self._done(number, ran=outcome["ran"])
        return False

    def fail(self, number: int, reason: str, trace: str = "") -> None:
        """Note that a block cannot be run."""
        journal.note_failure(self.mode, number, reason, trace)
        self.failures[number] = reason

    def report(self, *, dry_run: bool = False) -> Report:
        """Look at the whole store; gather its metadata where it is complete."""
        receipts = []
        if self.stored is not None or (self.path / "zarr.json").exists():
            stored = self.damage.stored if dry_run and self.damage else read_stored(self.path)
            receipts = replace(stored, spec=self.spec).receipts()
            if not dry_run and len(receipts) == self.spec.blocks and stored.spec.patients <= self.spec.patients:
                self._finish(stored)
        total = tallied(receipts, self.spec.arms)
        return Report(
            store=self.path,
            patients=self.spec.patients,
            blocks=self.spec.blocks,
            blocks_run=len(self.todo) if dry_run else self.run_here,
            blocks_done=len(receipts),
            failed_blocks=tuple(sorted(self.failures)),
            counts=total.of(self.spec.patients),
            failed_share=total.failed_share,
            seconds=0.0 if dry_run else monotonic() - self.began,
            interrupted=self.stop.is_set() and (self.blocks_left > len(self.failures) or self.template_left),
            failures=dict(sorted(self.failures.items())),
        )

    def _finish(self, stored: Stored) -> None:
        from ..store import upkeep

        if stored.spec != self.spec:
            upkeep.update(stored, self.spec)
        if not read_stored(self.path).consolidated:
            upkeep.remove_leftovers(self.path)
            upkeep.consolidate(self.path)

    def _model(self, tasks: Tasks) -> Model:
        """Wait for what the store is modelled on: a patient and waveforms; and what waits for its warm start."""
        from ..store.creation import Model

        made = self._awaited(tasks, FIRST, "the first patient cannot be simulated")

        def warm_start() -> bytes:
            content: bytes = self._awaited(tasks, TRAINING, "the warm start cannot be made")["warm_start"]
            return content

        return Model(made["sample"], made["waves"], warm_start if self.spec.run.warm_start else None)

    def _awaited(self, tasks: Tasks, number: int, refusal: str) -> dict[str, Any]:
        outcome = tasks.outcome((self.place, number))
        if "error" not in outcome:
            return outcome
        log.debug("%s", outcome["trace"])
        _check_room(outcome)
        # a signal that ends processes may reach them first
        if outcome.get("died") and self.stop.wait(1.0):
            raise Stopped
        kind = InputError if outcome["input"] else RuntimeError
        mode = f" with regulation {self.mode!r}" if self.mode else ""
        raise kind(f"{refusal}{mode}: {outcome['error']}")

    def _done(self, number: int, *, ran: bool) -> None:
        start, stop = span(self.spec, number)
        patients = stop - start
        self.blocks_left -= 1
        self.patients_left -= patients
        if ran:
            self.run_here += 1
            self.patients_here += patients
            self.last = monotonic()
            self.rate = self.patients_here / max(self.last - (self.started or self.began), 1e-9)

    def tell(self) -> None:
        """Tell how far it is."""
        if self.progress is None:
            return
        left = max(0.0, self.patients_left / self.rate - (monotonic() - self.last)) if self.rate else None
        blocks, patients = len(self.todo.blocks), self.todo.patients
        blocks_done, patients_done = blocks - self.blocks_left, patients - self.patients_left
        self.progress(Progress(blocks_done, blocks, patients_done, patients, self.rate, left))


def _check_room(outcome: dict[str, Any]) -> None:
    if outcome["full"]:
        raise OSError(errno.ENOSPC, outcome["error"])


def _existing(path: Path) -> Stored | None:
    """What is at the place of the store: None where it can be made."""
    if path.is_dir() and not any(path.iterdir()):
        return None
    return read_stored(path) if path.exists() else None

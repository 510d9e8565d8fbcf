"""One call of ``run``: hand out blocks, collect receipts, tell how far it is."""

from __future__ import annotations

import errno
import json
import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import Any

from ...engine import InputError
from ..spec.assigned_blocks import AssignedBlocks
from ..spec.blocks import span
from ..spec.spec import Spec
from ..store.receipts import tallied
from ..store.repair import look, withdraw
from ..store.store import Stored, agreed, is_part, read_stored
from . import journal
from .pools import Pool
from .progress import Progress, Report
from .tasks import run_block, sample

log = logging.getLogger(__name__)
log.addHandler(logging.NullHandler())

HEARTBEAT = 0.5
"""Seconds between looks at signals, and between calls of ``progress`` while no block is finished."""

SAMPLE = -1
"""Task number of the first patient, whose result the store is modelled on."""


class Job:
    """A sweep, its store, and what of it is to be done here."""

    def __init__(
        self,
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
        self.started = self.last = monotonic()
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

    def execute(self, pool: Pool) -> None:
        """Do all there is to do, or what can be done until a signal."""
        asked = self.stored is None or self.template_left
        if asked:
            self._ask_for_sample(pool)
        # xarray and zarr take half a second to import, in which a worker is at it
        from ..store import creation, upkeep

        made = self._sample(pool) if asked else None
        if self.damage is not None:
            if self.template_left:
                if made is None:
                    return
                was = self.damage.stored
                creation.restore(self.path, self.spec, was.engine_fingerprint, **made)
                for engine in was.accepted:
                    upkeep.record_engine(self.path, engine)
                self.template_left = False
            withdraw(self.damage)
        if self.stored is None:
            if made is None:
                return
            if not creation.create(self.path, self.spec, self.fingerprint, **made):
                # somebody else was first, perhaps with other blocks
                self._plan(read_stored(self.path))
        if self.stored is not None:
            if self.fingerprint not in self.stored.engines:
                upkeep.record_engine(self.path, self.fingerprint)
            upkeep.update(self.stored, self.spec)
            upkeep.remove_leftovers(self.path, self.done)
        if is_part(self.path):
            journal.note_part(self.spec.regulation, len(self.todo))
        else:
            journal.note_start(self.path, self.spec, self.fingerprint, pool.slots(), len(self.todo))
            journal.note_place(pool.notes)
        # another run may be at work here: both in the same order would do everything twice
        suspects = self._blocks(pool, iter(self.todo) if self.stored is None else self.todo.scattered())
        # a block may have died with a neighbour, or for want of memory: once more, each alone
        for number in self._blocks(pool, iter(suspects), alone=True):
            self._fail(number, "the process that ran it died, also when it was run alone")

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

    def _ask_for_sample(self, pool: Pool) -> None:
        """Have the first patient simulated and the warm start made."""
        own = "" if self.spec.samples is None else self.spec.samples.place
        pool.submit(SAMPLE, sample, json.dumps(self.spec.canonical()), own)

    def _sample(self, pool: Pool) -> dict[str, Any] | None:
        """Wait for what was asked for, where a signal can end it; None where one did."""
        while not self.stop.is_set():
            for _, outcome in pool.finished(HEARTBEAT):
                if "error" not in outcome:
                    return outcome
                log.debug("%s", outcome["trace"])
                self._check_room(outcome)
                # a signal that ends processes may reach them first
                if outcome.get("died") and self.stop.wait(1.0):
                    return None
                kind = InputError if outcome["input"] else RuntimeError
                mode = f" with regulation {self.spec.regulation!r}" if is_part(self.path) else ""
                raise kind(f"the first patient cannot be simulated{mode}: {outcome['error']}")
            self._tell()
        return None

    def _blocks(self, pool: Pool, waiting: Iterator[int], *, alone: bool = False) -> list[int]:
        """Run blocks, a few per worker handed out at a time or one by one; returns those whose process died."""
        died: list[int] = []
        content, spec_hash = json.dumps(self.spec.canonical()), self.spec.hash()
        engines = read_stored(self.path).engines
        out = 0
        if not self.run_here:
            self.started = monotonic()
        number = next(waiting, None)
        while (number is not None or out) and not self.stop.is_set():
            window = 1 if alone else 2 * pool.slots()
            while number is not None and out < window:
                pool.submit(number, run_block, content, str(self.path), spec_hash, engines, number)
                out += 1
                number = next(waiting, None)
            for finished, outcome in pool.finished(HEARTBEAT):
                out -= 1
                if outcome.get("died"):
                    died.append(finished)
                    journal.note_death(finished)
                elif "error" in outcome:
                    self._check_room(outcome)
                    self._fail(finished, outcome["error"], outcome["trace"])
                else:
                    journal.note_block(finished, outcome["receipt"], ran=outcome["ran"])
                    self._done(finished, ran=outcome["ran"])
            self._tell()
        return died

    def _done(self, number: int, *, ran: bool) -> None:
        start, stop = span(self.spec, number)
        patients = stop - start
        self.blocks_left -= 1
        self.patients_left -= patients
        if ran:
            self.run_here += 1
            self.patients_here += patients
            self.last = monotonic()
            self.rate = self.patients_here / max(self.last - self.started, 1e-9)

    def _fail(self, number: int, reason: str, trace: str = "") -> None:
        journal.note_failure(number, reason, trace)
        self.failures[number] = reason

    def _check_room(self, outcome: dict[str, Any]) -> None:
        if outcome["full"]:
            raise OSError(errno.ENOSPC, outcome["error"])

    def _tell(self) -> None:
        if self.progress is None:
            return
        left = max(0.0, self.patients_left / self.rate - (monotonic() - self.last)) if self.rate else None
        blocks, patients = len(self.todo.blocks), self.todo.patients
        blocks_done, patients_done = blocks - self.blocks_left, patients - self.patients_left
        self.progress(Progress(blocks_done, blocks, patients_done, patients, self.rate, left))


def _existing(path: Path) -> Stored | None:
    """What is at the place of the store: None where it can be made."""
    if path.is_dir() and not any(path.iterdir()):
        return None
    return read_stored(path) if path.exists() else None

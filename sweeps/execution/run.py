"""Run a sweep, or what is missing of it; stop, resume and be killed at any moment."""

from __future__ import annotations

import errno
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from ...engine import InputError
from ..host import FILES_OF_RUN, FILES_OF_WORKER, check_assertions, check_limits
from ..notebook import run_told
from ..population.checks import whole
from ..population.tables import plain
from ..resources import default_workers
from ..spec.file import check_to_run, from_canonical, load
from ..spec.spec import Spec
from ..store.files import FULL_DISK
from ..store.parts import parts
from ..store.receipts import FOLDER as RECEIPTS
from . import journal, slurm_workers
from .clusters import DaskPool, check_address, check_client
from .job import Job
from .pools import OwnProcess, Pool, ProcessPool, clean_children, may_have_children
from .progress import DiskFull, Progress, Report, Together
from .schedule import carry_out

if TYPE_CHECKING:
    from distributed import Client

__all__ = ["DiskFull", "Progress", "Report", "default_store", "run"]


def default_store(spec_path: str | Path) -> Path:
    """Where the store of a sweep file goes unless said otherwise: ``out/SPEC-stem.zarr``."""
    return Path("out") / f"{Path(spec_path).stem}.zarr"


def run(
    spec: str | Path | Spec,
    store: str | Path | None = None,
    *,
    workers: int | None = None,
    address: str | None = None,
    client: Client | None = None,
    array_task: tuple[int, int] | None = None,
    slurm: bool = False,
    dry_run: bool = False,
    repair: bool = False,
    accept_engine: bool = False,
    progress: Callable[[Progress], None] | bool | None = None,
) -> Report:
    """Run a sweep, or what is missing of it.

    Parameters
    ----------
    spec : str, Path or Spec
        A sweep file, or what one says.
    store : str or Path, optional
        Folder of the store; made if missing, continued if it is there. Default: ``out/SPEC-stem.zarr``.
    workers : int, optional
        Processes, one thread each. Default: the cores this process may use.
    address : str, optional
        Address of a running Dask scheduler whose workers see the same files, instead of a cluster of this machine.
    client : dask.distributed.Client, optional
        A client of yours: the workers of its scheduler, which see the same files, do the work, and nothing of it is
        closed.
    array_task : tuple of int, optional
        ``(I, N)``: run blocks I, I+N, I+2N, ... in processes of this machine, without Dask.
    slurm : bool
        Start the workers as Slurm jobs of one core each, through dask-jobqueue; ``workers`` says how many, default 16.
    dry_run : bool
        Only look what there is to do; nothing is written.
    repair : bool
        First verify the store, then make again what is damaged in it, and only that.
    accept_engine : bool
        Go on in a store that another engine has begun; which one is written down in its attributes and receipts, and
        the warm start of the other engine is not used.
    progress : callable or bool, optional
        Called with a `Progress` whenever a block is finished, and twice a second between; or whether a bar shows how
        far it is. Default: a bar in a notebook.

    Returns
    -------
    Report
        Also where blocks failed, or a signal (SIGINT, SIGTERM) ended the run early; look at ``failed_blocks`` and
        ``interrupted``.

    Raises
    ------
    InputError
        For a bad sweep or argument, in one line; nothing is written then.
    StoreRefused
        Where the store belongs to another sweep or engine.
    DiskFull
        Where the store finds no room; finished blocks stay.

    Notes
    -----
    Where the calling process may start no others, as a worker of a pool or of Dask, blocks are run in it one by one.
    """
    check_assertions()
    if not isinstance(spec, str | Path | Spec):
        raise InputError(f"spec: a {type(spec).__name__} given, a sweep file or a Spec is needed")
    sweep = load(spec) if isinstance(spec, str | Path) else spec
    # as read back from a store: what was left to defaults is spelled out
    sweep = from_canonical(sweep.canonical()).located("" if sweep.samples is None else sweep.samples.place)
    check_to_run(sweep)
    if store is None:
        if not isinstance(spec, str | Path):
            raise InputError("store: needed where the sweep is not a file")
        store = default_store(spec)
    workers, array_task = _checked(workers, address, client, array_task, slurm)
    if "\0" in str(store):
        raise InputError(f"store: {str(store)!r} is no name of a folder")
    path = Path(store).absolute()
    with _translated(path), _signals() as stop, run_told(progress) as tell:
        told = Together(tell)
        jobs = {"": Job(0, sweep, path, array_task, told.next(), stop, repair=repair, accept_engine=accept_engine)}
        for mode, spec_there, place in parts(jobs[""].spec, path):
            mend = repair and (place / RECEIPTS).is_dir()
            jobs[mode] = Job(
                len(jobs), spec_there, place, array_task, told.next(), stop, repair=mend, accept_engine=accept_engine
            )
        told.of([job.todo for job in jobs.values()])
        if dry_run or all(job.nothing_to_do for job in jobs.values()):
            return _reported(jobs, dry_run=dry_run)
        _check_place(path)
        elsewhere = address is not None or client is not None
        started = 0 if elsewhere or not may_have_children() else workers or default_workers()
        check_limits(FILES_OF_RUN + FILES_OF_WORKER * started)
        with clean_children() if may_have_children() else nullcontext():
            pool = _pool(workers, address, client, array_task, slurm)
            try:
                carry_out(list(jobs.values()), pool, stop)
            finally:
                journal.note_signals(stop.signals)
                pool.close()
        report = replace(_reported(jobs), notes=tuple(pool.notes))
        journal.note_end(report)
        return report


def _reported(jobs: Mapping[str, Job], *, dry_run: bool = False) -> Report:
    """Say what was done of the sweep and, by mode of regulation, of its parts in the other modes."""
    reports = {mode: job.report(dry_run=dry_run) for mode, job in jobs.items()}
    whole = reports.pop("")
    interrupted = whole.interrupted or any(each.interrupted for each in reports.values())
    return replace(whole, other_modes=reports, interrupted=interrupted)


def _checked(
    workers: int | None,
    address: str | None,
    client: Client | None,
    array_task: tuple[int, int] | None,
    slurm: bool,
) -> tuple[int | None, tuple[int, int] | None]:
    if workers is not None:
        workers = whole("workers", workers, 1)
    if array_task is not None:
        part, parts = map(plain, array_task)
        if type(part) is not int or type(parts) is not int or not 0 <= part < parts:
            raise InputError(f"array_task: {part}/{parts} given, I/N with I from 0 to N-1 is needed")
        array_task = part, parts
    if address is not None and (workers is not None or array_task is not None):
        raise InputError("address: the workers are those of the scheduler there; leave workers and array_task out")
    if address is not None:
        check_address(address)
    if client is not None:
        if address is not None or workers is not None or array_task is not None or slurm:
            raise InputError("client: its workers do it; leave address, workers, array_task and slurm out")
        check_client(client)
    if slurm:
        if address is not None or array_task is not None:
            raise InputError("slurm: starts workers of its own; leave address and array_task out")
        slurm_workers.check()
    return workers, array_task


def _pool(
    workers: int | None,
    address: str | None,
    client: Client | None,
    array_task: tuple[int, int] | None,
    slurm: bool,
) -> Pool:
    if address is not None or client is not None or slurm:
        return DaskPool(workers, address, client, slurm=slurm)
    if not may_have_children():
        return OwnProcess()
    return ProcessPool(workers) if array_task else DaskPool(workers)


def _check_place(path: Path) -> None:
    """Look, before anything is computed, whether the store can be written."""
    from ..store import upkeep

    upkeep.check_writable(path)


class Stop(threading.Event):
    """Asks a run to stop, and keeps the signals that did."""

    def __init__(self) -> None:
        super().__init__()
        self.signals: list[int] = []


@contextmanager
def _signals() -> Iterator[Stop]:
    """Turn SIGINT and SIGTERM into an event that asks to stop; only the main thread can."""
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return

    def ask(number: int, frame: FrameType | None) -> None:
        stop.signals.append(number)
        stop.set()

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    """Say clearly what the file system refuses."""
    try:
        yield
    except OSError as error:
        if error.errno in FULL_DISK:
            reason = f"{path}: the disk is full; finished blocks are kept, run again when there is room"
            raise DiskFull(errno.ENOSPC, reason) from None
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.ENAMETOOLONG):
            raise InputError(f"{path}: cannot be written: {error.strerror}") from None
        raise

"""The log file of a run, beside its store: its start, every block, what stopped it, its end."""

from __future__ import annotations

import fcntl
import json
import logging
import os
import signal
import socket
import stat
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from importlib import metadata
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .progress import Report

if TYPE_CHECKING:
    from ..spec.spec import Spec

MOST_BYTES = 10_000_000
BACKUPS = 3
"""Size at which a log becomes STORE.log.1, and how many of those are kept."""

PACKAGE = __name__.partition(".")[0]
STARTED = "run started"
IN_WORDS = ("block", "signal", "trace")
"""Fields that a line for people has in its message or under it."""

log = logging.getLogger(__name__)
log.addHandler(logging.NullHandler())


def log_path(store: Path, array_task: tuple[int, int] | None = None) -> Path:
    """Where the log of a run goes: ``STORE.log``, or ``STORE.I-of-N.log`` for one task of an array."""
    task = "" if array_task is None else f".{array_task[0]}-of-{array_task[1]}"
    return Path(f"{store.absolute()}{task}.log")


class LogFile(RotatingFileHandler):
    """A log of one process at a time, which never stands in the way of the run.

    It begins with the line of the start, so that bad input leaves none. A file has one writer: who finds it in use
    writes another, with host and process in its name, so that no line is torn and no two processes rotate one file.
    The lock that shows it is the kernel's and goes with the process.

    Attributes
    ----------
    problem : str
        Why there is no log, or no more of it; empty where all is well.
    written : bool
        Whether there is a log.
    """

    def __init__(self, path: Path, as_json: bool = False) -> None:
        super().__init__(path, maxBytes=MOST_BYTES, backupCount=BACKUPS, encoding="utf-8", delay=True)
        self.setFormatter(JsonLines() if as_json else Lines())
        self.problem = ""
        self.written = False
        self._begun = False

    @property
    def path(self) -> Path:
        """The file that is written."""
        return Path(self.baseFilename)

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record, from that of the start on."""
        self._begun = self._begun or record.msg == STARTED
        if self._begun and not self.problem:
            super().emit(record)

    def handleError(self, record: logging.LogRecord) -> None:
        """Give up what cannot be written; a run without a log is better than none."""
        error = sys.exception()
        reason = getattr(error, "strerror", None) or str(error)
        self.problem = f"{self.baseFilename}: {' '.join(reason.split())}"
        self.close()

    def close(self) -> None:
        """Close the file; what a full disk refuses is lost."""
        with suppress(OSError, ValueError):
            super().close()

    def doRollover(self) -> None:
        """Begin a new file; the old one is held until the new one is there, so that nobody takes it meanwhile."""
        old, base = self.stream, self.baseFilename
        for number in range(self.backupCount - 1, 0, -1):
            with suppress(FileNotFoundError):
                os.replace(f"{base}.{number}", f"{base}.{number + 1}")
        os.replace(base, f"{base}.1")
        self.stream = self._open()
        if old is not None:
            old.close()

    def _open(self) -> TextIOWrapper:
        base = self.baseFilename
        own = f"{base.removesuffix('.log')}.{socket.gethostname().replace(os.sep, '_')}-{os.getpid()}.log"
        for name in dict.fromkeys((base, own)):
            # a pipe that nobody reads would hold the run up
            descriptor = os.open(name, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK, 0o666)
            if _ours(descriptor, name) or name == own:
                self.baseFilename, self.written = name, True
                return open(descriptor, "a", encoding="utf-8", errors="backslashreplace")
            os.close(descriptor)
        raise FileExistsError("is in use")


def _ours(descriptor: int, name: str) -> bool:
    """Whether a file is a plain one that nobody else writes, and still has its name."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        opened, named = os.fstat(descriptor), os.stat(name)
    except OSError:
        return False
    return stat.S_ISREG(opened.st_mode) and os.path.samestat(opened, named)


class Lines(logging.Formatter):
    """Lines for people; what follows a message, as a trace does, is indented, so that none passes for an entry."""

    def format(self, record: logging.LogRecord) -> str:
        """Give time, level, message and fields."""
        told = {name: value for name, value in _fields(record).items() if name not in IN_WORDS}
        fields = ", ".join(f"{name} {value}" for name, value in told.items())
        first, *others = f"{_message(record)}\n{_fields(record).get('trace', '')}".rstrip().splitlines() or [""]
        head = f"{_time(record)} {record.levelname.lower():<7} {_escaped(first)}"
        head = f"{head}: {_escaped(fields)}" if fields else head
        return "\n    ".join([head, *map(_escaped, others)])


class JsonLines(logging.Formatter):
    """One JSON object a line, ASCII: ``ts``, ``level``, ``message``, and what else belongs to it, as ``block``."""

    def format(self, record: logging.LogRecord) -> str:
        """Give the object."""
        about = {"ts": _time(record), "level": record.levelname.lower(), "message": _message(record)}
        return json.dumps({**about, **_fields(record)}, default=str)


def _message(record: logging.LogRecord) -> str:
    text = record.getMessage()
    return f"{text}\n{logging.Formatter().formatException(record.exc_info)}" if record.exc_info else text


def _fields(record: logging.LogRecord) -> Mapping[str, Any]:
    fields: Mapping[str, Any] = getattr(record, "fields", {})
    return fields


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _escaped(text: str) -> str:
    """Show control characters and terminal escapes as escapes."""
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


@contextmanager
def kept(path: Path, *, as_json: bool = False) -> Iterator[LogFile]:
    """Keep a log file of what the package does meanwhile.

    Parameters
    ----------
    path : Path
        As `log_path` gives it.
    as_json : bool
        Whether each line is a JSON object.
    """
    logger = logging.getLogger(PACKAGE)
    handler = LogFile(path, as_json)
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    try:
        yield handler
    except BaseException as error:
        log.error("run ended by %s: %s", type(error).__name__, error)
        raise
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before)
        handler.close()


def note_start(path: Path, spec: Spec, engine: str, workers: int, todo: int) -> None:
    """Log that a run begins to work."""
    fields = {
        "store": str(path),
        "name": spec.name,
        "spec_hash": spec.hash(),
        "engine_fingerprint": engine,
        "version": metadata.version("counterpulse"),
        "host": socket.gethostname(),
        "process": os.getpid(),
        "workers": workers,
        "blocks_to_run": todo,
        "blocks": spec.blocks,
    }
    log.info(STARTED, extra={"fields": fields})


def note_part(regulation: str, todo: int) -> None:
    """Log that a run does some of the patients in another mode of regulation too."""
    fields = {"regulation": regulation, "blocks_to_run": todo}
    log.info("run goes on in another mode of regulation", extra={"fields": fields})


def note_place(notes: Iterable[str]) -> None:
    """Log what is worth knowing of where blocks are run."""
    for note in notes:
        log.warning("%s", note)


def note_block(regulation: str, number: int, receipt: Mapping[str, Any], *, ran: bool) -> None:
    """Log that a block is there, and whether it was run here; ``regulation`` where it is of a part in another mode."""
    fields = {"patients": receipt["stop"] - receipt["start"], "failed": receipt["failed"]}
    fields |= {name: receipt[name] for name in ("seconds", "host", "job")}
    done = "finished" if ran else "was there already"
    log.info("block %d %s", number, done, extra={"fields": _of_block(regulation, number) | fields})


def note_failure(regulation: str, number: int, reason: str, trace: str) -> None:
    """Log that a block failed, with the trace of where it did."""
    log.error("block %d failed: %s", number, reason, extra={"fields": _of_block(regulation, number) | {"trace": trace}})


def note_death(regulation: str, number: int) -> None:
    """Log that a process died with a block, which is tried once more."""
    fields = _of_block(regulation, number)
    log.warning("block %d: the process that ran it died; once more, alone", number, extra={"fields": fields})


def _of_block(regulation: str, number: int) -> dict[str, Any]:
    return ({"regulation": regulation} if regulation else {}) | {"block": number}


def note_signals(numbers: Iterable[int]) -> None:
    """Log which signals asked the run to stop."""
    for number in numbers:
        log.warning("asked to stop by %s", signal.Signals(number).name, extra={"fields": {"signal": number}})


def note_end(report: Report) -> None:
    """Log what a run comes to."""
    fields = {
        "blocks_run": report.blocks_run,
        "failed_blocks": len(report.failed_blocks),
        "failed_share": round(report.failed_share, 6),
        "seconds": round(report.seconds, 3),
    }
    log.info("run stopped before its end" if report.interrupted else "run ended", extra={"fields": fields})

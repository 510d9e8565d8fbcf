"""Where compiled kernels are kept, also in a folder that may only be read."""

from __future__ import annotations

import hashlib
import inspect
import logging
import pickle
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from fcntl import LOCK_EX, flock
from pathlib import Path
from typing import Any
from uuid import uuid4

from numba.core.caching import NullCache
from numba.core.compiler import CompileResult
from numba.core.serialize import dumps
from numba.core.sigutils import normalize_signature

log = logging.getLogger(__name__)
_told: set[Path] = set()


class KernelCache(NullCache):  # type: ignore[misc]
    """The compiled signatures of an entry point, a file each, in a folder named by all that decides what is compiled.

    numba's own cache has an index that two processes may write at a time, believes whatever bytes it finds, knows a
    source by its path, so that two installations would not share a kernel, and passes over a folder that it may not
    write, so that one who compiled for many would have done so in vain. Here a file begins with a hash of its name and
    of what follows: one that is not what was written there is never run. Where nothing can be written, what is there
    is used and what is missing is compiled in each process.
    """

    def __init__(self, entry: Callable[..., Any], folder: Path) -> None:
        self.folder = folder
        self._name = f"{entry.__module__}.{entry.__qualname__}".replace("<", "").replace(">", "")
        # the folder stands for the engine's sources; an entry point may be of a benchmark
        self._source = hashlib.sha256(Path(inspect.getfile(entry)).read_bytes()).hexdigest()

    @property
    def cache_path(self) -> str:
        """The folder, under the name that numba knows."""
        return str(self.folder)

    def load_overload(self, signature: Any, context: Any) -> Any:
        """Give what is kept of a signature; nothing where there is none, or where it cannot be used."""
        context.refresh()
        file = self._file(signature, context.codegen())
        try:
            return CompileResult._rebuild(context, *pickle.loads(_sound(file)))
        except (FileNotFoundError, NotADirectoryError):
            return None
        except Exception as error:  # whatever it is, it can be compiled again
            self._tell(file, error)
            return None

    def save_overload(self, signature: Any, result: Any) -> None:
        """Keep a compiled signature, where that can be."""
        file = self._file(signature, result.codegen)
        content = dumps(result._reduce())
        part = file.with_name(f"{file.name}.{uuid4().hex}")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            part.write_bytes(_seal(file, content) + content)
            part.replace(file)
        except OSError:
            with suppress(OSError):
                part.unlink(missing_ok=True)

    @contextmanager
    def turn(self, signature: Any, codegen: Any) -> Iterator[None]:
        """Let processes that share a cache take turns: one compiles a signature, the others load it.

        The lock ends with the process that holds it.
        """
        with ExitStack() as held:
            # a folder that may not be written, or a file system without locks, is no reason not to compile
            with suppress(OSError):
                self.folder.mkdir(parents=True, exist_ok=True)
                lock = self._file(signature, codegen).with_suffix(".lock")
                flock(held.enter_context(lock.open("w")), LOCK_EX)
            yield

    def _file(self, signature: Any, codegen: Any) -> Path:
        arguments, _ = normalize_signature(signature)
        key = (self._source, sys.implementation.cache_tag, codegen.magic_tuple(), [str(each) for each in arguments])
        return self.folder / f"{self._name}-{hashlib.sha256(repr(key).encode()).hexdigest()[:32]}.nbc"

    def _tell(self, file: Path, error: Exception) -> None:
        if self.folder not in _told:
            _told.add(self.folder)
            reason = getattr(error, "strerror", None) or " ".join(str(error).split()) or type(error).__name__
            words = "%s: a compiled kernel there cannot be used, it is compiled again: %s: %s"
            log.warning(words, self.folder, file.name, reason)


def _seal(file: Path, content: bytes) -> bytes:
    return hashlib.sha256(file.name.encode() + b"\0" + content).digest()


def _sound(file: Path) -> bytes:
    """Read what was written, or refuse it.

    Raises
    ------
    ValueError
        Where it is something else: cut short, changed, or of another name.
    """
    whole = file.read_bytes()
    size = hashlib.sha256().digest_size
    if whole[:size] != _seal(file, whole[size:]):
        raise ValueError("it is not what was written")
    return whole[size:]

"""Where compiled kernels are kept, also in a folder that may only be read."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from fcntl import LOCK_EX, flock
from pathlib import Path
from typing import Any

from numba.core.caching import CompileResultCacheImpl, FunctionCache, UserProvidedCacheLocator


class KernelCache(FunctionCache):  # type: ignore[misc]
    """numba's cache of an entry point, in a folder that is named by all that decides what is compiled.

    numba itself looks at the path and the time of the source, so that two installations would not share a kernel, and
    passes over a folder that it may not write, so that one who compiled for many would have done so in vain. Where
    nothing can be written, what is there is used and what is missing is compiled in each process.
    """

    def __init__(self, entry: Callable[..., Any], folder: Path) -> None:
        class Locator(UserProvidedCacheLocator):  # type: ignore[misc]
            @classmethod
            def from_function(cls, py_func: Any, py_file: str) -> Any:
                return cls(py_func, py_file)

            def get_cache_path(self) -> str:
                return str(folder)

            def get_source_stamp(self) -> str:
                # the folder stands for the engine's sources; an entry point may be of a benchmark
                return hashlib.sha256(Path(self._py_file).read_bytes()).hexdigest()

        class Implementation(CompileResultCacheImpl):  # type: ignore[misc]
            _locator_classes = (Locator,)

        self._impl_class = Implementation
        self._turns = folder / f"{entry.__module__}.{entry.__qualname__}.lock"
        super().__init__(entry)

    def load_overload(self, signature: Any, context: Any) -> Any:
        """Give what is kept of a signature; nothing where that cannot be read."""
        with suppress(OSError):
            return super().load_overload(signature, context)
        return None

    def save_overload(self, signature: Any, result: Any) -> None:
        """Keep a compiled signature, where that can be."""
        with suppress(OSError):
            super().save_overload(signature, result)

    def flush(self) -> None:
        """Forget what is kept; where that cannot be, look there no more."""
        try:
            super().flush()
        except OSError:
            self.disable()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Let processes that share a cache take turns: one compiles a signature, the others load it.

        numba's index of the cache is read, changed and written without a lock: two that wrote at a time could each
        give the other's file to their signature. The lock ends with the process that holds it.
        """
        with ExitStack() as held:
            # a folder that may not be written, or a file system without locks, is no reason not to compile
            with suppress(OSError):
                self._turns.parent.mkdir(parents=True, exist_ok=True)
                flock(held.enter_context(self._turns.open("w")), LOCK_EX)
            yield

"""A file for HDF5 to write, which can be given up when the disk is full."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Target(io.RawIOBase):
    """A file as h5py takes one; what the disk refuses is kept in memory until the file is closed.

    HDF5 does not survive a write that fails: it tries it again when the file is closed and when the interpreter ends,
    which then crashes. Here no write fails; whoever writes asks `refused` after each piece.

    Attributes
    ----------
    refused : BaseException or None
        What the first write that failed said, or what interrupted it, as Ctrl-C does.
    """

    def __init__(self, path: Path) -> None:
        self.refused: BaseException | None = None
        self._file = io.FileIO(path, "w+")
        self._place = 0
        self._end = 0
        self._kept: list[tuple[int, bytes]] = []

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move to a place from the start, from here or from the end."""
        self._place = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._place, os.SEEK_END: self._end}[whence]
        return self._place

    def tell(self) -> int:
        """Say where it is."""
        return self._place

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Read what was written, to the disk or not."""
        first, last = self._place, min(self._place + len(buffer), self._end)
        self._file.seek(first)
        self._file.readinto(buffer)
        for start, content in self._kept:
            left, right = max(start, first), min(start + len(content), last)
            if left < right:
                buffer[left - first : right - first] = content[left - start : right - start]
        self._place = last
        return last - first

    def write(self, content: memoryview) -> int:  # type: ignore[override]
        """Write all of it, or keep it and what follows."""
        try:
            done = 0
            self._file.seek(self._place)
            while self.refused is None and done < len(content):
                done += self._file.write(content[done:])
        except BaseException as error:
            self.refused = error
        if self.refused is not None:
            self._kept.append((self._place, bytes(content)))
        self._place += len(content)
        self._end = max(self._end, self._place)
        return len(content)

    def truncate(self, size: int | None = None) -> int:
        """Set the length."""
        self._end = self._place if size is None else size
        if self.refused is None:
            try:
                self._file.truncate(self._end)
            except BaseException as error:
                self.refused = error
        return self._end

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        super().close()

    def check(self) -> None:
        """Raise what a write said, outside of HDF5."""
        if self.refused is not None:
            raise self.refused


@contextmanager
def created(path: Path) -> Iterator[Target]:
    """Make a file for HDF5 to write inside; what the disk refused, also at last, is raised."""
    with Target(path) as target:
        yield target
        target.check()

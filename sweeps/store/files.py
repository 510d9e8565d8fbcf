"""Files that survive a crash: whole or absent, on the disk when said so, and no litter mistaken for work."""

from __future__ import annotations

import errno
import fcntl
import itertools
import os
import shutil
import socket
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path

FULL_DISK = (errno.ENOSPC, errno.EDQUOT)

SUFFIX = ".partial"
FOREIGN_LIFETIME = 3600.0
"""Seconds after which a partial file made in another place (host, container, boot) is taken for abandoned.

A file is partial for milliseconds, a template for a second; nobody can look at a process of another host.
"""

_counter = itertools.count()


def write_whole(path: Path, content: bytes, *, durable: bool = True) -> None:
    """Write a file so that its name shows either all of the content or what was there before.

    Parameters
    ----------
    path : Path
        File to write or replace; its folder is made if missing.
    content : bytes
        What to write.
    durable : bool
        Whether content and name are on the disk on return. Without it, ``sync_files`` does so later for many.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = partial_beside(path)
    try:
        with partial.open("wb") as stream:
            stream.write(content)
            if durable:
                stream.flush()
                _flush(stream.fileno())
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    if durable:
        sync(path.parent)


def check_folder(folder: Path) -> None:
    """Make sure that files can be made in a folder, or where it is missing in the first above it that is there.

    Raises
    ------
    OSError
        As the file system says it.
    """
    there = next((each for each in (folder, *folder.absolute().parents) if each.exists()), folder)
    probe = partial_beside(there / "probe")
    probe.touch(exist_ok=False)
    probe.unlink()


def sync_files(paths: Iterable[Path], top: Path) -> None:
    """Return when files, their folders and the folders above up to ``top`` are on the disk."""
    folders: set[Path] = set()
    for path in paths:
        sync(path)
        for folder in path.parents:
            folders.add(folder)
            if folder == top:
                break
    for folder in folders:
        sync(folder)


def sync_tree(top: Path) -> None:
    """Return when everything below a folder, and the folder itself, is on the disk."""
    for folder, _, names in os.walk(top, topdown=False):
        for name in names:
            sync(Path(folder, name))
        sync(Path(folder))


def partial_beside(path: Path) -> Path:
    """Name for what will become ``path``: it says which process makes it, so that others can tell whether it lives."""
    return path.with_name(f".{path.name}.{_me(os.getpid())}-{next(_counter)}{SUFFIX}")


def remove_abandoned(folders: Iterable[Path], *, of: str = "") -> None:
    """Remove partial files and folders whose maker is gone; those of living processes stay.

    Parameters
    ----------
    folders : iterable of Path
        Where to look, not recursively. Folders that do not exist are passed over.
    of : str
        Only what would have become this name; empty: everything.
    """
    for folder in folders:
        for entry in _partials(folder):
            if (not of or entry.name.startswith(f".{of}.")) and _abandoned(entry):
                if entry.is_dir(follow_symlinks=False):
                    shutil.rmtree(entry.path, ignore_errors=True)
                else:
                    Path(entry.path).unlink(missing_ok=True)


def remove_abandoned_below(top: Path) -> None:
    """Remove abandoned partial files anywhere below a folder."""
    remove_abandoned(Path(folder) for folder, _, _ in os.walk(top))


def _partials(folder: Path) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            found = [entry for entry in entries if entry.name.endswith(SUFFIX)]
    except (FileNotFoundError, NotADirectoryError):
        return
    yield from found


def _abandoned(entry: os.DirEntry[str]) -> bool:
    try:
        place, process, start, _ = entry.name.removesuffix(SUFFIX).rsplit(".", 1)[1].split("-")
    except (IndexError, ValueError):
        place = process = start = ""
    if place == _place() and process.isdecimal():
        return _start(int(process)) != start
    try:
        return time.time() - entry.stat(follow_symlinks=False).st_mtime > FOREIGN_LIFETIME
    except FileNotFoundError:
        return False


@lru_cache(maxsize=1)
def _me(process: int) -> str:
    return f"{_place()}-{process}-{_start(process)}"


@lru_cache(maxsize=1)
def _place() -> str:
    """Within one place process numbers mean the same: one boot of one host, one namespace of processes."""
    identity = [socket.gethostname()]
    try:
        identity.append(Path("/proc/sys/kernel/random/boot_id").read_text().strip())
        identity.append(str(Path("/proc/self/ns/pid").readlink()))
    except OSError:
        identity.append(os.urandom(8).hex())
    return blake2b("\n".join(identity).encode(), digest_size=6).hexdigest()


def _start(process: int) -> str:
    """When a process started, in clock ticks since boot: tells it from a later one of the same number."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return "gone"
    # a killed process whose parent has not yet noticed makes nothing any more
    return "gone" if fields[0] in "ZX" else fields[19]


def sync(path: Path) -> None:
    """Return when a file, or the names in a folder, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        _flush(descriptor)
    finally:
        os.close(descriptor)


def _flush(descriptor: int) -> None:
    """Return when it is on the disk; on macOS ``fsync`` alone leaves it in the cache of the drive."""
    if sys.platform == "darwin":
        with suppress(OSError):
            fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
            return
    os.fsync(descriptor)

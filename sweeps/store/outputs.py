"""Files that commands and functions write beside stores: where none may be, and whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ...engine import InputError
from .files import check_folder, partial_beside, remove_abandoned, sync


def check_output(path: str | os.PathLike[str], endings: Sequence[str] = (), *, where: str = "") -> Path:
    """Make sure that a file can be written, before what goes into it is computed.

    Parameters
    ----------
    path : str or PathLike
        The file.
    endings : sequence of str
        Those allowed, as ``.png``; empty: any.
    where : str
        What the message begins with, as the option it is given by.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InputError
        For another ending, a folder that is missing or may not be written, a folder of that name, or a place within a
        store, where only its own files may be.
    """
    target = Path(path)
    named = f"{where}: {target}" if where else str(target)
    if endings and target.suffix.lower() not in endings:
        given = f"ends in {target.suffix}" if target.suffix else "has no ending"
        raise InputError(f"{named}: {given}, {', '.join(endings)} are allowed")
    if "\0" in str(target):
        raise InputError(f"{where}: {str(target)!r} is no name of a file".removeprefix(": "))
    folder = target.absolute().parent
    try:
        if not folder.is_dir():
            raise InputError(f"{named}: the folder {target.parent} does not exist")
        if target.is_dir():
            raise InputError(f"{named}: is a folder, where a file is to be written")
        if (store := store_around(folder)) is not None:
            raise InputError(f"{named}: is inside the store {store}, where only its own files may be")
        check_folder(folder)
    except OSError as error:
        raise InputError(f"{named}: cannot be written: {error.strerror}") from None
    return target


def store_around(folder: Path) -> Path | None:
    """Give the outermost Zarr store that a folder is, or is in; None where there is none."""
    resolved = folder.resolve()
    return next((each for each in reversed((resolved, *resolved.parents)) if (each / "zarr.json").is_file()), None)


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Give a name to write to; the file takes its place at the end, or what was there before stays.

    Raises
    ------
    OSError
        Naming the file that was asked for.
    """
    target = path.absolute()
    remove_abandoned([target.parent], of=target.name)
    partial = partial_beside(target)
    try:
        yield partial
        sync(partial)
        os.replace(partial, target)
        sync(target.parent)
    except OSError as error:
        # libraries name the partial file, or none
        reason = os.strerror(error.errno) if error.errno else " ".join(str(error).split())
        raise OSError(error.errno, reason, str(path)) from None
    finally:
        partial.unlink(missing_ok=True)

"""Stores as commands read them: opened, damage told in words; and what they compare."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import xarray as xr

from ..engine import InputError
from ..sweeps.store import opening, verify


def beside(store: Path, name: str) -> Path:
    """Give a file of that name beside a store, also where the store is named as the current folder or one above it."""
    whole = store if store.name not in ("", "..") else store.resolve()
    return whole.parent / name


def opened(store: Path) -> xr.Dataset:
    """Open a store to be read piece by piece.

    Raises
    ------
    InputError
        Where there is no such store, or it is damaged.
    """
    with reading(store):
        return opening.open_store(store)


@contextmanager
def reading(store: Path) -> Iterator[None]:
    """Say of a store that cannot be read what is damaged in it; what fails though it is sound is not hidden."""
    try:
        yield
    except (InputError, click.ClickException, BrokenPipeError):
        raise
    except Exception:
        fault = next(iter(verify.verify(store).faults), None)
        if fault is None:
            raise
        raise InputError(f"{store}: is damaged: {fault}; run its sweep with --repair") from None

"""Stores as commands read them: opened, damage told in words, an arm chosen, the options of what counts as help."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from ..engine import InputError

if TYPE_CHECKING:
    import xarray as xr

arm_option = click.option("--arm", help="Arm to judge; default iabp, or the first that is not the reference.")
definition_option = click.option("--definition", help="What counts as help, by name; default the sweep's.")
threshold_option = click.option(
    "--threshold", "thresholds", multiple=True, metavar="NAME=VALUE", help="As in [response]."
)
x_option = click.option(
    "--x", "x", required=True, metavar="NAME", help="Parameter, baseline outcome or NAME_difference."
)
y_option = click.option("--y", "y", required=True, metavar="NAME", help="Likewise, upwards.")
bins_option = click.option(
    "--bins", type=int, help="Cells along each axis; default so many that 80 patients, of few 25, are in one."
)


def beside(store: Path, name: str) -> Path:
    """Give a file of that name beside a store, also where the store is named as the current folder or one above it."""
    whole = store if store.name not in ("", "..") else store.resolve()
    return whole.parent / name


class Comparison(NamedTuple):
    """A store, and the arm in it that is judged against the reference."""

    dataset: xr.Dataset
    arm: str
    reference: str


def opened(store: Path) -> xr.Dataset:
    """Open a store to be read piece by piece.

    Raises
    ------
    InputError
        Where there is no such store, or it is damaged.
    """
    from ..sweeps.store.store import open_direct

    with reading(store):
        return open_direct(store)


def comparison(store: Path, arm: str | None, *, alone: bool = False) -> Comparison:
    """Open a store and choose the arm to judge; ``alone``: that of a store with one arm, which is judged by nothing.

    Raises
    ------
    InputError
        Where there is no such store or arm, or the arm is the reference.
    """
    from ..analysis.reading.origin import compared_arms, reference_of

    dataset = opened(store)
    with reading(store):
        reference = reference_of(dataset)
    if alone and dataset.sizes["arm"] == 1 and arm in (None, reference):
        return Comparison(dataset, reference, reference)
    if arm == reference:
        raise InputError(f"--arm: {arm} is the reference; another arm is to be judged against it")
    return Comparison(dataset, arm or compared_arms(dataset)[0], reference)


def thresholds_of(texts: Sequence[str]) -> dict[str, float]:
    """Read what ``--threshold`` gives."""
    return dict(setting(text, "--threshold") for text in texts)


@contextmanager
def reading(store: Path) -> Iterator[None]:
    """Say of a store that cannot be read what is damaged in it; what fails though it is sound is not hidden."""
    try:
        yield
    except (InputError, click.ClickException, BrokenPipeError):
        raise
    except Exception:
        from ..sweeps.store.verify import verify as verify_store

        fault = next(iter(verify_store(store).faults), None)
        if fault is None:
            raise
        raise InputError(f"{store}: is damaged: {fault}; run its sweep with --repair") from None


def setting(text: str, option: str = "--set") -> tuple[str, float]:
    """Read NAME=VALUE."""
    name, equals, value = text.partition("=")
    try:
        if not equals:
            raise ValueError
        return name.strip(), float(value)
    except ValueError:
        raise InputError(f"{option}: {text!r} is not NAME=VALUE, as heart_rate=90") from None

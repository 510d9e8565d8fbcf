"""What a worker process does: whole blocks, from the spec to the receipt. Only small dicts come back."""

from __future__ import annotations

import json
import traceback
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from ...engine import InputError
from .. import resources
from ..spec import blocks
from ..spec.file import from_canonical
from ..store.files import FULL_DISK
from ..store.receipts import Receipt, here, read_receipt, summarised, write_receipt
from ..store.store import Stored, samples_of

if TYPE_CHECKING:
    from ..spec.spec import Spec


def run_block(content: str, store: str, spec_hash: str, engines: tuple[str, ...], number: int) -> dict[str, Any]:
    """Simulate a block, write it and commit it; a block that is there already is left as it is.

    Parameters
    ----------
    content : str
        JSON of the canonical spec.
    store : str
        Folder of the store.
    spec_hash : str
        Of the spec, as the store has it.
    engines : tuple of str
        Fingerprints of the engines that may work on the store; the first made it.
    number : int
        Which block.

    Returns
    -------
    dict
        ``receipt`` (without checksums) and ``ran``, whether it was run here; or what `failed` gives.
    """
    try:
        started = perf_counter()
        path = Path(store)
        spec = _spec(content).located(samples_of(path))
        stored = Stored(path, spec, spec_hash, engines[0], consolidated=False, accepted=engines[1:])
        receipt = read_receipt(path, number)
        ran = receipt is None or not stored.holds(receipt)
        if ran:
            receipt = _commit(stored, number, started)
        return {"receipt": asdict(receipt) | {"checksums": {}}, "ran": ran}  # type: ignore[arg-type]
    except Exception as error:
        return failed(error)


def first(content: str, samples: str) -> dict[str, Any]:
    """Simulate the first patient of a sweep, on which the arrays of its store are modelled.

    Parameters
    ----------
    content : str
        JSON of the canonical spec.
    samples : str
        File of the user's own patients; empty for none.

    Returns
    -------
    dict
        ``sample`` and ``waves`` (None where none are kept), as `creation.create` is given them; or what `failed` gives.
    """
    try:
        spec = _spec(content).located(samples)
        waves = blocks.waveform_part(spec, 0, 1) if spec.waveforms.patients else None
        return {"sample": blocks.part(spec, 0, 1), "waves": waves}
    except Exception as error:
        return failed(error)


def train(content: str, samples: str) -> dict[str, Any]:
    """Make the warm start of a sweep; arguments as of `first`.

    Returns
    -------
    dict
        ``warm_start``, the bytes of its file; or what `failed` gives.
    """
    try:
        from ..store import warm_starts

        return {"warm_start": warm_starts.made(_spec(content).located(samples), resources.cores())}
    except Exception as error:
        return failed(error)


def failed(error: Exception) -> dict[str, Any]:
    """Tell of an exception in types that every process can read.

    Returns
    -------
    dict
        ``error``, one line; ``trace``, the whole of it; ``input``, whether it is the user's; ``full``, whether the
        disk is full.
    """
    line = " ".join(str(error).split())
    expected = isinstance(error, InputError)
    return {
        "error": line if expected else f"{type(error).__name__}: {line}"[:500],
        "trace": "".join(traceback.format_exception(error)),
        "input": expected,
        "full": isinstance(error, OSError) and error.errno in FULL_DISK,
    }


def _commit(stored: Stored, number: int, started: float) -> Receipt:
    from ...engine import fingerprint
    from ..store import warm_starts
    from ..store.writing import write_block

    if (mine := fingerprint()) not in stored.engines:
        raise InputError(f"the engine here is {mine[:12]}, the store's is {stored.engine_fingerprint[:12]}")
    spec = stored.spec
    start, stop = blocks.span(spec, number)
    result = blocks.block(spec, number, warm_starts.of_store(stored.path) if spec.run.warm_start else None)
    checksums = write_block(stored.path, spec, number, result, blocks.block_waveforms(spec, number))
    receipt = Receipt(
        block=number,
        start=start,
        stop=stop,
        spec_hash=stored.spec_hash,
        engine_fingerprint=mine,
        **summarised(result, start),
        checksums=checksums,
        seconds=round(perf_counter() - started, 3),
        **here(),
    )
    write_receipt(stored.path, receipt)
    return receipt


@lru_cache(maxsize=4)
def _spec(content: str) -> Spec:
    return from_canonical(json.loads(content))

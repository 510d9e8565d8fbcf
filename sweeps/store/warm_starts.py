"""The warm start of a sweep: made once from its own law, kept in its store, read by whoever runs a block."""

from __future__ import annotations

import json
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import ZipFile

import numpy as np

from ...engine import InputError, Outcomes, Parameters, WarmStart, fingerprint, make_warm_start
from ...engine.integration.lanes import FIELDS, MACHINE_FIELDS
from ...engine.names.regulation import MODES, OPEN_LOOP
from ...engine.names.state import Learned
from ...engine.periodic.prediction import Regressions, no_regressions
from ...engine.warm_start.kinds import Kind
from ..spec.candidates import training
from ..user_patients.patients import separated
from .store import WARM_START, WARM_START_FILE

if TYPE_CHECKING:
    from ..spec.spec import Spec

ABOUT = "about"


def of_training_patients(spec: Spec, threads: int) -> WarmStart:
    """Make the warm start of a sweep; it depends on neither patients nor seed."""
    return make_warm_start(
        separated(training(spec, spec.run.training_patients)).given,
        spec.arms,
        reference=spec.reference_arm,
        regulation=spec.regulation,
        precision=spec.precision,
        threads=threads,
    )


def made(spec: Spec, threads: int) -> bytes:
    """Make the warm start of a sweep, as the bytes of a file of NumPy's."""
    warm_start = of_training_patients(spec, threads)
    about = warm_start._asdict() | {"regressions": list(warm_start.regressions)}
    arrays = {
        f"{number}.{name}": array
        for number, regressions in enumerate(warm_start.regressions.values())
        for name, array in regressions._asdict().items()
    }
    stream = BytesIO()
    np.savez(stream, **{ABOUT: np.frombuffer(json.dumps(about).encode(), np.uint8)}, **arrays)  # type: ignore[arg-type]
    return stream.getvalue()


def usable(store: Path) -> WarmStart | None:
    """Read the warm start of a store, where it has one that this engine made."""
    return of_store(store) if (store / WARM_START / WARM_START_FILE).exists() else None


def of_store(store: Path) -> WarmStart | None:
    """Give the warm start of a store for the engine here: none where another engine made it and that was accepted.

    What another engine's training patients showed may not even have the shape that this one reads.
    """
    warm_start = kept(store)
    return warm_start if warm_start.fingerprint == fingerprint() else None


@lru_cache(maxsize=4)
def kept(store: Path) -> WarmStart:
    """Read the warm start of a store; nothing in it is executed, and none of its places is out of bounds.

    Raises
    ------
    InputError
        Where it is damaged.
    """
    try:
        # what is no archive of arrays is never parsed as one of NumPy's other formats
        with ZipFile(store / WARM_START / WARM_START_FILE) as archive:
            files = {name.removesuffix(".npy"): _array(archive.read(name)) for name in archive.namelist()}
        about = json.loads(files[ABOUT].tobytes())
        regressions = {
            Kind(*kind): _sound(kind[1], [files[f"{number}.{name}"] for name in Regressions._fields])
            for number, kind in enumerate(about["regressions"])
        }
        return WarmStart(**(about | {"regressions": regressions}))
    except FileNotFoundError:
        raise InputError(f"{store}: its warm start is missing; run its sweep with --repair") from None
    except Exception as error:
        reason = " ".join(str(error).split())[:100] or type(error).__name__
        raise InputError(f"{store}: its warm start is damaged: {reason}; run its sweep with --repair") from None


def _array(content: bytes) -> np.ndarray:
    return np.lib.format.read_array(BytesIO(content), allow_pickle=False)


def _sound(mode: str, parts: list[np.ndarray]) -> Regressions:
    """Make regressions of parts that fit each other; compiled code trusts them."""
    regressions = Regressions(*parts)
    n, m, q = len(regressions.fields), len(regressions.inputs), len(regressions.leading)
    outcomes = regressions.sensitivity.shape[-1]
    shapes = (
        (n,), (n,), (n,), (m,), (m,), (m,), (m,), (q,), (1 + m + q * (q + 1) // 2, n), (n, 1 + m, n), (2,),
        (n, outcomes), (n, outcomes),
    )  # fmt: skip
    like = no_regressions()
    for name, part, shape in zip(Regressions._fields, regressions, shapes, strict=True):
        if part.shape != shape or part.dtype != getattr(like, name).dtype or not part.flags.c_contiguous:
            raise ValueError(f"{name} is {part.dtype} of shape {part.shape}")
    most = len(Parameters._fields) + FIELDS + len(Learned._fields)
    for name, bound in (
        ("fields", MACHINE_FIELDS if MODES[mode] == OPEN_LOOP else FIELDS),
        ("inputs", most),
        ("leading", m),
    ):
        places = getattr(regressions, name)
        if ((places < 0) | (places >= bound)).any():
            raise ValueError(f"{name} is out of bounds")
    if outcomes > len(Outcomes._fields):
        raise ValueError(f"it is of {outcomes} outcomes")
    return regressions

"""The guide of a sweep: made once from its own law, kept in its store, read by whoever runs a block."""

from __future__ import annotations

import json
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import ZipFile

import numpy as np

from ...engine.compile.decorators import fingerprint
from ...engine.errors import InputError
from ...engine.laws.baroreflex import OPEN_LOOP
from ...engine.names.outcomes import Outcomes
from ...engine.names.parameters import Parameters
from ...engine.names.state import Learned
from ...engine.periodic.beat_map import FIELDS, MACHINE_FIELDS
from ...engine.periodic.prediction import Guidance, no_guidance
from ...engine.warm_start.training import SCOUTS, Guide, make_guide
from ..design import designs as design
from ..own.patients import separated
from ..store.store import GUIDE, GUIDE_FILE

if TYPE_CHECKING:
    from ..spec.spec import Spec

ABOUT = "about"


def of_scouts(spec: Spec, threads: int) -> Guide:
    """Make the guide of a sweep; it depends on neither patients nor seed."""
    return make_guide(
        separated(design.scouts(spec, SCOUTS)).given,
        spec.arms,
        reference=spec.reference_arm,
        regulation=spec.regulation,
        precision=spec.precision,
        threads=threads,
    )


def made(spec: Spec, threads: int) -> bytes:
    """Make the guide of a sweep, as the bytes of a file of NumPy's."""
    guide = of_scouts(spec, threads)
    about = guide._asdict() | {"taught": list(guide.taught)}
    arrays = {
        f"{number}.{name}": array
        for number, guidance in enumerate(guide.taught.values())
        for name, array in guidance._asdict().items()
    }
    stream = BytesIO()
    np.savez(stream, **{ABOUT: np.frombuffer(json.dumps(about).encode(), np.uint8)}, **arrays)  # type: ignore[arg-type]
    return stream.getvalue()


def usable(store: Path) -> Guide | None:
    """Read the guide of a store, where it has one that this engine made."""
    return of_store(store) if (store / GUIDE / GUIDE_FILE).exists() else None


def of_store(store: Path) -> Guide | None:
    """Give the guide of a store for the engine here: none where another engine made it, which was told to be accepted.

    What another engine's scouts taught may not even have the shape that this one reads.
    """
    guide = kept(store)
    return guide if guide.fingerprint == fingerprint() else None


@lru_cache(maxsize=4)
def kept(store: Path) -> Guide:
    """Read the guide of a store; nothing in it is executed, and none of its places is out of bounds.

    Raises
    ------
    InputError
        Where it is damaged.
    """
    try:
        # what is no archive of arrays is never parsed as one of NumPy's other formats
        with ZipFile(store / GUIDE / GUIDE_FILE) as archive:
            files = {name.removesuffix(".npy"): _array(archive.read(name)) for name in archive.namelist()}
        about = json.loads(files[ABOUT].tobytes())
        taught = {
            (str(arm), int(mode)): _sound(int(mode), [files[f"{number}.{name}"] for name in Guidance._fields])
            for number, (arm, mode) in enumerate(about["taught"])
        }
        return Guide(**(about | {"taught": taught}))
    except FileNotFoundError:
        raise InputError(f"{store}: its guide is missing; run its sweep with --repair") from None
    except Exception as error:
        reason = " ".join(str(error).split())[:100] or type(error).__name__
        raise InputError(f"{store}: its guide is damaged: {reason}; run its sweep with --repair") from None


def _array(content: bytes) -> np.ndarray:
    return np.lib.format.read_array(BytesIO(content), allow_pickle=False)


def _sound(mode: int, parts: list[np.ndarray]) -> Guidance:
    """Make a guidance of parts that fit each other; compiled code trusts them."""
    guidance = Guidance(*parts)
    n, m, q = len(guidance.fields), len(guidance.inputs), len(guidance.leading)
    outcomes = guidance.sensitivity.shape[-1]
    shapes = (
        (n,), (n,), (n,), (m,), (m,), (m,), (m,), (q,), (1 + m + q * (q + 1) // 2, n), (n, 1 + m, n), (n, outcomes),
        (n, outcomes),
    )  # fmt: skip
    like = no_guidance()
    for name, part, shape in zip(Guidance._fields, guidance, shapes, strict=True):
        if part.shape != shape or part.dtype != getattr(like, name).dtype or not part.flags.c_contiguous:
            raise ValueError(f"{name} is {part.dtype} of shape {part.shape}")
    most = len(Parameters._fields) + FIELDS + len(Learned._fields)
    for name, bound in (("fields", MACHINE_FIELDS if mode == OPEN_LOOP else FIELDS), ("inputs", most), ("leading", m)):
        places = getattr(guidance, name)
        if ((places < 0) | (places >= bound)).any():
            raise ValueError(f"{name} is out of bounds")
    if outcomes > len(Outcomes._fields):
        raise ValueError(f"it is of {outcomes} outcomes")
    return guidance

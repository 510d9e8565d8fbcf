"""The guide of a sweep: made once from its own law, kept in its store, read by whoever runs a block."""

from __future__ import annotations

import json
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..engine.compilation import fingerprint
from ..engine.guidance import Guidance
from ..engine.guide import SCOUTS, Guide, make_guide
from . import design
from .store import GUIDE, GUIDE_FILE

if TYPE_CHECKING:
    from .spec import Spec

ABOUT = "about"


def made(spec: Spec, threads: int) -> bytes:
    """Make the guide of a sweep, as the bytes of a file of NumPy's; it depends on neither patients nor seed."""
    guide = make_guide(
        design.scouts(spec, SCOUTS).drop_vars("cohort", errors="ignore"),
        spec.arms,
        reference=spec.reference_arm,
        regulation=spec.regulation,
        precision=spec.precision,
        threads=threads,
    )
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
    guide = kept(store) if (store / GUIDE / GUIDE_FILE).exists() else None
    return guide if guide is not None and guide.fingerprint == fingerprint() else None


@lru_cache(maxsize=4)
def kept(store: Path) -> Guide:
    """Read the guide of a store; nothing in it is executed."""
    with np.load(store / GUIDE / GUIDE_FILE, allow_pickle=False) as file:
        about = json.loads(file[ABOUT].tobytes())
        taught = {
            (str(arm), int(mode)): Guidance(*(file[f"{number}.{name}"] for name in Guidance._fields))
            for number, (arm, mode) in enumerate(about["taught"])
        }
    return Guide(**(about | {"taught": taught}))

"""The engine given another model: its own files, byte for byte, with the rooms of the model laid over them.

Whatever stands in ``small/`` replaces the file of that name in that room; all else, ``integration/ssprk.py`` and
``periodic/solve.py`` among it, is the engine as it stands.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ENGINE = HERE.parents[1] / "engine"
BUILD = HERE.parents[1] / "build" / "peers"
NAME = "small_loop"
KEPT = ("integration/", "compile/", "periodic/solve.py", "periodic/beat_map.py", "periodic/anderson.py")
"""What is measured: never replaced."""


def replaced() -> list[str]:
    """Files of the engine that the small loop brings of its own."""
    own = (each.relative_to(HERE / "small") for each in (HERE / "small").rglob("*.py"))
    return sorted(each.as_posix() for each in own if (ENGINE / each).exists())


def lay() -> None:
    """Write the package anew."""
    assert not any(each.startswith(KEPT) for each in replaced()), (
        "the small loop must not bring an integrator of its own"
    )
    folder = BUILD / NAME
    shutil.rmtree(folder, ignore_errors=True)
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ENGINE, folder, ignore=ignored)
    shutil.copytree(HERE / "small", folder, ignore=ignored, dirs_exist_ok=True)


def reach() -> None:
    """Make the package importable."""
    sys.path.insert(0, str(BUILD))

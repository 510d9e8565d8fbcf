"""The engine given another model: its own files, byte for byte, with the rooms of the model laid over them.

Whatever stands in ``small/`` replaces the file of that name; all else, ``integrate.py`` and ``periodic.py`` among it,
is the engine as it stands.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ENGINE = HERE.parents[1] / "engine"
BUILD = HERE.parents[1] / "build" / "peers"
NAME = "small_loop"
KEPT = {
    f"{each}.py" for each in ("integrate", "periodic", "beat_map", "anderson", "convergence", "lanes", "compilation")
}
"""What is measured: never replaced."""


def replaced() -> list[str]:
    """Files of the engine that the small loop brings of its own."""
    return sorted(each.name for each in (HERE / "small").glob("*.py") if (ENGINE / each.name).exists())


def lay() -> None:
    """Write the package anew."""
    assert not KEPT & set(replaced()), "the small loop must not bring an integrator of its own"
    folder = BUILD / NAME
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(ENGINE, folder, ignore=shutil.ignore_patterns("__pycache__"))
    for each in (HERE / "small").glob("*.py"):
        shutil.copy(each, folder)


def reach() -> None:
    """Make the package importable."""
    sys.path.insert(0, str(BUILD))

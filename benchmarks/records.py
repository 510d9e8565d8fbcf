"""The history of speed: one line of JSON a record, every figure as a ratio to the reference kernel of the same run."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from platform import python_version
from typing import Any

import numpy as np

from ..engine import InputError, fingerprint
from ..sweeps.store.receipts import cpu
from .speed import Figure
from .yardsticks import REFERENCE

HISTORY = Path("benchmarks/history.jsonl")
LIBRARIES = ("numba", "llvmlite", "numpy")
ROOT = Path(__file__).parent.parent


def commit() -> str | None:
    """Name the revision that runs, as git describes it; None for a package that is no working copy."""
    if not (ROOT / ".git").exists():
        return None
    told = subprocess.run(
        ["git", "-C", str(ROOT), "describe", "--always", "--dirty"], capture_output=True, text=True, check=False
    )
    return told.stdout.strip() or None


def record(figures: Mapping[str, Figure], rounds: int, patients: int) -> dict[str, Any]:
    """Make the record of a run: who ran what on what, and every figure's ratio."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit(),
        "fingerprint": fingerprint(),
        "cpu": cpu(),
        "versions": {"python": python_version(), **{name: version(name) for name in LIBRARIES}},
        "reference": REFERENCE,
        "rounds": rounds,
        "patients": patients,
        "ratios": {name: float(f"{figure.ratio:.5g}") for name, figure in figures.items()},
    }


def check_history(path: Path) -> Path:
    """Refuse a history that could not be written."""
    if path.is_dir() or not path.absolute().parent.is_dir():
        raise InputError(f"--record: {path}: no file in a folder that exists")
    return path


def append(path: Path, content: Mapping[str, Any]) -> None:
    """Add a record to a history."""
    with check_history(path).open("a", encoding="utf-8") as file:
        file.write(json.dumps(content) + "\n")


def read(path: Path) -> list[dict[str, Any]]:
    """Read a history, oldest record first.

    Raises
    ------
    InputError
        For a file that cannot be read, or a line that is no record.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: no history of speed: {error}") from None
    records = []
    for place, line in enumerate(filter(str.strip, lines), 1):
        try:
            content = json.loads(line)
            known = isinstance(content["ratios"], dict) and {"cpu", "reference", "date", "commit"} <= content.keys()
        except (json.JSONDecodeError, KeyError, TypeError):
            known = False
        if not known:
            raise InputError(f"{path}: line {place} is no record of speed")
        records.append(content)
    return records


def comparable(records: Sequence[Mapping[str, Any]], like: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Keep the records of the same kind of CPU, reference kernel and number of patients."""
    kinds = ("cpu", "reference", "patients")
    return [each for each in records if all(each.get(kind) == like[kind] for kind in kinds)]


def spread(ratios: Sequence[Mapping[str, float]]) -> tuple[list[str], list[list[object]]]:
    """Head and rows of a table of how far the same figures differ between runs."""
    rows: list[list[object]] = []
    for name in ratios[0]:
        values = np.array([each[name] for each in ratios])
        middle = float(np.median(values))
        rows.append([name, middle, 100.0 * float(np.ptp(values)) / middle, 100.0 * float(values.std()) / middle])
    return ["figure", "median ratio", "(max - min)/median, %", "standard deviation, %"], rows

"""The example files that come with the package: which there are, and a copy of them to run and to change."""

from __future__ import annotations

import shutil
import tomllib
from pathlib import Path

from ..engine import InputError

FOLDER = Path(__file__).parents[1] / "examples"
KINDS = ("*.toml", "*.csv")


def titles() -> dict[str, str]:
    """Name the example files with what each asks: its own title, or the first line of its comment."""
    return {name: _title(text) for name, text in ((each, (FOLDER / each).read_text("utf-8")) for each in _names())}


def copy(folder: Path) -> list[Path]:
    """Copy the examples, with the tables they name, into a folder that is made; what is the same already stays.

    Returns
    -------
    list of Path
        The files that were written.

    Raises
    ------
    InputError
        Where a file there is another one; then nothing is written.
    """
    wanted = {folder / name: FOLDER / name for pattern in KINDS for name in _names(pattern)}
    for target, source in wanted.items():
        if target.exists() and not (target.is_file() and target.read_bytes() == source.read_bytes()):
            raise InputError(
                f"{target}: is there and not the example of that name; give another folder, or move it away"
            )
    written = [target for target in wanted if not target.exists()]
    for target in written:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(wanted[target], target)
    return written


def _names(pattern: str = KINDS[0]) -> list[str]:
    found = [path.relative_to(FOLDER) for path in FOLDER.rglob(pattern) if path.is_file()]
    return [path.as_posix() for path in sorted(found, key=lambda path: (len(path.parts), path.as_posix()))]


def _title(text: str) -> str:
    return str(tomllib.loads(text).get("name") or text.partition("\n")[0].lstrip("# "))

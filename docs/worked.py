"""Run the commands of pages as they are written, and compare what they print, or write it beneath them.

``python docs/worked.py [PAGE ...]`` compares; ``--write`` (``make tutorials``) writes. Each page has a copy of the
checkout to itself, as its readers have. A block of ``sh`` or ``python`` is run, and a block of ``text`` behind it is
what it prints; a picture in the folder that is named as the page is one that the page's commands draw. A comment before
a block says more: ``<!-- file: NAME -->`` is a file that the reader makes, ``<!-- needs: COMMAND -->`` is left out,
aloud, where that command fails, ``<!-- not run: WHY -->`` is left out.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from contextlib import chdir, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

from PIL import Image

DOCS = Path(__file__).resolve().parent
ROOT = DOCS.parent
FOLDERS = ("tutorials", "how-to")
PAGES = (
    "start.md",
    "match.md",
    "trial.md",
    "course.md",
    *sorted(f"{folder}/{each.name}" for folder in FOLDERS for each in (DOCS / folder).glob("*.md")),
)
"""Pages whose commands are run."""

BLOCK = re.compile(
    r"(?:^<!-- (?P<kind>file|needs|not run): (?P<about>[^>]+) -->\n)?"
    r"^```(?P<language>sh|python|toml|diff)\n(?P<code>.*?)^```\n"
    r"(?:\n```text\n(?P<printed>.*?)^```\n)?",
    re.MULTILINE | re.DOTALL,
)
PICTURE = re.compile(r"!\[[^]]*\]\((?P<folder>[\w-]+)/(?P<name>[\w-]+\.png)\)")
NUMBER = re.compile(r"(?<![\w.])[-+]?\d[\d,_]*(?:\.\d+)?(?:e[-+]?\d+)?")
TIMES = re.compile(r"\d[\d,.]*(?= (?:s|min|ms)\b)")
"""What differs from run to run."""
LONGEST = 900
"""Seconds for a block."""
COLUMNS = 95
"""Letters in a line of the page at most."""
WIDTH, COLOURS = 1400, 128
"""Of a picture, px and number."""
NEAR = 0.02
"""Share by which a number may differ on another processor."""


class Failed(Exception):
    """A block that does not do what its page says."""


def checkout(folder: Path) -> Path:
    """Copy what git knows of this checkout into a folder."""
    copy = folder / "counterpulse"
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy / name)
    return copy


def shell(code: str, folder: Path) -> str:
    """Run a block of ``sh``, and give what it prints."""
    environment = {key: value for key, value in os.environ.items() if key not in ("COLUMNS", "FORCE_COLOR")}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    environment["PYTHONPATH"] = str(folder.parent)
    command = ["bash", "-euo", "pipefail", "-c", code]
    try:
        run = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=LONGEST)
    except subprocess.TimeoutExpired as error:
        raise Failed(f"takes more than {LONGEST} s:\n{code}") from error
    if run.returncode:
        raise Failed(f"exit code {run.returncode}:\n{code}\n{run.stdout[-2000:]}\n{run.stderr[-2000:]}")
    return run.stdout


def python(code: str, folder: Path, names: dict[str, Any]) -> str:
    """Run a block of ``python`` with the names of the blocks before it, and give what it prints."""
    printed = StringIO()
    with chdir(folder), redirect_stdout(printed):
        exec(compile(code, "page", "exec"), names)
    return printed.getvalue()


def results(text: str, folder: Path) -> Iterator[tuple[re.Match[str], str | None]]:
    """Run the blocks of a page one by one; None where nothing was run."""
    names: dict[str, Any] = {}
    for block in BLOCK.finditer(text):
        kind, about, code = block["kind"], block["about"], block["code"]
        if kind == "file":
            (folder / about).parent.mkdir(parents=True, exist_ok=True)
            (folder / about).write_text(code, encoding="utf-8")
        skipped = kind in ("file", "not run") or block["language"] not in ("sh", "python")
        if kind == "needs" and subprocess.run(["bash", "-c", about], check=False, capture_output=True).returncode:
            print(f"not run, for '{about}' fails here: {code.splitlines()[0]}", file=sys.stderr)
            skipped = True
        if skipped:
            yield block, None
        else:
            yield block, shell(code, folder) if block["language"] == "sh" else python(code, folder, names)


def wrapped(line: str) -> list[str]:
    """Break a sentence that is wider than the page; the row of a table stays whole."""
    whole = len(line) <= COLUMNS or "  " in line.strip()
    return [line.rstrip()] if whole else textwrap.wrap(line, COLUMNS, break_long_words=False, break_on_hyphens=False)


def same(expected: str, printed: str) -> bool:
    """Whether two texts say the same, but for spaces, times and the rounding of another processor."""
    texts = [TIMES.sub("#", text) for text in (expected, printed)]
    words = ["".join(NUMBER.sub("#", text).split()) for text in texts]
    numbers = [[float(each.replace(",", "").replace("_", "")) for each in NUMBER.findall(text)] for text in texts]
    return words[0] == words[1] and all(
        abs(one - other) <= NEAR * max(abs(one), abs(other)) + 0.1001 for one, other in zip(*numbers, strict=True)
    )


def pictures(page: str, text: str, folder: Path) -> Iterator[tuple[Path, Path]]:
    """Pictures that a page's commands have drawn, and where the page has them.

    Raises
    ------
    Failed
        For one that they have not.
    """
    path = DOCS / page
    for each in PICTURE.finditer(text):
        if each["folder"] == path.stem:
            if not (folder / each["name"]).is_file():
                raise Failed(f"nothing draws {each['name']}")
            yield folder / each["name"], path.parent / path.stem / each["name"]


def keep(drawn: Path, kept: Path) -> None:
    """Keep a picture as small as a page needs it."""
    kept.parent.mkdir(exist_ok=True)
    picture = Image.open(drawn).convert("RGB")
    picture.thumbnail((WIDTH, 10 * WIDTH))
    picture.quantize(COLOURS).save(kept, optimize=True)


def compare(page: str) -> None:
    """Run a page's commands, and compare what they print with what stands beneath them.

    Raises
    ------
    Failed
        For the first block that fails, or prints something else.
    """
    text = (DOCS / page).read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as top:
        folder = checkout(Path(top))
        for block, printed in results(text, folder):
            expected = block["printed"]
            if printed is not None and expected is not None and not same(expected, printed):
                raise Failed(f"{page}: 'make tutorials' would write something else\n{block['code']}\n{printed}")
        for _, kept in pictures(page, text, folder):
            if not kept.is_file():
                raise Failed(f"{page}: there is no {kept.name}: 'make tutorials' would draw it")


def write(page: str) -> None:
    """Run a page's commands, and write what they print beneath them."""
    path = DOCS / page
    text, done, at = path.read_text(encoding="utf-8"), [], 0
    with tempfile.TemporaryDirectory() as top:
        folder = checkout(Path(top))
        for block, printed in results(text, folder):
            if printed is not None and block["printed"] is not None:
                lines = [piece for line in printed.splitlines() for piece in wrapped(line)]
                done += [text[at : block.start("printed")], *(f"{line}\n" for line in lines)]
                at = block.end("printed")
        for drawn, kept in pictures(page, text, folder):
            keep(drawn, kept)
    path.write_text("".join([*done, text[at:]]), encoding="utf-8")


def main() -> int:
    """Run the pages that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pages", nargs="*", help="parts of their names; default all")
    parser.add_argument("--write", action="store_true", help="write what is printed")
    given = parser.parse_args()
    for part in given.pages:
        if not any(part in page for page in PAGES):
            parser.error(f"no page is called {part!r}; there are {', '.join(PAGES)}")
    for page in PAGES:
        if not given.pages or any(part in page for part in given.pages):
            try:
                (write if given.write else compare)(page)
            except Failed as error:
                print(f"{page}: {error}", file=sys.stderr)
                return 1
            print(f"{page}: done")
    return 0


if __name__ == "__main__":
    sys.exit(main())

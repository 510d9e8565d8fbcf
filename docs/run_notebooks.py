"""Run the notebooks of ``docs/notebooks`` as Jupyter would, each in a folder of its own.

``make notebooks`` leaves them, with what they show, in ``out/notebooks``, to be opened in Jupyter.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

import jupytext
import nbformat
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).parent / "notebooks").glob("*.md"))
KERNELS = Path(__file__).parent / "_jupyter"
"""Where Jupyter finds a kernel that shows what a page can: no bars; nor a notice of what is not encrypted."""
LIMIT = 600
"""Seconds for a cell: the first of all may have to compile the kernels."""


def executed(path: Path, folder: Path) -> nbformat.NotebookNode:
    """Run a notebook in a folder, and give it with what its cells show.

    Raises
    ------
    nbclient.exceptions.CellExecutionError
        For the first cell that fails, with its traceback.
    """
    notebook = jupytext.read(path)
    NotebookClient(notebook, timeout=LIMIT, resources={"metadata": {"path": str(folder)}}).execute()
    return notebook


def main() -> None:
    """Run those that are named, or all of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", choices=[[], *(path.stem for path in NOTEBOOKS)], metavar="NAME")
    parser.add_argument("-o", "--output", type=Path, default=Path("out/notebooks"))
    options = parser.parse_args()
    os.environ["JUPYTER_PATH"] = str(KERNELS)
    options.output.mkdir(parents=True, exist_ok=True)
    for path in NOTEBOOKS:
        if options.names and path.stem not in options.names:
            continue
        began = monotonic()
        with TemporaryDirectory() as folder:
            notebook = executed(path, Path(folder))
        target = options.output / f"{path.stem}.ipynb"
        nbformat.write(notebook, target)
        print(f"{target}: {monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()

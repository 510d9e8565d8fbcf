"""The page of a report as PDF, printed by a Chromium of this machine."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from ...engine import InputError
from ...sweeps.store.outputs import written_whole

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge")
"""Names by which a Chromium may be called."""

PATIENCE = 120.0
"""Seconds to wait for it."""


def browser() -> str:
    """Find a Chromium.

    Raises
    ------
    InputError
        Where there is none, saying what to do.
    """
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        raise InputError("--pdf: no Chromium is found here; install one (chromium), or print the page from a browser")
    return found


def print_page(page: Path, pdf: Path) -> Path:
    """Print a page of this machine to a PDF, which appears whole or not at all.

    Raises
    ------
    InputError
        Where there is no Chromium, or it does not print.
    """
    command = [browser(), "--headless=new", "--disable-gpu", "--no-pdf-header-footer"]
    # Chromium refuses to sandbox itself as root; the page has no script and may load nothing
    command += ["--no-sandbox"] if os.geteuid() == 0 else []
    with tempfile.TemporaryDirectory(prefix="counterpulse-", ignore_cleanup_errors=True) as folder:
        printed = Path(folder, "report.pdf")
        command += [f"--user-data-dir={folder}/profile", f"--print-to-pdf={printed}", page.absolute().as_uri()]
        try:
            done = subprocess.run(command, capture_output=True, timeout=PATIENCE, check=False)
        except subprocess.TimeoutExpired:
            raise InputError(f"--pdf: {command[0]} did not print within {PATIENCE:g} s") from None
        if done.returncode or not printed.is_file():
            raise InputError(f"--pdf: {command[0]} did not print the page (exit code {done.returncode})")
        with written_whole(pdf) as partial:
            shutil.copyfile(printed, partial)
    return pdf

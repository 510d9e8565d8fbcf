"""The command explore: a store in the browser."""

from __future__ import annotations

import errno
import os
import sys
import webbrowser
from collections.abc import Mapping
from pathlib import Path

from ..analysis.explore.questions import Explorer
from ..analysis.explore.server import Server
from ..engine import InputError
from ..sweeps.store.warm_starts import usable
from .output import report, say, tell
from .reading import opened, reading


def explore(store: Path, port: int, no_browser: bool, thresholds: Mapping[str, float], as_json: bool) -> None:
    """Look at a store in the browser: maps, the patients in a part of them, and one patient live."""
    with _serving(store, port, thresholds) as server:
        report({"url": server.url}, as_json, lambda: say(server.url))
        if not (no_browser or as_json):
            _open(server.url)
        tell("serving to this machine alone; Ctrl-C ends")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            tell("stopped")


def _serving(store: Path, port: int, thresholds: Mapping[str, float]) -> Server:
    dataset = opened(store)
    with reading(store):
        explorer = Explorer(dataset, usable(store), thresholds)
    try:
        return Server(explorer, port)
    except OSError as error:
        explorer.close()
        if error.errno not in (errno.EADDRINUSE, errno.EACCES):
            raise
        why = "is in use" if error.errno == errno.EADDRINUSE else "is not open to this user"
        raise InputError(f"--port: {port} {why}; give another, or none for a free one") from None


def _open(url: str) -> None:
    """Open a browser where there is a screen: one in the terminal would take the terminal."""
    if sys.platform == "darwin" or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        webbrowser.open(url)

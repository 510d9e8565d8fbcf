"""Check the links of the built site: those within it always, those to elsewhere where the network answers.

``python docs/links.py SOURCES SITE`` (``make docs``); exit code 1 where a link leads nowhere.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit
from urllib.request import urlopen

from bs4 import BeautifulSoup

LINKS = {"a": "href", "link": "href", "img": "src", "script": "src", "source": "src", "object": "data"}
PATIENCE = 10
"""Seconds that the network has for an answer."""


class Page(NamedTuple):
    """A page of the site: what it links to, and what may be linked to in it."""

    links: list[str]
    anchors: set[str]


def written(site: Path) -> list[Path]:
    """Pages of the site; ``_static`` holds parts of the theme."""
    return sorted(path for path in site.rglob("*.html") if "_static" not in path.parts)


def read(path: Path) -> Page:
    """Read a page's links and anchors."""
    soup = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
    links = [str(each[name]) for tag, name in LINKS.items() for each in soup.find_all(tag) if each.has_attr(name)]
    anchors = {str(each[name]) for name in ("id", "name") for each in soup.find_all(attrs={name: True})}
    return Page(links, anchors)


def broken(site: Path) -> Iterator[str]:
    """Say which links within the site lead nowhere."""
    pages = {path.resolve(): read(path) for path in written(site)}
    for path, page in pages.items():
        for link in dict.fromkeys(page.links):
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if target.is_dir():
                target /= "index.html"
            where = path.relative_to(site.resolve())
            if not target.is_file() or not target.is_relative_to(site.resolve()):
                yield f"{where}: {link}: no such file in the site"
            elif parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].anchors | {"top"}:
                yield f"{where}: {link}: no such place on that page"


def elsewhere(site: Path) -> list[str]:
    """Addresses outside the site."""
    found = {link for path in written(site) for link in read(path).links if urlsplit(link).netloc}
    return sorted(found)


def answers(addresses: list[str]) -> bool:
    """Whether the network answers at any of some addresses."""
    for address in addresses[:3]:
        try:
            with urlopen(address, timeout=PATIENCE):
                return True
        except OSError:
            continue
    return False


def dead(sources: Path) -> list[str]:
    """Say which links of the sources to elsewhere lead nowhere, by Sphinx's own check."""
    with tempfile.TemporaryDirectory() as folder:
        checked = Path(folder) / "checked"
        command = [sys.executable, "-m", "sphinx", "-q", "-b", "linkcheck", str(sources), str(checked)]
        subprocess.run(command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        lines = (checked / "output.json").read_text(encoding="utf-8").splitlines()
    results = [json.loads(line) for line in lines]
    return [f"{each['filename']}: {each['uri']}: {each['info']}" for each in results if each["status"] == "broken"]


def main() -> int:
    """Check, and say what was checked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sources", type=Path)
    parser.add_argument("site", type=Path)
    given = parser.parse_args()
    faults = list(broken(given.site))
    print(f"links within the site: {len(faults)} lead nowhere")
    outside = elsewhere(given.site)
    if not outside:
        print("links to elsewhere: none")
    elif answers(outside):
        gone = dead(given.sources)
        faults += gone
        print(f"links to elsewhere: {len(gone)} lead nowhere")
    else:
        print(f"links to elsewhere: NOT CHECKED, the network does not answer; {len(outside)} addresses")
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())

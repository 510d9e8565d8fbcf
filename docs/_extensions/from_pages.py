"""What the site makes of pages that are also read in the forge.

Links to pages beside ``docs/`` lead to their places in the site; ``{gallery} PAGE`` shows the pictures of a page as
cards; ``{other-pages}`` lists the pages that no other list names, so that a new command's page appears by itself. On a
narrow screen printed sentences wrap, and a picture leads to itself in full size.
"""

import re
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

ROOT = Path(__file__).resolve().parents[2]
PAGES = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
}
"""Pages beside ``docs/``, and the page of the site that stands for each."""

LINK = re.compile(r"\]\((?P<path>(?:\.\./)+(?P<target>[^)#\s]+))(?P<anchor>#[^)\s]*)?\)")
LISTED = re.compile(r"^```\{toctree\}\n(?P<content>.*?)^```$", re.MULTILINE | re.DOTALL)
PLATE = re.compile(r"^## (?P<title>.+?)\n.*?^!\[[^]]*\]\((?P<picture>[^)]+)\)$", re.MULTILINE | re.DOTALL)


def within_the_site(app: Sphinx, document: str, source: list[str]) -> None:
    """Point links to the pages beside ``docs/`` to those that stand for them."""
    depth = document.count("/")

    def replaced(match: re.Match[str]) -> str:
        page = PAGES.get(match["target"])
        if page is None or match["path"].count("../") != depth + 1:
            return match[0]
        return f"]({'../' * depth}{page}{match['anchor'] or ''})"

    source[0] = LINK.sub(replaced, source[0])


def for_narrow_screens(app: Sphinx, doctree: nodes.document) -> None:
    """Mark printed text without columns, and give pictures a width, which has Sphinx link each to its file."""
    for block in doctree.findall(nodes.literal_block):
        if block.get("language") == "text" and not any("  " in line.strip() for line in block.astext().splitlines()):
            block["classes"].append("sentences")
    for picture in doctree.findall(nodes.image):
        if "sd-card-img-top" not in picture["classes"]:
            picture["width"] = "100%"


class Gallery(SphinxDirective):
    """``{gallery} atlas``: a card for each section of a page that has a picture."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Parse the cards as if they were written on the page."""
        name = self.arguments[0]
        path = Path(self.env.srcdir) / f"{name}.md"
        self.env.note_dependency(str(path))
        cards = [
            f":::{{grid-item-card}} {plate['title']}\n:img-top: {plate['picture']}\n"
            f":img-alt: {plate['title']}\n:link: {name}.html#{nodes.make_id(plate['title'])}\n:::\n"
            for plate in PLATE.finditer(path.read_text(encoding="utf-8"))
        ]
        if not cards:
            raise self.error(f"{path.name} has no section with a picture")
        return self.parse_text_to_nodes("::::{grid} 1 2 3 3\n:gutter: 3\n\n" + "\n".join(cards) + "::::\n")


class OtherPages(SphinxDirective):
    """``{other-pages}``: every page beside this one that no list of contents names."""

    def run(self) -> list[nodes.Node]:
        """Make the list of contents."""
        top = Path(self.env.srcdir)
        self.env.note_reread()
        named = {self.env.docname, self.config.root_doc}
        for page in (top / f"{name}.md" for name in self.env.found_docs):
            folder = page.parent.relative_to(top)
            for each in LISTED.finditer(page.read_text(encoding="utf-8")):
                named |= {(folder / line).as_posix().lstrip("/") for line in each["content"].split() if line[0] != ":"}
        here = Path(self.env.docname).parent
        found = [name for name in sorted(self.env.found_docs - named) if Path(name).parent == here]
        names = "\n".join(Path(name).name for name in found)
        return self.parse_text_to_nodes(f"```{{toctree}}\n:maxdepth: 1\n:caption: Pages\n\n{names}\n```\n")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register them."""
    app.connect("source-read", within_the_site)
    app.connect("doctree-read", for_narrow_screens)
    app.add_directive("gallery", Gallery)
    app.add_directive("other-pages", OtherPages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

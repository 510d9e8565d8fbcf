"""Tables, laws and the public face, taken from the package when the site is built; nothing of them is kept.

``{from-code} NAME`` stands for a table of ``code_tables.py``, ``{laws} MODULE`` for the laws of a module of
``engine/laws`` and ``{public-face} ROOM ...`` for the functions of those rooms.
"""

import ast
import inspect
from collections.abc import Iterable, Sequence
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

from code_tables import TABLES
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.docutils import SphinxDirective

import counterpulse

ROOT = Path(counterpulse.__file__).parent


def _cell(value: object) -> nodes.Node:
    text = str(value)
    content = nodes.paragraph()
    for place, piece in enumerate(text.split("`")):
        if piece:
            content += nodes.literal(text=piece) if place % 2 else nodes.Text(piece)
    return nodes.entry("", content)


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> nodes.table:
    """Make a table of plain texts: nothing in them is markup but names between backticks."""
    group = nodes.tgroup("", *(nodes.colspec(colwidth=1) for _ in head), cols=len(head))
    group += nodes.thead("", nodes.row("", *(_cell(name) for name in head)))
    group += nodes.tbody("", *(nodes.row("", *(_cell(value) for value in row)) for row in rows))
    return nodes.table("", group, classes=["from-code"])


class FromCode(SphinxDirective):
    """``{from-code} NAME``: one of ``TABLES``."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Make the table of now."""
        name = self.arguments[0]
        if name not in TABLES:
            raise self.error(f"{name!r} is no table; there are {', '.join(TABLES)}")
        self.env.note_dependency(__file__)
        return [table(*TABLES[name]())]


class Laws(SphinxDirective):
    """``{laws} MODULE``: every law of a module of ``engine/laws``, with the text that stands beside it in the code."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Read the module's source: its functions are compiled, and need not be loaded."""
        path = ROOT / "engine" / "laws" / f"{self.arguments[0]}.py"
        self.env.note_dependency(str(path))
        found: list[nodes.Node] = []
        for each in ast.parse(path.read_text(encoding="utf-8")).body:
            if not isinstance(each, ast.FunctionDef):
                continue
            called = f"{each.name}({', '.join(argument.arg for argument in each.args.args)})"
            said = inspect.cleandoc(ast.get_docstring(each) or "")
            term = nodes.term("", "", nodes.literal(text=called))
            paragraphs = [
                nodes.literal_block(text=part, language="none") if "\n-" in part else nodes.paragraph(text=part)
                for part in said.replace("``", "").split("\n\n")
            ]
            found.append(nodes.definition_list_item("", term, nodes.definition("", *paragraphs)))
        if not found:
            raise self.error(f"{path.name} has no law")
        return [nodes.definition_list("", *found, classes=["laws"])]


class PublicFace(SphinxDirective):
    """``{public-face} ROOM ...``: the names of ``counterpulse.__all__`` that live in these rooms, from docstrings."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        """Hand every name to autodoc."""
        rooms = self.arguments[0].split()
        names = [name for name, home in counterpulse._HOMES.items() if home.startswith(tuple(rooms))]
        if not names:
            raise self.error(f"no name of the public face lives in {', '.join(rooms)}")
        text = "\n".join(
            f"```{{eval-rst}}\n.. auto{'exception' if name[0].isupper() else 'function'}:: counterpulse.{name}\n```\n"
            for name in sorted(names, key=str.lower)
        )
        return self.parse_text_to_nodes(text)


def reference(app: Sphinx, env: BuildEnvironment, node: Any, content: nodes.Element) -> nodes.Element | None:
    """Resolve a docstring's link to a function where it lives: to the public face, or to its name in the code.

    A link to what is not in the code stays unresolved, and is warned of.
    """
    if node.get("refdomain") != "py" or not (node.get("py:module") or "").startswith(counterpulse.__name__):
        return None
    target: str = node["reftarget"]
    name = target.rpartition(".")[2]
    home = counterpulse._HOMES.get(name)
    if home is not None and target in (name, f"counterpulse.{home}.{name}"):
        domain = env.domains.python_domain
        builder, document = app.builder, node["refdoc"]
        return domain.resolve_xref(env, document, builder, "func", f"counterpulse.{name}", node, content)
    known = exists(target) or exists(f"{node['py:module']}.{target}")
    return content if known else None


def exists(name: str) -> bool:
    """Whether a dotted name is in the code."""
    try:
        resolve_name(name)
    except (ImportError, AttributeError, ValueError):
        return False
    return True


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directives, and what resolves links of docstrings."""
    app.add_directive("from-code", FromCode)
    app.add_directive("laws", Laws)
    app.add_directive("public-face", PublicFace)
    app.connect("missing-reference", reference)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

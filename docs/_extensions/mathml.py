"""Equations as MathML, made when the site is built: a page loads no script and nothing from elsewhere for them."""

from docutils import nodes
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.writers.html5 import HTML5Translator

log = logging.getLogger(__name__)


def _written(self: HTML5Translator, node: nodes.Element, *, block: bool) -> None:
    try:
        self.body.append(tex2mathml(node.astext(), as_block=block))
    except Exception as error:  # docutils raises what the place in the text calls for
        log.warning("%s is not understood: %s", node.astext(), error, location=node)
    raise nodes.SkipNode


def inline(self: HTML5Translator, node: nodes.math) -> None:
    """Write an equation within a sentence."""
    _written(self, node, block=False)


def block(self: HTML5Translator, node: nodes.math_block) -> None:
    """Write an equation that stands by itself; one too wide for the page is scrolled."""
    self.body.append(self.starttag(node, "div", CLASS="math"))
    try:
        _written(self, node, block=True)
    finally:
        self.body.append("</div>\n")


def setup(app: Sphinx) -> dict[str, bool]:
    """Offer the renderer ``mathml``."""
    app.add_html_math_renderer("mathml", (inline, None), (block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}

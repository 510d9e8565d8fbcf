"""Equations as pictures of lines, made when the site is built: a page loads no script and nothing from elsewhere.

The browser's own MathML, tried first, put indices beside letters and lost fractions; MathJax is fetched or weighs more
than the site.
"""

from html import escape

import ziamath
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.writers.html5 import HTML5Translator

log = logging.getLogger(__name__)

INLINE, BLOCK = 17.0, 18.0
"""Sizes of letters, px."""


def _drawn(node: nodes.Element, size: float, *, inline: bool) -> tuple[str, float]:
    """Draw an equation; how far its baseline lies above its lower edge, px."""
    written = " ".join(node.astext().split())
    try:
        equation = ziamath.Latex(written, size=size, inline=inline, color="currentColor")
        picture: str = equation.svg()
    except Exception as error:  # whatever the library makes of what it does not know
        log.warning("%s is not understood: %r", written, error, location=node)
        return escape(written), 0.0
    return picture.replace("<svg ", f'<svg role="img" aria-label="{escape(written)}" ', 1), equation.getyofst()


def inline(self: HTML5Translator, node: nodes.math) -> None:
    """Write an equation within a sentence."""
    picture, below = _drawn(node, INLINE, inline=True)
    self.body.append(f'<span class="equation" style="vertical-align: {below:.2f}px">{picture}</span>')
    raise nodes.SkipNode


def block(self: HTML5Translator, node: nodes.math_block) -> None:
    """Write an equation that stands by itself; one too wide for the page is scrolled."""
    picture, _ = _drawn(node, BLOCK, inline=False)
    self.body.append(self.starttag(node, "div", picture, CLASS="equation") + "</div>\n")
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    """Offer the renderer ``equations``."""
    app.add_html_math_renderer("equations", (inline, None), (block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}

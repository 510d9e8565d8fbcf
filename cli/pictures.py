"""Pictures as commands write them."""

from __future__ import annotations

from pathlib import Path

from matplotlib.figure import Figure

from ..analysis.figures.style import save
from ..analysis.figures.typefaces import lacking, said
from .output import tell


def picture(figure: Figure, target: Path) -> Path:
    """Write a picture; what no typeface of this machine can show of it is told."""
    path = save(figure, target)
    if missing := lacking(said(figure)):
        tell(f"note: no typeface installed here has {' '.join(missing)}: a box each in {path}")
    return path

"""Boxes in which a class is frequent, as the leaves of a shallow tree (scikit-learn)."""

from __future__ import annotations

import numpy as np

from ...engine import InputError
from .prim import SMALLEST, Sample, inside, quality, worth_telling

DEPTH, IMPURITY = 3, 0.003
"""Levels, and the least by which a split lowers the impurity, as a share of that of all."""


def leaves(sample: Sample, most: int) -> list[np.ndarray]:
    """Find the leaves in which the class is frequent, the best first.

    Parameters
    ----------
    sample : Sample
        All patients.
    most : int
        Leaves at most.

    Returns
    -------
    list of np.ndarray
        Each (variables, 2): lowest and highest code, both inside.

    Raises
    ------
    InputError
        Where scikit-learn is missing.
    """
    try:
        from sklearn.tree import DecisionTreeClassifier
    except ImportError:
        raise InputError("regions: method tree wants scikit-learn; pip install 'counterpulse[analysis]'") from None
    base = float(sample.member.mean())
    grown = DecisionTreeClassifier(
        max_depth=DEPTH,
        min_samples_leaf=max(int(SMALLEST * len(sample.member)), 1),
        min_impurity_decrease=IMPURITY * 2 * base * (1 - base),
        random_state=0,
    ).fit(sample.codes, sample.member)
    boxes, open_ = [], [(0, sample.whole())]
    while open_:
        node, box = open_.pop()
        variable = grown.tree_.feature[node]
        if variable < 0:
            boxes.append(box)
            continue
        last = int(grown.tree_.threshold[node])  # codes are whole numbers: up to it to the left, the next to the right
        for child, side, edge in ((grown.tree_.children_left, 1, last), (grown.tree_.children_right, 0, last + 1)):
            part = box.copy()
            part[variable, side] = edge
            open_.append((int(child[node]), part))
    scored = []
    for box in boxes:
        member = sample.member[inside(sample.codes, box, sample.sizes)]
        if worth_telling(len(member), int(member.sum()), base):
            scored.append((float(quality(np.array(len(member)), np.array(member.sum()), base)), box))
    return [box for _, box in sorted(scored, key=lambda pair: -pair[0])][:most]

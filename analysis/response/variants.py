"""The same comparison with its thresholds halved and doubled."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from . import definitions
from .comparison import Comparison

KINDS = ("help", "harm")

FLOORS = ("harms_limb_flow", "harms_visceral_flow")
"""Thresholds of which the loss, 1 less the threshold, is halved and doubled."""

FACTORS = {"half": 0.5, "twice": 2.0}


class _Noted(dict[str, float]):
    """Thresholds that note which of them are read."""

    def __init__(self, thresholds: Mapping[str, float]) -> None:
        super().__init__(thresholds)
        self.names: set[str] = set()

    def __getitem__(self, name: str) -> float:
        self.names.add(name)
        return super().__getitem__(name)


def at_other_thresholds(comparison: Comparison, kinds: Collection[str] = KINDS) -> dict[str, Comparison]:
    """Halve and double the thresholds of help that the definition in use has, and all those of harm, each together.

    Parameters
    ----------
    comparison : Comparison
        With the thresholds as they are.
    kinds : collection of str
        ``help``, ``harm`` or both.

    Returns
    -------
    dict of str to Comparison
        By what differs: ``help at half the threshold``, ``help at twice the threshold``, likewise of harm.
    """
    limit = _Noted(comparison.thresholds)
    for definition in comparison.definitions:
        definitions.DEFINITIONS[definition].words(limit)
    own = {"help": limit.names, "harm": {name for name in comparison.thresholds if name.startswith("harms_")}}
    found = {}
    for kind in KINDS:
        for words, times in FACTORS.items() if kind in kinds else ():
            scaled = {name: _scaled(name, comparison.thresholds[name], times) for name in own[kind]}
            thresholds = {**comparison.thresholds, **scaled}
            found[f"{kind} at {words} the threshold"] = replace(comparison, thresholds=thresholds)
    return found


def _scaled(name: str, value: float, times: float) -> float:
    return max(1.0 - times * (1.0 - value), 0.0) if name in FLOORS else times * value

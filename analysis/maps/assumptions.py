"""What versions of a map assume: stores that differ in their specification, rules that differ in their lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import xarray as xr

from ...engine import InputError, check_name
from ...sweeps.population.definitions import DEFINITIONS
from ..reading.origin import stored_spec
from ..response.comparison import Comparison
from ..response.variants import at_other_thresholds

SAME = ("cohort", "cohorts", "samples", "patients", "seed", "design", "vary", "refine", "window")
"""Entries of the specification that must be alike: they say who the patients are."""

UNANSWERABLE = ("name", "response", "run", "waveforms", "reference", "store_precision")
"""Entries that change no number which is looked at here."""


def variants(
    first: xr.Dataset, comparison: Comparison, definitions: Sequence[str], vary_thresholds: bool
) -> dict[str, Comparison]:
    """Make the other rules for the first store, by what they assume."""
    out = {}
    for name in definitions:
        check_name("definition", name, DEFINITIONS)
        if name != comparison.definition:
            out[f"help as by {name}"] = Comparison.of(
                first, comparison.arm, comparison.reference, name, comparison.thresholds
            )
    return out | (at_other_thresholds(comparison) if vary_thresholds else {})


def assumed(stores: Sequence[xr.Dataset]) -> list[str]:
    """Say what each store assumes: the first as it stands, the others by what differs in their specifications.

    Raises
    ------
    InputError
        Where a store has no specification, is of other patients or arms, or assumes the same as another.
    """
    specs = [stored_spec(store) for store in stores]
    if len(stores) > 1 and not all(specs):
        raise InputError("robustness: a result without a specification cannot be told from the others")
    names = [str(specs[0].get("regulation", "")).replace("open-loop", "open loop") or "as it stands"]
    for place, spec in enumerate(specs[1:], start=2):
        for key in SAME:
            if spec.get(key) != specs[0].get(key):
                raise InputError(f"robustness: store {place} has other patients than the first: {key} differs")
        if list(spec["arms"]) != list(specs[0]["arms"]):
            raise InputError(f"robustness: store {place} has the arms {', '.join(spec['arms'])}, the first others")
        difference = "; ".join(_differences(specs[0], spec))
        if not difference:
            raise InputError(f"robustness: store {place} assumes the same as the first")
        if difference in names:
            raise InputError(f"robustness: store {place} assumes the same as another: {difference}")
        names.append(difference)
    return names


def _differences(first: Mapping[str, Any], spec: Mapping[str, Any]) -> list[str]:
    """Say in words what differs between two specifications of the same patients."""
    out = []
    for key in dict.fromkeys((*first, *spec)):
        here, there = spec.get(key), first.get(key)
        if here == there or key in UNANSWERABLE or key in SAME:
            continue
        if key == "regulation":
            out.append(str(here).replace("open-loop", "open loop"))
        elif isinstance(here, dict) and isinstance(there, dict):
            default: object = 1.0 if key == "scale" else {}
            for name in dict.fromkeys((*there, *here)):
                new, old = here.get(name, default), there.get(name, default)
                if new != old:
                    out.append(f"{_plain(name)} x {new:g}" if key == "scale" else f"{name}: {_overrides(new, old)}")
        else:
            out.append(f"{key} {here}")
    return out


def _overrides(new: object, old: object) -> str:
    """Say what an arm has that it had not."""
    if not isinstance(new, dict) or not isinstance(old, dict):
        return str(new)
    changed = [f"{_plain(name)} {value:g}" for name, value in new.items() if old.get(name) != value]
    return ", ".join([*changed, *(f"{_plain(name)} as by default" for name in old if name not in new)])


def _plain(name: str) -> str:
    return name.replace("_", " ")

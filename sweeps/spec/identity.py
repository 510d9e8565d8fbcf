"""What makes two sweeps the same: their canonical form, and the hash of what decides the results."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from ..design.stepwise import Index
from ..population.sampling import Cohort
from ..user_patients.samples import DESIGN as FILE
from .settings import TRAINING_PATIENTS

SAMPLER = 1
"""Part of the spec hash: to be raised whenever a design gives other patients for the same spec."""

FIXED = ("latin-hypercube", "grid", FILE)
"""Designs whose points hang on how many there are: no patients can be added to such a sweep."""

LATER = ("refine", "groups", "samples", "design_points")
"""Keys that sweeps without them leave out, as sweeps from before there were any say it."""


def canonical_form(fields: Mapping[str, Any], *, window: bool, reference: str) -> dict[str, Any]:
    """Write down a sweep: its fields in types that JSON keeps, with what was left to be settled filled in.

    Parameters
    ----------
    fields : mapping
        All fields of the sweep.
    window : bool
        Whether the cohorts' windows are applied.
    reference : str
        The arm the others are compared with.
    """
    given = {name: value for name, value in fields.items() if value or name not in LATER}
    return given | {"window": window, "reference": reference}


def spec_hash(content: Mapping[str, Any], cohorts: Sequence[Cohort], units: Index) -> str:
    """Return the SHA-256, in hexadecimal, of what decides the results.

    Left out are name, waveforms, response, how it is executed (but for tolerance and warm start) and, but for the
    grid and the Latin hypercube, the number of patients, which may grow. The laws of the cohorts are in, and their
    windows where applied.

    Parameters
    ----------
    content : mapping
        The canonical form.
    cohorts : sequence of Cohort
        Those the candidates are drawn from.
    units : array of int
        Unit of each coordinate of the design.
    """
    decides = {key: content[key] for key in ("cohort", "seed", "design", "regulation", "vary", "scale")}
    decides |= {key: content[key] for key in ("reference", "precision", "store_precision", "rhythm")}
    decides |= {
        "arms": [[name, overrides] for name, overrides in content["arms"].items()],
        "tolerance": content["run"]["tolerance"],
        "warm_start": content["run"]["warm_start"],
        "law": {cohort.name: cohort.law_content() for cohort in cohorts},
        "window": {cohort.name: cohort.window for cohort in cohorts} if content["window"] else None,
        "patients": content["patients"] if content["design"] in FIXED else None,
        "sampler": SAMPLER,
    }
    training_patients = content["run"].get("training_patients", TRAINING_PATIENTS)
    if content["run"]["warm_start"] and training_patients != TRAINING_PATIENTS:
        decides["training_patients"] = training_patients
    if "refine" in content:
        decides["refine"] = content["refine"]
    if "design_points" in content:
        decides["design_points"] = content["design_points"]
    if "samples" in content:
        decides["samples"] = content["samples"]["digest"]
    if "groups" in content:
        # which move together, not what they are called
        decides["units"] = units.tolist()
    text = json.dumps(decides, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()

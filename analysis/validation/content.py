"""The comparison as plain types for JSON, and how much of it is right."""

from __future__ import annotations

import json
from typing import Any

import xarray as xr

from .records import Verdict, records

KEYS = {"median": "simulated", "low": "simulated_low", "high": "simulated_high"}
"""Names in JSON of what a published effect has under another name in the dataset."""
EFFECT = (
    *("quantity", "published", "definition", "recipe", "measure", "of", "minus", "arm", "reference", "limit", "beside"),
    *("compared", "unit", "direction", "value", "low", "high", "band", "scored", "seen", "miss", "source", "median"),
    *("patients", "size", "direction_wanted", "reason"),
)
"""What JSON says of a published effect."""
LEVEL = {
    "title": "measurement",
    "unit": "measurement_unit",
    "target": "target",
    "tolerance": "tolerance",
    "median": "baseline_median",
    "low": "baseline_low",
    "high": "baseline_high",
    "right": "target_verdict",
    "span": "span",
    "spanning": "span_verdict",
}


def as_dict(found: xr.Dataset) -> dict[str, Any]:
    """Everything that `validate` found as plain types for JSON."""
    return {
        "seed": found.attrs["seed"],
        "counts": counts(found),
        "baselines": [_baseline(found.isel(cohort=place)) for place in range(found.sizes["cohort"])],
        "populations": [_population(row) for row in records(found, "population")],
        "effects": [{key: _plain(key, row[KEYS.get(key, key)]) for key in EFFECT} for row in records(found, "row")],
        "not_computable": [
            {name.removeprefix("not_computable_"): value for name, value in row.items()}
            for row in records(found, "not_computable")
        ],
        "structural_uncertainty": _moves(found) if "factor" in found.sizes else [],
    }


def counts(found: xr.Dataset) -> dict[str, int]:
    """How many cohorts, directions and sizes are scored, and how many of them are right."""
    counted = {}
    for key, name in {"cohorts": "baseline_verdict", "directions": "direction", "sizes": "size"}.items():
        counted[key] = int((found[name] != Verdict.NOT_SCORED).sum())
        counted[f"{key}_right"] = int((found[name] == Verdict.RIGHT).sum())
    return counted


def _plain(key: str, value: Any) -> Any:
    if isinstance(value, Verdict):
        return value.right
    return None if key in ("minus", "beside") and value == "" else value


def _baseline(one: xr.Dataset) -> dict[str, Any]:
    return {
        "cohort": one["cohort"].item(),
        "candidates": one["candidates"].item(),
        "inside": one["share_inside"].item(),
        "failed": one["failed"].item(),
        "enough_inside": Verdict(one["share_inside_verdict"].item()).right,
        "levels": [{key: _plain(key, row[name]) for key, name in LEVEL.items()} for row in records(one, "measurement")],
        "right": Verdict(one["baseline_verdict"].item()).right,
    }


def _population(row: dict[str, Any]) -> dict[str, Any]:
    told = {name.removeprefix("population_"): value for name, value in row.items() if name != "population"}
    return {"name": row["population"], **told, "recipe": json.loads(told["recipe"])}


def _moves(found: xr.Dataset) -> list[dict[str, Any]]:
    moves = []
    for cohort in found["cohort"].values.tolist():
        for choice in found["design_choice"].values.tolist():
            for factor in found["factor"].values.tolist():
                one = found.sel(cohort=cohort, design_choice=choice, factor=factor)
                before, after = (
                    {name: one[f"{name}_{when}"].item() for name in ("helped", "output_gain")}
                    for when in ("before", "after")
                )
                told = {"cohort": cohort, "parameter": choice, "factor": factor}
                moves.append(told | {"patients": one["choice_patients"].item(), "before": before, "after": after})
    return moves

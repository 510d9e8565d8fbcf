"""The last section of a report: everything that is needed to get the same numbers again."""

from __future__ import annotations

import json
import shlex
from typing import Any

import xarray as xr

from ...sweeps.population.toml import written
from ..reading.origin import stored_spec
from ..words.parts import Code, Part, Section, Table, Text
from .further import further

KEPT = {
    "source": "made by",
    "date_created": "store created",
    "spec_hash": "hash of the specification",
    "engine_fingerprint": "engine fingerprint",
    "engines_accepted": "other engines that went on in the store",
    "sampler": "sampler",
    "seed": "seed",
    "instruction_set": "instruction set",
    "flags": "arithmetic flags",
    "cpu": "processor",
}
"""Attributes of a store that decide its numbers or say where they were made."""


def reproduce(dataset: xr.Dataset, name: str, judged: str) -> Section:
    """Give specification, versions, fingerprints and command lines.

    Parameters
    ----------
    name : str
        File name of the store.
    judged : str
        Options of the command line that made this report, beyond the defaults.
    """
    store = shlex.quote(name or "sweep.zarr")
    commands = [
        f"counterpulse run sweep.toml -o {store}",
        f"counterpulse verify {store} --sample 1",
        f"counterpulse report {store}{judged}",
        *further(dataset, store),
    ]
    parts: list[Part] = []
    if spec := stored_spec(dataset):
        parts += [
            Text(["Save the specification as sweep.toml; then:"]),
            Code("Commands", "\n".join(commands)),
            Code("Specification, with every default filled in", written(spec)),
        ]
    rows: list[list[object]] = [[title, str(dataset.attrs[key])] for key, title in KEPT.items() if key in dataset.attrs]
    rows += [[f"version of {package}", version] for package, version in _versions(dataset).items()]
    if rows:
        parts.append(Table("Provenance", ("What", "Value"), rows))
    parts.append(
        Text(
            [
                "A patient is a pure function of the specification and of its index: the same numbers come again to "
                "the byte with the same engine fingerprint on the same instruction set, whatever the workers or "
                "restarts."
            ]
        )
    )
    return Section("reproduce", "How to reproduce it", parts)


def _versions(dataset: xr.Dataset) -> dict[str, Any]:
    try:
        stored = json.loads(dataset.attrs.get("versions", "{}"))
    except (TypeError, ValueError):
        return {}
    return stored if isinstance(stored, dict) else {}

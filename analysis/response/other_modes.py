"""What an answer hangs on the mode of regulation: the same patients in each, helped, failed and harmed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from ...engine import REGULATIONS, InputError
from ...sweeps.spec.other_modes import places
from ...sweeps.store.opening import open_store
from ...sweeps.store.parts import read_parts
from ..numbers.cells import median
from ..numbers.intervals import share_of, with_interval
from ..reading.origin import stored_spec
from ..reading.stream import read
from ..words.counted import many
from ..words.parts import Part, Text
from .classify import CLASSES, Response, compared_in, judge
from .comparison import Comparison
from .pairs import Pair

IN_MODE = {"open-loop": "at open loop", "baroreflex": "with the baroreflex", "map-held": "with MAP held"}
"""Modes of regulation as a sentence has them."""


def other_modes(
    dataset: xr.Dataset,
    arm: str | None = None,
    reference: str | None = None,
    definition: str | None = None,
    thresholds: Mapping[str, float] | None = None,
) -> xr.Dataset:
    """Say what each mode of regulation makes of the same patients: some of a sweep's, which a run has in all modes.

    Parameters
    ----------
    dataset : xr.Dataset
        Result of ``open_store``, whole.
    arm, reference, definition, thresholds
        As in :func:`~counterpulse.analysis.response.classify.classify`.

    Returns
    -------
    xr.Dataset
        Over ``regulation`` and ``response``: ``share`` of those compared in every mode; over ``regulation`` the median
        relative change ``output_change`` of cardiac output (1), both with their 95 % intervals (``_low``, ``_high``),
        ``same_class``, the share whose class is that of the sweep's own mode, and ``failed`` runs. Attributes say how
        many patients were run in all modes, and how many of them compared.

    Raises
    ------
    InputError
        For an unknown name, or where none of the patients was run in other modes.
    """
    comparison = Comparison.of(dataset, arm, reference, definition, thresholds)
    found = in_all_modes(dataset, comparison)
    if found is None:
        raise InputError(
            "other_modes: no patients of this store were run in other modes of regulation; [run] other_modes = 2048 in "
            "its sweep file has that done"
        )
    return found


def in_all_modes(dataset: xr.Dataset, comparison: Comparison) -> xr.Dataset | None:
    """As `other_modes`, of a comparison that is known; None where nobody was run, and compared, in every mode."""
    blocks = _blocks(dataset, comparison)
    if len(blocks) < 2:
        return None
    classes = {mode: judge(block, comparison)[0] for mode, block in blocks.items()}
    compared = np.all([compared_in(each) for each in classes.values()], axis=0)
    size = int(compared.sum())
    if not size:
        return None
    own = classes[str(stored_spec(dataset)["regulation"])]
    counts = [[(each[compared] == which).sum() for which in CLASSES] for each in classes.values()]
    changes = [
        Pair(block, comparison.arm, comparison.reference).relative("cardiac_output").value[compared]
        for block in blocks.values()
    ]
    failed = [int((each == Response.FAILED_RUN).sum()) for each in classes.values()]
    same = [share_of(int((each == own)[compared].sum()), size) for each in classes.values()]
    shares = with_interval(
        "share",
        ("regulation", "response"),
        [share_of(int(count), size) for row in counts for count in row],
        "share of those compared in every mode",
    )
    shape = (len(blocks), len(CLASSES))
    return xr.Dataset(
        {name: (dims, values.reshape(shape), about) for name, (dims, values, about) in shares.items()}
        | with_interval("output_change", "regulation", [median(each) for each in changes], "change of cardiac output")
        | with_interval("same_class", "regulation", same, "share of the class that the sweep's own mode gives")
        | {"failed": ("regulation", failed, {"long_name": "failed runs", "units": "1"})},
        {
            "regulation": ("regulation", np.array(list(blocks), dtype=object), {"long_name": "mode of regulation"}),
            "response": np.array([each.name.lower() for each in CLASSES], dtype=object),
        },
        comparison.attributes
        | {"own_regulation": str(stored_spec(dataset)["regulation"]), "patients": len(own), "compared": size},
    )


def _blocks(dataset: xr.Dataset, comparison: Comparison) -> dict[str, xr.Dataset]:
    """Bring what decides the class of the same patients into memory, by mode; empty where there is but one mode."""
    store, spec = Path(str(dataset.encoding.get("source", ""))), stored_spec(dataset)
    if not (store / "zarr.json").is_file() or dataset.sizes["patient"] != spec.get("patients"):
        return {}
    parts = {mode: part for mode, part in read_parts(store).items() if part.spec.regulation != spec["regulation"]}
    if not parts:
        return {}
    # one may be a run ahead of another
    shortest = min((part.spec for part in parts.values()), key=lambda part: part.patients)
    opened = {mode: open_store(part.path) for mode, part in parts.items()}
    rows = places(shortest)
    found = {mode: read(each, comparison.reads(each), slice(0, len(rows))) for mode, each in opened.items()}
    found[str(spec["regulation"])] = read(dataset, comparison.reads(dataset), rows)
    return {mode: found[mode] for mode in REGULATIONS if mode in found}


def in_words(answer: xr.Dataset) -> list[Part]:
    """Say it in one sentence."""
    return [Text([sentence(answer)])]


def sentence(answer: xr.Dataset) -> str:
    """Say what every mode makes of the same patients."""
    modes = [str(mode) for mode in answer["regulation"].values]
    about = answer.attrs
    helped = [
        f"{_per_cent(one, 'share')} % {IN_MODE[mode]} ({_per_cent(one, 'share_low')} to {_per_cent(one, 'share_high')})"
        for mode, one in zip(modes, _each(answer.sel(response="helps", drop=True)), strict=True)
    ]
    harmed = [_per_cent(one, "share") for one in _each(answer.sel(response="harms", drop=True))]
    changes = [f"{100 * value:+.1f}" for value in answer["output_change"].values]
    return (
        f"In the same {many(about['compared'], 'patient')} {about['arm']} helped {_listed(helped)}; it harmed "
        f"{_listed(harmed)} %, and cardiac output changed by {_listed(changes)} % in the median."
    )


def _each(answer: xr.Dataset) -> list[xr.Dataset]:
    return [answer.isel(regulation=place) for place in range(answer.sizes["regulation"])]


def _per_cent(one: xr.Dataset, name: str) -> str:
    return f"{100 * float(one[name]):.1f}"


def _listed(texts: list[str]) -> str:
    return f"{', '.join(texts[:-1])} and {texts[-1]}"


def as_dict(answer: xr.Dataset) -> dict[str, Any]:
    """Answer as plain types for JSON: by mode of regulation, and the sentence."""
    modes = {}
    for mode, one in zip(answer["regulation"].values.tolist(), _each(answer), strict=True):
        shares = {
            which: {name: float(one[key].sel(response=which)) for name, key in _ENDS.items()}
            for which in answer["response"].values.tolist()
        }
        change, same = (
            {name: float(one[key.replace("share", of)]) for name, key in _ENDS.items()}
            for of in ("output_change", "same_class")
        )
        modes[mode] = {"share": shares, "output_change": change, "same_class": same, "failed": int(one["failed"])}
    return {**answer.attrs, "modes": modes, "sentence": sentence(answer)}


_ENDS = {"value": "share", "low": "share_low", "high": "share_high"}

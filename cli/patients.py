"""The command patient: one patient of a cohort or a store, number by number."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import xarray as xr
from matplotlib.figure import Figure

from ..analysis.figures.numbers import tidy
from ..analysis.patient.case import changed, from_cohort, from_store
from ..analysis.patient.page import patient_page
from ..analysis.patient.visit import visit
from ..engine import OUTCOMES, fingerprint
from ..sweeps.store.opening import open_store
from ..sweeps.store.warm_starts import usable
from .options.shared import Drawing
from .output import report, say, tell
from .pictures import drawn, paths_of, requested
from .reading import reading
from .tables import table


def patient(
    who: str,
    index: int | None,
    arms: tuple[str, ...],
    values: Mapping[str, float],
    drawing: Drawing,
    as_json: bool,
) -> None:
    """Simulate one patient, now."""
    request = requested(drawing)
    if os.sep in who or who.endswith(".zarr") or Path(who).is_dir():
        with reading(Path(who)):
            dataset = open_store(who)
            case = from_store(dataset, index or 0, arms, usable(Path(who)))
        _tell_engine(dataset)
    else:
        case = from_cohort(who, index, arms)
    seen = visit(changed(case, values))
    content = seen.as_dict()
    arm = next(iter(seen.responses), case.reference)

    def page() -> Figure:
        return patient_page(
            seen.result,
            seen.traces,
            arm=arm,
            reference=case.reference,
            title=seen.title(arm),
            about=seen.page_text(arm),
        )

    written = drawn(request, page, lambda: tidy(*seen.shown()))
    if paths_of(written):
        content |= written
    report(content, as_json, lambda: _say_patient(content, seen.about()))


def _tell_engine(dataset: xr.Dataset) -> None:
    if dataset.attrs.get("engine_fingerprint") != fingerprint():
        tell("note: the store was computed by another engine, numbers may differ from those in it")


def _say_patient(content: Mapping[str, Any], about: str) -> None:
    arms, reference = content["arms"], content["reference"]
    say(f"{content['patient']}: {about}")
    for arm, one in arms.items():
        verdict = f"; {one['response'].replace('_', ' ')}" if one["response"] else ""
        reason = f"; {one['why']}" if one.get("why") else ""
        say(f"{arm}: {one['sentence']}{''.join(f'; {seen}' for seen in one['findings'])}{verdict}{reason}")
    others = [arm for arm in arms if arm != reference]
    # of an arm without a result what was reached, marked as such and compared with nothing
    heads = {arm: f"{arm}, reached" if one.get("reached") else arm for arm, one in arms.items()}
    rows = []
    for name, quantity in OUTCOMES.items():
        before = arms[reference]["outcomes"][name]
        row: list[object] = [name, quantity.units, arms[reference].get("reached", {}).get(name, before)]
        for arm in others:
            after = arms[arm]["outcomes"][name]
            row += [arms[arm].get("reached", {}).get(name, after), after - before]
        rows.append(row)
    head = ["outcome", "units", heads[reference], *(part for arm in others for part in (heads[arm], "change"))]
    table(head, rows)
    for path in paths_of(content) if "figures" in content else ():
        say(str(path))

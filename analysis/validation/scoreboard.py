"""How much is right, by source and by mode of regulation, and what each mode says: sections of the page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from ..words.parts import Part, Section, Table, Text
from .quantities import Array
from .records import Verdict, records
from .words import number

Record = Mapping[str, Any]
OFF, BESIDE = "!", "~"
"""Mark a wrong direction, and a wrong size."""


def summary(found: xr.Dataset) -> Section:
    """Count what is right, and by source."""
    kinds = (
        ("baselines on target", found["baseline_verdict"]),
        ("effects, direction", found["direction"]),
        ("effects, size", found["size"]),
    )
    rows = [(name, str(_right_in(verdicts)), str(_scored_in(verdicts))) for name, verdicts in kinds]
    return Section("summary", "Summary", [Table("", ("scored", "right", "of"), rows), *_by_source(found)])


def _right_in(verdicts: xr.DataArray) -> int:
    return int((verdicts == Verdict.RIGHT).sum())


def _scored_in(verdicts: xr.DataArray) -> int:
    return int((verdicts != Verdict.NOT_SCORED).sum())


def _by_source(found: xr.Dataset) -> tuple[Text, Table]:
    mode = found.attrs["mode"]
    sources, settings = found["source"].values, found["setting"].values
    rows = []
    for source in dict.fromkeys(sources.tolist()):
        own = sources == source
        setting = settings[np.flatnonzero(own)[0]]
        rows.append(
            (source, str(int(own.sum())), *_right(found, mode, own), setting, *_right(found, setting, own)),
        )
    text = (
        f"By source, in the one mode that verdicts go by, {mode}, and in the one that the circumstances of the source "
        "call for: baroreflex minutes after the start, map-held after hours in which pressors are weaned to a "
        "pressure, open-loop for the next beats and for anaesthetised animals. A dash: nothing scored."
    )
    head = ("source", "rows", "direction right", "size right", "setting", "direction right there", "size right there")
    return Text([text]), Table("", head, rows)


def _right(found: xr.Dataset, mode: str, rows: Array) -> tuple[str, str]:
    one = found.sel(mode=mode).isel(row=np.flatnonzero(rows))
    both = (one["direction_by_mode"], one["size_by_mode"])
    direction, size = (f"{_right_in(each)} of {_scored_in(each)}" if _scored_in(each) else "-" for each in both)
    return direction, size


def modes(found: xr.Dataset) -> Section:
    """Compare the modes over all rows, and by setting."""
    names = found["mode"].values.tolist()
    everyone = np.ones(found.sizes["row"], bool)
    total = {mode: _total(found, mode, everyone) for mode in names}
    rows = [
        (mode, about, *_right(found, mode, everyone), f"{total[mode][0]} of {total[mode][1]}")
        for mode, about in zip(names, found["mode_about"].values.tolist(), strict=True)
    ]
    settings = list(dict.fromkeys(found["setting"].values.tolist()))
    own = {setting: found["setting"].values == setting for setting in settings}
    by_setting = [
        (
            setting,
            str(int(own[setting].sum())),
            *(" of ".join(map(str, _total(found, mode, own[setting]))) for mode in names),
        )
        for setting in settings
    ]
    parts: list[Part] = [
        Text([_argument(found, total, own)]),
        Table("", ("mode", "what", *SCORED), rows),
        Text(["Verdicts right, by the setting of the source:"]),
        Table("", ("setting", "rows", *names), by_setting),
    ]
    return Section("modes", "Which mode of regulation", parts)


SCORED = ("direction right", "size right", "verdicts right")


def _total(found: xr.Dataset, mode: str, rows: Array) -> tuple[int, int]:
    one = found.sel(mode=mode).isel(row=np.flatnonzero(rows))
    both = (one["direction_by_mode"], one["size_by_mode"])
    return sum(map(_right_in, both)), sum(map(_scored_in, both))


def _argument(found: xr.Dataset, total: dict[str, tuple[int, int]], own: dict[str, Array]) -> str:
    """Argue for the mode, with the numbers of this run."""
    mode = found.attrs["mode"]
    right, of = total[mode]
    others = [name for name in total if name != mode]
    better = [name for name in others if total[name][0] > right]
    told = ", ".join(f"{name} {total[name][0]}" for name in others)
    standing = (
        f"none has more than {mode}"
        if not better
        else f"{' and '.join(better)} {'has' if len(better) == 1 else 'have'} more"
    )
    steady = found["of"].values != "mean_heart_rate"
    without = ", ".join(f"{name} {_total(found, name, steady)[0]}" for name in total)
    plain = [name for name, same in zip(total, found["mode_regulation"].values, strict=True) if name == same]
    level = sum(
        _total(found, name, rows)[0] == max(_total(found, other, rows)[0] for other in plain)
        for name, rows in own.items()
    )
    return (
        f"Three modes of regulation answer differently and none is the truth, so one answers all rows: a mode picked "
        f"row by row would be a constant fitted to each. Of {of} verdicts on direction and size {right} are right in "
        f"{mode} ({told}), {standing}; without those on heart rate, which the reflex alone moves, {without} of "
        f"{_total(found, mode, steady)[1]}. In {level} of {len(own)} settings none of the three has more right than "
        f"the one that the setting calls for. {mode.capitalize()} is the mode of demo and atlas, because a response is "
        "asked for at the bedside within minutes of the start, when reflexes have answered and no pressor has been "
        "changed, and because it stands between the others: at open loop mean pressure runs away with output, and "
        "where a pressure is held all of the relief goes into output. The bands are choices and the modes are a few "
        "rows apart, so the count rules out what is far behind and proves nothing, and every answer shows beside it "
        "what the other modes say."
    )


def every_row(found: xr.Dataset) -> Section:
    """Tell what every mode says of every row."""
    names, rows = found["mode"].values.tolist(), []
    for place, row in enumerate(records(found, "row")):
        one = found.isel(row=place)
        cells = (_cell(one.sel(mode=mode), row) for mode in names)
        rows.append((row["source"], row["quantity"], row["published"], *cells, row["setting"]))
    text = (
        f"Medians: {OFF} the direction is missed, {BESIDE} the size alone. The setting is the "
        "mode that the source's circumstances call for."
    )
    head = ("source", "quantity", "published", *names, "setting")
    return Section("every-row", "Every row in every mode", [Text([text]), Table("", head, rows)])


def _cell(one: xr.Dataset, row: Record) -> str:
    value = number(float(one["simulated_by_mode"]), row["unit"], sign=_signed(row))
    missed = (one["direction_by_mode"] == Verdict.MISSED, one["size_by_mode"] == Verdict.MISSED)
    return f"{value} {row['unit']}" + (f" {OFF}" if missed[0] else f" {BESIDE}" if missed[1] else "")


def _signed(row: Record) -> bool:
    return row["unit"] != "times" and (row["measure"] in ("change", "relative", "split") or bool(row["beside"]))


def balloon(found: xr.Dataset) -> Section:
    """Tell what the balloon does, by mode."""
    titles, units = found["change"].values.tolist(), found["change_unit"].values.tolist()
    told = zip(records(found, "balloon"), found["balloon_change"].values.tolist(), strict=True)
    rows = [
        (
            *(row["balloon_cohort"], row["balloon_mode"], f"{row['balloon_patients']:,}"),
            *(_change(value, title, unit) for value, title, unit in zip(values, titles, units, strict=True)),
        )
        for row, values in told
    ]
    text = (
        "40 mL at 1:1 with the default timing, medians of those inside the window: the augmented pressure, its rise "
        "over the unassisted diastolic pressure, and the changes of end-diastolic and systolic pressure, mean "
        "pressure, cardiac output, central venous and wedge pressure, and coronary flow."
    )
    head = ("cohort", "mode", "patients", *(f"{title}, {unit}" for title, unit in zip(titles, units, strict=True)))
    return Section("balloon", "What the balloon does, by mode", [Text([text]), Table("", head, rows)])


def _change(value: float, title: str, unit: str) -> str:
    return number(value, unit, sign=title != "augmented pressure")


def flow(found: xr.Dataset) -> Section:
    """Tell what another share of coronary flow that follows demand does to the rows on flow."""
    rows = [
        (
            row["alternative_source"] or "balloon, no source",
            row["alternative_quantity"],
            row["alternative_published"],
            *(
                f"{number(row[f'alternative_{side}'], row['alternative_unit'], sign=True)} {row['alternative_unit']}"
                for side in ("stands", "changed")
            ),
        )
        for row in records(found, "alternative")
    ]
    rules = found.attrs
    work, share = rules["healthy_pressure_volume_area"], rules["healthy_oxygen_following_work"]
    text = (
        f"Flow follows the heart's demand with a share, `{rules['alternative_parameter']}` [X]; half of it, "
        f"{rules['alternative_value']:g}, moves the rows on flow so (medians, {rules['mode']}). Oxygen per beat of a "
        "dog's whole ventricle is 1.53e-5 times pressure-volume area plus .019 mL [S Khalafbeigui 1979]: at the "
        f"nominal healthy patient's area of {work:,.0f} mmHg mL {100 * share:.0f} % of it follow the area, and flow "
        "follows oxygen, of which the heart takes nearly all at rest [M]. The share as it stands is nearer to that "
        "than its half, and is kept."
    )
    head = ("source", "quantity", "published", "as it stands", "at half")
    return Section("flow", "Coronary flow and demand", [Text([text]), Table("", head, rows)])

"""Commands on a store as such: status, verify, inspect, export."""

from __future__ import annotations

from pathlib import Path

from ..analysis.reading.export import export as export_store
from ..analysis.reading.inspection import inspect as inspect_store
from ..analysis.words.counted import many
from ..analysis.words.text import to_json
from ..sweeps.store.opening import open_store
from ..sweeps.store.status import status as store_status
from ..sweeps.store.verify import verify as verify_store
from .group import DONE, FAILED, refuse
from .output import report, say, tell
from .progress import progress_shown
from .reading import reading
from .tables import table

MOST_FAULTS = 20
"""Faults of a store that are named in words."""


def status(store: Path, as_json: bool) -> None:
    """Say how far a store is."""
    state = store_status(store)

    def words() -> None:
        patients = f"{state.patients_done:,} of {state.patients:,} patients"
        blocks = f"{state.blocks_done:,} of {state.blocks:,} blocks"
        say(f"{state.path}: {state.name or state.cohort}")
        say(f"{patients}, {blocks}, {100 * state.failed_share:.2f} % of the patients failed")
        kinds = list(dict.fromkeys(kind for counts in state.counts.values() for kind in counts if counts[kind]))
        rows = [[arm, *(counts.get(kind, 0) for kind in kinds)] for arm, counts in state.counts.items()]
        table(["arm", *kinds], rows)
        for mode, part in state.other_modes.items():
            say(f"{mode}: {part.patients_done:,} of {part.patients:,} of the same patients")
        for each in state.failures:
            say(f"{each.arm}: {each.kind} in {many(each.patients, 'patient')}, as patient {each.example}")

    report({**vars(state), "complete": state.complete}, as_json, words)


def verify(store: Path, sample: int, as_json: bool) -> int:
    """Compare every byte of a store with its receipts."""
    found = verify_store(store, sample)

    def words() -> None:
        done = f"{found.blocks_done:,} of {found.blocks:,} blocks, {found.files:,} files"
        rate = f"{found.bytes / 1e6:,.1f} MB in {found.seconds:,.1f} s"
        again = f", {len(found.sampled):,} of them run again" if found.sampled else ""
        say(f"{store}: {done}, {rate}{again}: {'sound' if found.sound else f'{len(found.faults):,} faults'}")
        for fault in found.faults[:MOST_FAULTS]:
            say(str(fault))
        if len(found.faults) > MOST_FAULTS:
            say(f"and {len(found.faults) - MOST_FAULTS:,} more; --json names all")

    report({**vars(found), "sound": found.sound}, as_json, words)
    if found.sound:
        return DONE
    return refuse("the store is damaged; run its sweep with --repair to make again what is", FAILED)


def inspect(store: Path, as_json: bool) -> None:
    """Show what is in a store."""
    with reading(store):
        content = inspect_store(open_store(store), store)

    def words() -> None:
        sizes = ", ".join(f"{name} {size:,}" for name, size in content["dimensions"].items())
        say(f"{store}: {sizes}; {content['bytes'] / 1e6:,.1f} MB in {content['files']:,} files")
        say(f"specification: {to_json(content['spec'])}")
        rows = [
            [name, ", ".join(each["dimensions"]), each["type"], each["units"], each.get("value"), each["long_name"]]
            for name, each in content["variables"].items()
        ]
        table(["variable", "dimensions", "type", "units", "value", "meaning"], rows)
        ranges = [
            [name, arm, *numbers, content["variables"][name]["units"]]
            for name, arms in content["ranges"].items()
            for arm, numbers in arms.items()
        ]
        title = f"outcomes of {content['patients_looked_at']:,} patients, where status is ok"
        table(["outcome", "arm", "lowest", "median", "highest", "units"], ranges, title)

    report(content, as_json, words)


def export(store: Path, file: Path, variables: tuple[str, ...], waveforms: bool, as_json: bool) -> None:
    """Write a store as a table or as netCDF, for other programs."""
    names = [name.strip() for text in variables for name in text.split(",") if name.strip()]
    with reading(store), progress_shown(shown=True) as progress:
        done = export_store(store, file, names or None, waveforms=waveforms, progress=progress)
    if done.blocks_missing:
        some = f"{done.patients:,} of {done.patients_of:,} patients"
        tell(f"note: the store is not finished, {done.blocks_missing:,} blocks are missing; {some} are in the file")
    size = f"{len(done.variables):,} variables, {done.bytes / 1e6:,.1f} MB"
    over = f"{done.patients:,} patients in {done.arms:,} arms" + (f" at {done.instants:,} instants" * waveforms)
    report(done, as_json, lambda: say(f"{file}: {over}, {size}"))

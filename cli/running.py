"""Commands that run sweeps: run, slurm, compile."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..engine import InputError
from ..sweeps.execution import slurm
from ..sweeps.execution.journal import kept, log_path
from ..sweeps.execution.run import Report, default_store
from ..sweeps.execution.run import run as run_sweep
from ..sweeps.spec.file import load
from .group import DONE, FAILED, STOPPED, refuse
from .output import report, say, tell
from .progress import progress_shown


def run(
    spec: Path,
    store: Path | None,
    workers: int | None,
    address: str | None,
    array_task: str | None,
    slurm: bool,
    repair: bool,
    accept_engine: bool,
    dry_run: bool,
    log_json: bool,
    as_json: bool,
) -> int:
    """Run a sweep file, or what is missing of it."""
    sweep = load(spec)
    share = None if array_task is None else _share(array_task)
    target = store or default_store(spec)
    if sweep.rounded:
        tell(f"note: the design {sweep.design} is {sweep.rounded}: {sweep.patients:,} patients")
    try:
        with kept(log_path(target, share), as_json=log_json) as log, progress_shown(shown=not dry_run) as progress:
            done = run_sweep(
                sweep, target, workers=workers, address=address, array_task=share, slurm=slurm, dry_run=dry_run,
                repair=repair, accept_engine=accept_engine, progress=progress,
            )  # fmt: skip
    except RuntimeError as error:
        return refuse(str(error), FAILED)
    if dry_run:
        if sweep.rows_together > 1:
            from ..analysis.sensitivity.dry_run import check_design

            check_design(sweep)
        todo = f"{done.blocks_run:,} of {done.blocks:,} blocks to run, {done.patients:,} patients in all"
        for mode, part in done.other_modes.items():
            todo += f"; {mode}: {part.blocks_run:,} of {part.blocks:,} blocks of {part.patients:,} of them"
        report(done, as_json, lambda: say(f"{_shown(done.store)}: {todo}"))
        return DONE
    summaries = _summaries(done)
    content = {**vars(done), "summaries": summaries}
    report(content, as_json, lambda: _say_report(done, summaries))
    for note in done.notes:
        tell(f"note: {note}")
    if log.problem:
        tell(f"note: no log of this run is kept: {log.problem}")
    elif done.failed_blocks:
        tell(f"the traces are in {_shown(log.path)}")
    return _tell_outcome(done, sweep.run.max_failed_share)


def _share(text: str) -> tuple[int, int]:
    first, _, count = text.partition("/")
    if not (first.isascii() and first.isdigit() and count.isascii() and count.isdigit()):
        raise InputError(f"--array-task: {text!r} is not I/N, as 0/16 for the first of sixteen")
    return int(first), int(count)


def _summaries(done: Report) -> dict[str, dict[str, Any]]:
    """Summarise every arm against the reference, where all blocks are there."""
    if done.interrupted or any(counts.get("not_run") for counts in done.counts.values()):
        return {}
    # what reads results takes a second to import, for which the workers need not wait
    from ..analysis.reading.origin import reference_of
    from ..analysis.response.comparison import Comparison
    from ..analysis.response.summary import as_dict, summarise
    from ..sweeps.store.opening import open_store

    dataset = open_store(done.store)
    reference = reference_of(dataset)
    arms = [name for name in done.counts if name != reference]
    return {arm: as_dict(summarise(dataset, Comparison.of(dataset, arm, reference))) for arm in arms}


def _say_report(done: Report, summaries: Mapping[str, Mapping[str, Any]]) -> None:
    blocks = f"{done.blocks_run:,} of {done.blocks:,} blocks run"
    if done.blocks_run:
        blocks += f" in {done.seconds:,.1f} s"
    if not done.blocks_run and done.blocks_done == done.blocks:
        blocks += ", all of them there already"
    elif done.blocks_run < done.blocks:
        blocks += f", {done.blocks_done:,} of {done.blocks:,} are there"
    for mode, part in done.other_modes.items():
        blocks += f"; {mode}: {part.patients_done:,} of {part.patients:,} of them"
    say(f"{_shown(done.store)}: {done.patients:,} patients, {blocks}")
    for summary in summaries.values():
        say("\n".join(summary["sentences"]))


def _shown(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _tell_outcome(done: Report, most: float) -> int:
    for mode, part in {"": done, **done.other_modes}.items():
        for number, reason in list(part.failures.items())[:10]:
            tell(f"{f'{mode}, ' if mode else ''}block {number} failed: {reason}")
    failed = len(done.failed_blocks) + sum(len(part.failed_blocks) for part in done.other_modes.values())
    if done.interrupted:
        return refuse("stopped before the end; the same command goes on where it was", STOPPED)
    if failed:
        return refuse(f"{failed:,} blocks failed; the same command tries them again", FAILED)
    if done.failed_share > most:
        share = f"{100 * done.failed_share:.2f} % of the patients failed"
        return refuse(f"{share}, more than max_failed_share = {100 * most:g} %", FAILED)
    return DONE


def slurm_script(
    spec: Path,
    store: Path | None,
    tasks: int | None,
    cpus: int | None,
    limit: str | None,
    file: Path | None,
    as_json: bool,
) -> None:
    """Print the script of a Slurm job array that runs a sweep."""
    folder = os.environ.get("COUNTERPULSE_CACHE")
    text = slurm.script(
        load(spec), spec, store or default_store(spec), tasks=tasks, cores=cpus, limit=limit, cache=folder
    )
    if file is not None:
        slurm.write(file, text)
    told = text.rstrip("\n") if file is None else f"{file}: start it with 'bash {file}'"
    report({"script": text, "file": file}, as_json, lambda: say(told))


def compile_kernels(spec: Path | None, precision: str | None, as_json: bool) -> None:
    """Compile what a sweep needs, before many start it at once."""
    from ..sweeps.execution import precompile

    sweep = precompile.usual() if spec is None else load(spec)
    done = precompile.precompile(sweep, precision, progress=tell)
    words = f"{done.folder}: {done.compiled} kernels compiled, {done.kept} there, {done.seconds:,.1f} s"
    report(done, as_json, lambda: say(words))

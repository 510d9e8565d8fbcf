"""The command line: the only place that prints. Results on stdout, messages on stderr."""

from __future__ import annotations

import errno
import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from difflib import get_close_matches
from pathlib import Path
from time import monotonic
from types import FrameType
from typing import TYPE_CHECKING, Any, NoReturn

import click

from .engine.quantity import InputError

if TYPE_CHECKING:
    import xarray as xr

    from .analysis.validation.evidence import Answers
    from .benchmarks.command import Answer
    from .sweeps.run import Progress, Report

DONE, FAILED, BAD_INPUT, STOPPED = 0, 1, 2, 75
"""Exit codes; 75 (EX_TEMPFAIL) asks a batch system to start the same command again."""

MOST_FAULTS = 20
"""Faults of a store that are named in words."""

LOG_EVERY = 10.0
"""Seconds between lines of progress where there is no terminal."""


class Commands(click.Group):
    """A group that names the nearest match of a misspelt command."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or fail naming the nearest."""
        name = args[0] if args else ""
        if name and not name.startswith("-") and self.get_command(ctx, name) is None:
            near = get_close_matches(name, self.list_commands(ctx), n=1, cutoff=0.5)
            hint = f"did you mean {near[0]!r}?" if near else f"allowed: {', '.join(self.list_commands(ctx))}"
            raise InputError(f"{name!r} is no command; {hint}")
        return super().resolve_command(ctx, args)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and leave with its exit code: no traceback for bad input."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    given = list(sys.argv[1:] if arguments is None else arguments) or ["--help"]
    if given[0] == "run":
        # a batch system may send it while all is still being imported, before the run listens by itself
        with suppress(ValueError):
            signal.signal(signal.SIGTERM, _stopped)
    sys.exit(_guarded(given))


def _stopped(number: int, frame: FrameType | None) -> NoReturn:
    raise SystemExit(_refuse("stopped", STOPPED))


def _guarded(arguments: list[str]) -> int:
    try:
        code = commands.main(arguments, prog_name="counterpulse", standalone_mode=False)
        sys.stdout.flush()
    except InputError as error:
        return _refuse(str(error), BAD_INPUT)
    except click.UsageError as error:
        where = f" (see '{error.ctx.command_path} --help')" if error.ctx else ""
        return _refuse(error.format_message() + where, BAD_INPUT)
    except (click.Abort, KeyboardInterrupt):
        return _refuse("stopped", STOPPED if arguments[:1] == ["run"] else 130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except OSError as error:
        worth_retrying = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EIO)
        reason = f"{error.filename}: {error.strerror}" if error.filename and error.strerror else str(error)
        return _refuse(reason, FAILED if worth_retrying else BAD_INPUT)
    except MemoryError:
        return _refuse("out of memory", FAILED)
    return int(code or DONE)


def _refuse(reason: str, code: int) -> int:
    tell("counterpulse: " + " ".join(reason.split()))
    return code


def say(text: str) -> None:
    """Print a result."""
    from .analysis.text import clean

    click.echo(clean(text))


def tell(text: str) -> None:
    """Print a message."""
    from .analysis.text import clean

    click.echo(clean(text), err=True)


def table(head: Sequence[str], rows: Sequence[Sequence[object]], title: str = "") -> None:
    """Print a table: ruled on a terminal, plain columns elsewhere."""
    from .analysis.text import cell, columns, is_number

    if not sys.stdout.isatty():
        say(f"{title}\n{columns(head, rows)}" if title else columns(head, rows))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    shown = Table(title=Text(cell(title)) if title else None, title_justify="left", header_style="bold")
    for place, name in enumerate(head):
        numbers = bool(rows) and all(is_number(row[place]) for row in rows)
        shown.add_column(name, justify="right" if numbers else "left")
    for row in rows:
        shown.add_row(*(Text(cell(value)) for value in row))
    Console().print(shown)


def report(content: object, as_json: bool, words: Callable[[], None]) -> None:
    """Print a result for machines or for people."""
    from .analysis.text import to_json

    if as_json:
        click.echo(to_json(content))
    else:
        words()


@contextmanager
def _reading(store: Path) -> Iterator[None]:
    """Say of a store that cannot be read what is damaged in it; what fails though it is sound is not hidden."""
    try:
        yield
    except (InputError, click.ClickException, BrokenPipeError):
        raise
    except Exception:
        from .sweeps.verify import verify as verify_store

        fault = next(iter(verify_store(store).faults), None)
        if fault is None:
            raise
        raise InputError(f"{store}: is damaged: {fault}; run its sweep with --repair") from None


json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
arm_option = click.option("--arm", help="Arm to judge; default iabp, or the first that is not the reference.")


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="counterpulse", message="%(prog)s %(version)s")
def commands() -> None:
    """Simulate virtual patients with and without an intra-aortic balloon pump.

    Research use only: nothing here advises on a patient.
    """


@commands.command()
@click.argument("spec", type=click.Path(path_type=Path))
@click.option("-o", "--output", "store", type=click.Path(path_type=Path), help="Store; default out/SPEC-stem.zarr.")
@click.option("--workers", type=int, help="Processes; default the cores this process may use.")
@click.option("--address", help="Address of a running Dask scheduler, as tcp://host:8786.")
@click.option("--array-task", metavar="I/N", help="Run share I (from 0) of N of the blocks, without Dask.")
@click.option("--slurm", is_flag=True, help="Workers are Slurm jobs of one core, by dask-jobqueue; default 16.")
@click.option("--repair", is_flag=True, help="Verify the store first; make again what is damaged, and only that.")
@click.option("--accept-engine", is_flag=True, help="Go on in a store of another engine; the store says so.")
@click.option("--dry-run", is_flag=True, help="Say what there is to do; write nothing.")
@click.option("--log-json", is_flag=True, help="Make each line of the log, STORE.log, a JSON object.")
@json_option
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
    """Run a sweep file, or what is missing of it.

    Stopped or killed at any moment, the same command goes on where it was. What happens is kept in STORE.log, of a
    task of an array in STORE.I-of-N.log.
    """
    from .sweeps import spec as specs
    from .sweeps.journal import kept, log_path
    from .sweeps.run import default_store
    from .sweeps.run import run as run_sweep

    sweep = specs.load(spec)
    share = None if array_task is None else _share(array_task)
    target = store or default_store(spec)
    try:
        with kept(log_path(target, share), as_json=log_json) as log, _progress(shown=not dry_run) as progress:
            done = run_sweep(
                sweep, target, workers=workers, address=address, array_task=share, slurm=slurm, dry_run=dry_run,
                repair=repair, accept_engine=accept_engine, progress=progress,
            )  # fmt: skip
    except RuntimeError as error:
        return _refuse(str(error), FAILED)
    if dry_run:
        todo = f"{done.blocks_run:,} of {done.blocks:,} blocks to run, {done.patients:,} patients in all"
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
    from .analysis.origin import reference_of
    from .analysis.summary import as_dict, summarise
    from .sweeps.store import open_store

    if done.interrupted or any(counts.get("not_run") for counts in done.counts.values()):
        return {}
    dataset = open_store(done.store)
    reference = reference_of(dataset)
    arms = [name for name in done.counts if name != reference]
    return {arm: as_dict(summarise(dataset, arm, reference)) for arm in arms}


def _say_report(done: Report, summaries: Mapping[str, Mapping[str, Any]]) -> None:
    rate = f" in {done.seconds:,.1f} s" if done.blocks_run else ", all of them there already"
    say(f"{_shown(done.store)}: {done.patients:,} patients, {done.blocks_run:,} of {done.blocks:,} blocks run{rate}")
    for summary in summaries.values():
        say("\n".join(summary["sentences"]))


def _shown(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _tell_outcome(done: Report, most: float) -> int:
    for number, reason in list(done.failures.items())[:10]:
        tell(f"block {number} failed: {reason}")
    if done.interrupted:
        return _refuse("stopped before the end; the same command goes on where it was", STOPPED)
    if done.failed_blocks:
        return _refuse(f"{len(done.failed_blocks):,} blocks failed; the same command tries them again", FAILED)
    if done.failed_share > most:
        share = f"{100 * done.failed_share:.2f} % of the patients failed"
        return _refuse(f"{share}, more than max_failed_share = {100 * most:g} %", FAILED)
    return DONE


@contextmanager
def _progress(shown: bool) -> Iterator[Callable[[Progress], None] | None]:
    """Show a bar on a terminal, a line every so often elsewhere."""
    if not shown:
        yield None
    elif sys.stderr.isatty():
        with _bar() as update:
            yield update
    else:
        yield Lines()


@contextmanager
def _bar() -> Iterator[Callable[[Progress], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TaskProgressColumn, TextColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("patients"),
        BarColumn(bar_width=None),
        TaskProgressColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[pace]}"),
    )
    with Bar(*columns, console=Console(stderr=True), expand=True) as bar:
        task = bar.add_task("patients", total=None, pace="starting")

        def update(state: Progress) -> None:
            bar.update(task, completed=state.patients_done, total=state.patients, pace=pace(state))

        yield update


class Lines:
    """Progress for a log file: the first state, one every ``LOG_EVERY`` seconds, and the last."""

    def __init__(self) -> None:
        self._next = monotonic() + LOG_EVERY

    def __call__(self, state: Progress) -> None:
        """Tell the state, if it is time."""
        now = monotonic()
        if now >= self._next:
            self._next = now + LOG_EVERY
            tell(f"{state.patients_done:,} of {state.patients:,} patients, {pace(state)}")


def pace(state: Progress) -> str:
    """Say rate and time left."""
    if not state.per_second or state.seconds_left is None:
        return "starting"
    minutes, seconds = divmod(round(state.seconds_left), 60)
    hours, minutes = divmod(minutes, 60)
    left = f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
    return f"{state.per_second:,.0f}/s, {left} left"


@commands.command()
@click.argument("store", type=click.Path(path_type=Path))
@json_option
def status(store: Path, as_json: bool) -> None:
    """Say how far a store is.

    Also while it is written: blocks done, and how the patients of each arm fared.
    """
    from .sweeps.store import status as store_status

    state = store_status(store)

    def words() -> None:
        patients = f"{state.patients_done:,} of {state.patients:,} patients"
        blocks = f"{state.blocks_done:,} of {state.blocks:,} blocks"
        say(f"{state.path}: {state.name or state.cohort}")
        say(f"{patients}, {blocks}, {100 * state.failed_share:.2f} % failed")
        kinds = list(dict.fromkeys(kind for counts in state.counts.values() for kind in counts if counts[kind]))
        rows = [[arm, *(counts.get(kind, 0) for kind in kinds)] for arm, counts in state.counts.items()]
        table(["arm", *kinds], rows)
        for each in state.failures:
            say(f"{each.arm}: {each.kind} in {each.patients:,}, patient {each.example} for one")

    report({**vars(state), "complete": state.complete}, as_json, words)


@commands.command()
@click.argument("store", type=click.Path(path_type=Path))
@click.option("--sample", type=int, default=0, metavar="N", help="Run N finished blocks again and compare.")
@json_option
def verify(store: Path, sample: int, as_json: bool) -> int:
    """Compare every byte of a store with its receipts.

    Exit 1 where something is not as it was written; run SPEC --repair makes that again.
    """
    from .sweeps.verify import verify as verify_store

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
    return _refuse("the store is damaged; run its sweep with --repair to make again what is", FAILED)


@commands.command()
@click.argument("store", type=click.Path(path_type=Path))
@json_option
def inspect(store: Path, as_json: bool) -> None:
    """Show what is in a store.

    Dimensions, size, specification, variables with their units, and the ranges of the outcomes.
    """
    from .analysis.inspection import inspect as inspect_store
    from .analysis.text import to_json
    from .sweeps.store import open_store

    with _reading(store):
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


@commands.command()
@click.argument("store", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    "file",
    required=True,
    type=click.Path(path_type=Path),
    help="File; .csv, .parquet or .nc says the format. One that is there is replaced, when the new one is whole.",
)
@click.option("--variables", multiple=True, metavar="NAME[,NAME]", help="Only these; may be repeated.")
@json_option
def export(store: Path, file: Path, variables: tuple[str, ...], as_json: bool) -> None:
    """Write a store as a table or as netCDF, for other programs.

    A csv or parquet file has one row per patient and arm, the status in words, and every parameter and outcome that
    differs from row to row; a netCDF file has everything but the waveforms. Of an unfinished store the finished blocks
    are written. Parquet and netCDF need the extra: pip install 'counterpulse[export]'.
    """
    from .analysis.export import export as export_store

    names = [name.strip() for text in variables for name in text.split(",") if name.strip()]
    with _reading(store), _progress(shown=True) as progress:
        done = export_store(store, file, names or None, progress=progress)
    if done.blocks_missing:
        some = f"{done.patients:,} of {done.patients_of:,} patients"
        tell(f"note: the store is not finished, {done.blocks_missing:,} blocks are missing; {some} are in the file")
    size = f"{len(done.variables):,} variables, {done.bytes / 1e6:,.1f} MB"
    report(done, as_json, lambda: say(f"{file}: {done.patients:,} patients in {done.arms:,} arms, {size}"))


@commands.command()
@click.argument("who", metavar="COHORT|STORE")
@click.option("--index", type=int, help="Which patient; default the nominal one of a cohort, the first of a store.")
@click.option("--arm", "arms", multiple=True, help="Arm to simulate beside the reference; may be repeated.")
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="Change a parameter; may be repeated.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Picture of the page: .png, .pdf or .svg.")
@json_option
def patient(
    who: str,
    index: int | None,
    arms: tuple[str, ...],
    settings: tuple[str, ...],
    output: Path | None,
    as_json: bool,
) -> None:
    """Simulate one patient, now.

    The page shows pressures, loops and coronary flow in the first arm asked for and in the reference.
    """
    from .analysis import patient as patients

    values = dict(_setting(text) for text in settings)
    if output is not None:
        from .analysis.figures import check_format, save

        check_format(output)
    if os.sep in who or who.endswith(".zarr") or Path(who).is_dir():
        from .sweeps.guides import usable
        from .sweeps.store import open_store

        with _reading(Path(who)):
            dataset = open_store(who)
            case = patients.from_store(dataset, index or 0, arms, usable(Path(who)))
        _tell_engine(dataset)
    else:
        case = patients.from_cohort(who, index, arms)
    visit = patients.visit(patients.changed(case, values))
    content = visit.as_dict()
    if output is not None:
        from .analysis.patient_page import patient_page

        arm = next(iter(visit.responses))
        page = patient_page(
            visit.result,
            visit.traces,
            arm=arm,
            reference=case.reference,
            title=visit.title(arm),
            about=visit.page_text(arm),
        )
        content["figure"] = str(save(page, output))
    report(content, as_json, lambda: _say_patient(content, visit.about()))


def _tell_engine(dataset: xr.Dataset) -> None:
    from .engine.compilation import fingerprint

    if dataset.attrs.get("engine_fingerprint") != fingerprint():
        tell("note: the store was computed by another engine, numbers may differ from those in it")


def _setting(text: str) -> tuple[str, float]:
    name, equals, value = text.partition("=")
    try:
        if not equals:
            raise ValueError
        return name.strip(), float(value)
    except ValueError:
        raise InputError(f"--set: {text!r} is not NAME=VALUE, as heart_rate=90") from None


def _say_patient(content: Mapping[str, Any], about: str) -> None:
    from .engine.tables import OUTCOMES

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
    if "figure" in content:
        say(content["figure"])


@commands.command("map")
@click.argument("store", type=click.Path(path_type=Path))
@click.option("--x", "x", required=True, metavar="NAME", help="Parameter, baseline outcome or NAME_difference.")
@click.option("--y", "y", required=True, metavar="NAME", help="Likewise, upwards.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Picture; default map.png beside the store.")
@arm_option
@click.option("--bins", type=int, help="Cells along each axis; default by the number of patients.")
@click.option("--definition", help="What counts as help, by name; default the sweep's.")
@click.option("--threshold", "thresholds", multiple=True, metavar="NAME=VALUE", help="As in [response].")
@json_option
def map_command(
    store: Path,
    x: str,
    y: str,
    output: Path | None,
    arm: str | None,
    bins: int | None,
    definition: str | None,
    thresholds: tuple[str, ...],
    as_json: bool,
) -> None:
    """Draw where an arm helps, fails and harms.

    The axes are anything in the store: a parameter that varies, an outcome (at the baseline), or its change as
    cardiac_output_difference or cardiac_output_relative_difference.
    """
    from .analysis.figures import check_format, save
    from .analysis.maps import as_dict, map_response
    from .analysis.origin import compared_arms, reference_of
    from .sweeps.store import open_store

    target = check_format(output or store.parent / "map.png")
    with _reading(store):
        dataset = open_store(store)
        reference = reference_of(dataset)
    if arm == reference:
        raise InputError(f"--arm: {arm} is the reference; another arm is to be judged against it")
    with _reading(store):
        result = map_response(
            dataset,
            x,
            y,
            arm=arm or compared_arms(dataset)[0],
            reference=reference,
            bins=bins,
            definition=definition,
            thresholds=dict(_setting(text) for text in thresholds),
        )
    from .analysis.map_figure import map_figure

    path = save(map_figure(result), target)

    def words() -> None:
        about = result.attrs
        counts = ", ".join(
            f"{name} {about[name]:,}" for name in ("helps", "fails", "harms", "failed_run", "not_compared")
        )
        say(f"{path}: {about['compared']:,} patients compared over {x} and {y}; {counts}")

    report({"figure": path, **as_dict(result)}, as_json, words)


@commands.command()
@click.option("--seed", type=int, default=0, show_default=True, help="Of the populations.")
@click.option("--doubt", is_flag=True, help="Halve and double the design choices marked [X] as well.")
@click.option("--markdown", "as_markdown", is_flag=True, help="Print the page of the documentation.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="File for that page, or for the JSON.")
@json_option
def validate(seed: int, doubt: bool, as_markdown: bool, output: Path | None, as_json: bool) -> None:
    """Compare the simulator with its targets and with published effects of the balloon.

    What is missed is shown as missed: the exit code says only whether the table was written.
    """
    from .analysis.text import to_json
    from .analysis.validation.document import markdown
    from .analysis.validation.evidence import as_dict
    from .analysis.validation.evidence import validate as compare

    if as_markdown and as_json:
        raise InputError("--markdown: not together with --json; one of the two")
    if output is not None and not output.absolute().parent.is_dir():
        raise InputError(f"--output: {output.parent}: no such folder")
    answers = compare(seed, doubt, progress=_tell_part)
    if output is not None:
        output.write_text(to_json(as_dict(answers)) + "\n" if as_json else markdown(answers), encoding="utf-8")
        say(str(output))
    elif as_markdown:
        say(markdown(answers).rstrip("\n"))
    else:
        report(as_dict(answers), as_json, lambda: _say_sections(answers))


def _tell_part(part: str, done: int, parts: int) -> None:
    tell(f"{done + 1} of {parts}: {part}")


def _say_sections(answers: Answers) -> None:
    from .analysis.validation.sections import sections

    for section in sections(answers):
        for text in filter(None, (section.title, section.text)):
            say(text)
        table(section.head[: section.shown], [row[: section.shown] for row in section.rows])
        for note in section.notes:
            say(note)
        say("")


@commands.command()
@click.option("--rounds", type=int, default=12, show_default=True, help="Interleaved rounds; the least time counts.")
@click.option("--patients", type=int, default=1024, show_default=True, help="Candidates of ami-cs to converge.")
@click.option(
    "--record",
    type=click.Path(path_type=Path),
    is_flag=False,
    flag_value="benchmarks/history.jsonl",
    help="Append the figures to FILE; default benchmarks/history.jsonl.",
    metavar="[FILE]",
)
@click.option("--spread", type=int, metavar="RUNS", help="Repeat in as many processes; print how far they differ.")
@click.option("--compare", nargs=2, metavar="A B", help="Measure two revisions in turn on the same patients.")
@click.option("--history", type=click.Path(path_type=Path), metavar="FILE", help="Draw the records of FILE.")
@click.option("--profile", is_flag=True, help="Say where the time goes and what accuracy costs.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Picture of --history; page of --profile.")
@json_option
def bench(rounds: int, patients: int, output: Path | None, as_json: bool, **modes: Any) -> None:
    """Measure how fast the kernel and whole pairs are on this machine."""
    from .benchmarks import command

    chosen = {name: value for name, value in modes.items() if value}
    if len(chosen) > 1:
        raise InputError(f"--{' and --'.join(chosen)}: one of them at a time")
    if output is not None and not chosen.keys() & {"history", "profile"}:
        raise InputError("--output: goes with --history or --profile")
    name, value = next(iter(chosen.items()), ("measure", None))
    answer = command.answer(name, value, rounds, patients, output, tell)
    report(answer.content, as_json, lambda: _say_answer(answer))


def _say_answer(answer: Answer) -> None:
    for title, head, rows in answer.tables:
        table(head, rows, title)
        say("")
    for note in answer.notes:
        say(note)


@commands.command("slurm")
@click.argument("spec", type=click.Path(path_type=Path))
@click.option("-o", "--output", "store", type=click.Path(path_type=Path), help="Store; default out/SPEC-stem.zarr.")
@click.option("--tasks", type=int, help="Tasks of the array; default 16, or the number of blocks.")
@click.option("--cpus", type=int, help="Cores of each task; default 4, or the blocks it has.")
@click.option("--time", "limit", metavar="[D-]HH:MM:SS", help="Time limit of each task; default 04:00:00.")
@click.option("--script", "file", type=click.Path(path_type=Path), help="Write the script to FILE, which must be new.")
@json_option
def slurm_command(
    spec: Path,
    store: Path | None,
    tasks: int | None,
    cpus: int | None,
    limit: str | None,
    file: Path | None,
    as_json: bool,
) -> None:
    """Print the script of a Slurm job array that runs a sweep.

    Made to be read and edited. A task that is stopped at its time limit goes back into the queue.
    """
    from .sweeps import slurm
    from .sweeps import spec as specs
    from .sweeps.run import default_store

    folder = os.environ.get("COUNTERPULSE_CACHE")
    text = slurm.script(
        specs.load(spec), spec, store or default_store(spec), tasks=tasks, cores=cpus, limit=limit, cache=folder
    )
    if file is not None:
        slurm.write(file, text)
    told = text.rstrip("\n") if file is None else f"{file}: start it with 'bash {file}'"
    report({"script": text, "file": file}, as_json, lambda: say(told))


@commands.command("compile")
@click.argument("spec", type=click.Path(path_type=Path), required=False)
@click.option("--precision", type=click.Choice(["float64", "float32"]), help="Instead of the sweep's own.")
@json_option
def compile_command(spec: Path | None, precision: str | None, as_json: bool) -> None:
    """Compile what a sweep needs, before many start it at once.

    Without SPEC: a balloon in infarct shock. COUNTERPULSE_CACHE names the folder the kernels are kept in.
    """
    from .sweeps import spec as specs
    from .sweeps import warm

    sweep = warm.usual() if spec is None else specs.load(spec)
    done = warm.warm(sweep, precision, progress=tell)
    words = f"{done.folder}: {done.compiled} kernels compiled, {done.kept} there, {done.seconds:,.1f} s"
    report(done, as_json, lambda: say(words))


@commands.command()
@json_option
def cohorts(as_json: bool) -> None:
    """List the populations and their windows."""
    from .analysis.listings import list_cohorts

    _list(*list_cohorts(), as_json)


@commands.command()
@json_option
def parameters(as_json: bool) -> None:
    """List the parameters of patients and devices."""
    from .analysis.listings import list_parameters

    _list(*list_parameters(), as_json)


@commands.command()
@json_option
def outcomes(as_json: bool) -> None:
    """List what is reported of every arm."""
    from .analysis.listings import list_outcomes

    _list(*list_outcomes(), as_json)


def _list(content: object, head: list[str], rows: list[list[object]], as_json: bool) -> None:
    report(content, as_json, lambda: table(head, rows))


if __name__ == "__main__":
    main()

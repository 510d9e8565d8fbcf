"""The command line itself: its commands by name, exit codes, and no traceback for bad input."""

from __future__ import annotations

import errno
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from difflib import get_close_matches
from functools import update_wrapper
from importlib import import_module
from types import FrameType
from typing import Any, NoReturn

import click

from ..engine import InputError
from ..sweeps.host import check_assertions, check_limits, check_platform
from .output import forget, opened, tell

DONE, FAILED, BAD_INPUT, STOPPED = 0, 1, 2, 75
"""Exit codes; 75 (EX_TEMPFAIL) asks a batch system to start the same command again."""

HELP = {"-h", "--help", "--version"}
"""Options whose text click prints by itself."""

FAMILIES = {
    "bench": "evidence",
    "boundary": "maps",
    "cohorts": "listings",
    "compile": "running",
    "course": "courses",
    "examples": "listings",
    "explore": "explore",
    "export": "stores",
    "inspect": "stores",
    "map": "maps",
    "match": "match",
    "outcomes": "listings",
    "parameters": "listings",
    "patient": "patients",
    "predictors": "regions",
    "refine": "maps",
    "regions": "regions",
    "report": "report",
    "rivals": "devices",
    "robustness": "devices",
    "run": "running",
    "sensitivity": "sensitivity",
    "slurm": "running",
    "status": "stores",
    "timing": "devices",
    "trial": "trials",
    "validate": "evidence",
    "verify": "stores",
    "weaning": "devices",
}
"""Command to its module: that in ``options`` declares it, and is imported when the command is asked for."""


class Commands(click.Group):
    """A group that imports a command when it is asked for, and names the nearest match of a misspelt one."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names of all commands."""
        return list(FAMILIES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Give the command of a name; None where there is none."""
        if cmd_name in FAMILIES:
            import_module(f".options.{FAMILIES[cmd_name]}", __package__)
        return super().get_command(ctx, cmd_name)

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


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="counterpulse", message="%(prog)s %(version)s")
def commands() -> None:
    """Simulate virtual patients with and without an intra-aortic balloon pump.

    A sweep file names a cohort of virtual patients and the arms in which each of them is simulated, such as no support
    and a balloon. 'counterpulse run' simulates them into a store, a folder of Zarr arrays, which most other commands
    read. In every arm but the reference a patient's response is one of three classes: the arm helps, fails or harms.

    Research use only: nothing here advises on a patient.
    """


def command(name: str) -> Callable[[Callable[[], None]], click.Command]:
    """Declare a command by a function in ``options`` that holds its options and its help.

    The function of the same name in the module of the same name beside ``options`` does the work. It is imported when
    the command runs: so help comes at once, though that module imports whatever it needs.
    """

    def declared(documented: Callable[[], None]) -> click.Command:
        module = documented.__module__.replace(".options.", ".")

        def run(**given: Any) -> Any:
            return getattr(import_module(module), documented.__name__)(**given)

        return commands.command(name)(update_wrapper(run, documented))

    return declared


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and leave with its exit code: no traceback for bad input."""
    opened()
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
    raise SystemExit(refuse("stopped", STOPPED))


def _guarded(arguments: list[str]) -> int:
    try:
        check_platform()
        check_assertions()
        check_limits()
        code = commands.main(arguments, prog_name="counterpulse", standalone_mode=False)
    except InputError as error:
        return refuse(str(error), BAD_INPUT)
    except click.UsageError as error:
        where = f" (see '{error.ctx.command_path} --help')" if error.ctx else ""
        return refuse(error.format_message() + where, BAD_INPUT)
    except (click.Abort, KeyboardInterrupt):
        return refuse("stopped", STOPPED if arguments[:1] == ["run"] else 130)
    except SystemExit as left:
        # click's answer to a reader of its help who left early
        if left.code != FAILED or not HELP & {*arguments}:
            raise
        forget(sys.stdout)
        return DONE
    except OSError as error:
        worth_retrying = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EIO)
        reason = f"{error.filename}: {error.strerror}" if error.filename and error.strerror else str(error)
        return refuse(reason, FAILED if worth_retrying else BAD_INPUT)
    except MemoryError:
        return refuse("out of memory", FAILED)
    return int(code or DONE)


def refuse(reason: str, code: int) -> int:
    """Say in one line why not, and give back the exit code."""
    tell("counterpulse: " + " ".join(reason.split()))
    return code

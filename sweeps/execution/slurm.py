"""The script of a Slurm job array that runs a sweep: text that a person can read and edit."""

from __future__ import annotations

import math
import re
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ...engine import InputError
from ..population.checks import whole
from ..population.tables import shown
from ..store.outputs import check_output

if TYPE_CHECKING:
    from ..spec.spec import Spec

MOST_TASKS = 16
"""Tasks of an array unless told otherwise."""

CORES = 4
"""Cores of a task unless told otherwise."""

LIMIT = "04:00:00"
"""Time limit of a task unless told otherwise: short jobs start sooner, and one that is stopped goes on by itself."""

LARGEST_ARRAY = 4_000_001
"""Slurm's own bound; most clusters set a lower one."""

LARGEST_NODE = 4_096

BASE, PER_PATIENT = 900_000_000, 4_000
"""Bytes of a worker and its driver without patients, and those for each patient of a block in each arm."""

TIME = re.compile(r"\d+|\d+:\d{2}(:\d{2})?|\d+-\d{1,2}(:\d{2}){0,2}", re.ASCII)
"""How Slurm writes a time: minutes, minutes:seconds, hours:minutes:seconds, days-hours[:minutes[:seconds]]."""

TEMPLATE = """\
#!/bin/bash
# {title}
# A job array for Slurm, made to be read and edited. Start it with
#
#     bash SCRIPT      one job compiles the kernels, then the array starts
#     sbatch SCRIPT    the array alone, where they are compiled already
#
# Either may be given again at any time: what is finished is not run again.
#
#SBATCH --job-name={job}
#SBATCH --array=0-{last}
#SBATCH --ntasks=1
#SBATCH --cpus-per-task={cores}
#SBATCH --mem-per-cpu={memory}M
#SBATCH --time={limit}
#SBATCH --output={job}-%A_%a.log
#SBATCH --open-mode=append
#SBATCH --requeue
#SBATCH --signal=B:TERM@120
# Take one # away where your cluster asks for it:
##SBATCH --partition=NAME
##SBATCH --account=NAME

counterpulse=({command})
sweep={sweep}
store={store}

# Compiled kernels are kept here; every node must see it. Processors of several kinds share it with the second line,
# in which the name for arm64 is generic.
{cache}
# export NUMBA_CPU_NAME=x86-64-v3 NUMBA_CPU_FEATURES=

if [[ ${{1:-}} == compile ]]; then
    exec "${{counterpulse[@]}}" compile "$sweep"
fi

if [[ -z ${{SLURM_ARRAY_TASK_ID:-}} ]]; then
    script=${{BASH_SOURCE[0]}}
    warm=$(sbatch --parsable --array=0 --job-name={job}-compile "$script" compile) || exit
    after=(--dependency="afterok:${{warm%%;*}}" --kill-on-invalid-dep=yes)
    # Where the cluster takes no array of this size there are several, whose tasks count on.
    last=$(sed -nE 's/^#SBATCH --array=0-([0-9]+)$/\\1/p' "$script")
    most=$(scontrol show config | sed -nE 's/^MaxArraySize *= *([0-9]+).*/\\1/p')
    if [[ -z $last ]] || ((${{most:-0}} < 1 || last < most)); then
        exec sbatch "${{after[@]}}" "$script"
    fi
    for ((first = 0; first <= last; first += most)); do
        end=$((last - first < most ? last - first : most - 1))
        sbatch "${{after[@]}}" --array="0-$end" "$script" "$first" "$((last + 1))" || exit
    done
    exit
fi

array_task=$((${{1:-0}} + SLURM_ARRAY_TASK_ID))/${{2:-$SLURM_ARRAY_TASK_COUNT}}
# The shell is told 120 s before the time limit, and passes it on; a wait that the signal cut short begins anew.
run=
trap 'told=yes; [[ -z $run ]] || kill -TERM "$run" 2>/dev/null' TERM
"${{counterpulse[@]}}" run "$sweep" -o "$store" --array-task "$array_task" &
run=$!
while :; do
    told=
    wait "$run"
    code=$?
    [[ -n $told ]] || break
done

# A task that was cancelled is no longer running, and stays cancelled. The controller may be away for a moment.
requeue() {{
    local state
    for _ in {{1..10}}; do
        if state=$(squeue --noheader --format=%T --jobs="$SLURM_JOB_ID"); then
            [[ $state == RUNNING ]] || return
            scontrol requeue "$SLURM_JOB_ID" && return
        fi
        sleep 5
    done
}}
# 75: stopped and resumable; 143: stopped before it had begun.
if ((code == 75 || code == 143)) && ((${{SLURM_RESTART_COUNT:-0}} < 100)); then
    requeue
fi
exit "$code"
"""


def script(
    spec: Spec,
    sweep: str | Path,
    store: str | Path,
    *,
    tasks: int | None = None,
    cores: int | None = None,
    limit: str | None = None,
    command: Sequence[str] | None = None,
    cache: str | Path | None = None,
) -> str:
    """Write the script of a job array.

    Parameters
    ----------
    spec : Spec
        The sweep.
    sweep, store : str or Path
        Its file, and the folder of its store; the script has them as absolute paths.
    tasks : int, optional
        Tasks of the array. Default: `MOST_TASKS`, fewer where there are not that many blocks.
    cores : int, optional
        Cores of each task. Default: `CORES`, fewer where a task has not that many blocks.
    limit : str, optional
        Time limit of a task, as Slurm writes it. Default: `LIMIT`.
    command : sequence of str, optional
        The command ``counterpulse`` as the nodes find it. Default: that of this environment.
    cache : str or Path, optional
        Parent folder of the compiled kernels. Default: the script leaves it to the environment, as a comment says.

    Returns
    -------
    str
        A script for bash. Nothing in it but the arguments is taken from the environment.

    Raises
    ------
    InputError
        For an argument that cannot be, in one line.
    """
    tasks = _count("tasks", min(MOST_TASKS, spec.blocks) if tasks is None else tasks, min(spec.blocks, LARGEST_ARRAY))
    blocks_per_task = -(-spec.blocks // tasks)
    cores = _count("cpus", min(CORES, blocks_per_task) if cores is None else cores, LARGEST_NODE)
    limit = LIMIT if limit is None else limit
    if not TIME.fullmatch(limit) or not re.search("[1-9]", limit):
        raise InputError(f"time: {shown(limit)} is no time limit of Slurm; as 30 (minutes), 04:00:00 or 1-12:00:00")
    kept = "# export COUNTERPULSE_CACHE=/a/folder/that/every/node/sees"
    if cache is not None:
        kept = f"export COUNTERPULSE_CACHE={_quoted('COUNTERPULSE_CACHE', Path(cache).absolute())}"
    return TEMPLATE.format(
        title=_comment(spec.name or Path(sweep).name),
        job=_job_name(Path(sweep).stem),
        last=tasks - 1,
        cores=cores,
        memory=memory(spec),
        limit=limit,
        command=" ".join(_quoted("command", part) for part in command or own_command()),
        sweep=_quoted("spec", Path(sweep).absolute()),
        store=_quoted("output", Path(store).absolute()),
        cache=kept,
    )


def write(path: Path, text: str) -> None:
    """Write a script to a new file that may be executed; one that is there may have been edited.

    Raises
    ------
    InputError
        Where there is one, or none can be made.
    """
    check_output(path, where="script")
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
        path.chmod(path.stat().st_mode | 0o100)
    except FileExistsError:
        raise InputError(f"script: {path} is there already, and may have been edited; name a new file") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"script: {shown(str(path))} cannot be written: {reason}") from None


def memory(spec: Spec) -> int:
    """Megabytes to ask for with each core: what a worker needs for one block, and room."""
    held = spec.run.block * len(spec.arms)
    return math.ceil((BASE + PER_PATIENT * held) / 1e8) * 100


def own_command() -> list[str]:
    """Give the command of this environment."""
    installed = Path(sys.executable).with_name("counterpulse")
    return [str(installed)] if installed.exists() else [sys.executable, "-m", "counterpulse.cli"]


def _count(name: str, value: int, most: int) -> int:
    return whole(name, value, 1, most, ", the number of blocks," if name == "tasks" else "")


def _quoted(where: str, text: str | Path) -> str:
    if not str(text).isprintable():
        raise InputError(f"{where}: {shown(str(text))} has control characters, which no script can carry safely")
    return shlex.quote(str(text))


def _comment(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text)


def _job_name(stem: str) -> str:
    """Reduce a name to what neither Slurm nor a file name takes for anything else."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", stem).strip(".-")[:60] or "sweep"

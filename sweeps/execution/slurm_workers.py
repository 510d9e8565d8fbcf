"""Dask workers as Slurm jobs, through dask-jobqueue: the second way onto Slurm, after the job array.

Partition, account, time limit and whatever else a cluster asks for are read from Dask's own configuration, as
dask-jobqueue does: ``jobqueue.slurm`` in its files, or variables as ``DASK_JOBQUEUE__SLURM__QUEUE``.
"""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from ...engine import InputError

WORKERS = 16
"""Jobs of one core each, unless told otherwise."""

MEMORY = "1500MB"
"""Of each job unless Dask's configuration says otherwise."""

PATIENCE = 30.0
"""Seconds that ``sbatch`` may take to say whether it would accept a job."""


def check() -> None:
    """Look whether jobs can be submitted here.

    Raises
    ------
    InputError
        Where something is missing, in one line.
    """
    missing = [name for name in ("dask_jobqueue", "cryptography") if find_spec(name) is None]
    if missing:
        names = " and ".join(name.replace("_", "-") for name in missing)
        raise InputError(
            f"slurm: {names} not installed, which starts the workers; install the extra counterpulse[slurm], or use "
            "the job array that 'counterpulse slurm' writes, which needs neither"
        )
    if shutil.which("sbatch") is None:
        raise InputError("slurm: no command sbatch here; run this where Slurm jobs are submitted")


def cluster(environment: Mapping[str, str]) -> Any:
    """Start a scheduler in this process to which Slurm jobs will connect; it has no workers yet.

    Connections are encrypted, and only those who can read the key in the folder of submission may connect.

    Parameters
    ----------
    environment : mapping of str to str
        Variables that the workers shall have.

    Returns
    -------
    dask_jobqueue.SLURMCluster
        One process and one thread a job, so that a lost job can be replaced.

    Raises
    ------
    InputError
        Where Slurm would not take such a job.
    """
    import dask
    from distributed.security import Security

    # an extra, which need not be there where types are checked
    make: Any = import_module("dask_jobqueue").SLURMCluster
    security: Any = Security
    exports = [f"export {name}={shlex.quote(value)}" for name, value in environment.items()]
    started = make(
        cores=1,
        processes=1,
        memory=dask.config.get("jobqueue.slurm.memory", None) or MEMORY,
        python=shlex.quote(sys.executable),
        job_name="counterpulse",
        job_script_prologue=exports + list(dask.config.get("jobqueue.slurm.job-script-prologue", None) or []),
        scheduler_options={"dashboard": False, "dashboard_address": "127.0.0.1:0"}
        | dict(dask.config.get("jobqueue.slurm.scheduler-options", None) or {}),
        security=security.temporary(),
        shared_temp_directory=dask.config.get("jobqueue.slurm.shared-temp-directory", None) or ".",
        silence_logs=60,
    )
    try:
        _try(started.job_script())
    except BaseException:
        started.close(timeout=5)
        raise
    return started


def _try(script: str) -> None:
    with tempfile.NamedTemporaryFile("w", suffix=".sh") as file:
        file.write(script)
        file.flush()
        command = ["sbatch", "--test-only", file.name]
        try:
            said = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
        except subprocess.TimeoutExpired:
            raise InputError(f"slurm: sbatch did not answer in {PATIENCE:.0f} s") from None
    if said.returncode:
        raise InputError(f"slurm: sbatch refuses the workers: {' '.join(said.stderr.split())[:300]}")

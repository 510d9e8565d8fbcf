"""What this process may use of its host: cores and memory, as affinity, control groups and Slurm grant them."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from pathlib import Path

from ..engine import allowed_cores

WORKER_MEMORY = 700_000_000
"""Bytes a worker needs with a block of 16,384 patients: fewer workers than cores where memory is scarcer."""


def cores(root: Path = Path("/")) -> int:
    """Count the cores this process may use: affinity, control groups (v1, v2) and Slurm, whichever is least."""
    # the first is there only where a job asked for it, the second in every job
    granted = [_positive(os.environ.get(name, "")) for name in ("SLURM_CPUS_PER_TASK", "SLURM_CPUS_ON_NODE")]
    quotas = [*_quotas(root), *granted]
    return min([allowed_cores(), *(math.ceil(quota) for quota in quotas if quota)])


def memory(root: Path = Path("/")) -> int:
    """Count the bytes this process may use: of the host, control groups (v1, v2) and Slurm, whichever is least."""
    limits = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    for folder in _groups(root, "memory"):
        limits += [int(_positive(_text(folder / name))) for name in ("memory.max", "memory.limit_in_bytes")]
    limits.append(int(_positive(os.environ.get("SLURM_MEM_PER_NODE", "")) * 2**20))
    limits.append(int(_positive(os.environ.get("SLURM_MEM_PER_CPU", "")) * 2**20) * cores(root))
    return min(limit for limit in limits if limit > 0)


def default_workers() -> int:
    """One a core, fewer where memory is short."""
    return max(1, min(cores(), memory() // WORKER_MEMORY))


def _quotas(root: Path) -> Iterator[float]:
    for folder in _groups(root, "cpu"):
        words = _text(folder / "cpu.max").split()
        if len(words) != 2:
            words = [_text(folder / f"cpu.cfs_{name}_us") for name in ("quota", "period")]
        quota, period = (_positive(word) for word in words)
        if quota and period:
            yield quota / period


def _groups(root: Path, controller: str) -> Iterator[Path]:
    """Folders of the control groups this process is in, up to the top: the tightest limit may be any of them."""
    for line in _text(root / "proc/self/cgroup").splitlines():
        number, _, rest = line.partition(":")
        names, _, path = rest.partition(":")
        if number == "0" and not names:
            mounts = [root / "sys/fs/cgroup"]
        elif controller in names.split(","):
            mounts = [root / "sys/fs/cgroup" / name for name in {names, controller, "cpu,cpuacct", "cpuacct,cpu"}]
        else:
            continue
        for mount in mounts:
            inner = Path(path.lstrip("/"))
            yield from (mount / part for part in (inner, *inner.parents))


def _text(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""


def _positive(text: str) -> float:
    """Read a number above zero; 0.0 for anything else, as ``max`` and -1, which mean no limit."""
    try:
        number = float(text)
    except ValueError:
        return 0.0
    return number if 0 < number < math.inf else 0.0

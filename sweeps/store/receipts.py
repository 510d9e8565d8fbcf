"""Receipts: one small file per finished block. The receipt is the commit; a block without a valid one is run again."""

from __future__ import annotations

import json
import os
import socket
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...engine import Status
from .files import write_whole

if TYPE_CHECKING:
    import xarray as xr

FOLDER = "receipts"
FIRST_FAILURE = Status.OUTSIDE_COHORT + 1
"""From this value on a status is a kind of failure."""

Counts = dict[str, dict[str, int]]


@dataclass(frozen=True)
class Receipt:
    """What is kept of a finished block beside its arrays.

    Attributes
    ----------
    block, start, stop : int
        Number of the block and its patients, ``start`` to ``stop - 1``.
    spec_hash, engine_fingerprint : str
        What the block was made from.
    counts : dict of str to dict of str to int
        Arm to status in lower case to number of patients; only what occurs.
    findings : dict of str to dict of str to int
        Arm to finding in lower case to number of patients; only what occurs.
    failed : int
        Patients with a failure in at least one arm.
    examples : dict of str to dict of str to int
        Arm to kind of failure to the first patient with it.
    checksums : dict of str to str
        File within the store to the CRC-32 of its bytes, in hexadecimal.
    seconds : float
        Wall time of simulating and writing.
    host, cpu, job : str
        Where it was run.
    """

    block: int
    start: int
    stop: int
    spec_hash: str
    engine_fingerprint: str
    counts: Counts
    findings: Counts
    failed: int
    examples: Counts
    checksums: dict[str, str]
    seconds: float
    host: str
    cpu: str
    job: str


def summarised(result: xr.Dataset, start: int) -> dict[str, Any]:
    """Count status and findings of a block's result.

    Parameters
    ----------
    result : xr.Dataset
        With ``status`` and ``findings`` over (patient, arm).
    start : int
        Index of its first patient.

    Returns
    -------
    dict
        ``counts``, ``findings``, ``failed`` and ``examples`` as in `Receipt`.
    """
    import numpy as np

    from ...engine import Findings

    arms = [str(name) for name in result["arm"].values]
    status = result["status"].transpose("patient", "arm").values
    found = result["findings"].transpose("patient", "arm").values
    counts: Counts = {}
    examples: Counts = {}
    findings: Counts = {}
    for column, arm in enumerate(arms):
        values, first, number = np.unique(status[:, column], return_index=True, return_counts=True)
        names = [_status_name(int(value)) for value in values]
        counts[arm] = {name: int(many) for name, many in zip(names, number, strict=True)}
        examples[arm] = {
            name: start + int(where)
            for name, where, value in zip(names, first, values, strict=True)
            if value >= FIRST_FAILURE
        }
        seen = {bit.name or "": int(np.count_nonzero(found[:, column] & bit.value)) for bit in Findings}
        findings[arm] = {name.lower(): many for name, many in seen.items() if many}
    failed = int((status >= FIRST_FAILURE).any(axis=1).sum())
    return {"counts": counts, "findings": findings, "failed": failed, "examples": examples}


def checksum(content: bytes) -> str:
    """CRC-32 of a file's bytes, in hexadecimal."""
    return f"{zlib.crc32(content):08x}"


def receipt_path(store: Path, block: int) -> Path:
    """Where the receipt of a block stands: a thousand to a folder."""
    return store / FOLDER / f"{block // 1000:03d}" / f"{block:06d}.json"


SEAL = "seal"
"""Entry of a JSON object with the checksum of the others."""


def sealed(content: Mapping[str, Any], *, but: Iterable[str] = ()) -> dict[str, Any]:
    """Give content with its seal; what it does not cover is named."""
    rest = {name: value for name, value in content.items() if name != SEAL}
    covered = {name: value for name, value in rest.items() if name not in but}
    return rest | {SEAL: checksum(json.dumps(covered, sort_keys=True).encode())}


def is_sealed(content: Any, *, but: Iterable[str] = ()) -> bool:
    """Whether content is an object that is as it was when it was sealed."""
    return isinstance(content, dict) and content == sealed(content, but=but)


def strays(store: Path, blocks: int) -> Iterator[Path]:
    """Files among the receipts of a store of so many blocks that are of none of them."""
    for file in sorted((store / FOLDER).glob("*/*.json")):
        number = int(file.stem) if file.stem.isdecimal() else -1
        if not 0 <= number < blocks or receipt_path(store, number) != file:
            yield file


def write_receipt(store: Path, receipt: Receipt) -> None:
    """Commit a block: whole or not at all, and on the disk on return."""
    content = json.dumps(sealed(asdict(receipt)), indent=1) + "\n"
    write_whole(receipt_path(store, receipt.block), content.encode())


def read_receipt(store: Path, block: int) -> Receipt | None:
    """Read the receipt of a block; None where there is none, or none that can be read."""
    return _parsed(receipt_path(store, block))


def read_receipts(store: str | Path) -> list[Receipt]:
    """Read every receipt in a store, in the order of the blocks; what cannot be read as a receipt is left out.

    Parameters
    ----------
    store : str or Path
        Folder of the store.
    """
    paths = sorted(Path(store, FOLDER).glob("*/*.json"), key=lambda path: (len(path.name), path.name))
    found = (_parsed(path) for path in paths)
    return [receipt for receipt in found if receipt is not None]


@dataclass
class Tally:
    """Sums over receipts.

    Attributes
    ----------
    patients, failed : int
        Patients done, and those with a failure in at least one arm.
    counts, findings, examples : dict
        As in `Receipt`, over all blocks; ``counts`` has every status, zeros too.
    seconds : float
        Wall time of the blocks, added up.
    """

    arms: tuple[str, ...]
    patients: int = 0
    failed: int = 0
    seconds: float = 0.0
    counts: Counts = field(default_factory=dict)
    findings: Counts = field(default_factory=dict)
    examples: Counts = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.counts = {arm: {kind.name.lower(): 0 for kind in Status} for arm in self.arms}
        self.findings = {arm: {} for arm in self.arms}
        self.examples = {arm: {} for arm in self.arms}

    def add(self, receipt: Receipt) -> None:
        """Add one block."""
        self.patients += receipt.stop - receipt.start
        self.failed += receipt.failed
        self.seconds += receipt.seconds
        for arm in self.arms:
            _add(self.counts[arm], receipt.counts.get(arm, {}))
            _add(self.findings[arm], receipt.findings.get(arm, {}))
            for kind, patient in receipt.examples.get(arm, {}).items():
                self.examples[arm][kind] = min(patient, self.examples[arm].get(kind, patient))

    def of(self, patients: int) -> Counts:
        """Counts over so many patients: those not done are ``not_run``."""
        missing = {Status.NOT_RUN.name.lower(): patients - self.patients}
        return {arm: counts | missing for arm, counts in self.counts.items()}

    @property
    def failed_share(self) -> float:
        """Patients with a failure over patients done, those outside the cohort's window among them; 0 before any."""
        return self.failed / self.patients if self.patients else 0.0


def here() -> dict[str, Any]:
    """Host, CPU and job of this process, as a receipt has them."""
    variables = (
        ("SLURM_ARRAY_JOB_ID", "SLURM_ARRAY_TASK_ID") if "SLURM_ARRAY_JOB_ID" in os.environ else ("SLURM_JOB_ID",)
    )
    job = "_".join(os.environ[name] for name in variables if name in os.environ)
    return {"host": socket.gethostname(), "cpu": cpu(), "job": job or f"process {os.getpid()}"}


@lru_cache(maxsize=1)
def cpu() -> str:
    """Model of this host's CPU, and the name under which compilers know it."""
    name = str(import_module("llvmlite.binding").get_host_cpu_name())
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
    return f"{name} ({model})" if model else name


def _status_name(value: int) -> str:
    return Status(value).name.lower()


def _add(total: dict[str, int], more: Mapping[str, int]) -> None:
    for name, many in more.items():
        total[name] = total.get(name, 0) + many


def _parsed(path: Path) -> Receipt | None:
    try:
        content = json.loads(path.read_bytes())
        if not is_sealed(content):
            return None
        receipt = Receipt(**{each.name: content[each.name] for each in fields(Receipt)})
        whole = (receipt.block, receipt.start, receipt.stop, receipt.failed)
        tables = (receipt.counts, receipt.findings, receipt.examples)
        sound = all(type(number) is int for number in whole) and all(_is_counts(table) for table in tables)
        sound = sound and isinstance(receipt.seconds, int | float) and isinstance(receipt.checksums, dict)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return receipt if sound and receipt_path(Path(), receipt.block).name == path.name else None


def _is_counts(table: Any) -> bool:
    return isinstance(table, dict) and all(
        isinstance(row, dict) and all(type(many) is int for many in row.values()) for row in table.values()
    )


def tallied(receipts: Iterable[Receipt], arms: Iterable[str]) -> Tally:
    """Add receipts up."""
    total = Tally(tuple(arms))
    for receipt in receipts:
        total.add(receipt)
    return total

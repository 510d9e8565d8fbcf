"""What a store is made of before its first block: kept as checksums, so that its metadata can be verified too."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from .files import write_whole
from .receipts import FOLDER, checksum, is_sealed, sealed
from .store import OTHER_MODES, WAVEFORM_PATIENT, WAVEFORMS

RECORD = f"{FOLDER}/template.json"
METADATA = "zarr.json"
CHANGES = ("date_created",)
"""Attributes of a store that its seal does not cover: two runs of one sweep may differ in them."""

GROUP: dict[str, Any] = {"zarr_format": 3, "node_type": "group"}
EMPTY = {"kind": "inline", "must_understand": False, "metadata": {}}
"""What zarr writes of a group, and of consolidated metadata without any."""


def sealed_attributes(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Give the attributes of a store with their seal."""
    return sealed(attributes, but=CHANGES)


def write_record(store: Path) -> None:
    """Keep the checksums of a store that holds no block yet."""
    files = {str(file.relative_to(store)): _summed(file) for file in sorted(store.rglob("*")) if _is_fixed(store, file)}
    write_whole(store / RECORD, (json.dumps(sealed({"files": files}), indent=1) + "\n").encode())


def read_record(store: Path) -> dict[str, str] | None:
    """Read the checksums; None where they are not there, or damaged."""
    try:
        content = json.loads((store / RECORD).read_bytes())
        files = dict(content["files"]) if is_sealed(content) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return files


def damaged(store: Path) -> Iterator[tuple[str, str]]:
    """Name the files of a store's template that are not as they were made, and say what is wrong with each."""
    root = parsed(store / METADATA)
    if root is None:
        yield METADATA, "cannot be read"
    elif not is_sealed(root.get("attributes"), but=CHANGES):
        yield METADATA, "its attributes are not those that were written"
    elif (gathered := root.get("consolidated_metadata")) is not None and not _is_gathered(gathered, store):
        yield METADATA, "the metadata gathered in it are not those of the arrays"
    elif {name: root[name] for name in root if name not in ("attributes", "consolidated_metadata")} != GROUP:
        yield METADATA, "does not describe a group"
    record = read_record(store)
    if record is None:
        yield RECORD, "is missing or damaged: the metadata of the arrays cannot be verified"
        return
    for name, expected in record.items():
        if not (store / name).is_file():
            yield name, "is missing"
        elif _summed(store / name) != expected:
            yield name, "differs from what was written"


def _is_fixed(store: Path, file: Path) -> bool:
    return file.is_file() and file not in (store / METADATA, store / RECORD)


def _summed(file: Path) -> str:
    """Checksum of a file; of metadata by its meaning, and whatever the number of patients is."""
    if file.name != METADATA:
        return checksum(file.read_bytes())
    content = parsed(file)
    return "" if content is None else checksum(json.dumps(_without_length(content), sort_keys=True).encode())


def _without_length(content: dict[str, Any]) -> dict[str, Any]:
    return content | {"shape": [None, *content["shape"][1:]]} if is_over_patients(content) else content


def _is_gathered(gathered: Any, store: Path) -> bool:
    """Whether consolidated metadata say of every array and group what is beside it."""
    if not isinstance(gathered, dict) or not isinstance(gathered.get("metadata"), dict):
        return False
    said = gathered["metadata"]
    folders = [file.parent.relative_to(store) for file in store.glob(f"*/**/{METADATA}")]
    # what is run in other modes of regulation are stores of their own, which gather theirs
    own = {
        str(folder): parsed(store / folder / METADATA)
        for folder in folders
        if folder.parts[0] != OTHER_MODES or len(folder.parts) == 1
    }
    # a group within may have consolidated metadata of its own, which are empty
    bare = [{name: _without_gathered(one) for name, one in each.items()} for each in (said, own)]
    return bare[0] == bare[1] and {**gathered, "metadata": {}} == EMPTY


def _without_gathered(content: Any) -> Any:
    if isinstance(content, dict) and content.get("consolidated_metadata") == EMPTY:
        return {name: value for name, value in content.items() if name != "consolidated_metadata"}
    return content


def array_metadata(store: Path) -> list[str]:
    """Names of the files in which the arrays of a store, those of its waveforms too, are described."""
    files = [*store.glob(f"*/{METADATA}"), *store.glob(f"{WAVEFORMS}/*/{METADATA}")]
    return [str(file.relative_to(store)) for file in files]


def is_over_patients(content: dict[str, Any]) -> bool:
    """Whether metadata are of an array with a value for each patient."""
    dimensions, shape = content.get("dimension_names"), content.get("shape")
    over = isinstance(dimensions, list) and dimensions[:1] in (["patient"], [WAVEFORM_PATIENT])
    return over and isinstance(shape, list) and bool(shape)


def parsed(file: Path) -> dict[str, Any] | None:
    """Read an object of JSON; None where there is none."""
    try:
        content = json.loads(file.read_bytes())
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) else None

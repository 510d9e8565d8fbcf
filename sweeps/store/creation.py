"""Making the empty store of a sweep: its template, its attributes and its side folders."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from platform import python_version
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import xarray as xr
import zarr

from .files import partial_beside, remove_abandoned, sync, sync_tree, write_whole
from .receipts import cpu
from .store import FORMAT, OTHER_MODES, SAMPLES, WARM_START, WARM_START_FILE, WAVEFORMS, is_part, patient_dimension
from .template import sealed_attributes, write_record
from .writing import prepared
from .zarr_folder import SIDE_GROUP, SIDE_GROUPS, quiet, resize

if TYPE_CHECKING:
    from ..spec.spec import Spec


class Model(NamedTuple):
    """What a store is made of, beside its sweep.

    Attributes
    ----------
    sample : xr.Dataset
        A simulated patient or more of this sweep: says which variables there are, and the values of those that do
        not vary.
    waves : xr.Dataset or None
        Likewise of the waveforms; None where none are kept.
    warm_start : callable or None
        Gives the file of the warm start, and is asked when all else is written; None where the sweep goes without.
    """

    sample: xr.Dataset
    waves: xr.Dataset | None = None
    warm_start: Callable[[], bytes] | None = None


def create(path: Path, spec: Spec, fingerprint: str, model: Model) -> bool:
    """Make an empty store, of which others see all or nothing.

    Parameters
    ----------
    path : Path
        Folder that does not exist, or is empty.
    spec : Spec
        The sweep; its block, waveforms and precision of storage are fixed from here on.
    fingerprint : str
        Of the engine.
    model : Model

    Returns
    -------
    bool
        False where somebody else made it meanwhile.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    remove_abandoned([path.parent], of=path.name)
    partial = partial_beside(path)
    try:
        _make(partial, spec, fingerprint, model)
        sync_tree(partial)
        try:
            partial.rename(path)
        except OSError:
            if not (path / "zarr.json").exists():
                raise
            return False
        sync(path.parent)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return True


def restore(path: Path, spec: Spec, fingerprint: str, model: Model) -> None:
    """Write again all that `create` made and no block has; arguments as there. The root comes last."""
    partial = partial_beside(path)
    try:
        _make(partial, spec, fingerprint, model)
        files = [file.relative_to(partial) for file in sorted(partial.rglob("*")) if file.is_file()]
        for name in sorted(files, key=lambda name: name == Path("zarr.json")):
            write_whole(path / name, (partial / name).read_bytes())
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _make(path: Path, spec: Spec, fingerprint: str, model: Model) -> None:
    _write_template(path, model.sample, spec, spec.patients, spec.run.block, _attributes(spec, fingerprint))
    if model.waves is not None:
        kept = spec.waveforms.patients
        described = {"Conventions": "CF-1.11", "title": f"waveforms of the first {kept} patients"}
        lengths = min(spec.patients, kept), min(spec.run.block, kept)
        _write_template(path, model.waves, spec, *lengths, described, group=WAVEFORMS)
    keeps = {SAMPLES: spec.samples is not None and not is_part(path), OTHER_MODES: not is_part(path)}
    if spec.samples is not None and keeps[SAMPLES]:
        spec.samples.keep(path / SAMPLES)
    for folder, name in SIDE_GROUPS.items():
        if not keeps.get(folder, True):
            continue
        content = {"attributes": {"long_name": name}, **SIDE_GROUP}
        write_whole(path / folder / "zarr.json", json.dumps(content, indent=2).encode())
    if model.warm_start is not None:
        write_whole(path / WARM_START / WARM_START_FILE, model.warm_start())
    write_record(path)


def _write_template(
    path: Path,
    sample: xr.Dataset,
    spec: Spec,
    patients: int,
    chunk: int,
    attributes: dict[str, Any],
    group: str | None = None,
) -> None:
    variables: dict[str, xr.Variable] = {}
    encoding: dict[str, dict[str, Any]] = {}
    for name, variable in prepared(sample, spec, group).items():
        if patient_dimension(group) in variable.dims:
            # made without patients and lengthened below: an array without its values would need Dask
            text = variable.dtype.kind == "O"
            empty = np.zeros((0, *variable.shape[1:]), np.dtypes.StringDType() if text else variable.dtype)
            variables[name] = xr.Variable(variable.dims, empty, variable.attrs)
            fill = np.nan if variable.dtype.kind == "f" else "" if text else 0
            encoding[name] = {"chunks": (chunk, *variable.shape[1:]), "fill_value": fill}
        else:
            variables[name] = variable
    known = {*sample.coords, patient_dimension(group)}
    coordinates = {name: variable for name, variable in variables.items() if name in known}
    data = {name: variable for name, variable in variables.items() if name not in coordinates}
    dataset = xr.Dataset(data, coordinates, attributes)
    with quiet():
        dataset.to_zarr(path, group=group, mode="w-", consolidated=False, encoding=encoding, zarr_format=3)
        resize(zarr.open_group(path, path=group, mode="r+", use_consolidated=False), patients)


def _attributes(spec: Spec, fingerprint: str) -> dict[str, Any]:
    from ...engine import FLAGS

    packages = ("counterpulse", "numpy", "numba", "llvmlite", "scipy", "xarray", "zarr")
    versions = {"python": python_version()} | {name: metadata.version(name) for name in packages}
    setting = os.environ.get("NUMBA_CPU_NAME", "native")
    attributes = {
        "Conventions": "CF-1.11",
        "source": f"counterpulse {versions['counterpulse']}, simulation",
        "comment": "Virtual patients, research use only: nothing here advises on a patient.",
        "counterpulse_store": FORMAT,
        **spec_attributes(spec),
        "spec_hash": spec.hash(),
        "engine_fingerprint": fingerprint,
        # for readers that know no texts of any length, as the coordinate has
        "arms": list(spec.arms),
        "seed": spec.seed,
        "sampler": f"{spec.design}, scipy {versions['scipy']}",
        "versions": json.dumps(versions),
        "flags": " ".join(sorted(FLAGS)),
        "instruction_set": setting,
        "cpu": cpu(),
        "date_created": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    return sealed_attributes(attributes)


def spec_attributes(spec: Spec) -> dict[str, Any]:
    """Attributes that change when a store is brought up to a spec of the same hash; the order of the arms counts."""
    return {
        "title": spec.name,
        "cohort": spec.cohort_title,
        "cohort_definitions": json.dumps(spec.definitions),
        "cohort_shock": json.dumps(spec.shock),
        "spec": json.dumps(spec.canonical(), allow_nan=False),
        "patients": spec.patients,
    }

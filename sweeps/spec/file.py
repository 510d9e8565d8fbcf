"""The sweep file: from TOML, or what a store wrote down of it, to a checked sweep. Every mistake is one line."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...engine import InputError
from ..population import cohorts
from ..population import toml as toml_files
from ..population.tables import validated
from ..user_patients.file import looked_at
from ..user_patients.samples import DESIGN
from .rules import check_answerable, check_effective
from .spec import Spec

KIND = "sweep file"


def from_canonical(content: Mapping[str, Any]) -> Spec:
    """Build the spec that ``canonical`` wrote; any other mapping in the form of a sweep file will do.

    Raises
    ------
    InputError
        For the first mistake, in one line.
    """
    return validated(Spec, dict(content) if isinstance(content, Mapping) else content)


def parse(text: str, where: str = "sweep") -> Spec:
    """Read the text of a sweep file.

    Parameters
    ----------
    text : str
        TOML.
    where : str
        What to call the text in an error: the file's name.

    Raises
    ------
    InputError
        For the first mistake, in one line.
    """
    return _named(toml_files.parsed(text, where, KIND), where)


def load(path: str | Path) -> Spec:
    """Read a sweep file, and the files of cohorts and of patients that it may name.

    Raises
    ------
    InputError
        For a file that cannot be read, or the first mistake in it, in one line.
    """
    where = toml_files.on_one_line(str(path))
    content = toml_files.read(path, KIND)
    named = content.get("cohorts")
    if isinstance(named, str):
        try:
            content["cohorts"] = cohorts.read_file(Path(path).parent / named)
        except InputError as error:
            raise InputError(f"{where}: cohorts: {error}") from None
    if isinstance(content.get("design"), dict):
        try:
            samples = looked_at(content["design"], Path(path).parent)
        except InputError as error:
            raise InputError(f"{where}: design: {error}") from None
        content = {"patients": samples.rows} | content | {"design": DESIGN, "samples": samples}
    spec = _named(content, where)
    # as a report writes it down
    return spec if spec.samples is None or spec.samples.place else spec.located(Path(path).parent / spec.samples.file)


def check_to_run(spec: Spec) -> None:
    """Refuse a sweep that is sound but not worth running: what changes nothing, or cannot answer its question.

    Stores made before these rules are still read.

    Raises
    ------
    InputError
        In one line.
    """
    check_effective(spec.arms, spec.regulation, spec.vary, spec.scale, spec.reach)
    check_answerable(
        spec.design,
        spec.patients,
        dimensions=spec.dimensions,
        together=spec.rows_together,
        window=spec.applies_window,
    )


def _named(content: Mapping[str, Any], where: str) -> Spec:
    try:
        spec = from_canonical(content)
        check_to_run(spec)
    except InputError as error:
        raise InputError(f"{where}: {error}") from None
    return spec

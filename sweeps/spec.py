"""The sweep file: TOML to validated, frozen objects and back. Every mistake is one line."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, ValidationInfo, field_validator, model_validator

from ..engine.quantity import InputError, check_name
from . import cohorts
from .checks import arm, items, one_of, varied
from .distributions import Distribution
from .grid import whole_grid
from .response_settings import RESPONSE_DEFAULTS, setting
from .strict import Number, Table, shown, shown_key, validated

SAMPLER = 1
"""Part of the spec hash: to be raised whenever design.py gives other patients for the same spec."""

LARGEST_FILE = 1_000_000
MOST_PATIENTS = 2**40

DESIGNS = ("sobol", "latin-hypercube", "random", "grid")
REGULATIONS = ("open-loop",)
PRECISIONS = ("float64", "float32")
LATER = {"design": ("morris", "saltelli"), "regulation": ("baroreflex", "map-held")}
"""Names that are planned and refused as such until they are there."""

NO_ARMS = "at least one is needed, as [arms.off]"


class Run(Table):
    """How a sweep is executed. Only ``tolerance`` changes a result."""

    block: Annotated[int, Field(gt=0, le=2**26)] = 16_384
    tolerance: Annotated[Number, Field(gt=1e-8, le=0.1)] = 5e-4
    max_failed_share: Annotated[Number, Field(ge=0, le=1)] = 0.01


class Waveforms(Table):
    """How many patients, from the first, leave their waveforms in the store."""

    patients: Annotated[int, Field(ge=0, le=2**24)] = 0


class Spec(Table):
    """A sweep: which virtual patients, in which arms.

    Attributes
    ----------
    name : str
        A title for people.
    cohort : str
        The population the candidates are drawn from.
    patients : int
        Number of candidates. A grid is rounded up to a whole one.
    window : bool or None
        Whether only candidates inside the cohort's window run the other arms; None: where nothing is varied.
    seed : int
        Seed of the design.
    design : str
        ``sobol``, ``latin-hypercube``, ``random`` or ``grid``.
    regulation, precision, store_precision : str
        Mode of regulation, precision of the kernel, precision of the stored outcomes.
    vary : dict
        Parameter to its distribution, independent of everything else.
    arms : dict
        Name to overrides of parameters; order matters.
    reference : str or None
        The arm the others are compared with; None: the first.
    run : Run
        How it is executed.
    response : dict
        Definition and thresholds of helps, fails and harms: ``RESPONSE_DEFAULTS`` with what was given.
    waveforms : Waveforms
        Patients whose waveforms are kept.
    """

    name: Annotated[str, Field(max_length=1000)] = ""
    cohort: Annotated[str, Field(description="the name of a population is needed")]
    patients: Annotated[int, Field(gt=0, le=MOST_PATIENTS, description="the number of candidates is needed")]
    window: bool | None = None
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    design: str = "sobol"
    regulation: str = "open-loop"
    precision: str = "float64"
    store_precision: str = "float32"
    vary: dict[str, Distribution] = Field(default_factory=dict)
    arms: Annotated[dict[str, dict[str, float]], Field(description=NO_ARMS)]
    reference: str | None = None
    run: Run = Field(default_factory=Run)
    response: dict[str, str | float] = Field(default_factory=lambda: dict(RESPONSE_DEFAULTS))
    waveforms: Waveforms = Field(default_factory=Waveforms)

    @field_validator("name")
    @classmethod
    def _printable(cls, name: str) -> str:
        if not name.isprintable():
            raise InputError(f"name: given {shown(name)}, a text without line breaks or control characters is needed")
        return name

    @field_validator("cohort")
    @classmethod
    def _known_cohort(cls, name: str) -> str:
        check_name("cohort", shown_key(name), cohorts.names())
        return name

    @field_validator("design", mode="before")
    @classmethod
    def _known_design(cls, name: object) -> object:
        if isinstance(name, dict):
            raise InputError("design: a file of your own samples is not offered yet; allowed: " + ", ".join(DESIGNS))
        return one_of("design", name, DESIGNS, LATER["design"])

    @field_validator("regulation", mode="before")
    @classmethod
    def _known_regulation(cls, name: object) -> object:
        return one_of("regulation", name, REGULATIONS, LATER["regulation"])

    @field_validator("precision", "store_precision", mode="before")
    @classmethod
    def _known_precision(cls, name: object, info: ValidationInfo) -> object:
        return one_of(str(info.field_name), name, PRECISIONS)

    @field_validator("vary", mode="before")
    @classmethod
    def _checked_vary(cls, raw: object) -> object:
        return {name: varied(name, law) for name, law in items("vary", raw)}

    @field_validator("arms", mode="before")
    @classmethod
    def _checked_arms(cls, raw: object) -> object:
        arms = {name: arm(name, overrides) for name, overrides in items("arms", raw)}
        if not arms:
            raise InputError(f"arms: none given, {NO_ARMS}")
        return arms

    @field_validator("run", "waveforms", mode="before")
    @classmethod
    def _checked_table(cls, raw: object, info: ValidationInfo) -> object:
        model = Run if info.field_name == "run" else Waveforms
        return raw if isinstance(raw, model) else validated(model, raw, str(info.field_name))

    @field_validator("response", mode="before")
    @classmethod
    def _checked_response(cls, raw: object) -> object:
        return RESPONSE_DEFAULTS | {name: setting(name, value) for name, value in items("response", raw)}

    @model_validator(mode="before")
    @classmethod
    def _whole_design(cls, raw: dict[str, Any]) -> dict[str, Any]:
        patients, vary = raw.get("patients"), raw.get("vary", {})
        if raw.get("design") != "grid" or type(patients) is not int or not 0 < patients <= MOST_PATIENTS:
            return raw
        laws = {name: varied(name, law) for name, law in items("vary", vary)}
        if not laws:
            raise InputError("vary: missing; a grid needs at least one parameter in [vary]")
        return raw | {"patients": whole_grid(patients, laws)}

    @model_validator(mode="after")
    def _known_reference(self) -> Spec:
        if self.reference is not None:
            check_name("reference", shown_key(self.reference), self.arms)
        return self

    @property
    def reference_arm(self) -> str:
        """Name of the arm the others are compared with."""
        return self.reference if self.reference is not None else next(iter(self.arms))

    @property
    def applies_window(self) -> bool:
        """Whether the cohort's window is applied: as told, else where nothing is varied."""
        return self.window if self.window is not None else not self.vary

    @property
    def blocks(self) -> int:
        """Number of blocks; the last may be shorter."""
        return -(-self.patients // self.run.block)

    def canonical(self) -> dict[str, Any]:
        """Everything that was asked, with defaults filled in, in types that JSON keeps."""
        content = self.model_dump(mode="json")
        return content | {"window": self.applies_window, "reference": self.reference_arm}

    def hash(self) -> str:
        """Return the SHA-256, in hexadecimal, of what decides the results.

        Left out are name, waveforms, response, how it is executed (tolerance counts) and, for the sobol and random
        designs, the number of patients, which may grow. The cohort's law is in, and its window where applied.
        """
        content = self.canonical()
        cohort = cohorts.load()[self.cohort]
        decides = {key: content[key] for key in ("cohort", "seed", "design", "regulation", "vary", "reference")}
        decides |= {key: content[key] for key in ("precision", "store_precision")}
        decides |= {
            "arms": [[name, overrides] for name, overrides in content["arms"].items()],
            "tolerance": self.run.tolerance,
            "law": cohort.law_content(),
            "window": cohort.window if self.applies_window else None,
            "patients": self.patients if self.design in ("latin-hypercube", "grid") else None,
            "sampler": SAMPLER,
        }
        text = json.dumps(decides, sort_keys=True, separators=(",", ":"), allow_nan=False)
        return hashlib.sha256(text.encode()).hexdigest()


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
    try:
        content = tomllib.loads(text)
    except RecursionError:
        raise InputError(f"{where}: not a sweep file: nested too deeply") from None
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{where}: not valid TOML: {_on_one_line(str(error))}") from None
    except ValueError:
        # the parser lets what int() and date() say through
        raise InputError(f"{where}: not valid TOML: a number or a date that cannot be") from None
    try:
        return from_canonical(content)
    except InputError as error:
        raise InputError(f"{where}: {error}") from None


def load(path: str | Path) -> Spec:
    """Read a sweep file.

    Raises
    ------
    InputError
        For a file that cannot be read, or the first mistake in it, in one line.
    """
    where = _on_one_line(str(path))
    try:
        file = Path(path)
        if file.is_dir():
            raise InputError(f"{where}: a directory, where a sweep file is needed")
        if file.exists() and not file.is_file():
            raise InputError(f"{where}: no ordinary file, where a sweep file is needed")
        with file.open("rb") as stream:
            content = stream.read(LARGEST_FILE + 1)
    except FileNotFoundError:
        raise InputError(f"{where}: no such file") from None
    except OSError as error:
        raise InputError(f"{where}: cannot be read: {error.strerror}") from None
    except InputError:
        raise
    except ValueError:
        raise InputError(f"{where}: no name of a file") from None
    if len(content) > LARGEST_FILE:
        raise InputError(f"{where}: larger than {LARGEST_FILE:,} bytes, no sweep file")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{where}: not UTF-8 text (byte {error.start})") from None
    return parse(text, where)


def _on_one_line(text: str, limit: int = 300) -> str:
    line = "".join(letter if letter.isprintable() else " " for letter in text[: limit + 1])
    return line if len(line) <= limit else line[:limit] + "..."

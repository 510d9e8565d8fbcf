"""What several entries of a sweep must satisfy together: the parts of a sweep in, one line for the first mistake."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from ...engine import PARAMETERS, RHYTHM, TRIGGER, InputError, check_name
from ..design.grid import whole_grid
from ..design.stepwise import DESIGNS, FEWEST, LAW
from ..population.checks import check_reach, check_title, items, varied
from ..population.distributions import Distribution
from ..population.ineffective import Reach, check_arms, check_used
from ..population.mixtures import Mixture
from ..population.tables import place, plain, shown, shown_key
from ..user_patients.samples import Samples
from .identity import FIXED

MOST_PATIENTS = 2**40

SETS = {"saltelli": "base samples", "morris": "trajectories"}


def with_whole_grid(raw: dict[str, Any]) -> dict[str, Any]:
    """Round the patients of a grid up to a whole one; whatever else was given is as it was.

    Raises
    ------
    InputError
        For a grid without axes.
    """
    patients, vary = plain(raw.get("patients")), raw.get("vary", {})
    if raw.get("design") != "grid" or type(patients) is not int or not 0 < patients <= MOST_PATIENTS:
        return raw
    if raw.get("design_points") is not None:
        return raw
    laws = {name: varied(name, law) for name, law in items("vary", vary)}
    if not laws:
        raise InputError("vary: missing; a grid needs at least one parameter in [vary]")
    return raw | {"patients": whole_grid(patients, laws)}


def check_user_patients(
    samples: Samples,
    patients: int,
    vary: Mapping[str, Distribution],
    cohort: str | Mapping[str, float] | None,
    window: bool | None,
) -> None:
    """Refuse beside patients from a file what the file decides, or what they cannot have.

    Raises
    ------
    InputError
        In one line.
    """
    if patients != samples.rows:
        raise InputError(f"patients: given {patients:,}, {samples.file} holds {samples.rows:,}; leave it out")
    if vary:
        raise InputError("vary: patients from a file vary as the file says; allowed: columns of it, arms and scale")
    if isinstance(cohort, Mapping):
        raise InputError("cohort: what a file leaves out is drawn from one population; allowed: a name")
    if window and cohort is None:
        raise InputError("window: true needs a cohort, whose window it is")


def check_design_points(design: str, patients: int, points: int | None) -> None:
    """Refuse a number of points of a design of which no part is taken so, or fewer points than patients.

    Raises
    ------
    InputError
        In one line.
    """
    if points is None:
        return
    if design not in FIXED:
        raise InputError(f"design_points: the first patients of a {design} design are a part of it; leave it out")
    if points < patients:
        raise InputError(f"design_points: given {points:,} for {patients:,} patients; as many or more are needed")


def check_population(population: Mixture, design: str, scale: Mapping[str, float], reach: Reach) -> None:
    """Refuse a grid of several cohorts, and a scale that takes a parameter out of its range.

    Raises
    ------
    InputError
        In one line.
    """
    if design == "grid" and len({cohort.name for cohort in population.cohorts}) > 1:
        raise InputError("design: a grid has one cohort, whose medians it takes; a mixture needs another design")
    for name, factor in scale.items():
        check_reach(place("scale", name), name, *reach(name), factor)


def check_groups(
    groups: Iterable[tuple[str, object]], vary: Collection[str], design: str
) -> dict[str, tuple[str, ...]]:
    """Read [groups]: names to members, each a parameter of [vary] or the population's law, in one group at most."""
    found: dict[str, tuple[str, ...]] = {}
    for name, raw in groups:
        if design not in DESIGNS:
            raise InputError(f"groups: only a design moves parameters together; allowed: {', '.join(DESIGNS)}")
        where = place("groups", name)
        check_title("groups", name, "a group", (",",))
        if name in PARAMETERS:
            raise InputError(f"groups: {name} is no name for a group: a parameter is called so")
        if not isinstance(raw, list | tuple) or not raw or not all(isinstance(each, str) for each in raw):
            raise InputError(f"{where}: given {shown(raw)}, a list of parameters of [vary] is needed")
        for member in raw:
            check_name(where, shown_key(member), [*vary, LAW])
            if any(member in members for members in found.values()) or raw.count(member) > 1:
                raise InputError(f"{where}: {member} is there twice; a parameter belongs to one group")
        found[name] = tuple(raw)
    return found


def check_irregular(irregular: str | None, regulation: str, waveforms: int) -> None:
    """Refuse what needs a periodic pattern of beats where a patient may have none.

    Parameters
    ----------
    irregular : str or None
        What makes the rhythm irregular, as `source_of_irregularity` says it.
    regulation : str
        Mode of regulation.
    waveforms : int
        Patients whose waveforms are kept.

    Raises
    ------
    InputError
        In one line.
    """
    if irregular and regulation != "open-loop":
        raise InputError(
            f"regulation: {regulation!r} needs a regular rhythm, and {irregular} makes it irregular; allowed: open-loop"
        )
    if irregular and waveforms:
        raise InputError(f"waveforms.patients: {irregular} leaves no periodic pattern to keep; allowed: 0")


def source_of_irregularity(
    arms: Mapping[str, Mapping[str, float]], vary: Mapping[str, Distribution], reach: Reach
) -> str | None:
    """Say where a sweep makes a patient's rhythm irregular, if anywhere."""
    names = (*RHYTHM, *TRIGGER)
    given = [f"arms.{arm}.{name}" for arm, own in arms.items() for name in names if own.get(name, 0) > 0]
    given += [f"vary.{name}" if name in vary else name for name in names if reach(name)[1] > 0]
    return given[0] if given else None


def check_effective(
    arms: Mapping[str, Mapping[str, float]],
    regulation: str,
    vary: Iterable[str],
    scale: Mapping[str, float],
    reach: Reach,
) -> None:
    """Refuse what a sweep sets, varies or scales without any effect on any patient.

    Raises
    ------
    InputError
        In one line.
    """

    def scaled_reach(name: str) -> tuple[float, float]:
        low, high = reach(name)
        factor = scale.get(name, 1.0)
        return factor * low, factor * high

    check_arms(arms, regulation, scaled_reach)
    for table, names in (("vary", vary), ("scale", scale)):
        for name in names:
            check_used(place(table, name), name, arms, regulation, scaled_reach)
    for name in scale:
        if scaled_reach(name) == (0.0, 0.0):
            raise InputError(f"{place('scale', name)}: is 0 in every patient, which no factor changes")


def check_answerable(design: str, patients: int, *, dimensions: int, together: int, window: bool) -> None:
    """Refuse a saltelli or morris sweep of which ``sensitivity`` could say nothing once it has run.

    Parameters
    ----------
    design : str
        Of the sweep.
    patients : int
        Number of candidates.
    dimensions : int
        Coordinates of a point of the design.
    together : int
        Rows of the design that hang together.
    window : bool
        Whether only candidates inside the cohort's window run the other arms.

    Raises
    ------
    InputError
        In one line.
    """
    if design not in FEWEST:
        return
    if not dimensions:
        raise InputError(f"design: {design} needs something that varies, in [vary] or by the law of a cohort")
    fewest = FEWEST[design]
    if patients < fewest * together:
        raise InputError(
            f"patients: {patients:,} are {patients // together} {SETS[design]} of {together} rows, "
            f"of which sensitivity needs {fewest}; {fewest * together:,} patients or more are needed"
        )
    if design == "saltelli" and window:
        raise InputError(
            "window: true leaves holes in a saltelli design, of which Sobol indices need every row; allowed: false"
        )

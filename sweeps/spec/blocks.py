"""From the number of a block to its patients and their outcomes: pure functions of (spec, number)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import xarray as xr

    from ...engine import WarmStart
    from .spec import Spec


def span(spec: Spec, number: int) -> tuple[int, int]:
    """First patient of a block and the one after its last."""
    start = number * spec.run.block
    return start, min(start + spec.run.block, spec.patients)


def waveform_span(spec: Spec, number: int) -> tuple[int, int]:
    """As `span`, of the patients whose waveforms the block keeps; none where both are equal."""
    start, stop = span(spec, number)
    return start, max(start, min(stop, spec.waveforms.patients))


def block(spec: Spec, number: int, warm_start: WarmStart | None) -> xr.Dataset:
    """Simulate one block.

    Parameters
    ----------
    spec : Spec
        The sweep.
    number : int
        Which block, from 0.
    warm_start : WarmStart or None
        That of the sweep, where it goes with one.

    Returns
    -------
    xr.Dataset
        Parameters, outcomes, status and findings over (patient, arm), as `counterpulse.engine.simulate`
        returns them. The same bytes whatever else is run, on one instruction set.
    """
    return part(spec, *span(spec, number), warm_start)


def block_waveforms(spec: Spec, number: int) -> xr.Dataset | None:
    """Compute the waveforms which a block keeps.

    Returns
    -------
    xr.Dataset or None
        Over (patient, arm, time), time as a fraction of the pattern of beats; None where the block keeps none.
    """
    start, stop = waveform_span(spec, number)
    return waveform_part(spec, start, stop) if stop > start else None


def part(spec: Spec, start: int, stop: int, warm_start: WarmStart | None = None) -> xr.Dataset:
    """Simulate the patients ``start`` to ``stop - 1`` of a sweep on one core."""
    from .candidates import candidates

    return simulated(spec, candidates(spec, start, stop), warm_start)


def simulated(spec: Spec, patients: xr.Dataset, warm_start: WarmStart | None = None, threads: int = 1) -> xr.Dataset:
    """Simulate patients as a sweep simulates its own: its arms, regulation, precision, tolerance and window.

    Parameters
    ----------
    spec : Spec
        The sweep.
    patients : xr.Dataset
        As `candidates` gives them, or `candidates_at`.
    warm_start : WarmStart or None
        That of the sweep, where it goes with one.
    threads : int
        Cores at most.
    """
    from ...engine import simulate
    from ..user_patients.patients import separated

    people = separated(patients)
    result = simulate(
        people.given,
        spec.arms,
        reference=spec.reference_arm,
        bounds=spec.population.bounds(people.beside) if spec.applies_window else None,
        regulation=spec.regulation,
        precision=spec.precision,
        tolerance=spec.run.tolerance,
        threads=threads,
        warm_start=warm_start,
        rhythm_tolerance=spec.rhythm.tolerance,
        most_beats=spec.rhythm.most_beats,
    )
    return people.joined(result)


def waveform_part(spec: Spec, start: int, stop: int) -> xr.Dataset:
    """Compute the waveforms of the patients ``start`` to ``stop - 1``."""
    from ...engine import waveforms
    from ..user_patients.patients import separated
    from .candidates import candidates

    return waveforms(
        separated(candidates(spec, start, stop)).given,
        spec.arms,
        precision=spec.precision,
        tolerance=spec.run.tolerance,
        regulation=spec.regulation,
        reference=spec.reference_arm,
    )

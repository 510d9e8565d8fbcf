"""The figures of `counterpulse bench`, one parameter each: in its unit, and as a ratio to the reference kernel."""

from __future__ import annotations

from typing import ClassVar

from counterpulse.benchmarks import speed

ROUNDS, PATIENTS = 4, 256


class Figures:
    """All figures, measured interleaved once a revision."""

    params: ClassVar = list(speed.TASKS)
    param_names: ClassVar = ["figure"]
    timeout = 900

    def setup_cache(self) -> dict[str, tuple[float, str, float]]:
        """Measure."""
        figures = speed.measure(speed.prepared(speed.patients_of(PATIENTS)), ROUNDS)
        return {name: tuple(figure) for name, figure in figures.items()}

    setup_cache.timeout = 900

    def track_ratio(self, figures: dict[str, tuple[float, str, float]], figure: str) -> float:
        """Done in the time of a burst of the reference kernel: more is faster."""
        return figures[figure][2]

    track_ratio.unit = "per burst of the reference kernel"

    def track_value(self, figures: dict[str, tuple[float, str, float]], figure: str) -> float:
        """In the figure's own unit."""
        return figures[figure][0]

    track_value.unit = "GFLOP/s, ns/right-hand side or pairs/CPU-s"

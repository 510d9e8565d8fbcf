"""Arms without a result, looked at again: the last pattern of beats that can be integrated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import xarray as xr

from .arms import Solver, held_pressure, run_arms
from .inputs import parameter_matrix
from .integration.lanes import CHAMBERS
from .integration.one_patient import SIGNALS, pattern_duration
from .names.outcomes import JUDGED, OUTCOMES, Status
from .names.parameters import Parameters
from .names.quantity import Quantity
from .names.regulation import MODES, UNREGULATED, Regulation
from .names.state import HELD, STATE, Learned
from .periodic.acceptance import ASTRAY, SCALE
from .periodic.solution import Solution
from .periodic.solve import MOST_BEATS, images, plan
from .traces import regulated_patients, sample

RATE_AT = Parameters._fields.index("heart_rate")
ROOM_AT = Parameters._fields.index("pericardial_room")
CLOSURE_AT = Learned._fields.index("closure")
CHAMBERS_AT = Learned._fields.index("chamber_volume")
TARGET_AT = Learned._fields.index("arterial_pressure")
STATES = tuple((STATE | HELD).values())
"""What may run away, in the order of the state."""
COMPARED = 3
"""Patterns whose outcomes are kept: enough to tell two kinds of beat that alternate from beats that drift."""


class RanAway(NamedTuple):
    """The beat in which a state ran away, counted from 1, which state it was, and its value then; NaN: no number."""

    beat: int
    state: Quantity
    value: float


@dataclass(frozen=True)
class Replay:
    """What is known of an arm without a result.

    Attributes
    ----------
    beats : int
        Patterns of beats integrated one after another, without acceleration; 0 where the state is periodic, or where
        nothing could be integrated.
    patterns : sequence of dict of str to float
        Outcomes of the last of them, three at most, or of the periodic one: what was reached, which is no result.
        Empty where nothing could be integrated.
    ran_away : RanAway or None
        What ended the last pattern but one, where something did.
    signals : dict of str to array
        Signals of the last pattern over ``samples`` instants; empty where no state to start from is known.
    duration : float
        Of that pattern (s).
    """

    beats: int = 0
    patterns: tuple[Mapping[str, float], ...] = ()
    ran_away: RanAway | None = None
    signals: Mapping[str, np.ndarray] = field(default_factory=dict)
    duration: float = float("nan")

    @property
    def reached(self) -> Mapping[str, float]:
        """Outcomes of the last pattern; empty where nothing could be integrated."""
        return self.patterns[-1] if self.patterns else {}

    @property
    def complete(self) -> bool:
        """Whether the signals of the pattern are known to its end."""
        return bool(self.signals) and all(np.isfinite(signal).all() for signal in self.signals.values())


class Followed(NamedTuple):
    """A patient followed pattern by pattern, or found periodic: where the last pattern begins, and what was seen."""

    state: np.ndarray
    patterns: tuple[Mapping[str, float], ...]
    beats: int
    ran_away: RanAway | None


def replay_failed_arms(
    patients: xr.Dataset,
    arms: Mapping[str, Mapping[str, float]],
    status: Mapping[str, Status],
    *,
    samples: int = 400,
    precision: str = "float64",
    tolerance: float = 5e-4,
    regulation: str = "open-loop",
) -> dict[str, Replay]:
    """Look again at the arms of one patient that have no result.

    Parameters
    ----------
    patients : xr.Dataset
        Of one patient, in regular rhythm in every arm.
    arms : mapping of str to mapping of str to float
        All of them, the reference first.
    status : mapping of str to Status
        Of every arm.
    samples : int
        Instants over a pattern.
    precision, tolerance, regulation
        As for `simulate`.

    Returns
    -------
    dict of str to Replay
        Of the arms whose status is neither ok nor outside the cohort.
    """
    moved, first = MODES[regulation].regulation, next(iter(arms))
    solved = run_arms(parameter_matrix(patients), arms, {}, Solver(precision, tolerance), regulation)
    (bare, baseline), *in_arms = solved
    nothing = np.zeros_like(baseline.learned)
    unsupported = _follow(bare, baseline, plan(bare)[2], nothing, precision, UNREGULATED)
    start = baseline._replace(states=unsupported.state, learned=_learned(bare, baseline, unsupported, samples))
    reference = dict(zip(arms, in_arms, strict=True))[first][1]
    found: dict[str, Replay] = {}
    for arm, (own, solution) in zip(arms, in_arms, strict=True):
        if status[arm] in (Status.OK, Status.OUTSIDE_COHORT):
            continue
        here, learned = moved, start.learned
        if moved.moves_factor:
            held, learned = held_pressure(own, learned, None if arm == first else reference)
            here = moved if held[0] else UNREGULATED
        if (own == bare).all() and not here.moves_factor:
            followed = unsupported
        elif learned[0, CLOSURE_AT] <= 0.0 or not np.isfinite(learned[0, TARGET_AT]):
            found[arm] = Replay()
            continue
        else:
            followed = _follow(own, solution, start.states, learned, precision, here)
        signals, duration = _signals(own, start, solution, followed.state, samples)
        found[arm] = Replay(followed.beats, followed.patterns, followed.ran_away, signals, duration)
    return found


def _follow(
    own: np.ndarray, solution: Solution, start: np.ndarray, learned: np.ndarray, precision: str, regulation: Regulation
) -> Followed:
    """Integrate pattern after pattern without acceleration; a periodic state that was found, once."""
    periodic = solution.learned[0, CHAMBERS_AT] > 0.0
    state = before = solution.states if periodic else start
    patterns: tuple[Mapping[str, float], ...] = ()
    beats = 1 if periodic else MOST_BEATS
    for beat in range(beats):
        image = images(own, state, learned, precision=precision, regulation=regulation)
        moved = (image.states - state)[0, : len(SCALE)] / SCALE
        if not np.square(moved).sum() < ASTRAY:
            return Followed(before, patterns, beat, _ran_away(image.states[0], moved, beat + 1))
        patterns = (*patterns, dict(zip(OUTCOMES, image.outcomes[0, :JUDGED].tolist(), strict=False)))[-COMPARED:]
        if beat < beats - 1:
            before, state = state, image.states
    return Followed(state, patterns, 0 if periodic else beats, None)


def _ran_away(state: np.ndarray, moved: np.ndarray, beat: int) -> RanAway:
    """What ran away furthest in a beat; what is no number any more before all else."""
    moved = moved[: len(STATES)]
    lost = np.flatnonzero(~np.isfinite(moved))
    place = int(lost[0] if lost.size else np.argmax(np.abs(moved)))
    return RanAway(beat, STATES[place], float("nan") if lost.size else float(state[place]))


def _learned(bare: np.ndarray, baseline: Solution, followed: Followed, samples: int) -> np.ndarray:
    """What arms take over from the unsupported state; without a periodic one, from the last pattern reached."""
    learned = baseline.learned.copy()
    if learned[0, CHAMBERS_AT] > 0.0:
        return learned
    signals, duration = _signals(bare, baseline, baseline, followed.state, samples)
    flow = signals["aortic_valve_flow"]
    forward = np.flatnonzero(flow > 0.0)
    if forward.size and np.isfinite(flow).all():
        learned[0, CLOSURE_AT] = (forward[-1] + 1) / samples * duration
        learned[0, CHAMBERS_AT] = followed.state[0, list(CHAMBERS)].sum()
        learned[0, TARGET_AT] = signals["aortic_pressure"].mean()
    return learned


def _signals(
    own: np.ndarray, baseline: Solution, solution: Solution, state: np.ndarray, samples: int
) -> tuple[dict[str, np.ndarray], float]:
    """Signals over ``samples`` instants of the pattern that begins at a state, and its duration."""
    taken = solution._replace(states=state, status=np.full(1, Status.OK, np.uint8))
    rows, adjusted = regulated_patients(own, baseline, taken)
    moved = rows[0, RATE_AT] != own[0, RATE_AT]
    steps, codes, _ = plan(own, Regulation(moves_drives=bool(moved)))
    chambers = baseline.learned[0, CHAMBERS_AT] or state[0, list(CHAMBERS)].sum()
    duration = pattern_duration(rows[0])
    times = np.arange(samples) / samples * duration
    room = float(own[0, ROOM_AT] * chambers)
    values = sample(rows[0], adjusted[0], baseline.learned[0], state[0], room, times, int(steps[0]), int(codes[0]))
    return dict(zip(SIGNALS, values, strict=True)), duration

"""What the loop of a course knows and fills: outcomes, events, rules, patients."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..numbers.cells import Floats

INDEX, MEAN, FILLING, POWER = range(4)
"""Places of the outcomes that decide: cardiac index, mean arterial and wedge pressure, cardiac power output."""

DEATH, WEANED, OFF, RETURN, ESCALATION, FAILURE, LIMB, BLEEDING, INFECTION, VASCULAR, STROKE = range(11)
"""Columns of the times of events: death; first removal by weaning; last end of support, but by death; first return,
escalation, and failed step of weaning; and the first complication of each kind, in the order of ``KINDS``."""

EVENTS = 11
KINDS = 5
AT_INSERTION = VASCULAR - LIMB
HORIZON = 30.0
"""Days over which the odds of death were published."""

PER_INTERVAL = 16
"""Events of a patient in an interval at most: five complications and a death, with room."""


class Rules(NamedTuple):
    """What decides, in days, and in the units of course.toml."""

    interval: float
    cardiac_index: float
    mean_arterial_pressure: float
    wedge_pressure: float
    earliest: float
    wait: float
    longest: float
    output_error: float
    pressure_error: float
    within: float
    return_index: float
    return_pressure: float
    escalate_after: float
    escalation_index: float
    escalation_pressure: float
    readings: float
    pause: float
    slope: float
    causal_share: float
    time_constant: float
    recovery_days: float
    gain: float
    spread: float
    most: float


class Bedside(NamedTuple):
    """What is known of some patients.

    Attributes
    ----------
    places : array, (patient)
        Indices in the store.
    base : array, (patient, arm, 4)
        Outcomes that decide, on the first day; arms are the reference, the steps of weaning from full support down,
        and the stronger device where there is one.
    slope, bend : array, (patient, arm, 4)
        How the logarithm of each follows that of contractility, and its square.
    log_odds : array, (patient)
        Of death in 30 days, but for cardiac power.
    relative : array, (patient, kind)
        Hazards over that of the average patient.
    injured : array, (patient)
        Probability of vascular injury at an insertion.
    """

    places: NDArray[np.int64]
    base: NDArray[np.float32]
    slope: NDArray[np.float32]
    bend: NDArray[np.float32]
    log_odds: Floats
    relative: Floats
    injured: Floats


class Events(NamedTuple):
    """What happened.

    Attributes
    ----------
    times : array, (patient, event)
        Days from the insertion, infinite where it did not happen.
    support : array, (patient)
        Days on a device.
    failures, returns : array, (patient)
        Failed steps of weaning, and returns to support.
    cause : array, (patient)
        Of death: 0 none, 1 the heart, 2 and more a complication, in the order of ``KINDS``.
    """

    times: NDArray[np.float32]
    support: NDArray[np.float32]
    failures: NDArray[np.int16]
    returns: NDArray[np.int16]
    cause: NDArray[np.int8]


STATE, FOR_GOOD, INSERTIONS, NEXT_TRY, REMOVED, ANTICOAGULATED, LOW, STARTED = range(8)
"""What the loop remembers of a patient: the arm, whether support has ended for good, devices put in, when weaning may
be tried again, when the last device went out, until when heparin is stopped, low readings in a row, and
when support began or returned."""

NOTHING, BACK, UP = range(3)
"""What a decision comes to beside a step: support returns, or the patient is escalated; either puts a device in."""

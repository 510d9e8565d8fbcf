"""Settings without effect, which are refused: a parameter set where its device is off or its mode is not chosen."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from ...engine import ACTS_WHERE, DEVICES, ON, REGULATION, REGULATIONS, Conditions, InputError
from .tables import place

Reach = Callable[[str], tuple[float, float]]
"""A parameter -> its lowest and highest value among the patients."""


def unmet(name: str, overrides: Mapping[str, float], regulation: str, reach: Reach) -> tuple[Conditions, ...]:
    """Say why a parameter acts on no patient in an arm.

    Parameters
    ----------
    name : str
        The parameter.
    overrides : mapping of str to float
        Of the arm.
    regulation : str
        Mode of regulation.
    reach : callable
        What the patients bring along.

    Returns
    -------
    tuple of dict
        Of each case in which it would act the conditions that do not hold; empty where it acts.
    """
    missing: list[Conditions] = []
    for case in ACTS_WHERE.get(name, ()):
        lacking = {}
        for switch, (low, high) in case.items():
            if switch == REGULATION:
                least = most = float(REGULATIONS.index(regulation))
            elif switch in overrides:
                least = most = float(overrides[switch])
            else:
                least, most = reach(switch)
            if most < low or least > high:
                lacking[switch] = (low, high)
        if not lacking:
            return ()
        missing.append(lacking)
    return tuple(missing)


def check_arms(arms: Mapping[str, Mapping[str, float]], regulation: str, reach: Reach) -> None:
    """Refuse an override that acts on no patient of its arm.

    An arm that itself switches the device off is believed: so a table of settings may begin at none.

    Raises
    ------
    InputError
        In one line.
    """
    for arm, overrides in arms.items():
        for name in overrides:
            missing = unmet(name, overrides, regulation, reach)
            if missing and not any(switch in overrides for case in missing for switch in case):
                who = "neither the arm nor the patients have"
                raise InputError(f"{place('arms', arm)}: {_said(name, missing, regulation, who)}")


def check_used(
    where: str, name: str, arms: Mapping[str, Mapping[str, float]], regulation: str, reach: Reach
) -> list[str]:
    """Refuse a patient's parameter that acts in no arm, or that every arm replaces; the arms where it acts.

    Raises
    ------
    InputError
        In one line.
    """
    if name in DEVICES and all(name in overrides for overrides in arms.values()):
        raise InputError(f"{where}: changes nothing, every arm sets {name} itself")
    missing = {arm: unmet(name, overrides, regulation, reach) for arm, overrides in arms.items()}
    used = [arm for arm, lacking in missing.items() if not lacking]
    if not used:
        raise InputError(f"{where}: {_said(name, next(iter(missing.values())), regulation, 'no arm has')}")
    if name in ACTS_WHERE and all(name in arms[arm] for arm in used):
        raise InputError(f"{where}: changes nothing, every arm where it acts sets {name} itself")
    return used


def _said(name: str, missing: Iterable[Conditions], regulation: str, who: str) -> str:
    cases = " or ".join(" and ".join(_condition(*each) for each in case.items()) for case in missing)
    lacks = f"here it is {regulation!r}" if any(REGULATION in case for case in missing) else f"which {who}"
    return f"{name} acts only with {cases}, {lacks}"


def _condition(switch: str, bounds: tuple[float, float]) -> str:
    low, high = bounds
    if switch == REGULATION:
        return f"regulation = {REGULATIONS[int(low)]!r}"
    if bounds == ON:
        return f"{switch} above 0"
    return f"{switch} = {low:g}" + ("" if low == high else f" to {high:g}")

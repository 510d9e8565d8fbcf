"""The modes of regulation: one row says what a mode moves, and what its arms take over with their start."""

from __future__ import annotations

from typing import NamedTuple


class Regulation(NamedTuple):
    """What happens after a pattern of beats, as the kernels are told.

    Attributes
    ----------
    moves_drives : bool
        The drives of the baroreflex follow the pattern's pressures, and the period with them.
    moves_factor : bool
        The drugs' factor on the systemic resistance follows the pressure target.
    notes_drives : bool
        Nothing is moved, but the drives that the pressures call for are noted for the arms.
    """

    moves_drives: bool = False
    moves_factor: bool = False
    notes_drives: bool = False


class Mode(NamedTuple):
    """A mode of regulation.

    Attributes
    ----------
    name : str
        What a user writes.
    regulation : Regulation
        In the arms.
    settings : tuple of str
        The parameters that act in this mode alone.
    tolerance_share : float
        Share of the tolerance to which an arm is solved, what it inherits included. Below 1 where another arm may take
        over this one's pressure: a held arm takes over its whole error.
    inherited_share : float
        Share of the estimated error of the unsupported state, and of a reference arm whose pressure is held, that
        counts in an arm: it is in what the arm took over. Measured over four cohorts and three devices: without it the
        estimate is at least the true error in 90 % or more at open loop and with the reflex, in 68 % or more at a held
        pressure; with it in 97 % or more.
    """

    name: str
    regulation: Regulation
    settings: tuple[str, ...]
    tolerance_share: float
    inherited_share: float

    def unsupported(self) -> Mode:
        """Mode of the unsupported state, from which every arm starts: open loop, with the drives noted if they move."""
        return OPEN_LOOP._replace(regulation=Regulation(notes_drives=self.regulation.moves_drives))


UNREGULATED = Regulation()
OPEN_LOOP = Mode("open-loop", UNREGULATED, (), 0.9, 0.25)
BAROREFLEX = Mode("baroreflex", Regulation(moves_drives=True), ("baroreflex_gain",), 0.9, 0.25)
MAP_HELD = Mode("map-held", Regulation(moves_factor=True), ("pressure_target", "pressor_venous_exponent"), 1.0, 1.0)
MODES = {mode.name: mode for mode in (OPEN_LOOP, BAROREFLEX, MAP_HELD)}
REGULATIONS = tuple(MODES)
"""Names of the modes; a condition on the mode counts by the place in it."""

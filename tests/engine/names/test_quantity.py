"""The declarations of the model's names: what is divided by must have been declared."""

from __future__ import annotations

from typing import Annotated, NamedTuple

import pytest

from counterpulse.engine.integration.lanes import FIELDS
from counterpulse.engine.names.outcomes import JUDGED, OUTCOMES
from counterpulse.engine.names.quantity import Quantity, leading_judged, quantities
from counterpulse.engine.names.state import PERIODIC_STATE


class Two(NamedTuple):
    first: Annotated[float, Quantity("judged in both ways", "mL", 2.0, scale=3.0, floor=4.0)]
    second: Annotated[float, Quantity("judged in none", "mL", 2.0)]


@pytest.mark.parametrize("needed", ["scale", "floor"])
def test_a_name_without_what_it_is_judged_by_is_refused(needed):
    assert list(quantities(Two)) == ["first", "second"]
    with pytest.raises(ValueError, match=rf"^Two: second declared without a {needed} above 0$"):
        quantities(Two, needed)


def test_every_row_of_a_periodic_state_is_declared_with_its_scale():
    assert len(PERIODIC_STATE) == FIELDS
    assert all(quantity.scale > 0.0 for quantity in PERIODIC_STATE.values())


def test_every_outcome_has_an_error_but_what_is_told_of_the_search():
    """An outcome without a floor would divide by nothing where it is 0, and never converge."""
    assert list(OUTCOMES)[JUDGED:] == ["beats_to_converge", "convergence_error"]
    assert all(quantity.floor > 0.0 for quantity in list(OUTCOMES.values())[:JUDGED])


def test_what_has_no_error_stands_behind_what_has_one():
    judged, other = Quantity("one", "1", floor=1.0), Quantity("other", "1", judged=False)
    assert leading_judged({"one": judged, "other": other}) == 1
    with pytest.raises(ValueError, match=r"^other has no error, and stands before"):
        leading_judged({"other": other, "one": judged})

"""The declarations of the model's names: what is divided by must have been declared."""

from __future__ import annotations

from typing import Annotated, NamedTuple

import pytest

from counterpulse.engine.names.quantity import Quantity, quantities
from counterpulse.engine.names.state import PERIODIC_STATE
from counterpulse.engine.periodic.beat_map import FIELDS


class Two(NamedTuple):
    first: Annotated[float, Quantity("judged in both ways", "mL", 2.0, scale=3.0, floor=4.0)]
    second: Annotated[float, Quantity("judged in none", "mL", 2.0)]


@pytest.mark.parametrize("needed", ["scale", "floor"])
def test_a_name_without_what_it_is_judged_by_is_refused(needed):
    assert list(quantities(Two)) == ["first", "second"]
    with pytest.raises(ValueError, match=f"^Two: second declared without a {needed} above 0$"):
        quantities(Two, needed)


def test_every_row_of_a_periodic_state_is_declared_with_its_scale():
    assert len(PERIODIC_STATE) == FIELDS
    assert all(quantity.scale > 0.0 for quantity in PERIODIC_STATE.values())

"""A little of the suite that ``make faults`` runs in full."""

import pytest
import suite

SHORT = {
    "order": 1,
    "full_disk": 1,
    "read_only": 1,
    "vanished": 1,
    "lost_scheduler": 1,
    "segfault": 1,
    "sweep_file": 300,
    "store": 15,
}
CASES = {case.trial.__name__: case for case in suite.CASES}


@pytest.mark.parametrize("name", SHORT)
def test_it_survives(name, small, tmp_path):
    well, said = suite.survived(CASES[name], SHORT[name], small, tmp_path, seed=1)
    if well is None:
        pytest.skip(said[0])
    assert well == SHORT[name], said

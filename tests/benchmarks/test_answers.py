"""The benchmark of answers runs, and every way comes to the same counts."""

import numpy as np
import pytest

from counterpulse.benchmarks import answers


def test_every_question_is_asked_in_every_way():
    lines = answers.table(20_000, rounds=1).splitlines()
    assert len(lines) >= 1 + 2 * len(answers.QUESTIONS)
    assert {line.split()[0] for line in lines[1:]} == set(answers.QUESTIONS)


def test_a_wrong_answer_is_no_answer():
    ways = {"ours": lambda: np.array([500, 500]), "theirs": lambda: np.array([400, 600])}
    with pytest.raises(AssertionError, match="theirs"):
        answers.timed(ways, rounds=1)

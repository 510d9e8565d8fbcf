"""The profile, small: shares that add up, costs that fall with accuracy, and the page."""

from __future__ import annotations

import numpy as np
import pytest

from counterpulse.analysis.figures.style import save
from counterpulse.benchmarks import beats, cost, phases, profile


def test_the_phases_are_all_of_the_time():
    found = phases.shares(["healthy"], 512, "float64", 1)["healthy"]
    idle = found.pop("idle")
    assert sum(found.values()) == pytest.approx(1.0)
    assert min(found.values()) >= 0.0
    assert max(found, key=found.get) == "integrate"
    assert 0.0 <= idle < 1.0


def test_finer_is_nearer_the_truth():
    for rows in (cost.of_tolerance(32, 1), cost.of_steps(32, 1)):
        medians = np.array([row[2] for row in rows])
        assert (np.diff(medians) < 0.0).all(), medians


def test_the_page_holds_every_section_and_its_picture(tmp_path, monkeypatch):
    monkeypatch.setattr(phases, "shares", lambda names, *_: {name: {"integrate": 0.9, "idle": 0.1} for name in names})
    sizes = profile.Sizes(batch=64, beats=8, pairs=8, rounds=1, cohorts=("healthy",), patients=(4, 8))
    told = []
    sections = profile.profile(sizes, told.append)
    assert len(told) == len(sections) == len(profile.PARTS)
    page = profile.markdown(sections, "profile.png")
    assert all(f"## {section.title}" in page for section in sections)
    assert all(len(row) == len(section.head) for section in sections for row in section.rows)
    found = {section.title: section for section in sections}
    assert len(found["Beats to converge"].rows) == len(beats.OPEN_LOOP) + len(beats.REGULATED)
    assert [row[2] >= 0.9 for row in found["What optional laws add"].rows] == [True] * 4
    assert save(profile.picture(sections), tmp_path / "profile.png").stat().st_size > 10_000

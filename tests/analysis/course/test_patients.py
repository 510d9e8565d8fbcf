"""One row for each patient of a course: against the answer of all, hazards by hand, and whatever the pieces."""

import json

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import counterpulse as cp
from counterpulse.analysis.course import patients
from counterpulse.analysis.course.patients import CAUSES, SHOULD, WHEN
from counterpulse.analysis.prognosis import complications
from counterpulse.analysis.prognosis.constants import KINDS, prognosis
from counterpulse.analysis.prognosis.risk_factors import risk_factors
from counterpulse.analysis.words.text import RESEARCH_USE

ASKED = {"days": 10, "seed": 3, "escalation": {"arm": "pump"}}
SHARES = {1.0: "all", 0.5: "half", 0.0: "none"}


@pytest.fixture(name="rows")
def _rows(make):
    people = make(2000)
    people["status"][:30, 1] = 3
    people["status"][30:50, :] = 2
    return people, cp.course(people, ASKED, by_patient=True).load()


def test_rows_add_up_to_the_answer(rows):
    people, table = rows
    answer = cp.course(people, ASKED)
    assert table.sizes == {"patient": 2000}
    compared = answer.attrs["compared"]
    last = answer.sel(course="as asked").isel(time=-1)
    assert float(np.isfinite(table["death_day"]).sum()) == pytest.approx(
        float(answer["deaths"].sel(course="as asked").sum()) * compared
    )
    assert float(table["support_days"].mean()) == pytest.approx(float(last["support"]), rel=1e-6)
    assert float((table["failed_steps"] > 0).sum()) == pytest.approx(float(last["failed"]) * compared)
    assert float((table["returns"] > 0).sum()) == pytest.approx(float(last["returned"]) * compared)
    causes = np.bincount(table["cause_of_death"], minlength=len(CAUSES))
    assert causes[2:] == pytest.approx(last["deaths"].values * compared)
    assert causes[0] == 50 == 2000 - compared
    for share, end in SHARES.items():
        own = answer.sel(causal_share=share)
        best = table[f"best_days_{end}"].values[table["cause_of_death"].values > 0].astype(int)
        assert np.bincount(best, minlength=11) / compared == pytest.approx(own["best"].sel(group="all").values)
        should_not = table[f"should_not_{end}"].values == SHOULD.index("should_not_have_one")
        assert should_not.sum() / compared == pytest.approx(float(own["spared"]))
    # first events, of those under support: no more than the incidence with competing risks counts
    for name in ("limb_ischaemia", "escalation"):
        column = "escalated" if name == "escalation" else name
        own = int(np.isfinite(table[f"{column}_day"]).sum())
        assert own == pytest.approx(float(last["incidence"].sel(event=name)) * compared)


def test_who_is_not_followed_has_a_code_and_no_number(rows):
    table = rows[1]
    apart = table.isel(patient=slice(0, 50))
    response = apart["response"].attrs["flag_meanings"].split()
    assert [response[code] for code in apart["response"].values] == ["failed_run"] * 30 + ["not_compared"] * 20
    for name, column in table.items():
        assert column.attrs["long_name"]
        if column.dtype.kind == "f":
            assert column.attrs["units"]
            assert np.isnan(column.values[:50]).all(), name
        elif name != "response":
            assert (column.values[:50] == 0).all()
            assert len(column.attrs["flag_values"]) == len(column.attrs["flag_meanings"].split())
    assert table.attrs["comment"] == RESEARCH_USE
    assert table.attrs["Conventions"].startswith("CF-")


def test_times_are_in_order(rows):
    table = rows[1]
    died = np.isfinite(table["death_day"])
    for name in WHEN:
        later = table[f"{name}_day"] > table["death_day"]
        assert not (later & died).any(), name
    assert (died == (table["cause_of_death"] > CAUSES.index("none"))).all()
    assert not (
        np.isfinite(table["support_ended_day"]) & np.isfinite(table["death_day"]) & (table["support_days"] == 10)
    ).any()
    assert (np.isfinite(table["returned_day"]) <= np.isfinite(table["weaned_day"])).all()


def test_the_best_day_and_what_it_exposes_to_by_hand(make):
    """Every hazard integrated by itself: no aPTT above the range, no flow lost, so that each follows its law."""
    people, flat = make(400), {"per_10_points_of_flow_lost": 1}
    asked = {"days": 12, "seed": 5, "limb_ischaemia": flat, "heparin": {"nomogram": "none"}}
    asked["nomograms"] = {"none": {"bolus": 0, "infusion": 0, "steps": [{}]}}
    table = cp.course(people, asked, by_patient=True).load()
    constants = prognosis({"limb_ischaemia": flat})
    known = {"age": people["age"].values, "arterial_disease": people["peripheral_artery_disease"].values}
    factors = risk_factors(np.arange(400), 5, constants.risk_factors, **known)
    relative = complications.relative_hazards(factors, constants)
    best = table["best_days_half"].values.astype(np.float64)
    assert 0 < best.min() < best.max()
    free, alive = np.ones(400), np.ones(400)
    for kind in KINDS:
        hazard = constants.hazard(kind)
        own = complications.incidence(hazard, best, relative[kind])
        free *= 1 - own
        # hazards of those who die of it: fatality times each, but of the insertion, which happens once
        alive *= (1 - hazard.fatality * own) if kind == "vascular_injury" else (1 - own) ** hazard.fatality
    assert table["exposure_half"].values == pytest.approx(1 - free, rel=1e-4)
    assert table["fatal_exposure_half"].values == pytest.approx(1 - alive, rel=1e-4)
    assert table["dearer_from_day_half"].values[best < 12] == pytest.approx(best[best < 12] + 1)
    assert np.isnan(table["dearer_from_day_half"].values[best == 12]).all()
    # the device costs alone where none of the association is a cause
    assert (table["should_not_none"] == SHOULD.index("should_not_have_one")).all()
    assert (table["benefit_none"] == 0).all()


def test_a_share_of_ones_own_has_columns_of_its_own(make):
    table = cp.course(
        make(300), {"days": 2, "recovery": {"law": "none"}, "death": {"causal_share": 0.3}}, by_patient=True
    )
    assert [name for name in table if name.startswith("benefit_by_power")] == [
        f"benefit_by_power_{end}" for end in ("all", "half", "0.3", "none")
    ]


@pytest.mark.parametrize("kind", ["csv", "parquet", "nc"])
def test_the_file_is_the_same_to_the_byte_whatever_the_pieces(make, call, tmp_path, monkeypatch, kind):
    people, file = make(1500), tmp_path / "course.toml"
    file.write_text('days = 10\nseed = 3\n[escalation]\narm = "pump"\n')
    monkeypatch.setattr("counterpulse.sweeps.store.opening.open_store", lambda path: people)
    written = []
    for rows in (1 << 14, 750, 211):
        monkeypatch.setattr(patients, "ROWS", rows)
        target = tmp_path / f"{rows}.{kind}"
        code, out, _ = call("course", "p.zarr", file, "--patients", target, "-o", tmp_path / "c.png", "--json")
        assert code == 0
        assert json.loads(out)["patients"] == str(target)
        written.append(target.read_bytes())
    assert written[0] == written[1] == written[2]
    expected = cp.course(people, file, by_patient=True).load()
    if kind == "nc":
        with xr.open_dataset(target) as again:
            xr.testing.assert_equal(again.drop_vars("patient"), expected.drop_vars("patient", errors="ignore"))
            assert again["benefit_half"].attrs == expected["benefit_half"].attrs
        return
    frame = pd.read_csv(target) if kind == "csv" else pd.read_parquet(target)
    assert len(frame) == 1500
    np.testing.assert_array_equal(frame["death_day"].to_numpy(np.float32), expected["death_day"].values)
    assert set(frame["cause_of_death"]) <= {*CAUSES}
    assert (frame["should_not_none"] == "should_not_have_one").all()
    told = call("course", "p.zarr", file, "--patients", target, "-o", tmp_path / "c.png")[1]
    assert str(target) in told


@pytest.mark.parametrize(
    ("target", "more", "says"),
    [
        ("x.txt", (), "--patients: {folder}/x.txt: ends in .txt, .csv, .parquet, .nc are allowed"),
        ("x", (), "has no ending"),
        ("no/x.csv", (), "the folder {folder}/no does not exist"),
        (".csv", (), "has no ending"),
        ("x.csv", ("--data", "x.csv"), "is the file of --data"),
    ],
)
def test_a_file_that_cannot_be_is_refused_before_anything_is_computed(call, tmp_path, target, more, says, monkeypatch):
    monkeypatch.chdir(tmp_path)
    options = [each if each.startswith("--") else tmp_path / each for each in more]
    code, out, told = call("course", "p.zarr", "c.toml", "--patients", tmp_path / target, *options)
    assert (code, out) == (2, "")
    assert says.format(folder=tmp_path) in told
    assert len(told.splitlines()) == 1
    assert not list(tmp_path.iterdir())

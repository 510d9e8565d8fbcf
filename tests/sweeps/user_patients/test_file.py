"""A sweep of a user's own patients: read from a table, checked, kept in the store, and never taken for another."""

import json
import shutil
import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from counterpulse.engine.compile.decorators import fingerprint
from counterpulse.engine.errors import InputError
from counterpulse.engine.names.parameters import PARAMETERS
from counterpulse.sweeps.execution.tasks import first, run_block
from counterpulse.sweeps.population.toml import written
from counterpulse.sweeps.spec.candidates import candidates, training
from counterpulse.sweeps.spec.file import from_canonical, load, parse
from counterpulse.sweeps.store import creation, upkeep
from counterpulse.sweeps.store.opening import open_store, open_waveforms
from counterpulse.sweeps.store.repair import look
from counterpulse.sweeps.store.store import StoreRefused, agreed, read_stored
from counterpulse.sweeps.store.verify import verify
from counterpulse.sweeps.user_patients import reading as tables_read

EXAMPLES = Path(__file__).parents[3] / "examples"

ARMS = "[arms.off]\n[arms.iabp]\nballoon_volume = 40\n"
CSV = """\
patient,site,heart_rate,systemic_resistance,lactate,code,visits,visit
P-7,north,95,1.2,3.5,007,1,2024-01-02
P-8,south,110,0.9,,008,2,2024-01-03
"Müller, K",,80,1.5,1.25,010,3,
P-10,north,88,1.0,2,011,4,2024-02-02
"""
FRAME = pd.DataFrame({
    "patient": ["P-7", "P-8", "Müller, K", "P-10"],
    "site": ["north", "south", None, "north"],
    "heart_rate": [95, 110, 80, 88],
    "systemic_resistance": np.array([1.2, 0.9, 1.5, 1.0]),
    "lactate": [3.5, np.nan, 1.25, 2.0],
    "code": ["007", "008", "010", "011"],
    "visits": [1, 2, 3, 4],
    "visit": pd.to_datetime(["2024-01-02", "2024-01-03", None, "2024-02-02"]),
})  # fmt: skip


def write(folder, name="mine.csv", text=CSV, head="", more=""):
    """Write a table, if it is text, and the sweep file beside it."""
    if text is not None:
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "own.toml").write_text(f'design = {{ file = "{name}" }}\n{head}\n{ARMS}{more}', encoding="utf-8")
    return folder / "own.toml"


def table(folder, kind):
    """Write the same patients as one of the kinds of table."""
    path = folder / f"mine{kind}"
    if kind == ".parquet":
        FRAME.to_parquet(path)
    if kind == ".nc":
        texts = FRAME.assign(site=FRAME["site"].fillna("").astype(object))
        columns = {name: ("patient", np.asarray(texts[name], object if name in ("site", "code") else None))
                   for name in texts if name != "patient"}  # fmt: skip
        xr.Dataset(columns, {"patient": np.asarray(FRAME["patient"], object)}).to_netcdf(path, engine="h5netcdf")
    return write(folder, path.name, CSV if kind == ".csv" else None)


class TestWhatIsRead:
    @pytest.mark.parametrize("kind", [".csv", ".parquet", ".nc"])
    def test_is_the_table(self, tmp_path, kind, monkeypatch):
        monkeypatch.setattr(tables_read, "PIECE", 3)
        spec = load(table(tmp_path, kind))
        patients = candidates(spec, 0, spec.patients)
        assert (spec.patients, spec.design, spec.cohort, spec.applies_window) == (4, "file", None, False)
        assert patients["patient"].values.tolist() == FRAME["patient"].tolist()
        assert patients["site"].values.tolist() == ["north", "south", "", "north"]
        assert patients["heart_rate"].values.tolist() == [95, 110, 80, 88]
        assert patients["heart_rate"].attrs["units"] == "1/min"
        np.testing.assert_array_equal(patients["lactate"], [3.5, np.nan, 1.25, 2])
        assert patients["code"].values.tolist() == ["007", "008", "010", "011"]
        assert patients["visits"].dtype == np.int64
        assert [text[:10] for text in patients["visit"].values.tolist()] == [
            "2024-01-02",
            "2024-01-03",
            "",
            "2024-02-02",
        ]
        assert set(patients) & set(PARAMETERS) == {"heart_rate", "systemic_resistance"}
        assert patients.isel(patient=slice(2, 4)).identical(candidates(spec, 2, 4))
        assert not candidates(spec, 4, 4).sizes["patient"]

    def test_what_it_leaves_out_follows_the_cohort(self, tmp_path):
        spec = load(write(tmp_path, head='cohort = "adhf"\nseed = 3', more="[scale]\nheart_rate = 1.1\n"))
        patients = candidates(spec, 0, 4)
        drawn = candidates(from_canonical({"cohort": "adhf", "patients": 4, "arms": {"off": {}}}), 0, 4)
        assert set(drawn) <= set(patients)
        assert np.ptp(patients["lv_elastance"].values) > 0
        np.testing.assert_allclose(patients["heart_rate"], 1.1 * FRAME["heart_rate"])
        assert patients.isel(patient=slice(1, 3)).identical(candidates(spec, 1, 3))
        other = load(write(tmp_path, head='cohort = "adhf"\nseed = 4'))
        assert other.hash() != spec.hash()
        assert load(write(tmp_path, head='cohort = "adhf"\nwindow = true')).applies_window

    def test_training_patients_are_some_of_them(self, tmp_path):
        spec = load(write(tmp_path))
        assert training(spec, 3)["heart_rate"].values.tolist() == [95, 110, 88]
        assert training(spec, 100)["heart_rate"].values.tolist() == [95, 110, 80, 88]

    def test_an_index_is_the_row(self, tmp_path):
        good = "index,heart_rate\n0,80\n1,90\n"
        assert "index" in candidates(load(write(tmp_path, text=good)), 0, 2)
        with pytest.raises(InputError, match="column index is not 0, 1, 2"):
            load(write(tmp_path, text="index,heart_rate\n3,80\n4,90\n"))

    def test_an_unnamed_index_is_the_label(self, tmp_path):
        FRAME[["heart_rate"]].set_axis(["a", "b", "c", "d"]).to_csv(tmp_path / "mine.csv")
        spec = load(write(tmp_path, text=None))
        assert candidates(spec, 0, 4)["patient"].values.tolist() == ["a", "b", "c", "d"]

    def test_the_example_is_good(self):
        spec = load(EXAMPLES / "own-patients.toml")
        patients = candidates(spec, 0, spec.patients)
        assert spec.patients == 96
        assert {"site", "lactate"} <= set(patients)


REFUSED = {
    "missing": ("heart_rate,age\n80,60\n,70\n", ["mine.csv: row 2", "heart_rate is missing"]),
    "short row": ("heart_rate,age\n80,60\n70\n", ["mine.csv: row 2", "age is missing"]),
    "long row": ("heart_rate,age\n80,60\n70,60,9\n", ["mine.csv"]),
    "text": ("heart_rate\n80\nfast\n", ["mine.csv: row 2", "heart_rate holds 'fast'", "a number"]),
    "out of range": ("heart_rate\n80\n800\n", ["mine.csv: row 2", "heart_rate = 800", "25 to 220"]),
    "infinite": ("heart_rate\ninf\n", ["mine.csv: row 1", "heart_rate"]),
    "between": ("assist_ratio\n1\n1.5\n", ["mine.csv: row 2", "assist_ratio = 1.5", "1, 2, 3"]),
    "misspelt": ("heart_rat\n80\n", ["mine.csv", "'heart_rat'", "did you mean 'heart_rate'"]),
    "twice": ("heart_rate,heart_rate\n80,90\n", ["mine.csv", "two columns"]),
    "computed": ("heart_rate,cardiac_output\n80,4\n", ["mine.csv", "cardiac_output", "another name"]),
    "a meaning of its own": ("heart_rate,cohort\n80,a\n", ["mine.csv", "cohort", "another name"]),
    "no parameter": ("site\nnorth\n", ["mine.csv", "none of the columns is a parameter"]),
    "no rows": ("heart_rate\n", ["mine.csv", "no patients"]),
    "nothing": ("", ["mine.csv", "none of the columns"]),
    "semicolons": ("heart_rate;age\n80;60\n", ["mine.csv", "not separated by commas"]),
    "long text": ("heart_rate,note\n80," + 2000 * "x" + "\n", ["mine.csv", "note", "1,000"]),
}


class TestWhatIsRefused:
    @pytest.mark.parametrize(("text", "words"), REFUSED.values(), ids=REFUSED)
    def test_in_a_table(self, tmp_path, refused, text, words):
        with refused("own.toml: design", *words):
            load(write(tmp_path, text=text))

    @pytest.mark.parametrize(
        ("name", "content", "words"),
        [
            ("gone.csv", None, ["gone.csv", "no such file"]),
            ("mine.xlsx", b"PK", ["mine.xlsx", ".csv, .parquet, .nc"]),
            ("mine.parquet", b"PAR1 not", ["mine.parquet", "cannot be read"]),
            ("mine.nc", b"CDF not", ["mine.nc", "cannot be read"]),
            ("mine.csv", b"heart_rate\n\xff\xfe80\n", ["mine.csv", "cannot be read"]),
            ("", None, ["design.file", "no name of a file"]),
        ],
    )
    def test_as_a_file(self, tmp_path, refused, name, content, words):
        if content is not None:
            (tmp_path / name).write_bytes(content)
        with refused(*words):
            load(write(tmp_path, name, None))

    @pytest.mark.parametrize(
        ("head", "more", "words"),
        [
            ("patients = 3", "", ["patients: given 3", "mine.csv holds 4", "leave it out"]),
            ("window = true", "", ["window", "cohort"]),
            ("cohort = { adhf = 1, vsd = 1 }", "", ["cohort", "one population"]),
            ("", "[vary]\nage = { low = 40, high = 60 }\n", ["vary"]),
            ("", '[groups]\na = ["cohort"]\n', ["groups"]),
            ('cohort = "adhff"', "", ["cohort", "'adhf'"]),
            ("", "[scale]\nheart_rate = 3\n", ["scale.heart_rate", "3 times 80 to 110"]),
            ("", "[arms.half]\nassist_ratio = 2\n", ["arms.half", "assist_ratio"]),
        ],
    )
    def test_beside_a_table(self, tmp_path, refused, head, more, words):
        with refused(*words):
            load(write(tmp_path, head=head, more=more))

    def test_a_table_without_a_file_beside_it(self):
        with pytest.raises(InputError, match="only a sweep that is a file can name a file"):
            parse('design = { file = "mine.csv" }\ncohort = "adhf"\npatients = 3\n' + ARMS)
        with pytest.raises(InputError, match=r"design: .* \{ file = "):
            parse('design = "file"\ncohort = "adhf"\npatients = 3\n' + ARMS)
        with pytest.raises(InputError, match="cohort: missing"):
            parse("patients = 3\n" + ARMS)

    def test_a_kind_whose_package_is_missing(self, tmp_path, monkeypatch):
        path = table(tmp_path, ".parquet")
        monkeypatch.setattr(tables_read, "find_spec", lambda name: None)
        with pytest.raises(InputError, match=r"pyarrow is not installed; the extra counterpulse\[export\]"):
            load(path)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A finished store of the table, made as a run makes it, and its sweep."""
    folder = tmp_path_factory.mktemp("own")
    spec = load(write(folder, more="[run]\nblock = 3\nwarm_start = false\n[waveforms]\npatients = 1\n"))
    content = json.dumps(spec.canonical())
    answer = first(content, spec.samples.place)
    path = folder / "own.zarr"
    assert creation.create(path, spec, fingerprint(), creation.Model(answer["sample"], answer["waves"]))
    for number in range(spec.blocks):
        assert "receipt" in run_block(content, str(path), spec.hash(), (fingerprint(),), number)
    upkeep.consolidate(path)
    return path, spec


class TestStore:
    def test_shows_what_passed_through(self, made):
        dataset = open_store(made[0])
        assert dataset["patient"].values.tolist() == FRAME["patient"].tolist()
        assert dataset["site"].values.tolist() == ["north", "south", "", "north"]
        np.testing.assert_array_equal(dataset["lactate"], [3.5, np.nan, 1.25, 2])
        assert (dataset["status"] == 1).all()
        assert dataset["heart_rate"].values.tolist() == [95, 110, 80, 88]

    def test_labels_the_waveforms(self, made):
        assert open_waveforms(made[0])["patient"].values.tolist() == FRAME["patient"].tolist()[:1]

    def test_goes_on_without_the_file(self, made, tmp_path):
        path = shutil.copytree(made[0], tmp_path / "copy.zarr")
        stored = read_stored(path)
        assert stored.spec.canonical() == made[1].canonical()
        assert candidates(stored.spec, 1, 3).identical(candidates(made[1], 1, 3))
        assert verify(path, sample=1, threads=1).sound

    def test_notices_a_damaged_copy(self, made, tmp_path):
        path = shutil.copytree(made[0], tmp_path / "copy.zarr")
        column = path / "samples" / "000.npy"
        column.write_bytes(column.read_bytes()[:-8] + b"\0" * 8)
        assert look(path, made[1], fingerprint()).template
        column.unlink()
        with pytest.raises(InputError, match=r"its copy of mine.csv is damaged.*--repair"):
            candidates(read_stored(path).spec, 0, 1)

    def test_refuses_another_table(self, made, tmp_path):
        stored = read_stored(made[0])
        other = load(write(tmp_path, text=CSV.replace("P-7,north,95", "P-7,north,96")))
        assert other.hash() != made[1].hash()
        with pytest.raises(StoreRefused, match=r"different: .*the patients in mine.csv"):
            agreed(stored, other, fingerprint())
        renamed = load(write(tmp_path, "theirs.csv"))
        assert agreed(replace(stored, spec_hash=renamed.hash()), renamed, fingerprint()).samples.file == "theirs.csv"

    def test_keeps_no_table_that_changed_meanwhile(self, made, tmp_path):
        spec = load(write(tmp_path))
        (tmp_path / "mine.csv").write_text(CSV + "P-11,north,90,1,1,012,5,\n")
        with pytest.raises(InputError, match="was changed or removed"):
            spec.samples.keep(tmp_path / "kept")

    def test_says_no_place_of_this_machine(self, made):
        text = (made[0] / "zarr.json").read_text()
        assert "mine.csv" in text
        assert str(made[0].parent) not in text


def test_a_sweep_written_down_is_found_beside_its_table(made, tmp_path):
    shutil.copy(made[0].parent / "mine.csv", tmp_path)
    (tmp_path / "again.toml").write_text(written(made[1].canonical()))
    again = load(tmp_path / "again.toml")
    assert again.canonical() == made[1].canonical()
    assert candidates(again, 0, 4).identical(candidates(made[1], 0, 4))
    with pytest.raises(InputError, match="not at hand"):
        candidates(from_canonical(made[1].canonical()), 0, 1)


def test_a_large_table_is_read_a_piece_at_a_time(tmp_path, monkeypatch):
    peaks = []
    for rows in (8_000, 16_000):
        path = write(tmp_path, text="heart_rate,site,lactate\n" + rows // 2 * "80,north,1.5\n90.5,south,\n")
        monkeypatch.setattr(tables_read, "PIECE", 1_000)
        load(path)
        tracemalloc.start()
        spec = load(path)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert spec.patients == rows
    assert peaks[1] < 1.5 * peaks[0]

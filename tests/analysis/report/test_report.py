"""The report: its numbers against numpy, its page as browsers and screen readers take it, bare stores."""

import html
import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from scipy import stats

import counterpulse as cp
from counterpulse.analysis.reading import stream
from counterpulse.analysis.reading.measures import measure
from counterpulse.analysis.report import pdf as report_pdf
from counterpulse.analysis.report.axes import PARTS, Ranked, ranked
from counterpulse.analysis.report.counts import by_cohort, run_counts
from counterpulse.analysis.report.maps import maps
from counterpulse.analysis.report.page import as_html, content_of
from counterpulse.analysis.report.pdf import BROWSERS
from counterpulse.analysis.response.classify import classify
from counterpulse.analysis.response.comparison import Comparison
from counterpulse.analysis.words.numbers import counted, share_in_per_cent
from counterpulse.engine.errors import InputError
from counterpulse.sweeps.spec.file import parse

EXAMPLES = sorted((Path(__file__).parents[3] / "examples").glob("*.toml"))
EVIL = '<script>alert("x")</script><img src=http://evil.example/a>\x1b[31m\u202e'


class Page(HTMLParser):
    """What the tests ask of a page: its elements in order, and the text of its tables."""

    VOID = frozenset({"meta", "img", "br", "link", "hr", "input"})

    def __init__(self, text):
        super().__init__()
        self.elements, self.tables, self.open, self.text = [], [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)
        if tag == "table":
            self.tables.append({"caption": "", "rows": []})
        if tag == "tr":
            self.tables[-1]["rows"].append([])
        if tag in ("th", "td"):
            self.tables[-1]["rows"][-1].append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, f"{tag} closes what is not open"

    def handle_data(self, data):
        self.text.append(data)
        if "caption" in self.open:
            self.tables[-1]["caption"] += data
        elif self.open and self.open[-1] in ("th", "td"):
            self.tables[-1]["rows"][-1][-1] += data

    def of(self, tag):
        return [attrs for name, attrs in self.elements if name == tag]

    def table(self, caption):
        return next(each["rows"] for each in self.tables if caption in each["caption"])


@pytest.fixture(scope="module")
def some(population):
    return population(3000)


@pytest.fixture(scope="module")
def text(some):
    return as_html(content_of(some, name="some.zarr"))


@pytest.fixture(scope="module")
def page(text):
    return Page(text)


def test_classes_against_numpy(some, page):
    response = classify(some)["response"].values
    compared = (response >= 2).sum()
    head, row = page.table("Response, of the patients compared")
    assert head[:4] == ["Arm", "Helped", "Failed to help", "Harmed"]
    for told, code in zip(row[1:4], (3, 4, 2), strict=True):
        count = (response == code).sum()
        interval = stats.binomtest(int(count), int(compared)).proportion_ci(method="wilson")
        ends = f"({100 * interval.low:.1f} to {100 * interval.high:.1f} %)"
        assert told == f"{count:,}: {100 * count / compared:.1f} % {ends}"
    assert row[4:] == [f"{compared:,}", f"{(response == 1).sum():,}", f"{(response == 0).sum():,}", "0"]


def test_changes_against_numpy(some, page):
    judged = classify(some)
    change = judged["cardiac_output_difference"].values[judged["response"].values >= 2]
    rows = {row[0]: row for row in page.table("medians and paired changes")}
    assert float(rows["cardiac output"][3].split(" (")[0]) == pytest.approx(np.median(change), rel=0.01)
    few, many = (float(value) for value in rows["cardiac output"][4].split(" to "))
    assert (few, many) == pytest.approx(tuple(np.quantile(change, [0.05, 0.95])), rel=0.01)


def test_counts_of_runs_against_numpy(some, monkeypatch):
    monkeypatch.setattr(stream, "ROWS_READ", 500)
    findings = np.arange(some.sizes["patient"] * 2, dtype=np.uint8).reshape(-1, 2) % 5
    seen = some.assign(findings=(("patient", "arm"), findings))
    whole = run_counts(seen)
    for place, arm in enumerate(("off", "iabp")):
        status = some["status"].values[:, place]
        assert {int(kind): count for kind, count in whole.status[arm].items()} == dict(
            zip(*(each.tolist() for each in np.unique(status, return_counts=True)), strict=True)
        )
        held = findings[:, place][status == 1]
        assert {int(bit): count for bit, count in whole.findings[arm].items()} == {
            bit: int((held & bit > 0).sum()) for bit in (1, 2, 4)
        }
    first = {code: int(np.argmax((some["status"].values == code).any(axis=1))) for code in (1, 2, 3)}
    assert {int(kind): index for kind, index in whole.first.items()} == first


def test_each_cohort_is_counted_by_itself(some):
    codes = np.arange(some.sizes["patient"], dtype=np.uint8) % 2
    flags = {"flag_values": np.array([0, 1], dtype=np.uint8), "flag_meanings": "adhf ami-cs"}
    definitions = json.dumps({"adhf": "haemodynamic", "ami-cs": "haemodynamic"})
    mixed = some.assign(cohort=("patient", codes, flags)).assign_attrs(cohort_definitions=definitions)
    counts = by_cohort(mixed, Comparison.of(mixed))
    response = classify(mixed)["response"].values
    assert counts["adhf"]["helps"] == int((response[codes == 0] == 3).sum())
    assert counts["ami-cs"]["harms"] == int((response[codes == 1] == 2).sum())
    assert "response by cohort" in as_html(content_of(mixed))


def test_the_axes_that_were_planted_are_found(population):
    """Helped is who has both a high resistance and stiff arteries; nothing else matters."""
    people = population(8000)
    both = (people["systemic_resistance"] > 1.2) & (people["arterial_stiffness"] > 1)
    for name in ("cardiac_output", "wedge_pressure", "pressure_volume_area", "end_diastolic_aortic_pressure"):
        people[name].loc[{"arm": "iabp"}] = people[name].sel(arm="off")
    people["cardiac_output"].loc[{"arm": "iabp"}] *= 1 + 0.3 * both
    cut, parameters, measured = ranked(people, Comparison.of(people))
    best = cut.best([*parameters, *measured])
    assert {best.x.name, best.y.name} == {"systemic_resistance", "arterial_stiffness"}
    assert 0.5 < best.told < 1


def test_axes_that_say_nothing_are_not_chosen(people):
    random = np.random.default_rng(0)
    axes = [
        measure(people, name, Comparison.of(people)) for name in ("systemic_resistance", "heart_rate", "cardiac_output")
    ]
    chosen = 0
    for _ in range(100):
        parts = {axis: random.integers(0, PARTS, 1000) for axis in axes}
        chosen += Ranked(parts, random.integers(2, 5, 1000)).best(axes) is not None
    assert chosen <= 1


def test_axes_that_speak_only_together_are_found(people):
    """Whether two numbers are on the same side of their medians: neither says anything alone."""
    axes = [
        measure(people, name, Comparison.of(people)) for name in ("systemic_resistance", "heart_rate", "cardiac_output")
    ]
    values = np.random.default_rng(2).integers(0, PARTS, (3, 5000))
    same = (values[1] < PARTS // 2) == (values[2] < PARTS // 2)
    found = Ranked(dict(zip(axes, values, strict=True)), np.where(same, 3, 4)).best(axes)
    assert (found.x, found.y) == tuple(axes[1:])
    assert found.told > 0.95


def test_the_uncertainty_taken_away_against_scipy(people):
    axes = [measure(people, name, Comparison.of(people)) for name in ("systemic_resistance", "heart_rate")]
    random = np.random.default_rng(1)
    x, y = random.integers(0, PARTS, (2, 200_000))
    classes = np.where(random.random(200_000) < (x + y) / (2 * PARTS), 3, 4)
    table = np.stack([np.bincount((x * PARTS + y)[classes == code], minlength=PARTS**2) for code in (3, 4)])
    joint, whole = stats.entropy(table.ravel()), stats.entropy(table.sum(axis=1))
    told = (whole + stats.entropy(table.sum(axis=0)) - joint) / whole
    found = Ranked(dict(zip(axes, (x, y), strict=True)), classes).best(axes)
    assert found.told == pytest.approx(told, abs=1e-3)


def test_shares_are_not_told_as_what_they_are_not():
    assert counted(131_071, 131_072) == "131,071 (>99.9 %)"
    assert counted(1, 131_072) == "1 (<0.01 %)"
    assert counted(0, 10) == "0"
    assert counted(10, 10) == "10 (100 %)"
    assert share_in_per_cent(0, 0) == "-"


def test_the_page_loads_nothing(text, page):
    policy = next(each for each in page.of("meta") if each.get("http-equiv") == "Content-Security-Policy")
    assert policy["content"] == "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    tags = {tag for tag, _ in page.elements}
    assert not tags & {"script", "link", "iframe", "object", "embed", "base", "form", "video", "audio", "source"}
    for tag, attrs in page.elements:
        assert not [name for name in attrs if name.startswith("on") or name in ("srcset", "style", "background")]
        assert attrs.get("src", "data:").startswith("data:image/png;base64,") or "src" not in attrs
        assert tag == "a" or "href" not in attrs
    style = text[text.index("<style>") : text.index("</style>")]
    assert "url(" not in style
    assert "@import" not in style
    assert len(text) < 10e6


def test_the_page_is_accessible(page):
    assert page.of("html") == [{"lang": "en"}]
    assert len(page.of("title")) == len(page.of("h1")) == len(page.of("main")) == 1
    assert any(each.get("name") == "viewport" for each in page.of("meta"))
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
    assert all(after - before <= 1 for before, after in zip([0, *levels], levels, strict=False))
    assert page.of("img")
    assert all(len(each["alt"]) > 40 and each["width"] and each["height"] for each in page.of("img"))
    names = [attrs["id"] for _, attrs in page.elements if "id" in attrs]
    assert len(names) == len(set(names))
    for _, attrs in page.elements:
        assert attrs.get("aria-labelledby", names[0]) in names
        assert not attrs.get("href", "#").startswith("#") or attrs.get("href", "#" + names[0])[1:] in names
    assert all(each.get("tabindex") == "0" for each in page.of("div") if each.get("class") == "scroll")
    assert all(each["caption"] and len({len(row) for row in each["rows"]}) == 1 for each in page.tables)
    assert {each.get("scope") for each in page.of("th")} == {"col", "row"}
    assert len(page.of("caption")) == len(page.of("table"))


def test_colours_are_told_apart_by_weak_eyes(text):
    colours = dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", text))
    used = set(re.findall(r"(?<![-\w])color: var\(--(\w+)\)", text))
    assert {"ink", "quiet", "link", "helps", "fails", "harms"} == used

    def luminance(colour):
        parts = np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)]) / 255
        linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
        return float(linear @ [0.2126, 0.7152, 0.0722])

    for name in used:
        for ground in ("paper", "wash"):
            dark, light = sorted(luminance(colours[each]) for each in (name, ground))
            assert (light + 0.05) / (dark + 0.05) >= 4.5, (name, ground)


def test_texts_of_a_store_are_harmless(population):
    people = population(3000)
    spec = {"name": EVIL, "cohort": EVIL, "regulation": EVIL, "arms": {"off": {EVIL: 1}, "iabp": {}}}
    people = people.assign_attrs(
        spec=json.dumps(spec), cohort=EVIL, source=EVIL, cpu=EVIL, versions=json.dumps({EVIL: EVIL})
    )
    written = as_html(content_of(people, name=EVIL))
    page = Page(written)
    assert "<script" not in written
    assert "evil.example" in written
    assert not [each for each in page.of("img") if not each["src"].startswith("data:image/png;base64,")]
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", written)
    assert EVIL.split("\x1b")[0] in "".join(page.text)
    arm = people.assign_coords(arm=np.array(["off", EVIL], dtype=object))
    assert "<script" not in as_html(content_of(arm))


def test_one_arm(some):
    alone = content_of(some.isel(arm=[0]))
    assert "one arm only" in alone.notes[0]
    names = [section.name for section in alone.sections]
    assert names[:3] == ["summary", "population", "run"]
    assert "answers" not in names
    page = Page(as_html(alone))
    assert f"{(some['status'].values[:, 0] == 1).sum():,} runs hold" in "".join(page.text)
    assert page.table("How runs ended")
    with pytest.raises(InputError, match="'iabp' is not known"):
        content_of(some.isel(arm=[0]), arm="iabp")


def test_all_failed(dataset):
    nobody = dataset({"cardiac_output": np.linspace(3, 5, 50)}, {}, status=(3, 7))
    content = content_of(nobody)
    assert content.notes == ("no run of this store holds; the section on failures says how they ended.",)
    rows = Page(as_html(content)).table("How runs ended")
    assert [row[1:3] for row in rows[1:]] == [["50 (100 %)", "0"], ["0", "50 (100 %)"]]


def test_nobody_in_both_arms(dataset):
    content = content_of(dataset({"cardiac_output": np.linspace(3, 5, 50)}, {}, status=(1, 3)))
    assert content.notes == ("no patient has a result in both arms, so that nothing can be compared.",)
    assert Page(as_html(content)).table("Haemodynamics")


def test_one_patient(population):
    people = population(50)
    one = people.isel(patient=[int(np.argmax((people["status"].values == 1).all(axis=1)))])
    content = content_of(one)
    assert "single patient" in content.notes[0]
    page = Page(as_html(content))
    assert "no map" in "".join(page.text)
    assert page.table("Response")[1][4] == "1"


def test_an_unfinished_run(some):
    cut = some.copy(deep=True)
    cut["status"][1500:] = 0
    content = content_of(cut.assign_attrs(blocks=6, blocks_missing=3))
    assert "3 of 6 blocks are missing" in content.notes[0]
    rows = {row[0].split(":")[0]: row for row in Page(as_html(content)).table("How runs ended")}
    assert rows["not run"][1] == "1,500 (50 %)"


def test_equal_weights_change_no_map(population):
    """Where all patients count twice, shares and how well they are known are those of patients who count once."""
    people = population(600)
    weighted = people.assign(sampling_weight=("patient", np.full(600, 2.0)))
    told = [[part.caption for part in maps(each, [Comparison.of(each)])] for each in (people, weighted)]
    assert told[0] == told[1]
    assert len(told[0]) > 1
    assert "carry weights" in content_of(weighted).notes[0]


def test_the_same_whatever_the_chunks(some, text, tmp_path):
    some.chunk(patient=1600).to_zarr(tmp_path / "some.zarr", zarr_format=3, consolidated=False)
    for chunks in ({}, None):
        stored = xr.open_zarr(tmp_path / "some.zarr", consolidated=False, chunks=chunks)
        assert as_html(content_of(stored, name="some.zarr")) == text


def test_a_misspelt_definition(some):
    with pytest.raises(InputError, match="did you mean 'imamura'"):
        content_of(some, definition="imamurra")


@pytest.fixture(scope="module")
def store(swept, tmp_path_factory):
    return shutil.copytree(swept / "out", tmp_path_factory.mktemp("report") / "out") / "small.zarr"


def test_command(call, store, tmp_path):
    code, out, told = call("report", store, "--json", "-o", tmp_path / "page.html")
    content = json.loads(out)
    assert (code, told) == (0, "")
    assert content["files"] == [str(tmp_path / "page.html")]
    assert content["arms"]["half"]["candidates"] == 64
    assert content["sections"][0] == "summary"
    page = Page((tmp_path / "page.html").read_text(encoding="utf-8"))
    words = "".join(page.text)
    assert "Does it <b>help</b>" in words
    assert not page.of("b")
    assert str(store.parent) not in words
    spec = html.unescape(words[words.index("name = ") : words.index("Provenance")])
    assert parse(spec).hash() in words
    code, out, _ = call("report", store, "--arm", "half")
    assert code == 0
    assert out.splitlines()[0].startswith(str(store.parent / "report.html"))
    assert "counterpulse report small.zarr --arm half" in (store.parent / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["-o", "{}/page.txt"], "ends in .txt, .html, .htm are allowed"),
        (["-o", "{}/nowhere/page.html"], "does not exist"),
        (["-o", "{}/page.html", "--arm", "iapb"], "did you mean 'iabp'"),
        (["-o", "{}/page.html", "--arm", "off"], "arm: off is the reference"),
        (["-o", "{}/page.html", "--threshold", "helps_output_gian=1"], "did you mean 'helps_output_gain'"),
    ],
)
def test_bad_input(call, store, tmp_path, options, says):
    code, out, told = call("report", store, *(each.format(tmp_path) for each in options))
    assert (code, out) == (2, "")
    assert says in told
    assert told.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_the_page_is_written_from_python(store, call, tmp_path):
    written = cp.report(cp.open_store(store), tmp_path / "own.html", name="small.zarr")
    assert call("report", store, "-o", tmp_path / "page.html")[0] == 0
    assert written.read_text(encoding="utf-8") == (tmp_path / "page.html").read_text(encoding="utf-8")
    with pytest.raises(InputError, match="ends in"):
        cp.report(cp.open_store(store), tmp_path / "page.txt")


def test_no_browser(call, store, tmp_path, monkeypatch):
    monkeypatch.setattr(report_pdf.shutil, "which", lambda name: None)
    code, _, told = call("report", store, "--pdf", "-o", tmp_path / "page.html")
    assert code == 2
    assert "no Chromium is found" in told
    assert not list(tmp_path.iterdir())


BROWSER = next((path for name in BROWSERS if (path := shutil.which(name))), None)
in_browser = pytest.mark.skipif(BROWSER is None, reason="a page in a browser: install chromium")

MEASURE = """
<!DOCTYPE html><iframe id="page" width="{width}" height="844" style="border: 0" srcdoc="{page}"></iframe>
<pre id="told"></pre>
<script>
addEventListener("load", () => {{
  const frame = document.getElementById("page"), inside = frame.contentDocument, root = inside.documentElement;
  document.getElementById("told").textContent = JSON.stringify({{
    overflow: root.scrollWidth - {width},
    height: root.scrollHeight,
    loaded: frame.contentWindow.performance.getEntriesByType("resource").map(each => each.name.slice(0, 30)),
    pictures: [...inside.images].map(each => each.complete && each.naturalWidth),
    letters: Math.min(...[...inside.querySelectorAll("p, td, th, li")].map(
      each => parseFloat(frame.contentWindow.getComputedStyle(each).fontSize))),
  }});
}});
</script>
"""


@in_browser
@pytest.mark.parametrize("width", [390, 1280])
def test_in_a_browser(text, tmp_path, width):
    """No part of the page is wider than the screen, every picture is decoded, and nothing is asked for."""
    around = tmp_path / "around.html"
    around.write_text(MEASURE.format(width=width, page=html.escape(text)), encoding="utf-8")
    command = [BROWSER, "--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}/profile"]
    command += ["--window-size=1400,1000", "--virtual-time-budget=5000", "--dump-dom", around.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    told = json.loads(html.unescape(re.search(r'<pre id="told">(.*?)</pre>', done.stdout, re.DOTALL)[1]))
    assert told["overflow"] <= 0
    assert told["height"] > 1000
    assert told["pictures"]
    assert all(pixels > 300 for pixels in told["pictures"])
    assert [each for each in told["loaded"] if not each.startswith("data:")] == []
    assert told["letters"] >= 14


@in_browser
def test_pdf(call, store, tmp_path):
    code, out, _ = call("report", store, "--pdf", "-o", tmp_path / "page.html")
    assert code == 0
    assert "page.pdf" in out
    content = (tmp_path / "page.pdf").read_bytes()
    assert content.startswith(b"%PDF-")
    assert content.rstrip().endswith(b"%%EOF")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["page.html", "page.pdf"]

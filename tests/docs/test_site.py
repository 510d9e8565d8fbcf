"""What the site takes from the code is whole and as the code has it, and a link that leads nowhere is found."""

import ast
import importlib.util
import re
import sys
from pathlib import Path

import pytest

import counterpulse
from counterpulse.analysis.response.classify import Response
from counterpulse.analysis.response.harms import CLAUSES
from counterpulse.engine import OUTCOMES, PARAMETERS, REGULATIONS, Findings, Status
from counterpulse.sweeps.population import cohorts
from counterpulse.sweeps.population.definitions import DEFINITIONS
from counterpulse.sweeps.population.thresholds import RESPONSE_DEFAULTS
from counterpulse.sweeps.spec.settings import Rhythm, Run, Waveforms
from counterpulse.sweeps.spec.spec import Spec

utils = pytest.importorskip("docutils.utils", reason="the site's tools are not installed: make docs installs them")
nodes = pytest.importorskip("docutils.nodes", reason="the site's tools are not installed: make docs installs them")
pytest.importorskip("sphinx", reason="the site's tools are not installed: make docs installs them")
pytest.importorskip("bs4", reason="the site's tools are not installed: make docs installs them")

DOCS = Path(__file__).parents[2] / "docs"


def loaded(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# the site's own configuration does so: one extension imports another
sys.path.insert(0, str(DOCS / "_extensions"))
from_code = loaded(DOCS / "_extensions" / "from_code.py")
code_tables = loaded(DOCS / "_extensions" / "code_tables.py")
from_pages = loaded(DOCS / "_extensions" / "from_pages.py")
links = loaded(DOCS / "links.py")


def names(*tables):
    """First column of tables, without its backticks, or the second where the first is a number."""
    return [
        str(row[isinstance(row[0], int)]).strip("`") for table in tables for row in list(code_tables.TABLES[table]()[1])
    ]


@pytest.mark.parametrize(
    ("tables", "expected"),
    [
        (("patient-parameters", "device-parameters"), PARAMETERS),
        (("outcomes",), OUTCOMES),
        (("statuses",), [each.name.lower() for each in Status]),
        (("findings",), [each.name.lower() for each in Findings]),
        (("cohorts",), cohorts.names()),
        (("windows",), cohorts.names()),
        (("responses",), [each.name.lower() for each in Response]),
        (("definitions",), DEFINITIONS),
        (("harms",), CLAUSES),
        (("thresholds",), RESPONSE_DEFAULTS),
        (("regulation",), REGULATIONS),
    ],
)
def test_a_table_names_each_once(tables, expected):
    assert sorted(names(*tables)) == sorted(expected)


def test_every_key_of_a_sweep_file_is_described():
    _, rows = code_tables.TABLES["question"]()
    found = {str(row[0]).strip("`[]"): row for row in rows}
    # where patients come from a file is told by design
    assert set(found) == set(Spec.model_fields) - {"samples", "design_points"}
    assert all(row[1] for row in found.values())
    assert found["precision"][2] == "float64"
    assert [str(row[0]) for row in rows if "cohort" in str(row[0])] == ["`[cohorts]`", "`cohort`"]
    _, rows = code_tables.TABLES["execution"]()
    assert {str(row[1]).strip("`") for row in rows} == {
        *Run.model_fields,
        *Rhythm.model_fields,
        *Waveforms.model_fields,
    }
    assert all(row[2] for row in rows)


def test_every_table_is_as_wide_as_its_head_and_shown_on_a_page():
    pages = "".join(path.read_text(encoding="utf-8") for path in (DOCS / "reference").glob("*.md"))
    for name, table in code_tables.TABLES.items():
        head, rows = table()
        assert {len(row) for row in rows} == {len(head)}, name
        assert f"```{{from-code}} {name}\n" in pages


def test_a_row_says_what_the_code_says():
    head, rows = code_tables.TABLES["device-parameters"]()
    row = dict(zip(head, next(row for row in rows if row[0] == "`balloon_volume`"), strict=True))
    assert row["units"] == "mL"
    assert row["default"] == "0"
    head, rows = code_tables.TABLES["outcomes"]()
    row = dict(zip(head, next(row for row in rows if row[0] == "`cardiac_power_output`"), strict=True))
    assert row["in the code"] == "`m.aortic_pressure * output / 451.0`"
    head, rows = code_tables.TABLES["medians"]()
    row = dict(zip(head, next(row for row in rows if row[0] == "`heart_rate`"), strict=True))
    assert float(row["ami-cs"]) == pytest.approx(cohorts.load()["ami-cs"].law["heart_rate"].median, rel=5e-3)


def test_the_reference_has_every_function_of_the_public_face():
    page = (DOCS / "reference" / "python.md").read_text(encoding="utf-8")
    rooms = tuple(re.findall(r"^```\{public-face\} (\w+)$", page, re.MULTILINE))
    assert set(counterpulse._HOMES) == {*counterpulse.__all__} - {"__version__"}
    assert all(home.startswith(rooms) for home in counterpulse._HOMES.values())


def test_the_page_of_laws_has_every_organ_and_every_law_says_what_it_is():
    page = (DOCS / "reference" / "laws.md").read_text(encoding="utf-8")
    laws = Path(counterpulse.__file__).parent / "engine" / "laws"
    organs = {path.stem for path in laws.glob("*.py")} - {"__init__", "elementary"}
    assert set(re.findall(r"^```\{laws\} (\w+)$", page, re.MULTILINE)) == organs
    for organ in organs:
        for each in ast.parse((laws / f"{organ}.py").read_text(encoding="utf-8")).body:
            assert not isinstance(each, ast.FunctionDef) or ast.get_docstring(each), each.name


@pytest.mark.parametrize(
    ("document", "written", "expected"),
    [
        ("architecture", "[c](../CONTRIBUTING.md)", "[c](contributing.md)"),
        ("how-to/a", "[c](../../CONTRIBUTING.md#start)", "[c](../contributing.md#start)"),
        ("how-to/a", "[c](../CONTRIBUTING.md)", "[c](../CONTRIBUTING.md)"),
        ("architecture", "[e](../examples/atlas.toml)", "[e](../examples/atlas.toml)"),
    ],
)
def test_links_to_pages_beside_the_folder_lead_into_the_site(document, written, expected):
    source = [written]
    from_pages.within_the_site(None, document, source)
    assert source == [expected]


def test_sentences_wrap_and_tables_do_not_and_a_picture_leads_to_itself():
    page = utils.new_document("page")
    printed = {"one of two\nhelped": True, "arm   ok\noff  512": False}
    page += [nodes.literal_block(text, text, language="text") for text in printed]
    page += [nodes.literal_block("a b", "a b", language="sh"), nodes.image(uri="map.png")]
    page += nodes.image(uri="card.png", classes=["sd-card-img-top"])
    from_pages.for_narrow_screens(None, page)
    assert ["sentences" in block["classes"] for block in page.findall(nodes.literal_block)] == [
        *printed.values(),
        False,
    ]
    assert ["width" in picture for picture in page.findall(nodes.image)] == [True, False]


def test_every_plate_of_the_atlas_is_in_the_gallery():
    atlas = (DOCS / "atlas.md").read_text(encoding="utf-8")
    found = [plate.groupdict() for plate in from_pages.PLATE.finditer(atlas)]
    assert [plate["title"] for plate in found] == re.findall(r"^## (.+)$", atlas, re.MULTILINE)
    assert all((DOCS / plate["picture"]).is_file() for plate in found)


def test_a_link_that_leads_nowhere_is_found(tmp_path):
    (tmp_path / "index.html").write_text(
        '<a href="other.html#here">a</a><a href="other.html#gone">b</a><a href="none.html">c</a>'
        '<a href="https://example.org">d</a><img src="../outside.png"><a href="#top">e</a>'
    )
    (tmp_path / "other.html").write_text('<p id="here">x</p><a href="index.html">back</a>')
    (tmp_path.parent / "outside.png").touch()
    found = list(links.broken(tmp_path))
    assert [fault.split(": ")[1] for fault in found] == ["other.html#gone", "none.html", "../outside.png"]
    assert links.elsewhere(tmp_path) == ["https://example.org"]

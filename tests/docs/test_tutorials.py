"""What the start, the tutorials and the guides tell their readers to do does what the pages say."""

import importlib.util
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"


def loaded(name):
    spec = importlib.util.spec_from_file_location(name, DOCS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


worked = loaded("worked")


@pytest.mark.slow
@pytest.mark.parametrize("page", worked.PAGES)
def test_every_command_runs_as_written_and_prints_what_stands_beneath(page):
    worked.compare(page)


def test_pages_are_told_apart_by_words_and_numbers_but_not_by_times_and_rounding():
    assert worked.same("helped 62.3 % of 1,024 in 3.1 s", "helped  62.4 %\nof 1,025 in 48 s")
    assert not worked.same("helped 62.3 %", "helped 72.3 %")
    assert not worked.same("helped 62.3 %", "harmed 62.3 %")
    assert not worked.same("3 within numerical error", "4 within numerical error")
    assert not worked.same("3 within numerical error", "5 within numerical error")
    assert not worked.same("0 failed", "1 failed")
    assert not worked.same("output +3.0 %", "output +4.0 %")
    assert not worked.same("helped 62.3 %, harmed 1", "helped 62.3 %")


def test_blocks_are_read_as_their_readers_do(tmp_path):
    page = (
        "<!-- file: a/b.txt -->\n```toml\nx = 1\n```\n\n```sh\ncat a/b.txt\n```\n\n```text\nold\n```\n\n"
        "<!-- not run: never -->\n```sh\nfalse\n```\n\n<!-- needs: false -->\n```sh\nfalse\n```\n\n"
        "```python\ny = 2\n```\n\n```python\nprint(y)\n```\n"
    )
    printed = [result for _, result in worked.results(page, tmp_path)]
    assert printed == [None, "x = 1\n", None, None, "", "2\n"]


def test_a_command_that_fails_is_told(tmp_path):
    with pytest.raises(worked.Failed, match="exit code 3"):
        list(worked.results("```sh\nexit 3\n```\n", tmp_path))
    with pytest.raises(worked.Failed, match="exit code"):
        list(worked.results("```sh\nfalse | cat\n```\n", tmp_path))


def test_every_page_has_what_is_run_on_it():
    assert len(worked.PAGES) >= 11
    for page in worked.PAGES:
        text = (DOCS / page).read_text(encoding="utf-8")
        fences = text.count("\n```sh\n") + text.count("\n```python\n")
        found = [block for block in worked.BLOCK.finditer(text) if block["language"] in ("sh", "python")]
        assert len(found) == fences, page

"""The notebooks run from top to bottom in a real kernel, and show figures, bars and nothing to worry about."""

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

import counterpulse as cp

DOCS = Path(__file__).parents[2] / "docs"
NOTEBOOKS = sorted((DOCS / "notebooks").glob("*.md"))
FIGURES = {"first-sweep": 2, "one-patient": 4, "own-patients": 1, "sensitivity-and-rules": 2}


def loaded():
    spec = importlib.util.spec_from_file_location("run_notebooks", DOCS / "run_notebooks.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def outputs(notebook):
    return [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_from_top_to_bottom(path, tmp_path):
    shown = outputs(loaded().executed(path, tmp_path))
    assert sum("image/png" in output.get("data", {}) for output in shown) == FIGURES[path.stem]
    # the bar, a widget, is no stream: on standard error there would be warnings alone
    assert [output["text"] for output in shown if output.get("name") == "stderr"] == []
    # that of a simulation comes only where it takes long
    runs = path.read_text(encoding="utf-8").count("cp.run(")
    assert sum("application/vnd.jupyter.widget-view+json" in output.get("data", {}) for output in shown) >= runs
    tables = [output["data"] for output in shown if "Report of" in output.get("data", {}).get("text/plain", "")]
    assert len(tables) == runs
    assert all("<table" in table["text/html"] for table in tables)


CLIENT = """
from pathlib import Path
from dask.distributed import Client, get_task_stream
import counterpulse as cp
text = '''
name = "in a kernel"
cohort = "adhf"
patients = 40
[arms.off]
[arms.iabp]
balloon_volume = 40
[run]
block = 20
other_modes = 0
warm_start = false
'''
Path("sweep.toml").write_text(text)
client = Client(n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0")
with get_task_stream(client) as stream:
    report = cp.run("sweep.toml", client=client)
tasks = [task["worker"] for task in stream.data if task["key"].startswith("counterpulse-")]
print(report.blocks_run, len(tasks), client.status)
client.close()
"""


@pytest.mark.slow
def test_a_kernel_runs_a_sweep_on_a_client_of_its_own(tmp_path):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CLIENT)])
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()
    said = "".join(output["text"] for output in outputs(notebook) if output.get("name") == "stdout")
    assert said.split() == ["2", "3", "running"]


MISTAKE = 'import counterpulse as cp\ncp.sample("adfh", 4)'


@pytest.mark.slow
def test_bad_input_is_one_line_in_a_kernel_and_whatever_else_has_its_traceback(tmp_path):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code) for code in (MISTAKE, "1 / 0")])
    NotebookClient(notebook, timeout=60, allow_errors=True, resources={"metadata": {"path": str(tmp_path)}}).execute()
    mistake, other = outputs(notebook)
    assert mistake["ename"] == "InputError"
    assert mistake["traceback"] == ["InputError: cohort: 'adfh' is not known; did you mean 'adhf'?"]
    assert len(other["traceback"]) > 1


@pytest.mark.slow
def test_bad_input_is_one_line_at_the_prompt_of_ipython(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "IPython", "--no-banner", "-c", MISTAKE],
        env=os.environ | {"IPYTHONDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    said = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
    assert said == ["InputError: cohort: 'adfh' is not known; did you mean 'adhf'?"]


def test_there_are_four_and_each_says_what_it_is_for():
    assert {path.stem for path in NOTEBOOKS} == set(FIGURES)
    for path in NOTEBOOKS:
        text = path.read_text(encoding="utf-8")
        assert "**Research use only: nothing here advises on a patient.**" in text
        assert text.count("```{code-cell} ipython3\n") == len(re.findall(r"^```\{", text, re.MULTILINE))
        # the public face alone
        assert not re.search(r"^(from|import) counterpulse\.", text, re.MULTILINE)
        assert set(re.findall(r"\bcp\.(\w+)", text)) <= set(cp.__all__)

"""What is declared of the packages in several places: each is held to the project file, and that to the tree."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
TABLE = tomllib.loads((ROOT / "pyproject.toml").read_text())
PROJECT = TABLE["project"]
SETUPTOOLS = TABLE["tool"]["setuptools"]
ROOMS = ("engine", "sweeps", "analysis", "cli", "examples")
FOR_USERS = ("analysis", "export", "slurm")
UNDER_CONDA = {"matplotlib": "matplotlib-base"}
"""Names that packages have there, where they are others."""

if not (ROOT / "recipe").is_dir():
    pytest.skip("the files of a checkout are looked at", allow_module_level=True)


def files():
    """Files of the rooms, as the wheel has to have them."""
    for room in ROOMS:
        for path in (ROOT / room).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path.relative_to(ROOT)


def bounds(requirements):
    """Name -> bounds, as sets."""
    parsed = [Requirement(each) for each in requirements]
    return {each.name.lower(): {str(part) for part in each.specifier} for each in parsed}


def recipe():
    return yaml.safe_load((ROOT / "recipe/recipe.yaml").read_text())


def under_conda(requirements):
    return {UNDER_CONDA.get(name, name): part for name, part in bounds(requirements).items()}


def test_every_folder_of_the_rooms_is_declared_a_package():
    declared = {each for each in SETUPTOOLS["packages"] if each.split(".")[1:2] != ["benchmarks"]}
    there = {".".join(("counterpulse", *path.parent.parts)) for path in files()}
    assert declared == {"counterpulse", *there}


def test_every_file_of_the_rooms_that_is_no_module_is_declared_data():
    patterns = SETUPTOOLS["package-data"]
    for path in files():
        if path.suffix != ".py":
            package = ".".join(("counterpulse", *path.parent.parts))
            assert any(path.match(pattern) for pattern in patterns.get(package, [])), f"{path} is not in the wheel"


def test_the_source_distribution_is_told_of_all_that_git_tracks():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("no working copy of git")
    told = set(re.findall(r"\S+", (ROOT / "MANIFEST.in").read_text()))
    own = {*ROOMS, "LICENSE", "MANIFEST.in", "__init__.py", "__main__.py", "py.typed", "pyproject.toml"}
    assert {name.partition("/")[0] for name in listed.stdout.splitlines()} <= told | own


def test_one_extra_brings_all_that_is_for_users():
    (everything,) = map(Requirement, PROJECT["optional-dependencies"]["all"])
    assert (everything.name, everything.extras) == ("counterpulse", set(FOR_USERS))


def test_the_conda_recipe_asks_for_what_the_project_asks_for():
    found = recipe()
    needed = under_conda(each for each in found["requirements"]["run"] if not each.startswith("__"))
    assert needed.pop("python") == bounds([f"python{PROJECT['requires-python']}"])["python"]
    assert needed == under_conda(PROJECT["dependencies"])
    optional = [each for name in FOR_USERS for each in PROJECT["optional-dependencies"][name]]
    assert under_conda(found["requirements"]["run_constraints"]) == under_conda(optional)
    built = under_conda(found["requirements"]["host"])
    assert under_conda(TABLE["build-system"]["requires"]).items() <= built.items()
    (entry,) = found["build"]["python"]["entry_points"]
    assert entry == f"counterpulse = {PROJECT['scripts']['counterpulse']}"


def test_the_version_is_the_same_wherever_it_stands():
    assert recipe()["context"]["version"] == PROJECT["version"]
    assert yaml.safe_load((ROOT / "CITATION.cff").read_text())["version"] == PROJECT["version"]


def test_the_workflow_tries_pythons_that_the_project_names():
    workflow = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())
    named = {each.rpartition(" ")[2] for each in PROJECT["classifiers"] if re.search(r":: 3\.\d+$", each)}
    tried = {version for job in workflow["jobs"].values() for version in job["strategy"]["matrix"]["python"]}
    assert {min(named), max(named, key=lambda each: int(each[2:]))} == tried
    steps = [step.get("run", "") for step in workflow["jobs"]["linux"]["steps"]]
    assert "bash .ci/run" in steps
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    called = {name for job in workflow["jobs"].values() for step in job["steps"] for name in _made(step)}
    assert called
    assert called <= targets


def _made(step):
    return re.findall(r"\bmake ([a-z-]+)", step.get("run", ""))


def test_the_hooks_are_those_of_the_environment():
    (local,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    entries = {each["id"]: each["entry"] for each in local["hooks"]}
    assert entries["types"] == "make types"
    assert all(each.startswith(".venv/bin/python -m ruff ") for name, each in entries.items() if "ruff" in name)
    assert {each["language"] for each in local["hooks"]} == {"system"}


def test_what_a_package_index_shows_holds_no_link_that_leads_nowhere():
    text = (ROOT / PROJECT["readme"]).read_text()
    assert "Research use only" in text
    assert re.findall(r"\]\((?!https?://)", text) == []
    named = dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", text, re.MULTILINE))
    assert set(named) == set(FOR_USERS)

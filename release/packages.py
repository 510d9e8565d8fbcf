"""Build the source distribution and the wheel, look at what is in them, and try them in clean environments.

``make package``; ``ARGS="--python 3.12 --unpinned"`` tries one Python, with the newest of all it depends on. What is
built is the working tree as far as git tracks it, and the wheel is made from the source distribution alone.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import tomllib
import zipfile
from collections.abc import Sequence
from pathlib import Path

from environments import Environment, found, locked

ROOT = Path(__file__).resolve().parents[1]
PINS = ("-c", str(ROOT / "constraints.txt"))
TOOL_PINS = ("-c", str(ROOT / "release/constraints.txt"))
PYTHONS = ("3.11", "3.12", "3.13")
ROOMS = ("engine", "sweeps", "analysis", "cli", "examples")
"""Folders that are in the wheel whole, whatever their files are."""
FOR_DEVELOPERS = {"test", "docs", "dev", "asv"}
"""Extras that are not tried: they serve whoever works in a checkout."""
COMMANDS = {
    "analysis": [["predictors", "out/sweep.zarr"], ["regions", "out/sweep.zarr", "--method", "tree"]],
    "export": [["export", "out/sweep.zarr", "-o", "sweep.parquet"], ["export", "out/sweep.zarr", "-o", "sweep.nc"]],
    "slurm": [],
}
"""What each extra is for: commands that are refused without it, and answer with it."""
IMPORTS = {"analysis": ["sklearn"], "export": ["pyarrow", "h5netcdf"], "slurm": ["dask_jobqueue", "cryptography"]}
SWEEP = ROOT / "recipe/first.toml"
PATIENTS = 512
RENDERED = """
import sys, rattler_build
(made,) = rattler_build.Stage0Recipe.from_file(sys.argv[1]).render()
print(made.recipe.package.name, made.recipe.package.version)
"""
TRIED = """
import importlib, pkgutil, sys
from pathlib import Path
import counterpulse

home = Path(sys.prefix).resolve()
names = [each.name for each in pkgutil.walk_packages(counterpulse.__path__, "counterpulse.")]
for name in [*names, "counterpulse"]:
    if not name.endswith("__main__"):
        module = importlib.import_module(name)
        assert module.__file__ is None or home in Path(module.__file__).resolve().parents, module.__file__
for name in counterpulse.__all__:
    getattr(counterpulse, name)
print(len(names))
"""


def need(holds: bool, words: str) -> None:
    """End it all, saying why, where something does not hold."""
    if not holds:
        sys.exit(words)


def tracked() -> list[str]:
    """List the files that git tracks."""
    told = subprocess.run(["git", "-C", ROOT, "ls-files", "-z"], capture_output=True, text=True, check=False)
    need(told.returncode == 0, f"{ROOT}: no working copy of git, which says what belongs into the packages")
    return [name for name in told.stdout.split("\0") if name and (ROOT / name).is_file()]


def build(tools: Environment, target: Path, work: Path) -> tuple[Path, Path]:
    """Make both from a copy of what git tracks, in which nothing of earlier builds is left."""
    source = work / "source"
    for name in tracked():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, source / name)
    for old in (*target.glob("counterpulse-*.tar.gz"), *target.glob("counterpulse-*.whl")):
        old.unlink()
    done = tools.python("-m", "build", "--outdir", str(target), str(source))
    need("Warning" not in done.stdout + done.stderr, done.stderr)
    (archive,), (wheel,) = target.glob("counterpulse-*.tar.gz"), target.glob("counterpulse-*.whl")
    tools.python("-m", "twine", "check", "--strict", str(archive), str(wheel))
    return archive, wheel


def check_contents(archive: Path, wheel: Path) -> None:
    """Refuse a package that lacks a file, or has one that nobody tracks."""
    sources = set(tracked())
    with tarfile.open(archive) as file:
        names = {each.name.partition("/")[2] for each in file.getmembers() if each.isfile()}
    made = {name for name in names if name in {"PKG-INFO", "setup.cfg"} or name.startswith("counterpulse.egg-info/")}
    need(names - made == sources, f"{archive.name}: lacks or has too much: {sorted((names - made) ^ sources)}")
    with zipfile.ZipFile(wheel) as file:
        names = {each for each in file.namelist() if ".dist-info/" not in each}
    wanted = {name for name in sources if name.startswith(tuple(f"{room}/" for room in ROOMS))}
    wanted |= {name for name in sources if re.fullmatch(r"(benchmarks/)?\w+\.(py|typed)", name)}
    wanted = {f"counterpulse/{name}" for name in wanted}
    need(names == wanted, f"{wheel.name}: lacks or has too much: {sorted(names ^ wanted)}")
    print(f"{archive.name}: {archive.stat().st_size / 1e6:.1f} MB, {len(sources)} files, all that git tracks")
    print(f"{wheel.name}: {wheel.stat().st_size / 1e6:.1f} MB, {len(names)} files, all of {', '.join(ROOMS)}")


def try_wheel(environment: Environment, wheel: Path, pins: Sequence[str], version: str, folder: Path) -> None:
    """Install the wheel alone, and ask it for a sweep, a map and a report in a folder where nothing else is."""
    began = time.monotonic()
    environment.install(*pins, str(wheel))
    environment.pip("check")
    installed = time.monotonic()
    folder.mkdir()
    shutil.copy(SWEEP, folder / "sweep.toml")
    with locked(environment, folder) as (run, how):
        for command in (["counterpulse"], ["python", "-m", "counterpulse"]):
            told = run(*command, "--version").stdout
            need(told.split() == ["counterpulse", version], told)
        modules = run("python", "-c", TRIED).stdout.strip()
        run("counterpulse", "examples", "-o", "examples")
        run("counterpulse", "run", "examples/own-patients.toml", "--dry-run")
        run("counterpulse", "run", "sweep.toml")
        run("counterpulse", "map", "out/sweep.zarr", "--x", "heart_rate", "-o", "map.png")
        run("counterpulse", "report", "out/sweep.zarr", "-o", "report.html")
        run("counterpulse", "export", "out/sweep.zarr", "-o", "sweep.csv")
        for extra, commands in COMMANDS.items():
            for command in commands:
                refused = run("counterpulse", *command, expect=2)
                said = refused.stderr.splitlines()
                need(len(said) == 1 and f"counterpulse[{extra}]" in said[0], f"{command}: {refused.stderr}")
    need((folder / "map.png").read_bytes().startswith(b"\x89PNG"), "map.png is no picture")
    need("Research use only" in (folder / "report.html").read_text(), "report.html is no report")
    need(len((folder / "sweep.csv").read_text().splitlines()) > PATIENTS, "sweep.csv lacks patients")
    took = (
        f"installed in {installed - began:.0f} s, {modules} modules and a sweep in {time.monotonic() - installed:.0f} s"
    )
    print(f"Python {environment.version}: wheel {took}; {how}")


def try_extra(environment: Environment, wheel: Path, pins: Sequence[str], extra: str, folder: Path) -> None:
    """Install one extra where nothing but the wheel is, use what it is for, and take it out again."""
    before = environment.packages()
    environment.install("--no-compile", *pins, f"{wheel}[{extra}]")
    environment.pip("check")
    added = environment.packages() - before
    parts = list(COMMANDS) if extra == "all" else [extra]
    for part in parts:
        environment.python("-c", f"import {', '.join(IMPORTS[part])}")
        for command in COMMANDS[part]:
            environment.run("counterpulse", *command, folder=folder)
    environment.pip("uninstall", "--yes", "--quiet", *(each.partition("==")[0] for each in added))
    need(environment.packages() == before, f"{extra}: what it brought changed what was there")
    print(f"Python {environment.version}: extra {extra} alone, {len(added)} packages more")


def extras() -> list[str]:
    """Give the extras for users, as the project declares them."""
    declared = set(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"])
    others = declared - FOR_DEVELOPERS - {*COMMANDS, "all"}
    need(not others, f"an extra that nobody tries: {sorted(others)}; COMMANDS or FOR_DEVELOPERS has to know it")
    return sorted(declared - FOR_DEVELOPERS)


def try_archive(environment: Environment, archive: Path, wheel: Path) -> None:
    """Install the source distribution, and find the files of the wheel."""
    environment.install("--no-deps", str(archive))
    with zipfile.ZipFile(wheel) as file:
        wanted = {each for each in file.namelist() if ".dist-info/" not in each}
    site = environment.site()
    there = {str(path.relative_to(site)) for path in (site / "counterpulse").rglob("*") if path.suffix != ".pyc"}
    need(wanted <= there, f"{archive.name}: not installed: {sorted(wanted - there)}")
    print(f"Python {environment.version}: source distribution installs, with the files of the wheel")


def try_recipe(tools: Environment, version: str) -> None:
    """Read the conda recipe as what builds it does; packages of conda are not asked for."""
    told = tools.python("-c", RENDERED, str(ROOT / "recipe/recipe.yaml")).stdout
    need(told.split() == ["counterpulse", version], told)
    print("conda recipe: rattler-build reads it")


def try_pipx(tools: Environment, wheel: Path, pins: Sequence[str], version: str, work: Path) -> None:
    """Run the command without installing it."""
    environ = {"PIPX_HOME": str(work / "pipx"), "PIPX_DEFAULT_PYTHON": str(tools.executable)}
    arguments = ["-m", "pipx", "run", "--spec", str(wheel), "--pip-args", " ".join(pins), "counterpulse", "--version"]
    told = tools.python(*arguments, environ=environ).stdout
    need(told.split() == ["counterpulse", version], told)
    print(f"Python {tools.version}: pipx runs it")


def main() -> None:
    """Build, look, try; the first failure ends it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--python", nargs="+", default=PYTHONS, help="versions or interpreters; those not found are told"
    )
    parser.add_argument(
        "--output", type=Path, default=ROOT / "dist", help="folder of the packages; those of before are removed"
    )
    parser.add_argument("--unpinned", action="store_true", help="with the newest of what it depends on")
    asked = parser.parse_args()
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    pins = () if asked.unpinned else PINS
    interpreters = [each for each in map(found, asked.python) if each]
    if not interpreters:
        sys.exit("none of these Pythons is here")
    with tempfile.TemporaryDirectory(prefix="packages-") as name:
        work = Path(name).resolve()
        os.environ.setdefault("COUNTERPULSE_CACHE", str(work / "kernels"))
        tools = Environment(interpreters[0], work / "tools")
        tools.install(*TOOL_PINS, "build", "pipx", "py-rattler-build", "setuptools", "twine")
        archive, wheel = build(tools, asked.output.resolve(), work)
        check_contents(archive, wheel)
        try_recipe(tools, version)
        for place, interpreter in enumerate(interpreters):
            environment = Environment(interpreter, work / f"wheel-{place}")
            folder = work / f"folder-{place}"
            try_wheel(environment, wheel, pins, version, folder)
            # what brings what is the same for every Python
            for extra in extras() if place == 0 else []:
                try_extra(environment, wheel, pins, extra, folder)
            environment.remove()
        try_archive(Environment(interpreters[-1], work / "archive"), archive, wheel)
        try_pipx(tools, wheel, pins, version, work)
    print(f"{len(interpreters)} of {len(asked.python)} Pythons tried; the packages are in {asked.output}")


if __name__ == "__main__":
    main()

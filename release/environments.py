"""Clean environments of a Python: made, installed into, locked against writing, removed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

LIMIT = 600
"""Seconds a command may take."""
LEFT_OUT = (
    "PYTHONPATH",
    "PYTHONHOME",
    "PYTHONSAFEPATH",
    "VIRTUAL_ENV",
    "PIP_CONSTRAINT",
    "MPLCONFIGDIR",
    "CONDA_PREFIX",
)

Done = subprocess.CompletedProcess[str]


def found(python: str) -> Path | None:
    """Find an interpreter by version or name, on the path or among those of pyenv; None, aloud, where none is."""
    names = [python, f"python{python}"]
    candidates = [place for place in map(shutil.which, names) if place]
    if shutil.which("pyenv"):
        root = subprocess.run(["pyenv", "root"], capture_output=True, text=True, check=True).stdout.strip()
        candidates += [str(path) for path in sorted(Path(root).glob(f"versions/{python}.*/bin/python"))]
    for each in candidates:
        # a shim of pyenv is on the path also for versions that are not chosen
        program = "import sys, venv, ensurepip; print(sys.version_info >= (3, 11), sys.executable)"
        told = subprocess.run([each, "-c", program], capture_output=True, text=True, check=False)
        new_enough, _, executable = told.stdout.strip().partition(" ")
        if new_enough == "False":
            sys.exit(f"Python {python}: 3.11 or newer is needed")
        if executable:
            return Path(executable)
    print(f"Python {python}: not here, not tried", file=sys.stderr)
    return None


class Environment:
    """An environment that knows nothing of the checkout, nor of what the shell has set."""

    def __init__(self, interpreter: Path, folder: Path) -> None:
        self.folder = folder
        self.scripts = folder / "bin"
        self.executable = self.scripts / "python"
        self._run([str(interpreter), "-m", "venv", str(folder)], folder.parent)
        self.version = self.python("-c", "import platform; print(platform.python_version())").stdout.strip()

    def python(self, *arguments: str, environ: dict[str, str] | None = None) -> Done:
        """Run its Python; what fails ends all."""
        return self._run([str(self.executable), *arguments], self.folder, environ=environ)

    def pip(self, *arguments: str) -> Done:
        """Run its pip."""
        return self.python("-m", "pip", "--disable-pip-version-check", "--no-input", *arguments)

    def install(self, *what: str) -> None:
        """Install packages."""
        self.pip("install", "--quiet", *what)

    def packages(self) -> set[str]:
        """List what is installed, by name and version."""
        return set(self.pip("freeze", "--all").stdout.split("\n")) - {""}

    def run(self, name: str, *arguments: str, folder: Path, before: tuple[str, ...] = (), expect: int = 0) -> Done:
        """Run one of its commands in a folder; another exit code than expected ends all."""
        home = folder / "home"
        home.mkdir(exist_ok=True)
        environ = {"HOME": str(home), "XDG_CACHE_HOME": str(home / ".cache"), "PYTHONSAFEPATH": "1"}
        return self._run([*before, str(self.scripts / name), *arguments], folder, expect, environ)

    def site(self) -> Path:
        """Where its packages are."""
        return Path(self.python("-c", "import sysconfig; print(sysconfig.get_path('purelib'))").stdout.strip())

    def remove(self) -> None:
        """Free its space."""
        shutil.rmtree(self.folder)

    def _run(self, command: list[str], folder: Path, expect: int = 0, environ: dict[str, str] | None = None) -> Done:
        kept = {name: value for name, value in os.environ.items() if name not in LEFT_OUT}
        try:
            done = subprocess.run(
                command,
                cwd=folder,
                env=kept | (environ or {}),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=LIMIT,
                check=False,
            )
        except subprocess.TimeoutExpired:
            sys.exit(f"{' '.join(command)}\ntook more than {LIMIT} s")
        if done.returncode != expect:
            sys.exit(f"{' '.join(command)}\nended with {done.returncode}, not {expect}\n{done.stdout}\n{done.stderr}")
        return done


@contextmanager
def locked(environment: Environment, folder: Path) -> Iterator[tuple[Callable[..., Done], str]]:
    """Take from everyone the right to write into an environment; give what runs its commands in a folder meanwhile.

    The right to write anyway is taken from root too, where the system has a command for that.
    """
    before: tuple[str, ...] = ("setpriv", "--bounding-set=-all", "--inh-caps=-all")
    if os.geteuid() or not shutil.which("setpriv") or subprocess.run([*before, "true"], check=False).returncode:
        before = ()
    site = environment.site()
    places = [site, *(path for path in site.rglob("*") if path.is_dir() and not path.is_symlink())]
    modes = {path: path.stat().st_mode for path in places}

    def run(name: str, *arguments: str, expect: int = 0) -> Done:
        return environment.run(name, *arguments, folder=folder, before=before, expect=expect)

    try:
        for path in places:
            path.chmod(modes[path] & ~0o222)
        write = f"open({str(site / 'written')!r}, 'w')"
        told = run("python", "-c", f"try: {write}\nexcept PermissionError: print('no')")
        refused = told.stdout == "no\n"
        yield run, "into site-packages nobody may write" if refused else "site-packages could not be locked"
    finally:
        for path, mode in modes.items():
            path.chmod(mode)

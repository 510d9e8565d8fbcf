"""Many processes and one empty cache: who compiles, what they find, and what a killed one leaves."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

import counterpulse

pytestmark = pytest.mark.slow

WATCHED = """
import hashlib, json
from numba.core import event

class Watch(event.Listener):
    def __init__(self):
        self.entries = 0
    def on_start(self, happening):
        if happening.data["dispatcher"].py_func.__name__ == "survey":
            self.entries += 1
            print("compiling", flush=True)
    def on_end(self, happening):
        pass

def surveyed():
    watch = Watch()
    with event.install_listener("numba:compile", watch):
        from counterpulse.engine.inputs import parameter_matrix
        from counterpulse.engine.periodic.solve import plan
        from counterpulse.sweeps.simulate import sample
        answer = plan(parameter_matrix(sample("ami-cs", 200, seed=3)))
    data = b"".join(part.tobytes() for part in answer)
    return {"compiled": watch.entries, "digest": hashlib.sha256(data).hexdigest()}
"""
ALONE = WATCHED + "print(json.dumps(surveyed()))"
CLUSTER = (
    WATCHED
    + """
if __name__ == "__main__":
    from distributed import Client, LocalCluster
    with LocalCluster(n_workers=3, threads_per_worker=1, dashboard_address=None) as cluster, Client(cluster) as client:
        print(json.dumps(list(client.run(surveyed).values())))
"""
)


def start(program: str, cache: Path) -> subprocess.Popen[str]:
    # a file of its own: one that starts must not find the file of all cut short for the next
    script = cache.parent / f"program-{uuid4().hex}.py"
    script.write_text(program)
    environment = {**os.environ, "COUNTERPULSE_CACHE": str(cache)}
    command = [sys.executable, str(script)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, env=environment, cwd=cache.parent, stdout=pipe, stderr=pipe, text=True)


def answer(process: subprocess.Popen[str], said: str | None = None) -> Any:
    """What a process found, and that it told no more than what is expected."""
    out, told = process.communicate(timeout=300)
    assert process.returncode == 0, told
    assert said is None or told == said
    return json.loads(out.splitlines()[-1])


@pytest.fixture(scope="module")
def kept(tmp_path_factory) -> tuple[Path, Any]:
    """A cache that one process made, and its answer."""
    cache = tmp_path_factory.mktemp("kept") / "cache"
    return cache, answer(start(ALONE, cache))


def test_of_processes_that_start_together_one_compiles_and_all_say_the_same(tmp_path):
    found = [answer(each) for each in [start(ALONE, tmp_path / "cache") for _ in range(4)]]
    assert sum(each["compiled"] for each in found) == 1
    assert len({each["digest"] for each in found}) == 1


def test_a_process_killed_while_it_compiles_leaves_a_cache_that_serves(tmp_path):
    killed = start(ALONE, tmp_path / "cache")
    assert killed.stdout is not None
    assert killed.stdout.readline() == "compiling\n"
    killed.kill()
    killed.communicate(timeout=60)
    first, second = (answer(start(ALONE, tmp_path / "cache")) for _ in range(2))
    assert (first["compiled"], second["compiled"]) == (1, 0)
    assert first["digest"] == second["digest"]


def test_a_damaged_file_in_the_cache_is_compiled_anew_and_told_in_one_line(kept, tmp_path):
    cache, first = shutil.copytree(kept[0], tmp_path / "cache"), kept[1]
    (file,) = cache.glob("**/*survey*.nbc")
    file.write_bytes(b"\x80\x7fx")
    told = f"{file.parent}: a compiled kernel there cannot be used, it is compiled again: {file.name}: "
    assert answer(start(ALONE, cache), told + "it is not what was written\n") == first


def test_a_cache_that_may_only_be_read_serves_also_another_installation(kept, tmp_path):
    cache, first = kept
    files = {file: file.read_bytes() for file in cache.rglob("*") if file.is_file()}
    # the same sources elsewhere, and newer
    package = Path(counterpulse.__file__).parent
    for room in ("engine", "sweeps"):
        shutil.copytree(package / room, tmp_path / "counterpulse" / room, copy_function=shutil.copyfile)
    shutil.copyfile(package / "__init__.py", tmp_path / "counterpulse" / "__init__.py")
    script, place = tmp_path / "program.py", shlex.quote(str(cache))
    script.write_text(ALONE + "\nimport counterpulse\nprint(counterpulse.__file__)\n")
    done = subprocess.run(
        ["unshare", "-rm", "sh", "-c", f"""
mount --bind {place} {place} && mount -o remount,ro,bind {place} || exit 77
! touch {place}/written || exit 77
exec {shlex.join([sys.executable, str(script)])}
"""],
        env={**os.environ, "COUNTERPULSE_CACHE": str(cache), "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=300,
    )  # fmt: skip
    if done.returncode == 77 or "unshare" in done.stderr:
        pytest.skip("a cache that may only be read: allow user namespaces, or run as root")
    *_, said, place = done.stdout.splitlines()
    assert Path(place).is_relative_to(tmp_path)
    assert json.loads(said) == first | {"compiled": 0}
    assert {file: file.read_bytes() for file in cache.rglob("*") if file.is_file()} == files


def test_where_no_cache_can_be_each_process_compiles(kept, tmp_path):
    (tmp_path / "file").write_text("no folder")
    assert answer(start(ALONE, tmp_path / "file")) == kept[1]


@pytest.mark.filterwarnings("ignore")
def test_the_workers_of_a_local_cluster_compile_once_between_them(tmp_path):
    found = answer(start(CLUSTER, tmp_path / "cache"))
    assert len(found) == 3
    assert sum(each["compiled"] for each in found) == 1
    assert len({each["digest"] for each in found}) == 1

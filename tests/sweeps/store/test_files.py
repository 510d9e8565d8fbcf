"""Files that are whole or absent, and litter whose maker is gone."""

import os
import subprocess
import sys
import time

import pytest

from counterpulse.sweeps.store.files import FOREIGN_LIFETIME, partial_beside, remove_abandoned, write_whole

HOLD = """
import sys
from pathlib import Path
from counterpulse.sweeps.store.files import partial_beside
path = partial_beside(Path(sys.argv[1]))
path.write_text("half")
print(path.name, flush=True)
sys.stdin.read()
"""


def test_a_file_is_replaced_whole_and_nothing_else_is_left(tmp_path):
    path = tmp_path / "deep" / "file.json"
    write_whole(path, b"one")
    write_whole(path, b"two", durable=False)
    assert path.read_bytes() == b"two"
    assert [each.name for each in path.parent.iterdir()] == ["file.json"]


def test_a_failed_write_leaves_what_was_there(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with pytest.raises(TypeError):
        write_whole(path, "no bytes")
    assert path.read_bytes() == b"old"
    assert len(list(tmp_path.iterdir())) == 1


def test_work_of_the_living_stays_and_of_the_dead_goes(tmp_path):
    mine = partial_beside(tmp_path / "mine")
    mine.write_text("half")
    other = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path / "other")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    name = other.stdout.readline().strip()
    assert name
    remove_abandoned([tmp_path])
    assert (tmp_path / name).exists()
    other.kill()
    # killed and not yet waited for it is still listed, but makes nothing any more
    while (tmp_path / name).exists():
        remove_abandoned([tmp_path])
    other.communicate()
    assert mine.exists()


def test_a_later_process_of_the_same_number_is_another(tmp_path):
    place, number, start, count = (
        partial_beside(tmp_path / "x").name.removesuffix(".partial").rsplit(".", 1)[1].split("-")
    )
    former = tmp_path / f".x.{place}-{number}-{int(start) - 1}-{count}.partial"
    former.mkdir()
    (former / "content").write_text("half")
    remove_abandoned([tmp_path], of="y")
    assert former.exists()
    remove_abandoned([tmp_path], of="x")
    assert not former.exists()


@pytest.mark.parametrize("name", [".x.abcdef012345-1-1-0.partial", "0.0123456789abcdef0123456789abcdef.partial"])
def test_what_was_made_elsewhere_goes_when_it_is_old(tmp_path, name):
    path = tmp_path / name
    path.write_text("half")
    remove_abandoned([tmp_path])
    assert path.exists()
    long_ago = time.time() - FOREIGN_LIFETIME - 10
    os.utime(path, (long_ago, long_ago))
    remove_abandoned([tmp_path, tmp_path / "missing"])
    assert not path.exists()

"""Files beside stores: refused before anything is computed, whole or not at all, named as they were asked for."""

import errno
import os

import pytest

from counterpulse.engine.errors import InputError
from counterpulse.sweeps.store.outputs import check_output, written_whole


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("x.gif", "ends in .gif, .png, .pdf are allowed"),
        ("x", "has no ending, .png, .pdf are allowed"),
        ("none/x.png", "does not exist"),
        ("folder.png", "is a folder, where a file is to be written"),
        ("file/x.png", "does not exist"),
        ("store/x.png", "is inside the store"),
        ("store/deep/x.png", "is inside the store"),
        ("link/x.png", "is inside the store"),
        ("x" * 300 + ".png", "File name too long"),
        ("with\0nul.png", "is no name of a file"),
    ],
)
def test_a_file_that_cannot_be_is_refused_in_one_line(tmp_path, refused, name, said):
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "file").write_text("")
    (tmp_path / "store" / "deep").mkdir(parents=True)
    (tmp_path / "store" / "zarr.json").write_text("{}")
    (tmp_path / "link").symlink_to(tmp_path / "store" / "deep")
    before = sorted(tmp_path.rglob("*"))
    with refused(said) as told:
        check_output(tmp_path / name, (".png", ".pdf"), where="-o")
    assert str(told.value).startswith("-o: ")
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="a folder that nobody may write is needed")
def test_a_folder_that_may_not_be_written_is_said_to_be_one():
    with pytest.raises(InputError, match=r"^/proc/x\.png: cannot be written: "):
        check_output("/proc/x.png")


def test_what_fails_leaves_what_was_there_and_names_the_file(tmp_path):
    target = tmp_path / "x.png"
    target.write_text("of before")

    def fail():
        with written_whole(target) as partial:
            partial.write_text("half")
            raise OSError(errno.ENOSPC, "no room", str(partial))

    with pytest.raises(OSError, match=r"No space left on device: '.*x\.png'$"):
        fail()
    assert (target.read_text(), list(tmp_path.iterdir())) == ("of before", [target])
    with written_whole(check_output(target)) as partial:
        partial.write_text("whole")
    assert (target.read_text(), list(tmp_path.iterdir())) == ("whole", [target])

"""What is kept of compiled kernels: whatever befell a file, what runs is what was compiled, and it is said once."""

from __future__ import annotations

import logging
import pickle
from pathlib import Path

import numpy as np
import pytest

from counterpulse.engine.compile import cache
from counterpulse.engine.compile.cache import KernelCache
from counterpulse.engine.compile.decorators import function
from counterpulse.engine.compile.passes import OPTIONS, Entry, EntryCompiler


@function
def law(x):
    return 0.5 * x + 1.0


def total(values):
    kept = 0.0
    for value in values:
        kept += law(value)
    return kept


def other(values):
    return -values.sum()


class Process:
    """An entry point as a process of its own has it: nothing loaded yet, nothing said yet."""

    def __init__(self, folder: Path, monkeypatch, caplog, entry=total):
        monkeypatch.setattr(cache, "_told", set())
        caplog.clear()
        self.folder = folder
        self.log = caplog
        self.entry = Entry(entry, targetoptions=OPTIONS, pipeline_class=EntryCompiler)
        self.entry._cache = KernelCache(entry, folder)

    def compiled(self, precision="float64") -> bool:
        """Run it, look at what it says, and tell whether it was compiled."""
        before = self.entry.stats.cache_misses.total()
        assert self.entry(np.arange(5.0).astype(precision)) == 10.0
        return self.entry.stats.cache_misses.total() > before

    def said(self) -> list[str]:
        return [record.getMessage() for record in self.log.records if record.levelno >= logging.WARNING]


@pytest.fixture
def process(tmp_path, monkeypatch, caplog):
    return lambda entry=total: Process(tmp_path / "kernels", monkeypatch, caplog, entry)


@pytest.fixture
def file(process) -> Path:
    """The file of a compiled entry point."""
    first = process()
    assert first.compiled()
    assert not first.said()
    (found,) = first.folder.glob("*.nbc")
    return found


def flipped(content: bytes, place: float) -> bytes:
    at = int(place * (len(content) - 1))
    return content[:at] + bytes([content[at] ^ 4]) + content[at + 1 :]


DAMAGES = {
    "of another kind": lambda content: b"\x80\x7fx",
    "empty": lambda content: b"",
    "cut short": lambda content: content[:1000],
    "a zeroed block": lambda content: content[:2000] + bytes(512) + content[2512:],
    "a bit of the seal": lambda content: flipped(content, 0.0),
    "a bit in the middle": lambda content: flipped(content, 0.5),
    "the last bit": lambda content: flipped(content, 1.0),
    "longer": lambda content: content + b"\0",
}


def test_what_is_kept_is_loaded(process, file):
    assert not process().compiled()
    assert not process().said()


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_a_damaged_file_is_compiled_again_and_that_is_said(process, file, damage):
    sound = file.read_bytes()
    file.write_bytes(damage(sound))
    again = process()
    assert again.compiled()
    (said,) = again.said()
    assert said.startswith(f"{file.parent}: a compiled kernel there cannot be used")
    assert file.name in said
    assert "\n" not in said
    assert [each.name for each in file.parent.iterdir() if each.suffix != ".lock"] == [file.name]
    after = process()
    assert not after.compiled()
    assert not after.said()


def test_no_flipped_bit_anywhere_is_believed(file):
    sound = file.read_bytes()
    for place in np.linspace(0.0, 1.0, 200):
        file.write_bytes(flipped(sound, float(place)))
        with pytest.raises(ValueError, match="not what was written"):
            cache._sound(file)


@pytest.mark.parametrize("content", [{}, (1, 2), None, "kernel"], ids=["index", "short", "nothing", "words"])
def test_what_is_sound_and_no_kernel_is_compiled_again(process, file, content):
    body = pickle.dumps(content)
    file.write_bytes(cache._seal(file, body) + body)
    again = process()
    assert again.compiled()
    assert len(again.said()) == 1


def test_the_file_of_another_kernel_is_not_taken_for_this_one(process, file):
    second = process(other)
    second.entry(np.arange(5.0))
    (wrong,) = set(file.parent.glob("*.nbc")) - {file}
    file.write_bytes(wrong.read_bytes())
    assert process().compiled()


def test_many_damaged_files_are_said_once(process, file):
    process().compiled("float32")
    files = list(file.parent.glob("*.nbc"))
    assert len(files) == 2
    for each in files:
        each.write_bytes(b"")
    again = process()
    assert again.compiled()
    assert again.compiled("float32")
    assert len(again.said()) == 1


def test_where_nothing_can_be_written_a_damaged_file_stays_and_nothing_is_left_beside_it(process, file, monkeypatch):
    file.write_bytes(b"damaged")
    monkeypatch.setattr(Path, "replace", lambda self, target: (_ for _ in ()).throw(OSError(28, "No space left")))
    again = process()
    assert again.compiled()
    assert len(again.said()) == 1
    assert [each.name for each in file.parent.iterdir() if each.suffix != ".lock"] == [file.name]
    assert file.read_bytes() == b"damaged"


def test_a_file_that_may_not_be_read_is_said(process, file, monkeypatch):
    def refused(self):
        raise PermissionError(13, "Permission denied", str(self))

    again = process()
    with monkeypatch.context() as patched:
        patched.setattr(Path, "read_bytes", refused)
        assert again.compiled()
    (said,) = again.said()
    assert said.endswith(f"{file.name}: Permission denied")

"""What macOS lacks or does otherwise, taken away or put in its place here."""

import fcntl
import os
import sys

import counterpulse as cp
from counterpulse.sweeps import resources
from counterpulse.sweeps.store import files


def test_cores_are_those_of_the_host_where_there_is_no_affinity(tmp_path, monkeypatch):
    for name in ("SLURM_CPUS_PER_TASK", "SLURM_CPUS_ON_NODE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: 3)
    assert resources.cores(tmp_path) == 3
    assert cp.simulate(cp.sample("healthy", 2, seed=1), {"off": {}}).sizes["patient"] == 2


def test_a_file_is_flushed_to_the_drive_and_not_only_into_its_cache(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(fcntl, "F_FULLFSYNC", 51, raising=False)
    monkeypatch.setattr(fcntl, "fcntl", lambda descriptor, command: asked.append(command))
    monkeypatch.setattr(os, "fsync", lambda descriptor: asked.append("fsync"))
    files.write_whole(tmp_path / "x", b"content")
    assert asked == [51, 51]
    # a file system that knows no such command
    monkeypatch.setattr(fcntl, "fcntl", lambda *_: os.open(tmp_path / "none", os.O_RDONLY))
    files.sync(tmp_path / "x")
    assert asked == [51, 51, "fsync"]


def test_processes_without_a_proc_folder_leave_each_others_partial_files_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "Path", lambda path: tmp_path / f"none{path}" if str(path).startswith("/proc") else path)
    for cached in (files._place, files._me):
        cached.cache_clear()
    mine = files.partial_beside(tmp_path / "x")
    mine.write_text("half")
    files._place.cache_clear()
    other = files.partial_beside(tmp_path / "y")
    other.write_text("half")
    files.remove_abandoned([tmp_path])
    assert mine.exists()
    assert other.exists()
    for cached in (files._place, files._me):
        cached.cache_clear()

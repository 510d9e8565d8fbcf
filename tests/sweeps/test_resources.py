"""Cores and memory as control groups and Slurm grant them, read from file trees as Linux makes them."""

import os

import pytest

from counterpulse.sweeps import resources

HOST = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


@pytest.fixture(autouse=True)
def no_slurm(monkeypatch):
    for name in ("SLURM_CPUS_PER_TASK", "SLURM_CPUS_ON_NODE", "SLURM_MEM_PER_NODE", "SLURM_MEM_PER_CPU"):
        monkeypatch.delenv(name, raising=False)


def tree(top, groups, **files):
    for name, content in {
        "proc/self/cgroup": groups,
        **{key.replace("__", "/"): text for key, text in files.items()},
    }.items():
        path = top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return top


def put(top, **files):
    for name, content in files.items():
        (top / name).write_text(content)


def folder(top, name):
    path = top / "sys/fs/cgroup" / name
    path.mkdir(parents=True, exist_ok=True)
    return path


def test_without_limits_it_is_the_affinity_and_the_host(tmp_path):
    tree(tmp_path, "0::/user.slice\n")
    put(folder(tmp_path, "user.slice"), **{"cpu.max": "max 100000\n", "memory.max": "max\n"})
    assert resources.cores(tmp_path) == HOST
    assert resources.memory(tmp_path) == os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def test_version_2_limits_of_a_group_above_count(tmp_path):
    tree(tmp_path, "0::/job/step/task\n")
    folder(tmp_path, "job/step/task")
    put(folder(tmp_path, "job/step"), **{"cpu.max": "max 100000", "memory.max": "3000000000"})
    put(folder(tmp_path, "job"), **{"cpu.max": "50000 100000", "memory.max": "2000000000"})
    assert resources.cores(tmp_path) == 1
    assert resources.memory(tmp_path) == 2_000_000_000


def test_version_1_limits_and_a_path_that_is_the_hosts(tmp_path):
    tree(tmp_path, "4:memory:/docker/abc\n1:cpu,cpuacct:/docker/abc\n")
    put(folder(tmp_path, "cpu,cpuacct"), **{"cpu.cfs_quota_us": "90000", "cpu.cfs_period_us": "100000"})
    put(folder(tmp_path, "memory"), **{"memory.limit_in_bytes": "1500000000"})
    assert resources.cores(tmp_path) == 1
    assert resources.memory(tmp_path) == 1_500_000_000


def test_no_quota_of_version_1_is_no_limit(tmp_path):
    tree(tmp_path, "1:cpu:/\n")
    put(folder(tmp_path, "cpu"), **{"cpu.cfs_quota_us": "-1", "cpu.cfs_period_us": "100000"})
    assert resources.cores(tmp_path) == HOST


def test_slurm_and_affinity_are_kept(tmp_path, monkeypatch):
    monkeypatch.setenv("SLURM_CPUS_PER_TASK", "1")
    monkeypatch.setenv("SLURM_MEM_PER_CPU", "900")
    assert resources.cores(tmp_path) == 1
    assert resources.memory(tmp_path) == 900 * 2**20
    monkeypatch.setenv("SLURM_CPUS_PER_TASK", "100000")
    assert resources.cores(tmp_path) == HOST
    monkeypatch.delenv("SLURM_CPUS_PER_TASK")
    monkeypatch.setenv("SLURM_CPUS_ON_NODE", "1")
    assert resources.cores(tmp_path) == 1


def test_fewer_workers_where_memory_is_short(tmp_path, monkeypatch):
    monkeypatch.setattr(resources, "cores", lambda: 16)
    monkeypatch.setattr(resources, "memory", lambda: 3 * resources.WORKER_MEMORY + 1)
    assert resources.default_workers() == 3
    monkeypatch.setattr(resources, "memory", lambda: 1)
    assert resources.default_workers() == 1

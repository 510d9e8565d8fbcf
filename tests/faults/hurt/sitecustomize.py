"""Read by every Python that is started with this folder on its path: one block comes to grief as HURT says."""

import importlib.abc
import importlib.util
import os
import sys

BLOCK = 2


def _segfault():
    import ctypes

    ctypes.string_at(0)


def _hoard():
    import time

    hoard = []
    while True:
        hoard.append(b"x" * 50_000_000)
        time.sleep(0.02)


def _exit():
    os._exit(3)


WAYS = {"segfault": _segfault, "memory": _hoard, "exit": _exit}


class Hook(importlib.abc.MetaPathFinder):
    """Replaces the function that simulates a block, once its module is loaded."""

    def find_spec(self, name, path, target=None):
        if name != "counterpulse.sweeps.spec.blocks":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        load = spec.loader.exec_module

        def exec_module(module):
            load(module)
            simulate = module.block

            def block(spec, number, warm_start):
                if number == BLOCK:
                    WAYS[os.environ["HURT"]]()
                return simulate(spec, number, warm_start)

            module.block = block

        spec.loader.exec_module = exec_module
        return spec


if os.environ.get("HURT"):
    sys.meta_path.insert(0, Hook())


class Absent(importlib.abc.MetaPathFinder):
    """As if the package had never been installed."""

    def find_spec(self, name, path, target=None):
        if name.partition(".")[0] == "counterpulse":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return


if os.environ.get("ABSENT"):
    sys.meta_path.insert(0, Absent())

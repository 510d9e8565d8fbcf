"""A function of this package in a process of its own: what it imports, patches and compiles stays there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

SCRIPT = """
import json, sys
from importlib import import_module
module, name, arguments = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
json.dump(getattr(import_module(module), name)(*arguments), sys.stdout)
"""


def elsewhere(module: str, name: str, *arguments: object, **environment: str) -> Any:
    """Call a function by its module and name; arguments and result are what JSON can hold."""
    done = subprocess.run(
        [sys.executable, "-P", "-c", SCRIPT, module, name, json.dumps(arguments)],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)

"""Run a sweep: ``drive.py SWEEP STORE OPTIONS``.

Without ``if __name__ == "__main__"`` on purpose: spawned processes, which import the script of their parent, must not
start it anew.
"""

import sys

from counterpulse.sweeps.execution.run import run

report = run(sys.argv[1], sys.argv[2], **eval(sys.argv[3]))
print(report.blocks_run, report.interrupted, list(report.failed_blocks))

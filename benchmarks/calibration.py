"""Whether what match says is calibrated: synthetic patients, measured with errors, and how often its intervals hold.

``python -m counterpulse.benchmarks.calibration [--cohorts ami-cs adhf] [-o docs/match-calibration.md]``
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from ..analysis.figures.style import save
from ..sweeps.execution.run import run
from ..sweeps.population import cohorts
from ..sweeps.store.files import write_whole
from .calibration_page import document, histograms
from .calibration_scores import prepared, scored

CANDIDATES, PATIENTS = 131_072, 2_000
SWEEP = """name = "{cohort}, for the calibration of match"
cohort = "{cohort}"
patients = {candidates}
seed = 7
regulation = "baroreflex"

[arms.off]
[arms.iabp]
balloon_volume = 40

[run]
block = 4096
other_modes = 0
"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Make the stores that are not there, and write the page and its figure."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--cohorts", nargs="+", default=cohorts.names(), help="default: all")
    parser.add_argument("--candidates", type=int, default=CANDIDATES, help="of each store")
    parser.add_argument("--patients", type=int, default=PATIENTS, help="synthetic patients of each cohort")
    parser.add_argument("--stores", type=Path, default=Path("out/calibration"), help="folder of the stores")
    parser.add_argument("-o", "--output", type=Path, default=Path("docs/match-calibration.md"))
    options = parser.parse_args(arguments)
    found, sizes = {}, {}
    options.stores.mkdir(parents=True, exist_ok=True)
    for cohort in options.cohorts:
        sweep, store = (options.stores / f"{cohort}.{ending}" for ending in ("toml", "zarr"))
        sweep.write_text(SWEEP.format(cohort=cohort, candidates=options.candidates), encoding="utf-8")
        run(sweep, store, workers=1)
        measured, whole, fresh = prepared(store, options.patients)
        found[cohort], sizes[cohort] = scored(measured, whole, fresh), len(whole.place)
        sys.stderr.write(f"{cohort}: {len(fresh.place):,} synthetic patients\n")
    write_whole(options.output, document(found, sizes).encode())
    save(histograms(found), options.output.with_suffix(".png"))


if __name__ == "__main__":
    main()

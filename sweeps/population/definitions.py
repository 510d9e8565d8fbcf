"""What may count as help, by name: light, so that the help of every command can list it."""

from __future__ import annotations

BY_COHORT = "by-cohort"
"""Each patient by what the patient's own cohort declares, else ``HAEMODYNAMIC``."""

HAEMODYNAMIC = "haemodynamic"

OF_COHORTS = (HAEMODYNAMIC, "ischaemia-relief", "imamura", "imamura-stabilised", "hsu", "sintek")
"""Those that a cohort may declare; what each means stands in ``analysis/response/definitions.py``."""

DEFINITIONS = (BY_COHORT, *OF_COHORTS)

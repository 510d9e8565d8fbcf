"""From haemodynamics to outcome: what power, age and severity say of death, and what days of support cost."""

"""How far the steps of the integration put the outcomes wrong: what no tighter tolerance mends."""

from __future__ import annotations

from collections.abc import Mapping

STEP_ERRORS: Mapping[str, float] = {
    "mean_heart_rate": 6.0e-08,
    "mean_arterial_pressure": 1.8e-04,
    "systolic_pressure": 2.5e-04,
    "diastolic_pressure": 9.0e-04,
    "mean_diastolic_pressure": 1.8e-04,
    "augmented_diastolic_pressure": 1.1e-03,
    "end_diastolic_aortic_pressure": 1.4e-03,
    "opening_pressure": 1.4e-03,
    "deflation_margin": 1.3e-03,
    "cardiac_output": 2.4e-04,
    "native_cardiac_output": 2.4e-04,
    "cardiac_index": 2.4e-04,
    "lv_end_diastolic_volume": 7.0e-04,
    "lv_end_systolic_volume": 6.6e-04,
    "stroke_volume": 1.6e-03,
    "forward_stroke_volume": 2.4e-04,
    "ejection_fraction": 9.1e-04,
    "lv_end_diastolic_pressure": 6.3e-04,
    "lv_end_systolic_pressure": 2.5e-04,
    "lv_peak_pressure": 2.5e-04,
    "wedge_pressure": 6.6e-04,
    "central_venous_pressure": 2.7e-04,
    "mean_pulmonary_pressure": 3.7e-04,
    "cardiac_power_output": 3.8e-04,
    "pulmonary_artery_pulsatility_index": 9.8e-04,
    "systemic_vascular_resistance": 8.8e-05,
    "effective_arterial_elastance": 1.4e-03,
    "stroke_work": 7.0e-04,
    "pressure_volume_area": 4.2e-04,
    "oxygen_consumption": 3.6e-04,
    "dpti": 1.9e-04,
    "spti": 3.0e-04,
    "sevr": 3.3e-04,
    "coronary_flow": 2.8e-04,
    "endocardial_flow": 1.6e-04,
    "endocardial_reserve": 1.4e-03,
    "upper_body_flow": 2.1e-04,
    "visceral_flow": 2.3e-04,
    "limb_flow": 2.4e-04,
    "mitral_regurgitant_volume": 6.0e-04,
    "aortic_regurgitant_volume": 2.5e-04,
    "shunt_ratio": 1.8e-04,
    "device_flow": 0.0,
}
"""Outcome -> bound on the error of its value in an arm, and of its difference between two arms of a patient, relative
to the larger of its sizes in the two or its floor. ``convergence_error`` does not know it and is added to it.

[D] At least the true one in 95 % of the patients of each of the twelve cohorts and of nine corners, and in 99 % of all
together, in each of two draws of 500 and 600 patients of each cohort and 200 and 300 of each corner, in float64
converged to 1e-7 and in float32 as it is run, against the same engine in eight times as many steps, which the tests
hold to scipy. The errors of two arms of a patient cancel in part: their difference errs about as one of them does, so
it has one such error and not two. ``docs/accuracy.md`` has the figures, and a test holds these to them.
"""

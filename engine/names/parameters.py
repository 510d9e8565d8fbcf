"""The parameters of a patient and of the devices: names, units, ranges, sources, and where each acts."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from .quantity import Quantity, quantities


class Parameters(NamedTuple):
    """A patient and the settings of the devices. One float each; absolute values, not indexed to body size."""

    heart_rate: Annotated[float, Quantity("heart rate", "1/min", 70.0, (50, 160), (25, 220), "[M]")]
    age: Annotated[float, Quantity("age", "year", 65.0, (25, 90), (18, 100), "[M]")]
    female: Annotated[float, Quantity("female sex (0 male, 1 female)", "1", 0.0, (0, 1), (0, 1), "[M]")]
    body_surface_area: Annotated[float, Quantity("body surface area", "m2", 1.9, (1.4, 2.5), (0.8, 3.5), "[M]")]
    weight: Annotated[float, Quantity("body weight", "kg", 80.0, (45, 140), (25, 300), "[M]")]
    pr_interval: Annotated[
        float, Quantity("atrial lead over the ventricle (PR interval)", "s", 0.16, (0.12, 0.22), (0.05, 0.35), "[M]")
    ]
    systole_stretch: Annotated[
        float,
        Quantity(
            "factor on the duration of systole", "1", 1.0, (0.9, 1.15), (0.7, 1.5), "[X] bundle branch block, inotropes"
        ),
    ]

    lv_elastance: Annotated[
        float,
        Quantity("left ventricular end-systolic elastance", "mmHg/mL", 2.21, (0.25, 4), (0.05, 12), "[C] Burkhoff"),
    ]
    lv_unstressed_volume: Annotated[
        float, Quantity("left ventricular volume at zero pressure", "mL", 5.0, (-10, 50), (-40, 150), "[C] Burkhoff")
    ]
    lv_stiffness_exponent: Annotated[
        float,
        Quantity(
            "left ventricular diastolic stiffness exponent",
            "1/mL",
            0.029,
            (0.010, 0.045),
            (0.004, 0.10),
            "[C] Burkhoff",
        ),
    ]
    lv_stiffness_scale: Annotated[
        float,
        Quantity("left ventricular diastolic stiffness scale", "mmHg", 0.34, (0.3, 0.8), (0.03, 5), "[C] Burkhoff"),
    ]
    rv_elastance: Annotated[
        float,
        Quantity("right ventricular end-systolic elastance", "mmHg/mL", 0.74, (0.15, 1.2), (0.02, 5), "[C] Burkhoff"),
    ]
    rv_unstressed_volume: Annotated[
        float, Quantity("right ventricular volume at zero pressure", "mL", 5.0, (-10, 50), (-40, 150), "[C] Burkhoff")
    ]
    rv_stiffness_exponent: Annotated[
        float,
        Quantity(
            "right ventricular diastolic stiffness exponent",
            "1/mL",
            0.028,
            (0.010, 0.045),
            (0.004, 0.10),
            "[C] Burkhoff",
        ),
    ]
    rv_stiffness_scale: Annotated[
        float,
        Quantity("right ventricular diastolic stiffness scale", "mmHg", 0.34, (0.3, 0.8), (0.03, 5), "[C] Burkhoff"),
    ]
    la_elastance: Annotated[
        float,
        Quantity(
            "left atrial end-systolic elastance",
            "mmHg/mL",
            0.43,
            (0.2, 0.7),
            (0, 3),
            "[C] Burkhoff .48; [D] .43 reached the baselines",
        ),
    ]
    la_unstressed_volume: Annotated[
        float, Quantity("left atrial volume at zero pressure", "mL", 10.0, (0, 30), (-20, 80), "[C] Burkhoff")
    ]
    la_stiffness_exponent: Annotated[
        float,
        Quantity("left atrial diastolic stiffness exponent", "1/mL", 0.058, (0.03, 0.12), (0.005, 0.3), "[C] Burkhoff"),
    ]
    la_stiffness_scale: Annotated[
        float, Quantity("left atrial diastolic stiffness scale", "mmHg", 0.44, (0.3, 0.8), (0.03, 5), "[C] Burkhoff")
    ]
    ra_elastance: Annotated[
        float, Quantity("right atrial end-systolic elastance", "mmHg/mL", 0.38, (0.15, 0.6), (0, 3), "[C] Burkhoff")
    ]
    ra_unstressed_volume: Annotated[
        float, Quantity("right atrial volume at zero pressure", "mL", 10.0, (0, 30), (-20, 80), "[C] Burkhoff")
    ]
    ra_stiffness_exponent: Annotated[
        float,
        Quantity(
            "right atrial diastolic stiffness exponent", "1/mL", 0.046, (0.03, 0.12), (0.005, 0.3), "[C] Burkhoff"
        ),
    ]
    ra_stiffness_scale: Annotated[
        float, Quantity("right atrial diastolic stiffness scale", "mmHg", 0.44, (0.3, 0.8), (0.03, 5), "[C] Burkhoff")
    ]

    aortic_valve_area: Annotated[float, Quantity("aortic valve area", "cm2", 4.0, (0.6, 5), (0.2, 10), "[M]")]
    mitral_valve_area: Annotated[float, Quantity("mitral valve area", "cm2", 5.0, (1, 6), (0.3, 12), "[M]")]
    pulmonary_valve_area: Annotated[float, Quantity("pulmonary valve area", "cm2", 3.5, (1, 5), (0.3, 10), "[M]")]
    tricuspid_valve_area: Annotated[float, Quantity("tricuspid valve area", "cm2", 6.0, (1, 8), (0.3, 14), "[M]")]
    mitral_regurgitation_area: Annotated[
        float, Quantity("regurgitant orifice of the mitral valve", "cm2", 0.0, (0, 0.6), (0, 2), "[M]")
    ]
    aortic_regurgitation_area: Annotated[
        float, Quantity("regurgitant orifice of the aortic valve", "cm2", 0.0, (0, 0.5), (0, 2), "[M]")
    ]
    tricuspid_regurgitation_area: Annotated[
        float, Quantity("regurgitant orifice of the tricuspid valve", "cm2", 0.0, (0, 0.6), (0, 2), "[M]")
    ]
    septal_defect_area: Annotated[
        float, Quantity("defect of the ventricular septum", "cm2", 0.0, (0, 1.2), (0, 3), "[M]")
    ]
    septal_gain_left: Annotated[
        float,
        Quantity(
            "share of right ventricular pressure felt by the left ventricle", "1", 0.03, (0, 0.1), (0, 0.3), "[X]"
        ),
    ]
    septal_gain_right: Annotated[
        float,
        Quantity(
            "share of left ventricular pressure felt by the right ventricle", "1", 0.08, (0, 0.2), (0, 0.4), "[X]"
        ),
    ]
    functional_regurgitation_area: Annotated[
        float,
        Quantity(
            "regurgitant orifice of a mitral valve whose leaflets a dilated ventricle tethers, before support",
            "cm2",
            0.0,
            (0, 0.6),
            (0, 2),
            "[S Rosario 1998] .55 cm2 before nitroprusside",
        ),
    ]
    functional_regurgitation_exponent: Annotated[
        float,
        Quantity(
            "exponent of end-diastolic volume in that orifice",
            "1",
            2.0,
            (1, 6),
            (0, 30),
            "[X] of [D] 14-27 by nitroprusside and annular size",
        ),
    ]
    pericardial_room: Annotated[
        float,
        Quantity(
            "volume at which the pericardium takes up load, over the chambers' own at activation",
            "1",
            1.5,
            (0.7, 1.5),
            (0.4, 4),
            "[X] inert above about 1",
        ),
    ]

    aortic_size: Annotated[
        float, Quantity("factor on the cross-section of the aorta", "1", 1.0, (0.75, 1.3), (0.3, 2.5), "[X]")
    ]
    arterial_stiffness: Annotated[
        float,
        Quantity("arterial stiffness (divides compliance)", "1", 1.0, (0.6, 1.6), (0.25, 5), "[X] lognormal sigma .2"),
    ]
    wall_viscosity: Annotated[
        float, Quantity("Voigt time constant of the arterial wall", "s", 0.025, (0.01, 0.04), (0.004, 0.08), "[X]")
    ]
    systemic_resistance: Annotated[
        float,
        Quantity(
            "systemic vascular resistance (beds in parallel, coronary bed apart)",
            "mmHg s/mL",
            1.0,
            (0.6, 2.0),
            (0.15, 6),
            "[M]",
        ),
    ]
    stressed_volume: Annotated[
        float,
        Quantity(
            "stressed blood volume", "mL", 1000.0, (500, 2600), (150, 6000), "[X] sum of volumes above unstressed"
        ),
    ]
    systemic_venous_compliance: Annotated[
        float, Quantity("systemic venous compliance", "mL/mmHg", 70.0, (60, 110), (20, 250), "[M]")
    ]
    systemic_venous_resistance: Annotated[
        float, Quantity("systemic venous resistance", "mmHg s/mL", 0.02, (0.01, 0.04), (0.003, 0.2), "[M]")
    ]
    pulmonary_resistance: Annotated[
        float, Quantity("pulmonary vascular resistance", "mmHg s/mL", 0.10, (0.05, 0.30), (0.01, 2), "[M]")
    ]
    pulmonary_arterial_compliance: Annotated[
        float, Quantity("pulmonary arterial compliance", "mL/mmHg", 0.85, (0.3, 4), (0.15, 12), "[M]")
    ]
    pulmonary_characteristic_resistance: Annotated[
        float,
        Quantity(
            "characteristic resistance of the pulmonary artery", "mmHg s/mL", 0.03, (0.02, 0.04), (0.005, 0.1), "[M]"
        ),
    ]
    pulmonary_venous_compliance: Annotated[
        float, Quantity("pulmonary venous compliance", "mL/mmHg", 8.0, (6, 15), (2, 40), "[M]")
    ]
    pulmonary_venous_resistance: Annotated[
        float, Quantity("pulmonary venous resistance", "mmHg s/mL", 0.01, (0.005, 0.02), (0.003, 0.1), "[M]")
    ]

    thoracic_length: Annotated[
        float,
        Quantity(
            "aorta from the left subclavian to the celiac artery",
            "cm",
            24.0,
            (20, 29),
            (10, 45),
            "[S] Rastan 2010: cuts at 21.9 and 26.3",
        ),
    ]
    peripheral_artery_disease: Annotated[
        float, Quantity("peripheral artery disease (0 no, 1 yes)", "1", 0.0, (0, 1), (0, 1), "[X]")
    ]
    sheath_resistance: Annotated[
        float,
        Quantity(
            "obstruction of the leg's artery by a device through the groin",
            "mmHg s/mL",
            0.5,
            (0, 20),
            (0, 200),
            "[X] acts only in arms with such a device",
        ),
    ]
    limb_collateral_resistance: Annotated[
        float, Quantity("collateral path around that obstruction", "mmHg s/mL", 5.0, (3, 8), (0.5, 100), "[X]")
    ]

    baroreflex_gain: Annotated[
        float,
        Quantity(
            "factor on the gains of the baroreflex", "1", 1.0, (0.3, 1), (0, 3), "[M] Ursino 1998; .3-.6 in failure"
        ),
    ]
    pressure_target: Annotated[
        float,
        Quantity(
            "mean arterial pressure that drugs hold (0: that of the reference arm)",
            "mmHg",
            0.0,
            (55, 90),
            (0, 200),
            "[X] acts only where regulation is map-held",
        ),
    ]
    pressor_venous_exponent: Annotated[
        float,
        Quantity(
            "power of the drugs' factor on resistance that multiplies the stressed volume",
            "1",
            1.0,
            (0, 1),
            (0, 2),
            "[D] Adda 2021, Persichini 2012: mean systemic pressure follows norepinephrine as MAP does",
        ),
    ]
    atrial_fibrillation: Annotated[
        float, Quantity("atrial fibrillation (0 sinus rhythm, 1 fibrillation)", "1", 0.0, (0, 1), (0, 1), "[M]")
    ]
    rr_variation: Annotated[
        float,
        Quantity("coefficient of variation of RR intervals in fibrillation", "1", 0.22, (0.2, 0.25), (0, 0.5), "[M]"),
    ]
    ectopic_share: Annotated[float, Quantity("share of ectopic ventricular beats", "1", 0.0, (0, 0.2), (0, 0.5), "[M]")]

    coronary_stenosis: Annotated[
        float,
        Quantity(
            "share of the left main artery's diameter lost", "1", 0.0, (0, 0.9), (0, 0.95), "[M] Young and Tsai 1973"
        ),
    ]
    coronary_demand_share: Annotated[
        float, Quantity("share of resting coronary flow that follows the demand", "1", 0.7, (0.4, 0.9), (0, 1), "[X]")
    ]
    vasodilated: Annotated[
        float,
        Quantity("coronary bed dilated, as after angioplasty (0 no, 1 yes)", "1", 0.0, (0, 1), (0, 1), "[S Kern 1993]"),
    ]
    territory_at_risk: Annotated[
        float,
        Quantity(
            "share of the left ventricle that weakens where its inner layer lacks flow",
            "1",
            0.0,
            (0, 1),
            (0, 1),
            "[X] .4 for one vessel, 1 for the left main",
        ),
    ]
    lv_mass: Annotated[
        float,
        Quantity(
            "left ventricular mass", "g", 150.0, (100, 300), (40, 800), "[X] sets the coronary bed and its demand"
        ),
    ]

    balloon_volume: Annotated[
        float, Quantity("balloon volume (0: no balloon)", "mL", 0.0, (0, 50), (0, 70), "[S] 30/34/40/50 mL")
    ]
    balloon_length: Annotated[
        float, Quantity("length of the balloon membrane", "cm", 26.0, (22, 27.5), (12, 40), "[S]")
    ]
    balloon_position: Annotated[
        float,
        Quantity("tip of the balloon below the left subclavian artery", "cm", 2.0, (1, 5), (-3, 12), "[M]"),
    ]
    balloon_sizing: Annotated[
        float,
        Quantity(
            "choice of the balloon (0 as given, 1 by height, 2 by the length of the aorta)",
            "1",
            0.0,
            (0, 2),
            (0, 2),
            "[M] by height; [S] Rastan 2010 by length",
        ),
    ]
    balloon_helium_loss: Annotated[
        float,
        Quantity(
            "share of the balloon's volume lost to a kink, leak or underfilling", "1", 0.0, (0, 0.25), (0, 0.9), "[X]"
        ),
    ]
    balloon_visceral_cover: Annotated[
        float,
        Quantity(
            "share of visceral conductance lost where the membrane lies over all its vessels",
            "1",
            0.05,
            (0.02, 0.3),
            (0, 0.9),
            "[X]",
        ),
    ]
    balloon_smallest_gap: Annotated[
        float,
        Quantity(
            "smallest share of the aorta's cross-section left beside the balloon",
            "1",
            0.12,
            (0.06, 0.24),
            (0.02, 0.6),
            "[X]",
        ),
    ]
    balloon_drive: Annotated[
        float,
        Quantity("drive of the balloon (0 prescribed ramps, 1 driven by gas)", "1", 1.0, (0, 1), (0, 1), "[M]"),
    ]
    balloon_line_resistance: Annotated[
        float,
        Quantity(
            "resistance of the helium line",
            "mmHg s/mL",
            0.5,
            (0.3, 0.8),
            (0.05, 3),
            "[X] 40 mL in within .12-.16 s at 70 mmHg [M]",
        ),
    ]
    balloon_line_volume: Annotated[
        float, Quantity("helium beside the balloon's: line and safety chamber", "mL", 15.0, (8, 30), (2, 80), "[X]")
    ]
    balloon_drive_pressure: Annotated[
        float, Quantity("pressure that fills the balloon", "mmHg", 250.0, (200, 300), (150, 500), "[M]")
    ]
    balloon_vacuum_pressure: Annotated[
        float, Quantity("pressure that empties the balloon", "mmHg", -150.0, (-200, -100), (-400, -20), "[M]")
    ]
    balloon_valve_time: Annotated[
        float, Quantity("time constant of the drive's valve", "s", 0.03, (0.02, 0.04), (0.008, 0.1), "[M]")
    ]
    assist_ratio: Annotated[float, Quantity("beats per assisted beat", "1", 1.0, (1, 3), (1, 3), "[S] 1:1, 1:2, 1:3")]
    inflation_offset: Annotated[
        float,
        Quantity("start of inflation after the learned valve closure", "s", -0.02, (-0.15, 0.2), (-0.3, 0.4), "[X]"),
    ]
    deflation_offset: Annotated[
        float,
        Quantity(
            "start of deflation after the next activation",
            "s",
            -0.02,
            (-0.25, 0.16),
            (-0.35, 0.3),
            "[S Cadwell and Quaal 1996] R-wave timing, the R wave 30 ms before activation; [X] .01 after it",
        ),
    ]
    inflation_time: Annotated[float, Quantity("duration of inflation", "s", 0.12, (0.08, 0.20), (0.03, 0.4), "[M]")]
    deflation_time: Annotated[float, Quantity("duration of deflation", "s", 0.15, (0.10, 0.25), (0.03, 0.4), "[M]")]
    trigger_jitter: Annotated[
        float,
        Quantity(
            "standard deviation of the console's detection of a beat",
            "s",
            0.0,
            (0, 0.03),
            (0, 0.1),
            "[X] .01 if asked; .03 in fibrillation",
        ),
    ]
    trigger_missed_share: Annotated[
        float, Quantity("share of beats that the console misses", "1", 0.0, (0, 0.2), (0, 0.9), "[X]")
    ]
    trigger_late_share: Annotated[
        float, Quantity("share of beats that the console sees 100 ms late", "1", 0.0, (0, 0.2), (0, 0.9), "[X]")
    ]
    impella_model: Annotated[
        float, Quantity("axial pump (1 Impella 2.5, 2 CP, 3 5.5)", "1", 2.0, (1, 3), (1, 3), "[S] manual; [M] 5.5")
    ]
    impella_speed: Annotated[
        float, Quantity("speed of the axial pump (0: no pump)", "krpm", 0.0, (0, 51), (0, 51), "[S] manual")
    ]
    ecmo_flow: Annotated[float, Quantity("veno-arterial ECMO flow (0: none)", "L/min", 0.0, (1.5, 5), (0, 8), "[M]")]
    ecmo_cannula: Annotated[
        float, Quantity("arterial return cannula (15, 17 or 19 Fr)", "1", 17.0, (15, 19), (15, 19), "[M]")
    ]
    occlusion_resistance: Annotated[
        float,
        Quantity(
            "scale of the resistance beside the inflated balloon",
            "mmHg s/mL",
            0.004,
            (0.001, 0.08),
            (0, 0.4),
            "[X] scan x1-20",
        ),
    ]
    inner_pressure_share: Annotated[
        float,
        Quantity(
            "share of left ventricular pressure felt by the inner coronary layer", "1", 0.85, (0.4, 1), (0, 1.7), "[X]"
        ),
    ]
    outer_pressure_share: Annotated[
        float,
        Quantity(
            "share of left ventricular pressure felt by the outer coronary layer", "1", 0.25, (0.1, 0.5), (0, 1), "[X]"
        ),
    ]


PARAMETERS = quantities(Parameters)
"""Name -> declaration, in field order."""

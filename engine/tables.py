"""Every name of the model, once: parameters, state, outcomes, status and findings."""

from __future__ import annotations

from enum import IntEnum, IntFlag
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
        Quantity("drive of the balloon (0 prescribed ramps, 1 pneumatic)", "1", 0.0, (0, 1), (0, 1), "[X]"),
    ]
    balloon_line_resistance: Annotated[
        float, Quantity("resistance of the helium line", "mmHg s/mL", 0.35, (0.2, 0.8), (0.05, 3), "[M]")
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
        float, Quantity("start of deflation after the next activation", "s", -0.08, (-0.25, 0.16), (-0.35, 0.3), "[X]")
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


class State(NamedTuple):
    """What is integrated in time; the default is the first guess. Volumes are of blood, without the balloon."""

    lv_volume: Annotated[float, Quantity("left ventricular volume", "mL", 130.0)]
    rv_volume: Annotated[float, Quantity("right ventricular volume", "mL", 130.0)]
    la_volume: Annotated[float, Quantity("left atrial volume", "mL", 60.0)]
    ra_volume: Annotated[float, Quantity("right atrial volume", "mL", 55.0)]
    root_volume: Annotated[float, Quantity("blood volume of the aortic root and arch", "mL", 60.0)]
    proximal_volume: Annotated[float, Quantity("blood volume of the proximal thoracic aorta", "mL", 40.0)]
    distal_volume: Annotated[float, Quantity("blood volume of the distal thoracic aorta", "mL", 40.0)]
    abdominal_volume: Annotated[float, Quantity("blood volume of the abdominal aorta", "mL", 65.0)]
    iliac_volume: Annotated[float, Quantity("blood volume of the iliac and femoral arteries", "mL", 50.0)]
    upper_volume: Annotated[float, Quantity("stressed blood volume of the arteries of the upper body", "mL", 20.0)]
    proximal_flow: Annotated[float, Quantity("flow from the arch into the proximal thoracic aorta", "mL/s", 40.0)]
    thoracic_flow: Annotated[float, Quantity("flow from the proximal to the distal thoracic aorta", "mL/s", 40.0)]
    abdominal_flow: Annotated[float, Quantity("flow from the thoracic into the abdominal aorta", "mL/s", 40.0)]
    iliac_flow: Annotated[float, Quantity("flow from the abdominal aorta into the iliac arteries", "mL/s", 15.0)]
    upper_flow: Annotated[float, Quantity("flow from the arch into the upper body", "mL/s", 20.0)]
    systemic_venous_volume: Annotated[float, Quantity("stressed blood volume of the systemic veins", "mL", 400.0)]
    pulmonary_arterial_volume: Annotated[float, Quantity("stressed blood volume of the pulmonary arteries", "mL", 14.0)]
    pulmonary_venous_volume: Annotated[float, Quantity("stressed blood volume of the pulmonary veins", "mL", 80.0)]
    coronary_volume: Annotated[float, Quantity("stressed blood volume of the epicardial coronary arteries", "mL", 1.7)]
    inner_volume: Annotated[float, Quantity("stressed blood volume of the inner (endocardial) layer", "mL", 2.0)]
    outer_volume: Annotated[float, Quantity("stressed blood volume of the outer (epicardial) layer", "mL", 2.0)]


class Machine(NamedTuple):
    """What is integrated beside the state where a machine needs it."""

    balloon_volume: Annotated[float, Quantity("volume of a balloon driven by gas", "mL", 0.0)]
    impella_flow: Annotated[float, Quantity("flow of an axial pump", "mL/s", 0.0)]


class Held(NamedTuple):
    """The rest of the state: what changes once a pattern of beats and is held through the next."""

    inner_tone: Annotated[float, Quantity("autoregulation factor on the inner layer's resistance", "1", 1.0)]
    outer_tone: Annotated[float, Quantity("autoregulation factor on the outer layer's resistance", "1", 1.0)]
    demand: Annotated[float, Quantity("oxygen demand: pressure-volume area times heart rate", "mmHg mL/s", 9000.0)]


class Regulated(NamedTuple):
    """Held like the rest through a pattern, where the circulation is regulated."""

    sympathetic: Annotated[float, Quantity("mean sympathetic drive of the baroreflex", "1", 0.0)]
    vagal: Annotated[float, Quantity("mean vagal drive of the baroreflex", "1/s", 0.0)]
    resistance_factor: Annotated[float, Quantity("factor of drugs on the systemic resistance", "1", 1.0)]


class Learned(NamedTuple):
    """What a patient's arms take over from the patient's own unsupported state."""

    closure: Annotated[float, Quantity("closure of the aortic valve after activation", "s", 0.0)]
    chamber_volume: Annotated[float, Quantity("volume of the four chambers at activation", "mL", 0.0)]
    arterial_pressure: Annotated[float, Quantity("mean arterial pressure", "mmHg", 0.0)]
    sympathetic: Annotated[float, Quantity("mean sympathetic drive of the baroreflex", "1", 0.0)]
    vagal: Annotated[float, Quantity("mean vagal drive of the baroreflex", "1/s", 0.0)]


class Drive(NamedTuple):
    """What time alone imposes: read from tables on the grid of half steps."""

    ventricular_activation: Annotated[float, Quantity("ventricular activation", "1")]
    atrial_activation: Annotated[float, Quantity("atrial activation", "1")]
    balloon_volume: Annotated[float, Quantity("balloon volume", "mL")]
    balloon_rate: Annotated[
        float,
        Quantity("rate of change of the balloon volume (mL/s); pressure of the gas (mmHg) if that drives it", "1"),
    ]


class Means(NamedTuple):
    """Signals whose mean over the pattern is taken with the weights of the integrator itself."""

    aortic_pressure: Annotated[float, Quantity("pressure in the aortic root", "mmHg")]
    left_atrial_pressure: Annotated[float, Quantity("left atrial pressure", "mmHg")]
    right_atrial_pressure: Annotated[float, Quantity("right atrial pressure", "mmHg")]
    pulmonary_arterial_pressure: Annotated[float, Quantity("pulmonary arterial pressure", "mmHg")]
    aortic_valve_flow: Annotated[float, Quantity("flow through the aortic valve", "mL/s")]
    upper_body_flow: Annotated[float, Quantity("flow through the upper body's bed", "mL/s")]
    visceral_flow: Annotated[float, Quantity("flow through the visceral bed", "mL/s")]
    limb_flow: Annotated[float, Quantity("flow through the legs' bed", "mL/s")]
    coronary_flow: Annotated[float, Quantity("flow into the coronary arteries", "mL/s")]
    inner_flow: Annotated[float, Quantity("flow into the inner coronary layer", "mL/s")]
    outer_flow: Annotated[float, Quantity("flow into the outer coronary layer", "mL/s")]
    lv_power: Annotated[float, Quantity("power of the left ventricle on its blood", "mmHg mL/s")]


class Extras(NamedTuple):
    """Means over the pattern of what lesions and machines carry."""

    mitral_leak: Annotated[float, Quantity("backward flow through the mitral valve", "mL/s")]
    aortic_leak: Annotated[float, Quantity("backward flow through the aortic valve", "mL/s")]
    pulmonary_valve_flow: Annotated[float, Quantity("flow through the pulmonary valve", "mL/s")]
    defect_flow: Annotated[float, Quantity("flow through the septal defect, left to right", "mL/s")]
    impella_flow: Annotated[float, Quantity("flow of an axial pump", "mL/s")]
    ecmo_flow: Annotated[float, Quantity("ECMO flow", "mL/s")]
    starved: Annotated[float, Quantity("share of its flow that a pump could not draw", "1")]


class Samples(NamedTuple):
    """Signals kept at every step of a measured pattern, for extremes, instants and parts of the beat."""

    root_pressure: Annotated[float, Quantity("pressure in the aortic root", "mmHg")]
    lv_pressure: Annotated[float, Quantity("left ventricular pressure", "mmHg")]
    lv_volume: Annotated[float, Quantity("left ventricular volume", "mL")]
    aortic_valve_gradient: Annotated[
        float, Quantity("pressure that drives the aortic valve's flow, of the flow's sign", "mmHg")
    ]
    pulmonary_root_pressure: Annotated[float, Quantity("pressure in the pulmonary root", "mmHg")]
    pulmonary_valve_gradient: Annotated[
        float, Quantity("pressure that drives the pulmonary valve's flow, of the flow's sign", "mmHg")
    ]


class Outcomes(NamedTuple):
    """What is reported of a patient in an arm: the definitions stand in the docstring of ``outcomes.py``."""

    mean_heart_rate: Annotated[float, Quantity("mean heart rate", "1/min", floor=5.0)]
    mean_arterial_pressure: Annotated[float, Quantity("mean arterial pressure", "mmHg", floor=5.0)]
    systolic_pressure: Annotated[float, Quantity("systolic aortic pressure", "mmHg", floor=5.0)]
    diastolic_pressure: Annotated[float, Quantity("diastolic aortic pressure", "mmHg", floor=5.0)]
    mean_diastolic_pressure: Annotated[float, Quantity("mean diastolic aortic pressure", "mmHg", floor=5.0)]
    augmented_diastolic_pressure: Annotated[float, Quantity("highest diastolic aortic pressure", "mmHg", floor=5.0)]
    end_diastolic_aortic_pressure: Annotated[
        float, Quantity("aortic pressure at the foot of ejection", "mmHg", floor=5.0)
    ]
    cardiac_output: Annotated[float, Quantity("cardiac output", "L/min", floor=0.2)]
    native_cardiac_output: Annotated[float, Quantity("cardiac output through the aortic valve", "L/min", floor=0.2)]
    cardiac_index: Annotated[float, Quantity("cardiac index", "L/min/m2", floor=0.1)]
    lv_end_diastolic_volume: Annotated[float, Quantity("left ventricular end-diastolic volume", "mL", floor=5.0)]
    lv_end_systolic_volume: Annotated[float, Quantity("left ventricular end-systolic volume", "mL", floor=5.0)]
    stroke_volume: Annotated[float, Quantity("total stroke volume", "mL", floor=5.0)]
    forward_stroke_volume: Annotated[float, Quantity("forward stroke volume", "mL", floor=5.0)]
    ejection_fraction: Annotated[float, Quantity("ejection fraction", "1", floor=0.02)]
    lv_end_diastolic_pressure: Annotated[float, Quantity("left ventricular end-diastolic pressure", "mmHg", floor=5.0)]
    lv_end_systolic_pressure: Annotated[float, Quantity("left ventricular end-systolic pressure", "mmHg", floor=5.0)]
    lv_peak_pressure: Annotated[float, Quantity("left ventricular peak pressure", "mmHg", floor=5.0)]
    wedge_pressure: Annotated[float, Quantity("pulmonary capillary wedge pressure", "mmHg", floor=5.0)]
    central_venous_pressure: Annotated[float, Quantity("central venous pressure", "mmHg", floor=5.0)]
    mean_pulmonary_pressure: Annotated[float, Quantity("mean pulmonary arterial pressure", "mmHg", floor=5.0)]
    cardiac_power_output: Annotated[float, Quantity("cardiac power output", "W", floor=0.05)]
    pulmonary_artery_pulsatility_index: Annotated[float, Quantity("pulmonary artery pulsatility index", "1", floor=0.1)]
    systemic_vascular_resistance: Annotated[
        float, Quantity("systemic vascular resistance by catheter", "mmHg s/mL", floor=0.05)
    ]
    effective_arterial_elastance: Annotated[float, Quantity("effective arterial elastance", "mmHg/mL", floor=0.05)]
    stroke_work: Annotated[float, Quantity("left ventricular stroke work", "mmHg mL", floor=200.0)]
    pressure_volume_area: Annotated[float, Quantity("left ventricular pressure-volume area", "mmHg mL", floor=200.0)]
    oxygen_consumption: Annotated[float, Quantity("left ventricular oxygen consumption per beat", "mL", floor=0.02)]
    dpti: Annotated[float, Quantity("diastolic pressure-time index", "mmHg s", floor=1.0)]
    spti: Annotated[float, Quantity("systolic pressure-time index", "mmHg s", floor=1.0)]
    sevr: Annotated[float, Quantity("subendocardial viability ratio", "1", floor=0.1)]
    coronary_flow: Annotated[float, Quantity("coronary flow", "L/min", floor=0.2)]
    endocardial_flow: Annotated[float, Quantity("coronary flow of the inner layer", "L/min", floor=0.2)]
    endocardial_reserve: Annotated[float, Quantity("autoregulatory reserve of the inner layer", "1", floor=0.02)]
    upper_body_flow: Annotated[float, Quantity("flow to the upper body", "L/min", floor=0.2)]
    visceral_flow: Annotated[float, Quantity("visceral flow", "L/min", floor=0.2)]
    limb_flow: Annotated[float, Quantity("flow to the legs", "L/min", floor=0.2)]
    mitral_regurgitant_volume: Annotated[float, Quantity("mitral regurgitant volume per beat", "mL", floor=5.0)]
    aortic_regurgitant_volume: Annotated[float, Quantity("aortic regurgitant volume per beat", "mL", floor=5.0)]
    shunt_ratio: Annotated[float, Quantity("ratio of pulmonary to systemic flow", "1", floor=0.1)]
    device_flow: Annotated[float, Quantity("mean flow of a pump", "L/min", floor=0.2)]
    beats_to_converge: Annotated[float, Quantity("beats integrated in this arm", "1")]
    convergence_error: Annotated[float, Quantity("estimated relative error of the periodic state", "1")]


class Status(IntEnum):
    """Whether the numbers of a patient in an arm hold; each member carries the sentence a user reads."""

    sentence: str

    def __new__(cls, value: int, sentence: str = "") -> Status:
        """Attach the sentence."""
        member = int.__new__(cls, value)
        member._value_ = value
        member.sentence = sentence
        return member

    NOT_RUN = 0, "this patient has not been run"
    OK = 1, "converged to a periodic state within the tolerance"
    OUTSIDE_COHORT = 2, "the baseline without support lies outside the cohort's window"
    NOT_CONVERGED = 3, "no periodic state within the tolerance in the beats allowed"
    NON_PHYSICAL = 4, "a volume or pressure left the range in which the equations hold"
    NO_EJECTION = 5, "the aortic valve never opened, and no pump carried the flow"
    NO_DIASTOLE = 6, "the aortic valve did not close before the next activation"
    REFERENCE_FAILED = 7, "the same patient without support failed, and with it every other arm"


class Findings(IntFlag):
    """What is worth knowing of a run that holds; bits, because several can be true."""

    sentence: str

    def __new__(cls, value: int, sentence: str = "") -> Findings:
        """Attach the sentence."""
        member = int.__new__(cls, value)
        member._value_ = value
        member.sentence = sentence
        return member

    AORTIC_VALVE_SHUT = 1, "the aortic valve never opened"
    SUCTION = 2, "a pump emptied the ventricle"
    TARGET_OUT_OF_REACH = 4, "the pressure target could not be held"
    AUTOREGULATION_EXHAUSTED = 8, "coronary autoregulation is exhausted in a layer"
    REFLEX_OSCILLATES = 16, "the reflex oscillates"
    OPENED_BY_DEFLATION = 32, "deflation opened the aortic valve before the next activation"


PARAMETERS = quantities(Parameters)
STATE = quantities(State)
HELD = quantities(Held)
MACHINE = quantities(Machine)
REGULATED = quantities(Regulated)
OUTCOMES = quantities(Outcomes)
"""Name -> declaration, in field order."""

REGULATIONS = ("open-loop", "baroreflex", "map-held")
"""Modes of regulation, in the order of the numbers that the kernels know them by."""
DEVICES = {
    "balloon_volume": ("balloon_", "assist_", "inflation_", "deflation_", "trigger_"),
    "impella_speed": ("impella_",),
    "ecmo_flow": ("ecmo_",),
}
"""The parameter that switches a device on, and how the names of its settings begin; at 0 the device is off."""
DEVICE_PARAMETERS = frozenset(
    name for name in Parameters._fields if name.startswith(tuple(each for own in DEVICES.values() for each in own))
)
"""Parameters that describe a device: they act only where the device is on."""

Conditions = dict[str, tuple[float, float]]
"""A parameter, or ``REGULATION`` -> lowest and highest value; all of them must hold."""
REGULATION = "regulation"
"""The mode of regulation beside the parameters, by its number."""
ON = (5e-324, float("inf"))
"""Above 0."""
BALLOON: Conditions = {"balloon_volume": ON}
GAS: Conditions = BALLOON | {"balloon_drive": (1.0, 1.0)}
RAMPS: Conditions = BALLOON | {"balloon_drive": (0.0, 0.0)}
GROIN: tuple[Conditions, ...] = (BALLOON, {"ecmo_flow": ON}, {"impella_speed": ON, "impella_model": (1.0, 2.0)})
"""Devices that enter through the groin."""

SETTINGS: dict[str, Conditions] = {
    **{
        name: {switch: ON}
        for switch, beginnings in DEVICES.items()
        for name in Parameters._fields
        if name.startswith(beginnings) and name != switch
    },
    "balloon_line_resistance": GAS,
    "balloon_drive_pressure": GAS,
    "balloon_vacuum_pressure": GAS,
    "balloon_valve_time": GAS,
    "inflation_time": RAMPS,
    "deflation_time": RAMPS,
    "occlusion_resistance": BALLOON,
    "baroreflex_gain": {REGULATION: (float(REGULATIONS.index("baroreflex")),) * 2},
    "pressure_target": {REGULATION: (float(REGULATIONS.index("map-held")),) * 2},
}
"""Settings of a device or of a mode of regulation -> where they act; anywhere else they are folded away."""
ACTS_WHERE: dict[str, tuple[Conditions, ...]] = {
    **{name: (conditions,) for name, conditions in SETTINGS.items()},
    "thoracic_length": (BALLOON,),
    "weight": (BALLOON | {"balloon_sizing": (1.0, 1.0)},),
    "sheath_resistance": GROIN,
    "limb_collateral_resistance": tuple(each | {"sheath_resistance": ON} for each in GROIN),
    "peripheral_artery_disease": tuple(each | {"sheath_resistance": ON} for each in GROIN),
    "rr_variation": ({"atrial_fibrillation": ON},),
}
"""Likewise, with what is a patient's own and yet acts only where something else does: where one of several holds."""
RHYTHM = ("atrial_fibrillation", "ectopic_share")
TRIGGER = ("trigger_jitter", "trigger_missed_share", "trigger_late_share")
"""Parameters above 0 that make a patient irregular: at any time, and with a balloon."""
WHOLE: dict[str, tuple[float, ...]] = {
    "female": (0.0, 1.0),
    "peripheral_artery_disease": (0.0, 1.0),
    "atrial_fibrillation": (0.0, 1.0),
    "assist_ratio": (1.0, 2.0, 3.0),
    "balloon_sizing": (0.0, 1.0, 2.0),
    "balloon_drive": (0.0, 1.0),
    "impella_model": (1.0, 2.0, 3.0),
    "ecmo_cannula": (15.0, 17.0, 19.0),
}
"""Parameters that take these values and none between."""

"""The signals of the small loop."""

from collections import namedtuple

Drive = namedtuple("Drive", ["ventricular_activation", "atrial_activation", "balloon_volume"])
Means = namedtuple("Means", ["aortic_pressure", "aortic_valve_flow", "lv_power", "inner_flow", "outer_flow"])
Extras = namedtuple("Extras", ["unused"])
Samples = namedtuple("Samples", ["root_pressure", "lv_pressure", "lv_volume"])

"""The signals of the small loop."""

from collections import namedtuple

Drive = namedtuple("Drive", ["ventricular_activation", "atrial_activation", "balloon_volume", "balloon_rate"])

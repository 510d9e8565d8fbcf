"""Compile the kernels that most tests use before the tests' processes want them, two at a time.

Each test would compile what it meets first, while the other processes wait for the same.
"""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

PLAIN = {"coronary_stenosis": 0.0}
LESION = {"mitral_regurgitation_area": 0.2}
GAS = {"balloon_volume": 40.0}
MACHINE = {"impella_speed": 40.0}


def simulated(work):
    """Simulate one patient; which kernels that takes depends on the precision and on what the patient has."""
    from counterpulse.engine.simulation import simulate
    from counterpulse.engine.traces import waveforms
    from counterpulse.sweeps.simulate import sample

    lesion, machine, irregular, precision = work
    patient = sample("ami-cs", 1).assign(lesion | {"atrial_fibrillation": float(irregular)})
    if irregular:
        simulate(patient, {"off": machine}, precision=precision, most_beats=1)
    else:
        waveforms(patient, {"off": machine}, precision=precision)


def main():
    """Do it; every part takes some ten seconds of a core where its kernels are not there yet."""
    # neighbours have no kernel in common, so that neither waits for the other; each has one without a machine as well
    work = [
        (PLAIN, GAS, False, "float64"),
        (LESION, GAS, False, "float64"),
        (PLAIN, GAS, False, "float32"),
        (LESION, GAS, False, "float32"),
        (LESION, MACHINE, False, "float64"),
        (PLAIN, GAS, True, "float64"),
        (PLAIN, MACHINE, False, "float64"),
    ]
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        list(pool.map(simulated, work))


if __name__ == "__main__":
    main()

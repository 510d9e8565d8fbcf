"""Run the sweeps of ``examples/`` and write ``docs/atlas.md`` with what the commands say and draw.

``make atlas``; ``ARGS="--share 0.02 -o FOLDER"`` does it with fewer patients, elsewhere.
"""

import argparse
import re
import shlex
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
WORDS = 14
"""Lines of an answer that are quoted."""
COLUMNS = 118
"""Letters in a line of the page at most."""

FEW = 256
LEAST = {"infarct-trial.toml": 4_096, "course.toml": 1_024}
"""Patients of a sweep at least: a study of 1,028 is refused where fewer may be included, and recovery is learnt."""
PATIENTS = re.compile(r"^patients = ([\d_]+)", re.MULTILINE)

INTRODUCTION = """# Atlas

Written by `make atlas` from the sweeps in `examples/`; every number below is what a command printed.

All of it is what the model says under its assumptions, under the baroreflex unless said otherwise: **virtual
patients, no clinical evidence, nothing here advises on a patient.** What is known beside it, and where the model misses
it, is in [validation.md](validation.md), where the mode is argued too; what the model has and lacks is in
[model.md](model.md).
"""


class Plate(NamedTuple):
    """One question: a title, the sweeps it needs, the command with ``{name}`` for their stores, and how to read it."""

    title: str
    sweeps: tuple[str, ...]
    command: str
    caption: str


ASSUMED = ("baroreflex", "open-loop", "map-held", "occlusion-doubled", "viscosity-doubled", "septum-doubled")
PLATES = [
    Plate(
        "Twelve populations, by what a catheter shows",
        ("atlas.toml",),
        "map {atlas} --x effective_arterial_elastance --y cardiac_power_output --columns cohort --bins 12",
        "Each population is judged by its own definition of help. Model: the haemodynamics. Known: that balloons are "
        "used in these populations; not known: the shares.",
    ),
    Plate(
        "Twelve populations, the gain of cardiac output",
        ("atlas.toml",),
        "map {atlas} --x effective_arterial_elastance --columns cohort --value cardiac_output_relative_difference",
        "The median of the paired change. Published means of the change in infarct shock are in validation.md.",
    ),
    Plate(
        "Infarct shock: rate against stiffness",
        ("ami-shock-map.toml",),
        "map {ami-shock-map} --x heart_rate --y arterial_stiffness",
        "The map on the front page, here from the same command. The ranges are wider than any one population's.",
    ),
    Plate(
        "Infarct shock: where the balance tips",
        ("ami-shock-map.toml",),
        "boundary {ami-shock-map} --x age --y systemic_resistance",
        "On one side of the line a balloon helps more than half of those compared. The band is statistical alone: it "
        "knows nothing of what the model lacks.",
    ),
    Plate(
        "Infarct shock: rules at the bedside",
        ("ami-shock-map.toml",),
        "regions {ami-shock-map} --bedside",
        "Measurements that a catheter gives before the device. Whether they hold in people is not known.",
    ),
    Plate(
        "Infarct shock: which measurement predicts it",
        ("ami-shock-map.toml",),
        "predictors {ami-shock-map}",
        "The open question of the field, answered for the model: its patients differ in what they were drawn with, "
        "so that a measurement can only predict what the sampled ranges let it.",
    ),
    Plate(
        "Infarct shock: what moves it",
        ("ami-shock-map.toml",),
        "sensitivity {ami-shock-map} --outcome helps --outcome cardiac_output_relative_difference",
        "From the sweep's own patients, without a design of its own.",
    ),
    Plate(
        "Infarct shock: load, heart, rate, vessels, or all else",
        ("sensitivity.toml",),
        "sensitivity {sensitivity} --outcome cardiac_output_difference --outcome helps",
        "Sobol indices of groups that the design moved together: shares of the variance within the ranges that the "
        "sweep drew. Other ranges have other shares.",
    ),
    Plate(
        "Timing",
        ("timing.toml",),
        "timing {timing}",
        "That late deflation harms and early deflation wastes is in every textbook; the milliseconds are the model's.",
    ),
    Plate(
        "Timing, patient by patient",
        ("deflation.toml",),
        "timing {deflation}",
        "Every patient at each of ten starts of deflation. The operator's optimum is the lowest end-diastolic pressure "
        "that does not make the heart work against the balloon, as it is looked for at the bedside.",
    ),
    Plate("Weaning", ("weaning.toml",), "weaning {weaning}", "Ratio or volume: what is kept of the effect."),
    Plate(
        "Days on a balloon",
        ("course.toml",),
        f"course {{course}} {ROOT / 'examples' / 'courses' / 'ratio.toml'}",
        "What days of support give and cost, for three shares of the association of cardiac power with death that are "
        "taken for cause. Known: incidences of complications in registries and trials, and the association; not known: "
        "the share, the law of recovery, and most of the constants of escalation and return. See course.md.",
    ),
    Plate(
        "Size of the balloon, size of the aorta",
        ("balloon-size.toml",),
        "weaning {balloon-size} --by aortic_size",
        "The same balloon helps fewer, the wider the aorta it lies in: what is kept, and who is helped, by its size.",
    ),
    Plate(
        "Rivals",
        ("rivals.toml",),
        "rivals {rivals} --x cardiac_power_output --y wedge_pressure",
        "Devices as they are used: each patient has a pump or ECMO at the lowest level that meets the target, and in "
        "every arm, without a device too, drugs hold a mean arterial pressure of 65 mmHg (map-held), so that a device "
        "weans them. The price of flow past the valve stands beside it: an aortic valve that never opens. Mechanics "
        "alone: no bleeding, no limb that is lost, no hours. The targets are a choice of this project. Known: within "
        "half an hour an Impella 2.5 raised cardiac index by .49, a balloon by .11 L/min/m2 (Seyfarth 2008, 25 "
        "patients at random).",
    ),
    Plate(
        "A patient in infarct shock, by what a monitor shows",
        ("ami-shock-map.toml",),
        "match {ami-shock-map} MAP=62+-4 CO=3.1+-.4 PCWP=26 HR=104 age=71",
        "The patients of the sweep that fit these numbers, and what a balloon does in them. Its ranges are wider than "
        "the population's, and so is the prior. What a match is, and how often its intervals hold, is in match.md and "
        "match-calibration.md: of the model's own patients.",
    ),
    Plate(
        "What stands whatever one assumes",
        tuple(f"robustness/{name}.toml" for name in ASSUMED),
        f"robustness {' '.join(f'{{{name}}}' for name in ASSUMED)} --x systemic_resistance --y arterial_stiffness",
        "Modes of regulation, structural guesses and thresholds, one at a time.",
    ),
    Plate(
        "One truth? A large trial and matched cohorts",
        ("infarct-trial.toml",),
        "trial {infarct-trial} examples/trials/infarct-matched.toml",
        "A randomised trial and an observational study of the same patients, whose truth is known. Model: the power "
        "that the balloon adds. Assumed: how much of a published association of power with death a device can use, "
        "all, half or none, side by side; and a severity that no chart records. Known: the published results drawn "
        "beside. trial.md says how to read it.",
    ),
    Plate(
        "A small trial in shock of heart failure",
        ("failure-trial.toml",),
        "trial {failure-trial} examples/trials/failure-101.toml",
        "What a trial of 101 could have found whatever the truth: all three assumptions make its published result one "
        "of the usual ones.",
    ),
]


def main() -> None:
    """Run what is missing, and write the page."""
    parser = argparse.ArgumentParser(description="Run the sweeps of examples/ and write the atlas.")
    parser.add_argument("--share", type=float, default=1.0, help="of the patients of every sweep")
    parser.add_argument("-o", "--output", type=Path, default=ROOT / "docs", help="folder of atlas.md")
    options = parser.parse_args()
    pictures = options.output / "atlas"
    pictures.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        stores = made(Path(folder) if options.share < 1 else ROOT / "out", options.share)
        sections = [plate_section(plate, number, stores, pictures) for number, plate in enumerate(PLATES, 1)]
    for picture in pictures.glob("[0-9][0-9]-*.png"):
        if not any(f"(atlas/{picture.name})" in section for section in sections):
            picture.unlink()
    (options.output / "atlas.md").write_text("\n".join([INTRODUCTION, *sections]), encoding="utf-8")


def made(folder: Path, share: float) -> dict[str, Path]:
    """Run every sweep that a plate needs, or what is missing of it: name to store."""
    stores = {}
    for name in dict.fromkeys(name for plate in PLATES for name in plate.sweeps):
        sweep = ROOT / "examples" / name
        if share < 1:
            text = sweep.read_text(encoding="utf-8")
            whole = PATIENTS.search(text)[1]  # type: ignore[index]
            fewer = PATIENTS.sub(f"patients = {scaled(whole, share, LEAST.get(name, FEW))}", text, count=1)
            sweep = folder / sweep.name
            sweep.write_text(fewer, encoding="utf-8")
        stores[sweep.stem] = folder / f"{sweep.stem}.zarr"
        counterpulse("run", str(sweep), "-o", str(stores[sweep.stem]))
    return stores


def scaled(patients: str, share: float, least: int) -> int:
    """Fewer patients, but enough for an answer."""
    return max(least, round(int(patients.replace("_", "")) * share))


def plate_section(plate: Plate, number: int, stores: dict[str, Path], pictures: Path) -> str:
    """Ask, keep the picture, quote the words."""
    picture = pictures / f"{number:02}-{plate.command.split()[0]}.png"
    asked = plate.command.format(**{name: str(store) for name, store in stores.items()})
    said = counterpulse(*shlex.split(asked), "-o", str(picture))
    lines = [line for line in said.splitlines() if str(picture) not in line]
    for name, store in stores.items():
        lines = [line.replace(str(store), f"out/{name}.zarr") for line in lines]
    more = [f"... {len(lines) - WORDS} more lines"] if len(lines) > WORDS else []
    shown = plate.command.format(**{name: f"out/{name}.zarr" for name in stores}).replace(f"{ROOT}/", "")
    runs = [f"counterpulse run examples/{name}" for name in plate.sweeps]
    quoted = [part for line in lines[:WORDS] for part in wrapped(line)]
    return "\n".join(
        [
            f"## {plate.title}", "", textwrap.fill(plate.caption, COLUMNS), "",
            f"![{plate.title}](atlas/{picture.name})", "", "```sh", *runs, f"counterpulse {shown}", "```", "",
            *(["```text", *quoted, *more, "```", ""] if quoted else []),
        ]
    )  # fmt: skip


def wrapped(line: str) -> list[str]:
    """A sentence in lines of the page; a row of a table, which has gaps of two blanks, as it is."""
    return [line] if "  " in line.strip() else textwrap.wrap(line, COLUMNS) or [""]


def counterpulse(*arguments: str) -> str:
    """Run a command; what it printed."""
    print("counterpulse", *arguments, file=sys.stderr, flush=True)
    done = subprocess.run([sys.executable, "-m", "counterpulse.cli", *arguments], stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise SystemExit(f"counterpulse {' '.join(arguments)}: exit {done.returncode}")
    return done.stdout


if __name__ == "__main__":
    main()

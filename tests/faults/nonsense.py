"""Random sweep files and randomly damaged stores, as a user may come by: one clear line or an answer, no traceback."""

import contextlib
import io
import json
import os
import pickle
import shutil
from pathlib import Path

import numpy as np
from damages import flip
from interruptions import check

from counterpulse.cli import group

LINES = (
    'name = "fuzz"', 'cohort = "ami-cs"', "patients = 4096", "window = false", "seed = 7", 'design = "sobol"',
    'regulation = "open-loop"', 'precision = "float32"', "[vary]", "systemic_resistance = { low = 0.6, high = 2.0 }",
    "heart_rate = { mean = 80, sd = 10 }", "assist_ratio = { choice = [1, 2, 3] }", "[arms.off]", "[arms.iabp]",
    "balloon_volume = 40", "[run]", "block = 512", "tolerance = 5e-4", "max_failed_share = 0.01", "[response]",
    "[waveforms]", "patients = 16", "[mixture]", "[scale]", "[groups]", "[rhythm]", "reference = 'off'",
)  # fmt: skip
WORDS = (
    "0", "-1", "1e400", "nan", "inf", '"../../x"', '"/etc/passwd"', '"\\u001b[31mred"', "[]", "{}", "true", "''", '"é"',
    "{ low = 2, high = 1 }", "{ low = 1 }", "{ choice = [] }", "99999999999999999999", "1979-05-27", '"__import__"',
    '{ file = "nothing.parquet" }', '"healthy"', '"morris"', '"baroreflex"', "2", "0.5",
)  # fmt: skip


class Executed:
    """Leaves a trace if it is ever unpickled."""

    def __init__(self, trace):
        self.trace = trace

    def __reduce__(self):
        return os.system, (f"touch {self.trace}",)


def told(*arguments):
    """Run a command in this process: its exit code and everything it said; an exception is a traceback to a user."""
    out, errors = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(errors):
        code = group._guarded([str(each) for each in arguments])
    return code, out.getvalue(), errors.getvalue()


def contents(folder):
    """Names and times of everything below a folder."""
    return {str(file): file.lstat().st_mtime_ns for file in folder.rglob("*")}


def sweep_text(generator):
    """A good sweep file of which some lines are lost, doubled, swapped, or say something else."""
    lines = [line for line in LINES if generator.random() < 0.8]
    for _ in range(generator.randrange(4)):
        place = generator.randrange(len(lines))
        what = generator.randrange(5)
        if what == 0:
            lines[place] = lines[place].partition("=")[0] + "= " + generator.choice(WORDS)
        elif what == 1:
            other = generator.randrange(len(lines))
            lines[place], lines[other] = lines[other], lines[place]
        elif what == 2:
            at = generator.randrange(len(lines[place]) + 1)
            lines[place] = lines[place][:at] + chr(generator.randrange(1, 0x2FF)) + lines[place][at:]
        elif what == 3:
            lines.insert(place, generator.choice(LINES))
        else:
            lines[place] = lines[place][: generator.randrange(len(lines[place]) + 1)]
    return "\n".join(lines).encode("utf-8", "surrogatepass")


def sweep_file(_, place, generator):
    """A random sweep file, looked at by a dry run."""
    sweep = place / "sweep.toml"
    content = bytearray(sweep_text(generator))
    if generator.random() < 0.1:
        content[generator.randrange(len(content))] = generator.randrange(256)
    sweep.write_bytes(content)
    before = contents(place)
    code, out, errors = told("run", sweep, "-o", place / "s.zarr", "--dry-run")
    check(code in (0, 2), f"exit {code}: {errors}")
    check(code == 0 or (not out and errors.count("\n") == 1), f"said: {out} {errors}")
    check("\x1b" not in out + errors, "an escape of the terminal was let through")
    check(contents(place) == before, "something was written")
    shutil.rmtree(place)
    place.mkdir()


def _twisted(value, generator):
    if isinstance(value, dict) and value and generator.random() < 0.8:
        name = generator.choice(sorted(value))
        return value | {name: _twisted(value[name], generator)}
    return generator.choice([None, -1, 1e308, "", "x" * 300, "../../x", [], {}, [1], True, {"name": "\x1b[2J"}, 2**70])


def _harm(store, trace, generator):
    files = sorted(file for file in store.rglob("*") if file.is_file())
    inner = [file for file in files if file.name == "zarr.json" or "receipts" in file.parts]
    file = generator.choice(
        generator.choice([files, inner, [store / "zarr.json"], [store / "warm_start" / "regressions.npz"]])
    )
    what = generator.randrange(6)
    if what == 0:
        flip(file, generator)
    elif what == 1:
        file.write_bytes(file.read_bytes()[: generator.randrange(200)])
    elif what == 2:
        file.unlink()
        if generator.random() < 0.5:
            file.mkdir()
    elif what == 3:
        with file.open("wb") as stream:
            np.save(stream, np.array([Executed(trace)], object), allow_pickle=True)
    elif what == 4:
        file.write_bytes(pickle.dumps(Executed(trace)))
    elif file.suffix == ".json":
        file.write_text(json.dumps(_twisted(json.loads(file.read_bytes()), generator)))
    else:
        file.unlink()
        file.symlink_to(generator.choice(["/etc/passwd", "/dev/null", str(trace.parent / "nowhere")]))


def store(small, place, generator):
    """A store with one to three harms: looked at in every way, and continued."""
    sweep, undisturbed = small
    found = place / "s.zarr"
    shutil.copytree(undisturbed, found)
    trace = place / "executed"
    for _ in range(generator.randrange(1, 4)):
        with contextlib.suppress(OSError, ValueError, UnicodeDecodeError):
            _harm(found, trace, generator)
    outside = {name: time for name, time in contents(place).items() if not name.startswith(str(found))}
    look = generator.choice([
        ("inspect", found), ("map", found, "--x", "heart_rate", "--y", "age", "-o", place / "map.png"),
        ("patient", found, "--index", 3), ("run", sweep, "-o", found, "--dry-run"),
        ("run", sweep, "-o", found, "--repair", "--dry-run"), ("export", found, "-o", place / "all.csv"),
    ])  # fmt: skip
    for arguments in (("status", found), ("verify", found), look):
        code, out, errors = told(*arguments)
        check(code in (0, 1, 2), f"{arguments[0]}: exit {code}: {errors}")
        check("Traceback" not in errors and "\x1b" not in out + errors, f"{arguments[0]}: {errors}")
    check(not trace.exists(), "something in the store was executed")
    after = {name: time for name, time in contents(place).items() if not name.startswith(str(found))}
    made = {str(place / name) for name in ("map.png", "all.csv")}
    check({name: time for name, time in after.items() if name not in made} == outside, "something outside was touched")
    shutil.rmtree(Path(place))
    place.mkdir()

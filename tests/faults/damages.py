"""What may happen to the files of a store: each function does it once, has it found and mended, and compares."""

import json
import shutil

from interruptions import check, same

from counterpulse.sweeps.execution.run import run
from counterpulse.sweeps.store.verify import verify


def flip(file, generator):
    """Change one bit of a file."""
    content = bytearray(file.read_bytes())
    content[generator.randrange(len(content))] ^= 1 << generator.randrange(8)
    file.write_bytes(content)


def meaning(file):
    """What a file says: JSON by its content, but for the time of its making."""
    try:
        content = json.loads(file.read_bytes())
        content.get("attributes", {}).pop("date_created", None)
    except (ValueError, AttributeError):
        return file.read_bytes()
    return content


def _mended(small, place, choose, harm, blocks):
    """Harm one file of a copy; verify must name its block and variable, and repair run so many blocks."""
    sweep, undisturbed = small
    store = place / "s.zarr"
    shutil.copytree(undisturbed, store)
    file = choose(store)
    harm(file)
    original = undisturbed / file.relative_to(store)
    if file.exists() and meaning(file) == meaning(original):
        return
    found = verify(store).faults
    if blocks:
        variable = str(file.relative_to(store)).partition("/c/")[0] if "/c/" in str(file) else ""
        number = int(str(file.relative_to(store)).partition("/c/")[2].partition("/")[0]) if variable else int(file.stem)
        check([(each.block, each.variable) for each in found] == [(number, variable)], found)
    check(found, f"{file} was not found")
    report = run(sweep, store, array_task=(0, 1), workers=1, repair=True)
    check(report.blocks_run == blocks, f"{report.blocks_run} blocks run")
    check(verify(store).sound, f"after the repair: {verify(store).faults} {file}")
    same(undisturbed, store)


def _chunk(generator):
    """Choose a chunk that a block wrote."""

    def choose(store):
        names = sorted(json.loads((store / "receipts" / "000" / "000000.json").read_bytes())["checksums"])
        name = generator.choice(names)
        block = generator.randrange(2 if name.startswith("waveforms") else 5)
        return store / name.replace("/c/0", f"/c/{block}", 1)

    return choose


def data(small, place, generator):
    """A flipped bit in a chunk."""
    _mended(small, place, _chunk(generator), lambda file: flip(file, generator), 1)


def _cut(file):
    file.write_bytes(file.read_bytes()[:7])


def truncated(small, place, generator):
    """A chunk cut short."""
    _mended(small, place, _chunk(generator), _cut, 1)


def missing(small, place, generator):
    """A chunk that is not there."""
    _mended(small, place, _chunk(generator), lambda file: file.unlink(), 1)


def receipt(small, place, generator):
    """A flipped bit in a receipt."""
    choose = lambda store: store / "receipts" / "000" / f"{generator.randrange(5):06d}.json"  # noqa: E731
    _mended(small, place, choose, lambda file: flip(file, generator), 1)


def metadata(small, place, generator):
    """A flipped bit in the metadata of an array or a group, in the warm start, or in what is kept of them."""

    def choose(store):
        others = [store / "warm_start" / "regressions.npz", store / "receipts" / "template.json"]
        return generator.choice([*sorted(store.rglob("*/zarr.json")), *others])

    _mended(small, place, choose, lambda file: flip(file, generator), 0)

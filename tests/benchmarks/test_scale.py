"""The page on a billion patients: what is computed from the rates."""

from counterpulse.benchmarks.scale import Rates, page


def test_what_is_computed_follows_from_the_rates():
    rates = Rates(bytes=512.0, files=64, pairs=8192.0, write=1e-3, receipt=4000.0, read=1e-3, verify=5e8, task=2e-3)
    rows = [line.strip("| ").split(" | ") for line in page(rates).splitlines() if line.startswith("| 1,048,576")]
    # 954 blocks of 2**20 patients, each on a core of its own: 128 s of simulating, 64 files of a millisecond
    assert rows == [["1,048,576", "954", "61,056", "8,389", "128", "3,814", "4", "1.0", "2", "1"]]

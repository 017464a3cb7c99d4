"""A million indicators: what they take, and what a look-up costs."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

MOST_HELD, MOST_PEAK = 300, 600  # MiB
MOST_LOOKUP = 50.0  # microseconds, on a machine that others use too

PROGRAM = """
import hashlib, json, resource, sys, time
from pathlib import Path
from tests.normalize.enrichment.made import made

def held():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 2**20

before = held()
feed = made(indicators=[Path(sys.argv[1])])
after = held()
index = feed.steps[0].enrich._index
began = time.process_time()
for number in range(100_000):
    index.find("domain", f"h{number}.example.kz")
missed = (time.process_time() - began) * 10
began = time.process_time()
found = sum(bool(index.find("domain", f"h{n}.example.org")) for n in range(1, 1_000_000, 10))
hit = (time.process_time() - began) * 10
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
print(json.dumps([feed.indicators, found, after - before, peak - before, missed, hit]))
"""


@pytest.mark.proof
def test_a_million_indicators_stay_within_bounds(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """A million indicators take bounded memory, and each look-up microseconds."""
    path = tmp_path / "million.csv"
    with path.open("w", encoding="utf-8") as file:
        file.write("type,value,valid_from,valid_until,source,tlp,id\n")
        for n in range(1_000_000):
            kind = ("ipv4", "domain", "url", "cidr", "domain")[n % 5]
            address = f"{1 + n % 200}.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}"
            value = {
                "ipv4": address,
                "domain": f"h{n}.example.org",
                "url": f"http://h{n}.example.net/{n}",
                "cidr": f"{address.rpartition('.')[0]}.0/24",
            }[kind]
            validity = "2026-01-01T00:00:00Z,2027-01-01T00:00:00Z"
            identity = f"indicator--00000000-0000-4000-8000-{n:012d}"
            file.write(f"{kind},{value},{validity},feed{n % 7},green,{identity}\n")
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, path], capture_output=True, text=True, check=True
    )
    count, found, held, peak, missed, hit = json.loads(done.stdout)
    record_property("held, MiB", round(held))
    record_property("peak, MiB", round(peak))
    record_property("a miss, microseconds", round(missed, 1))
    record_property("a hit, microseconds", round(hit, 1))
    assert (count, found) == (1_000_000, 100_000)
    assert held < MOST_HELD
    assert peak < MOST_PEAK
    assert max(missed, hit) < MOST_LOOKUP

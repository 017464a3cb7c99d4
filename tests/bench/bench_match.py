"""Events a second of matching alone, all SigmaHQ rules, one core, on the two shared streams.

Run it as ``python -m tests.bench.bench_match [--rounds N]``. The first round is cold: it builds the
engines of the log sources that it meets. R is time(orjson.loads) / time(orjson.loads + match).
"""

import argparse
import lzma
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC
from pathlib import Path

import orjson

from pipeline.content import load_content
from pipeline.match import Matcher, load_taxonomy
from pipeline.model import Event, RawBatch
from pipeline.normalize import Normalizer, Profile
from tests.match.material import TAXONOMIES
from tests.match.sigmahq import DATA, NATURAL, PROCESS, RULE_FOLDERS, RULES, unpack

BATCH = 500


def batches(name: str) -> Iterator[tuple[list[bytes], list[Event]]]:
    """Give a stream's lines and their events, some hundred at a time."""
    normalize = Normalizer(lambda _object, _source: Profile("auto", UTC))
    lines: list[bytes] = []
    with lzma.open(DATA / name) as stream:
        for line in stream:
            lines.append(line.rstrip(b"\n"))
            if len(lines) == BATCH:
                yield lines, _events(normalize, lines)
                lines = []
    if lines:
        yield lines, _events(normalize, lines)


def _events(normalize: Normalizer, lines: list[bytes]) -> list[Event]:
    return normalize(RawBatch("b", "o", "s", 1, 0, 2**62, 2**62, "auto", tuple(lines))).events


def measure(matcher: Matcher, name: str) -> tuple[int, int, float, float]:
    """Give a stream's events and matches, and the seconds of matching and of orjson.loads."""
    events = matches = 0
    matching = parsing = 0.0
    for lines, read in batches(name):
        begin = time.process_time()
        for line in lines:
            orjson.loads(line)
        between = time.process_time()
        for event in read:
            matches += len(matcher.match(event))
        parsing += between - begin
        matching += time.process_time() - between
        events += len(read)
    return events, matches, matching, parsing


def main() -> None:
    """Print one line a round and stream."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        place = unpack(RULES, Path(folder))
        paths = [place / name for name in RULE_FOLDERS]
        for words in ("cold", "warm"):
            begin = time.perf_counter()
            content = load_content(paths, Path(folder) / "cache")
            sys.stdout.write(f"load {words}: {time.perf_counter() - begin:.2f} s\n")
    matcher = Matcher(content, load_taxonomy(TAXONOMIES))
    for number in range(rounds):
        for name in (NATURAL, PROCESS):
            events, matches, matching, parsing = measure(matcher, name)
            memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
            sys.stdout.write(
                f"round {number} {name}: {events / matching:,.0f} events/s, "
                f"{matching / events * 1e6:.1f} us an event, "
                f"R {parsing / (parsing + matching):.3f}, {matches} matches, {memory} MB\n"
            )


if __name__ == "__main__":
    main()

"""`saqshy bench pipeline --stage ingest`: how fast records of each format become events."""

import resource
import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path

import orjson

from pipeline.model import Event, RawBatch
from pipeline.normalize import Normalizer, Profile, read_records
from pipeline.runtime.cli.output import emit, show_table

_BATCH = 500
_MOST = 50_000  # records of one file
_LEAST = 20_000  # a shorter file is read again until it gave so many
# Of the size and shape of a small event; as many bytes of it are parsed as the records have.
_REFERENCE = orjson.dumps(
    {
        "@timestamp": "2026-03-02T09:00:00.123Z",
        "event": {"kind": "event", "category": ["network"], "action": "accept", "severity": 5},
        "source": {"ip": "198.51.100.7", "port": 41000, "bytes": 1234},
        "destination": {"ip": "192.0.2.10", "port": 443, "bytes": 56789},
        "user": {"name": "aliya", "domain": "EXAMPLE"},
        "host": {"name": "gw01.example.kz"},
        "message": "connection accepted by rule 17 of the policy edge",
    }
)


@dataclass(frozen=True, slots=True)
class Ingested:
    """What one file's records took: medians of the rounds, seconds of one core a record."""

    file: str
    records: int
    events: int
    failures: int
    bytes_per_record: float
    seconds: float
    ratio: float

    @property
    def row(self) -> dict[str, object]:
        """Give it as it is printed."""
        return {
            "file": self.file,
            "records": self.records,
            "events": self.events,
            "failures": self.failures,
            "bytes_per_record": round(self.bytes_per_record),
            "microseconds_per_record": round(self.seconds * 1e6, 2),
            "records_per_cpu_second": round(1 / self.seconds) if self.seconds else 0,
            "ratio_to_orjson_loads": round(self.ratio, 4),
        }


def peak_memory_mb() -> int:
    """Give the most memory that this process has held, in megabytes."""
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def bench_ingest(files: Sequence[Path], form: str, rounds: int, *, as_json: bool) -> None:
    """Time bytes to events for each file, beside orjson.loads of as many bytes of JSON."""
    rows = [_measured(file, form, rounds).row for file in files]
    if as_json:
        emit({"stage": "ingest", "files": rows, "peak_memory_mb": peak_memory_mb()})
        return
    heads = tuple(rows[0]) if rows else ("file",)
    show_table("bench pipeline: ingest", heads, [tuple(map(str, row.values())) for row in rows])


def _measured(file: Path, form: str, rounds: int) -> Ingested:
    batches = list(_batches(file, form))
    normalizer = Normalizer(lambda _object, _source: Profile(form, UTC))
    size = sum(len(record) for batch in batches for record in batch.records)
    count = sum(len(batch.records) for batch in batches)
    events = failures = 0
    for batch in batches:  # once without a clock: tables are read and patterns compiled
        done = normalizer(batch)
        events += sum(isinstance(one, Event) for one in done.events)
        failures += len(done.failures)
    parse, mine = [], []
    for _ in range(rounds):
        took = 0.0
        beside = 0.0
        for batch in batches:
            begin = time.process_time()
            normalizer(batch)
            between = time.process_time()
            for _ in range(sum(map(len, batch.records)) // len(_REFERENCE) + 1):
                orjson.loads(_REFERENCE)
            beside += time.process_time() - between
            took += between - begin
        mine.append(took)
        parse.append(beside)
    seconds = statistics.median(mine) / max(count, 1)
    ratio = statistics.median(
        theirs / own if own else 0.0 for theirs, own in zip(parse, mine, strict=True)
    )
    return Ingested(file.name, count, events, failures, size / max(count, 1), seconds, ratio)


def _batches(file: Path, form: str) -> Iterator[RawBatch]:
    """Give a file's records in batches, over and over until there are enough of them."""
    records: list[bytes] = []
    preamble = b""
    given = 0
    while given < _LEAST:
        before = given
        for framed in read_records(file, form):
            if framed.note_kind:
                continue
            if records and (len(records) == _BATCH or framed.preamble != preamble):
                yield _batch(records, form, preamble)
                records = []
            preamble = framed.preamble
            records.append(framed.data)
            given += 1
            if given == _MOST:
                break
        if given in (before, _MOST):
            break
    if records:
        yield _batch(records, form, preamble)


def _batch(records: Sequence[bytes], form: str, preamble: bytes) -> RawBatch:
    now = time.time_ns()
    given = tuple(records)
    return RawBatch("b", "object", "source", 1, 0, now, now, form, given, preamble=preamble)

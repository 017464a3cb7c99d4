"""Real Windows events of others: nothing lost, every required field filled, ECS kept to."""

import tarfile
from collections import Counter
from collections.abc import Iterator
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest

from pipeline.model import Event, RawBatch, RecordNote, instant
from pipeline.normalize import Framed, Normalizer, Profile, missing_fields, read_records
from pipeline.normalize.ecs_schema import fields, fitting
from tests.normalize.shared import shared

RECEIVED = instant("2030-01-01T00:00:00Z")  # after all of them: none is of the future
NORMALIZER = Normalizer(lambda _object, _source: Profile("auto", UTC))
LENIENT = {"source.ip", "destination.ip"}


def leaves(tree: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in tree.items():
        path = f"{prefix}{name}"
        if isinstance(value, dict) and path not in fields():
            yield from leaves(value, f"{path}.")
        else:
            yield path, value


def events_of(framed: list[Framed]) -> Iterator[Event]:
    """Give the events of records that all must be one."""
    for begin in range(0, len(framed), 500):
        part = framed[begin : begin + 500]
        notes = (
            RecordNote(index, one.note_kind, one.note_detail)
            for index, one in enumerate(part)
            if one.note_kind
        )
        records = tuple(one.data for one in part)
        batch = RawBatch("b", "o", "s", 1, 0, RECEIVED, RECEIVED, "auto", records, tuple(notes))
        done = NORMALIZER(batch)
        assert [failure.detail for failure in done.failures] == []
        assert len(done.events) == len(part)
        yield from done.events


def check(events: Iterator[Event]) -> Counter[str]:
    """Check each event against the schema and its format's requirements; count by format."""
    seen: set[tuple[str, type]] = set()
    formats: Counter[str] = Counter()
    for event in events:
        assert missing_fields(event) == ()
        assert event.time_confidence.value in ("exact", "zone_assumed")
        formats[event.format] += 1
        for name, value in leaves(event.ecs):
            if (name, type(value)) not in seen or name.startswith("event.") or name in LENIENT:
                assert fitting(name, value) == value, (name, value)
                seen.add((name, type(value)))
    return formats


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("otrf-natural-40k.ndjson.xz", {"windows_flat": 38_000, "winlogbeat_6": 2_000}),
        ("otrf-process-5k.ndjson.xz", {"windows_flat": 5_524}),
    ],
)
def test_real_events_in_json(name: str, expected: dict[str, int]) -> None:
    """Each of the real events in JSON becomes an event with all that its format must fill."""
    framed = list(read_records(shared(name)))
    assert check(events_of(framed)) == expected


@pytest.mark.parametrize(
    ("name", "evtx", "records"),
    [("evtx-cc0.tar.xz", 144, 4_345), ("sigmahq-regression.tar.xz", 107, 133)],
)
def test_real_evtx_files(name: str, evtx: int, records: int, tmp_path: Path) -> None:
    """Each record of the real EVTX files becomes an event, and reading resumes behind any."""
    with tarfile.open(shared(name)) as archive:
        archive.extractall(tmp_path, filter="data")
    paths = sorted(tmp_path.rglob("*.evtx"))
    assert len(paths) == evtx
    total = 0
    for path in paths:
        framed = list(read_records(path))
        total += len(framed)
        check(events_of(framed))
        at = len(framed) // 2
        assert list(read_records(path, resume=framed[at].end)) == framed[at + 1 :]
    assert total == records


def test_real_evtx_beside_their_json(tmp_path: Path) -> None:
    """The JSON that others made of a record gives the event that our reading of the EVTX gives."""
    with tarfile.open(shared("sigmahq-regression.tar.xz")) as archive:
        archive.extractall(tmp_path, filter="data")
    compared = 0
    for path in sorted(tmp_path.rglob("*.json")):
        beside = path.with_suffix(".evtx")
        if not beside.exists():
            continue
        ours = list(events_of(list(read_records(beside))))
        theirs = list(events_of(list(read_records(path))))
        assert [told(event) for event in theirs] == [told(event) for event in ours], path.name
        compared += len(ours)
    assert compared > 100


def told(event: Event) -> Any:
    """Give what an event says; others' tool drops spaces at the end and writes numbers as text."""
    return event.time, trimmed(event.ecs), trimmed(event.native)


def trimmed(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: trimmed(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [trimmed(inner) for inner in value]
    return str(value).rstrip()

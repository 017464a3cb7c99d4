"""What crosses a topic comes back, and what is not ours is told."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import orjson
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from connectors.stores.compression import squeeze
from connectors.stores.kafka import frames, topics
from connectors.stores.kafka.topics import Across, Failed, Posted, Told, Topics, Unread
from pipeline.model import (
    BatchKind,
    Command,
    Event,
    Json,
    Match,
    Observation,
    RawBatch,
    RecordNote,
    Revisions,
    as_document,
    event_lines,
)
from tests.connectors.stores import nouns

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
NUMBERS = st.integers(0, 2**62)
VALUES = st.one_of(st.none(), st.booleans(), st.integers(-(2**53), 2**53), TEXTS)
TREES = st.dictionaries(TEXTS, st.one_of(VALUES, st.lists(VALUES, max_size=3)), max_size=4)
BATCHES = st.builds(
    RawBatch,
    id=TEXTS, object_id=TEXTS, source_id=TEXTS, sequence=NUMBERS, previous=NUMBERS,
    received_at=NUMBERS, reference_at=NUMBERS, format=TEXTS,
    records=st.lists(st.binary(max_size=40), max_size=4).map(tuple),
    notes=st.lists(st.builds(RecordNote, NUMBERS, TEXTS, TEXTS), max_size=2).map(tuple),
    kind=st.sampled_from(BatchKind), resume=TEXTS, revisions=st.builds(Revisions, TEXTS, TEXTS),
    preamble=st.binary(max_size=20),
)  # fmt: skip
OBSERVATIONS = st.builds(
    Observation,
    batch_id=TEXTS, kind=st.sampled_from(BatchKind), object_id=TEXTS, source_id=TEXTS,
    sequence=NUMBERS, previous=NUMBERS, received_at=NUMBERS,
    revisions=st.builds(Revisions, TEXTS, TEXTS, TEXTS), event_count=NUMBERS,
    counts=st.dictionaries(TEXTS, NUMBERS, max_size=3),
    matches=st.lists(
        st.builds(Match, TEXTS, TEXTS, NUMBERS, TEXTS, TREES, TEXTS), max_size=2
    ).map(tuple),
    withheld=st.lists(st.tuples(TEXTS, NUMBERS, TEXTS), max_size=2).map(tuple), dropped=NUMBERS,
)  # fmt: skip
OURS = frames.SIGN + bytes((frames.VERSION,))
COMMANDS = st.builds(Command, TEXTS, TEXTS, TEXTS, TEXTS, NUMBERS, TREES)
TOLD = Told(
    "power-7", "batch-1", nouns.at(1), (nouns.finding(1),), (nouns.incident(1), nouns.incident(2)),
    (nouns.notice(1),), ({"chain": "power-7", "detail": {"of": [1, None]}},),
)  # fmt: skip
READERS: dict[str, Callable[[bytes | None], object]] = {
    "raw": topics.unpack_raw,
    "events": topics.unpack_events,
    "failures": topics.unpack_failures,
    "posted": topics.unpack_posted,
    "outcome": topics.unpack_outcome,
    "command": topics.unpack_command,
    "notice": topics.unpack_notice,
    "audit": topics.unpack_audit,
}
readers = pytest.mark.parametrize("read", READERS.values(), ids=list(READERS))


@given(BATCHES)
def test_a_batch_comes_back_from_raw(batch: RawBatch) -> None:
    """Any batch is read as it was written."""
    assert topics.unpack_raw(topics.pack_raw(batch)) == batch


@given(OBSERVATIONS, BATCHES, TEXTS)
def test_what_is_posted_to_a_fold_comes_back(
    observation: Observation, batch: RawBatch, collector: str
) -> None:
    """Each of the three contents is read as what it is, with the collector that it comes from."""
    across = Across(observation, (nouns.finding(1), nouns.finding(2)))
    posted = [
        topics.unpack_posted(topics.pack_observation(observation, collector)),
        topics.unpack_posted(topics.pack_posted_batch(batch, collector)),
        topics.unpack_posted(topics.pack_across(across, collector)),
    ]
    assert posted == [
        Posted("observation", collector, observation=observation),
        Posted("batch", collector, batch=batch),
        Posted("findings", collector, across=across),
    ]


@given(COMMANDS)
def test_a_command_comes_back(command: Command) -> None:
    """A command is JSON as it is, and keeps its id."""
    assert topics.unpack_command(topics.pack_command(command)) == command


def test_an_outcome_a_notice_failures_and_entries_come_back() -> None:
    """All that a fold and the notifier write is read as it was written."""
    failed = Failed("raw/3/77", (nouns.failure(1), nouns.failure(2)))
    entries = (nouns.entry(1), nouns.entry(2))
    assert topics.unpack_outcome(topics.pack_outcome(TOLD)) == TOLD
    assert topics.unpack_notice(topics.pack_notice(nouns.notice(3))) == nouns.notice(3)
    assert topics.unpack_failures(topics.pack_failures(failed)) == failed
    assert topics.unpack_audit(topics.pack_audit(entries)) == entries
    assert topics.unpack_audit(topics.pack_audit(())) == ()


@pytest.mark.parametrize("most", [1, 900, 2_000, 10_000_000])
def test_events_of_a_large_batch_go_into_several_messages(
    most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No message is longer than the bound, or holds one document; together they hold all."""
    monkeypatch.setattr(topics, "MOST_LINES", most)
    lines = event_lines([_event(index) for index in range(9)])
    messages = list(topics.pack_events(lines))
    parts = [topics.unpack_events(message) for message in messages]
    held = [part for part in parts if isinstance(part, bytes)]
    assert b"\n".join(held) == lines
    assert len(held) == len(messages)
    assert all(len(part) <= most or b"\n" not in part for part in held)
    assert not list(topics.pack_events(b""))


def _event(index: int) -> Event:
    return nouns.event(nouns.batch(1), index, nouns.at(index))


@readers
@given(st.one_of(st.none(), st.binary(max_size=60)))
def test_any_bytes_are_read_or_told(read: Callable[[bytes | None], object], value: bytes) -> None:
    """What others write into a topic ends no process, and is never taken for ours."""
    assert isinstance(read(value), Unread)


@readers
@pytest.mark.parametrize(
    ("value", "code"),
    [
        (None, "broken"),
        (b"", "broken"),
        (b"\x28\xb5\x2f\xfd", "broken"),
        (OURS, "broken"),
        (OURS + b"O\x28\xb5\x2f\xfd", "broken"),
        (OURS + b"X" + squeeze(b"{}"), "broken"),
        (frames.SIGN + b"\x00" + squeeze(b"{}"), "broken"),
        (b"{}", "broken"),
        (b"[1]", "broken"),
        (b'{"version":true}', "broken"),
    ],
)
def test_what_is_not_ours_is_broken(
    read: Callable[[bytes | None], object], value: bytes | None, code: str
) -> None:
    """Damage and the messages of others are told as such, and hold nobody up."""
    found = read(value)
    assert isinstance(found, Unread)
    assert found.code == code


def _newer(value: bytes) -> bytes:
    if value[:1] == b"{":
        return value.replace(b'"version":1', b'"version":2', 1)
    return frames.SIGN + bytes((frames.VERSION + 1,)) + value[frames.HEAD :]


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (topics.unpack_raw, topics.pack_raw(nouns.batch(1))),
        (topics.unpack_posted, topics.pack_posted_batch(nouns.batch(1), "one")),
        (topics.unpack_outcome, topics.pack_outcome(TOLD)),
        (topics.unpack_notice, topics.pack_notice(nouns.notice(1))),
        (topics.unpack_audit, topics.pack_audit([nouns.entry(1)])),
    ],
    ids=["raw", "posted", "outcome", "notice", "audit"],
)
def test_a_later_version_is_told_apart_from_damage(
    read: Callable[[bytes | None], object], value: bytes
) -> None:
    """What a newer process wrote is no poison: it waits for one that knows it."""
    found = read(_newer(value))
    assert isinstance(found, Unread)
    assert found.code == "newer"


@given(st.integers(0, 400), st.integers(0, 255))
def test_a_flipped_byte_is_told(at: int, byte: int) -> None:
    """A message that was changed on its way is never another batch."""
    value = topics.pack_raw(nouns.batch(1, records=tuple(b"%d" % n for n in range(50))))
    at %= len(value)
    changed = value[:at] + bytes((byte,)) + value[at + 1 :]
    assert topics.unpack_raw(changed) == topics.unpack_raw(value) or isinstance(
        topics.unpack_raw(changed), Unread
    )


@pytest.mark.parametrize("declared", [True, False], ids=["says its size", "does not say"])
def test_a_bomb_is_refused_before_it_is_unpacked(declared: bool) -> None:
    """A few kilobytes that unpack to gigabytes cost nothing."""
    writer = zstandard.ZstdCompressor(level=1).compressobj(
        size=frames.MOST_UNPACKED + 1 if declared else -1
    )
    block = b"".join(writer.compress(bytes(2**20)) for _ in range(frames.MOST_UNPACKED // 2**20))
    block += writer.compress(b"\0") + writer.flush()
    found = topics.unpack_raw(OURS + block)
    assert isinstance(found, Unread)
    assert found.code == "oversized"


@given(TREES)
def test_a_key_that_a_later_writer_adds_is_passed_over(more: Json) -> None:
    """Documents may grow without a new version: who does not know a key leaves it."""
    document = as_document(nouns.notice(1)) | {"version": 1, "later": more}
    value = orjson.dumps(document)
    assert topics.unpack_notice(value) == nouns.notice(1)


def test_an_unreadable_message_is_told_without_its_content() -> None:
    """What is said of a message goes to logs: it quotes nothing of it."""
    value = frames.document_framed(b'{"name":"top secret","role":7}')
    found = topics.unpack_command(value)
    assert isinstance(found, Unread)
    assert "secret" not in found.detail


def test_names_of_topics_have_the_prefix() -> None:
    """A cluster's topics are told apart by their prefix, and there are no others."""
    assert Topics("a.")("raw") == "a.raw"
    assert len({Topics()(name) for name in topics.TOPICS}) == 13
    with pytest.raises(KeyError):
        Topics()("row")


def test_headers_say_whose_a_batch_is() -> None:
    """A collector that reads where it stands unpacks no batch."""
    batch = replace(nouns.batch(7), kind=BatchKind.REFUSED)
    headers: dict[str, Any] = dict(topics.raw_headers(batch, "one", "udp"))
    assert headers["sequence"] == b"7"
    assert [headers["collector"], headers["listener"], headers["kind"]] == [
        b"one", b"udp", b"refused",
    ]  # fmt: skip

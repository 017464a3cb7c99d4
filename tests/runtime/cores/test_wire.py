"""What goes through the pipes of a matching process comes out as it went in."""

import pytest

from connectors.stores.blocks import PackedEvents, pack_events
from pipeline.model import (
    BatchKind,
    Failure,
    FailureCode,
    Match,
    Observation,
    RawBatch,
    Revisions,
    event_lines,
    pack_batch,
    unpack_batch,
)
from pipeline.runtime.chain import Observed
from pipeline.runtime.cores import wire
from pipeline.runtime.skews import sampled
from tests.normalize.reading import event_of

EVENT = event_of('{"ts": "2026-03-02T10:00:00.123456789Z", "a": 1}')
BATCH = RawBatch("b1", "object", "source", 3, 2, 10, 10, "json", (b"{}", b"x\n", b""))
SEEN = Observation(
    batch_id="b1",
    kind=BatchKind.RAW,
    object_id="object",
    source_id="source",
    sequence=3,
    previous=2,
    received_at=10,
    revisions=Revisions("c", "r", "p"),
    event_count=1,
    counts={"json/": 1},
    matches=(Match("rule", "b1-0", 7, "host", {"user": "Әлия", "n": 2**70, "f": 0.1, "": None}),),
    withheld=(("b1-2", 10, "suspected"),),
)
FAILED = Failure("b1", 1, "object", "source", "normalize", FailureCode.SYNTAX, "a\nb", 10)
STAGES = (wire.Stage("normalize", 3, 0.25, 1),)
USE = wire.Use(1.5, 2**30)


@pytest.mark.parametrize("events", [[EVENT], []], ids=["an event", "no event"])
def test_what_a_batch_came_to_is_read_as_it_was_written(events: list) -> None:  # type: ignore[type-arg]
    """Observation, failures, events and all that is counted are equal behind the pipe."""
    given = Observed(events, [FAILED], SEEN, [2], [0], sampled(events))
    counts = wire.Counts(STAGES, {"rule": 2}, {"rule": wire.Spent(3, 0.5)})
    packed = wire.pack_observed(BATCH, given, counts, USE)
    told, came = wire.unpack_observed(packed)
    assert came.observation == SEEN
    assert list(came.failures) == [FAILED]
    assert (list(came.stopped), list(came.indexes)) == ([2], [0])
    assert list(came.events) == events
    if events:
        assert pack_events("", "", came.events) == pack_events(BATCH.id, BATCH.object_id, events)
    assert dict(came.delays) == dict(given.delays)
    assert (told.counts, told.use) == (counts, USE)


def test_a_batch_is_read_as_it_was_written() -> None:
    """A frame says how long it is, and bears the batch's number and the batch."""
    given = wire.pack_batch_frame(7, BATCH)
    tag, size = wire.HEAD.unpack_from(given)
    body = given[wire.HEAD.size :]
    assert (tag, size) == (wire.BATCH, len(body))
    number, packed = wire.unnumbered(body)
    assert (number, unpack_batch(packed)) == (7, BATCH)


def test_packed_events_are_kept_as_they_are() -> None:
    """A store makes of packed events the block that was made of the events themselves."""
    block = pack_events("b1", "object", [EVENT])
    packed = PackedEvents(block)
    assert pack_events("other", "other", packed) is block
    assert len(packed) == 1
    assert event_lines(packed[:]) == event_lines([EVENT])


def test_what_is_warmed_is_read_as_it_was_written() -> None:
    """Revisions and batches to try them on are equal behind the pipe."""
    stamp = Revisions("c", "r", "p")
    body = wire.pack_warm(stamp, [pack_batch(BATCH), pack_batch(BATCH)])
    assert wire.unpack_warm(body) == (stamp, [BATCH, BATCH])
    assert wire.unpack_warm(wire.pack_warm(stamp, ())) == (stamp, [])

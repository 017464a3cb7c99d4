"""Streams of events to the coordination centre: what leaves, what stays, and what a kill leaves."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.assess import load_pack
from pipeline.model import NANOSECONDS, NoticeState, instant
from pipeline.notify.streamed import read_batch
from pipeline.notify.streaming import Bounds, Place
from pipeline.registry.marks import MarkVocabulary
from pipeline.registry.registry import registry_of as rebuilt
from pipeline.runtime.spill_purge import _held
from pipeline.runtime.streaming import EMPTY_STRETCH
from pipeline.runtime.streaming_content import HELD, NOT_CONCERNED, SUSPECTED
from tests.registry.making import AT, RULES, record
from tests.runtime.streamed import (
    HOUR,
    INDUSTRIAL,
    PRIVATE,
    STATE,
    Stream,
    registry,
    registry_of,
)


def test_a_state_bodys_events_are_streamed_and_no_others() -> None:
    """Events of a state body's object reach the centre; those of a private object stay."""
    stream = Stream()
    stream.journal(3)
    stream.journal(2, PRIVATE)
    stream.drain()
    assert {one["object"] for one in stream.received()} == {"AKIM-01"}
    assert len(stream.received()) == 3


def test_what_leaves_of_an_event_is_a_closed_list() -> None:
    """People, paths, command lines and vendors' fields stay; the list's fields and times leave."""
    stream = Stream()
    batch = stream.journal(1)
    stream.drain()
    [told] = stream.received()
    assert told["fields"] == {
        "event.code": "4625", "process.name": "su", "source.ip": "203.0.113.9",
    }  # fmt: skip
    assert told["id"] == f"{batch.id}-0"
    [content] = stream.line.held.values()
    assert b"tulegen" not in content
    assert b"example.kz" not in content


def test_a_batch_is_read_by_its_closed_schema() -> None:
    """What the sender writes is what the receivers' schema reads."""
    stream = Stream()
    stream.journal(4)
    stream.drain()
    [content] = stream.line.held.values()
    batch = read_batch(content)
    assert (batch.head.begin, batch.head.end, batch.head.count) == ("1.0", "2.0", 4)
    assert batch.head.basis == "kz-418-V/7-4(1)(7-2)"
    assert [one.object for one in batch.events] == ["AKIM-01"] * 4


@pytest.mark.parametrize(
    ("sizes", "limit", "ends"),
    [
        pytest.param([3, 3, 3], Bounds(5, 10_000), ["2.2", "4.0"], id="by-records"),
        pytest.param([12], Bounds(5, 10_000), ["1.5", "1.10", "2.0"], id="within-a-batch"),
        pytest.param([4], Bounds(100, 20), ["1.2", "2.0"], id="by-bytes"),
        pytest.param([2], Bounds(100, 1), ["1.1", "2.0"], id="one-always-fits"),
    ],
)
def test_batches_are_bounded(sizes: list[int], limit: Bounds, ends: list[str]) -> None:
    """A batch holds no more than its bounds, and the next one begins where it ended."""
    stream = Stream(bounds=limit)
    for size in sizes:
        stream.journal(size)
    stream.drain()
    heads = stream.heads()
    assert [one["end"] for one in heads][: len(ends)] == ends
    assert [one["begin"] for one in heads] == ["1.0", *(one["end"] for one in heads)][:-1]
    assert len(stream.received()) == sum(sizes)


def test_one_notice_is_on_its_way_while_the_line_is_down() -> None:
    """Nothing piles up in the outbox while the recipient is down, and the lag is told."""
    stream = Stream()
    stream.line.down = True
    for _ in range(20):
        stream.journal(4)
        stream.clock.advance_to(stream.clock.now() + HOUR)
        stream.streamer.step()
        stream.deliver()
    assert len(list(stream.stores.outbox.list())) == 1
    [lag] = stream.streamer.lags()
    assert (lag.role, lag.records, lag.since) == ("ncc", 80, AT)
    stream.drain()
    assert len(stream.received()) == 80
    assert stream.streamer.lags()[0].records == 0


def test_late_events_are_judged_by_their_own_time() -> None:
    """An event of the trial that comes after commissioning is not streamed, whenever it comes."""
    commissioned = instant("2026-02-01T00:00:00Z")
    stream = Stream(
        world=registry_of(
            record(STATE, code="AKIM-01", state_body=True, lifecycle={"stage": "trial"}),
            record(
                STATE, code="AKIM-01", state_body=True, valid_from="2026-02-01", **INDUSTRIAL,
            ),
        )
    )  # fmt: skip
    stream.journal(2, times=[commissioned - HOUR, commissioned + HOUR])
    stream.drain()
    assert [one["@timestamp"] for one in stream.received()] == ["2026-02-01T01:00:00Z"]
    assert stream.left_out == {NOT_CONCERNED: 1}


def test_nothing_of_an_object_that_is_not_attested_leaves() -> None:
    """Events kept under an attestation that has ended since are left out when they would leave."""
    stream = Stream()
    stream.line.down = True
    stream.journal(2)
    stream.streamer.step()
    stream.world = registry(
        attestation={"attested_open_by": "Head", "at": "2025-01-01", "valid_until": "2026-01-01"}
    )
    stream.drain()
    assert stream.received() == []
    assert stream.left_out == {HELD: 2}
    assert stream.closed()[1]["left_out"] == {HELD: 2}


def test_what_the_registry_learned_since_counts() -> None:
    """An object that never was a state body's, as is known today, is not streamed any more."""
    stream = Stream()
    stream.journal(2)
    stream.streamer.step()
    stream.world = registry_of(record(STATE, code="AKIM-01", **INDUSTRIAL))
    stream.drain()
    assert stream.received() == []


def test_todays_marks_stop_yesterdays_events() -> None:
    """A secrecy mark that nobody knew when the event was kept stops it at the stream."""
    stream = Stream()
    stream.journal(1, native={"classification": "секретно"})
    stream.journal(1, native={"classification": "malware"})
    known = stream.world
    marks = MarkVocabulary(valid=("секретно",))
    stream.world = rebuilt(known.histories, known.every_party(), marks)
    stream.drain()
    assert len(stream.received()) == 1
    assert stream.left_out == {SUSPECTED: 1}


def test_a_purged_event_does_not_leave() -> None:
    """An event that a spill's purge took away between journal and delivery is not streamed."""
    stream = Stream()
    batch = stream.journal(3)
    stream.streamer.step()
    stream.purge(batch, 1)
    stream.drain()
    assert [one["id"] for one in stream.received()] == [f"{batch.id}-0", f"{batch.id}-2"]


def test_a_purge_behind_a_lost_receipt_is_told() -> None:
    """The centre's receipt for what it was sent before the purge closes the batch, and says so."""
    stream = Stream()
    batch = stream.journal(3)
    stream.streamer.step()
    stream.deliver(killed=True)
    stream.purge(batch, 1)
    stream.begin()
    stream.drain()
    closed, said = stream.closed()
    assert closed.state is NoticeState.ACKNOWLEDGED
    assert said["now"] != said["sha256"]
    assert said["events"] == 2
    assert len(stream.received()) == 3


def test_an_event_without_room_leaves_without_its_fields(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is larger than its share of a batch is told by place and time alone, and says so."""
    monkeypatch.setattr("pipeline.notify.streaming.MOST_CONTENT", 2048)
    stream = Stream()
    stream.journal(1, host={"name": "x" * 5000})
    stream.drain()
    [told] = stream.received()
    assert (told["fields"], told["cut"]) == ({}, True)


def test_a_long_silence_moves_the_cursor() -> None:
    """Where nothing belongs to a stream for long the cursor moves on, so that it is durable."""
    stream = Stream()
    stream.journal(1)
    stream.drain()
    front = stream.streamer._fronts[stream.recipient]
    front.stretch = front.stretch.over(front.begin.position + EMPTY_STRETCH)
    assert stream.streamer.step()[0] == 1
    stream.deliver()
    assert stream.closed()[0].payload["records"] == 0


def test_a_clock_that_was_put_back_stops_no_stream() -> None:
    """The next notice stands behind the last one although the clock says an earlier time."""
    stream = Stream()
    stream.journal(1)
    stream.drain()
    stream.clock = type(stream.clock)(AT - 24 * HOUR)
    stream.begin()
    stream.journal(1)
    stream.drain()
    assert [one["number"] for one in stream.heads()] == [1, 2]


def test_the_financial_markets_centre_has_a_stream_of_its_own() -> None:
    """Events of financial subjects go to the sectoral centre, and begin before commissioning."""
    stream = Stream(
        world=registry_of(
            record(STATE, state_body=True, **INDUSTRIAL),
            record(PRIVATE, code="BANK", financial_subject="bank", lifecycle={"stage": "trial"}),
        ),
        role="sectoral_centre",
    )
    stream.journal(1)
    stream.journal(1, PRIVATE)
    stream.drain()
    assert [one["object"] for one in stream.received()] == ["BANK"]


def test_another_law_streams_nothing() -> None:
    """Under a pack without such rows there is no stream, by the same program."""
    stream = Stream(pack=load_pack(RULES / "law" / "nis2"))
    stream.journal(2)
    assert stream.streamer.step() == (0, False)
    assert list(stream.stores.outbox.list()) == []


def test_each_batch_is_audited() -> None:
    """The audit trail has each batch as it was made; its receipt comes with the delivery."""
    stream = Stream()
    stream.journal(1)
    stream.streamer.step()
    [entry] = stream.stores.audit.read()
    assert (entry.kind, entry.detail["leg"]) == ("notice", "event_stream")


OPERATIONS = st.lists(
    st.one_of(
        st.tuples(st.just("journal"), st.integers(0, 9), st.booleans()),
        st.tuples(st.just("step"), st.just(0), st.booleans()),
        st.tuples(st.just("deliver"), st.just(0), st.booleans()),
        st.tuples(st.just("restart"), st.just(0), st.booleans()),
        st.tuples(st.just("line"), st.just(0), st.booleans()),
    ),
    max_size=40,
)


@settings(max_examples=60, deadline=None)
@given(operations=OPERATIONS, most=st.integers(1, 6))
def test_every_event_arrives_once_whatever_is_killed(
    operations: list[tuple[str, int, bool]], most: int
) -> None:
    """Whatever is killed, lost or down on the way, each event comes once, in order, without gap."""
    stream = Stream(bounds=Bounds(most, 10_000))
    expected: list[str] = []
    for what, count, flag in operations:
        match what:
            case "journal":
                batch = stream.journal(count, STATE if flag else PRIVATE)
                expected += [f"{batch.id}-{n}" for n in range(count)] if flag else []
            case "step":
                stream.streamer.step()
            case "deliver":
                stream.deliver(killed=flag)
            case "restart":
                stream.begin()
            case "line":
                stream.line.down = flag
        stream.clock.advance_to(stream.clock.now() + NANOSECONDS)
    stream.drain()
    assert [one["id"] for one in stream.received()] == expected
    heads = stream.heads()
    assert [one["begin"] for one in heads[1:]] == [one["end"] for one in heads[:-1]]
    assert [one["number"] for one in heads] == list(range(1, len(heads) + 1))


@pytest.mark.parametrize("text", ["", "1", "1.", ".1", "1.x", "-1.0", "1.2.3"])
def test_what_is_no_place_is_told(text: str) -> None:
    """A text that is no place in a stream is refused."""
    with pytest.raises(ValueError, match="is no place"):
        Place.of(text)


def test_places_are_ordered() -> None:
    """Places follow the journal, then the records of a batch."""
    made: list[Any] = [Place(2, 0), Place(1, 3), Place(1, 0)]
    assert sorted(made) == [Place(1, 0), Place(1, 3), Place(2, 0)]
    assert Place.of(str(Place(7, 3))) == Place(7, 3)


def test_a_purge_names_the_batch_that_may_hold_the_record() -> None:
    """What was streamed before a purge is named for a person; other stretches are not."""
    stream = Stream()
    first, second = stream.journal(5), stream.journal(5)
    stream.drain()
    sent = list(stream.stores.outbox.list())
    named = [[bool(_held(stream.stores, one, of)) for one in sent] for of in (first, second)]
    assert named == [[True, False], [False, True]]

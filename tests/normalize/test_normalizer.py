"""Batches to events and failures."""

from hashlib import sha256
from zoneinfo import ZoneInfo

import pytest

from pipeline.errors import ConfigurationError
from pipeline.model import (
    NANOSECONDS,
    BatchKind,
    Event,
    Failure,
    FailureCode,
    RecordNote,
    TimeConfidence,
    instant,
    rfc3339,
)
from pipeline.normalize import Normalizer, Profile
from pipeline.normalize.limits import FUTURE_LIMIT
from tests.normalize.reading import ALMATY, RECEIVED, batch_of, event_of, failure_of, normalized

LINE = "<13>Mar  2 14:00:00 web01 app: text"


def test_an_event_carries_where_it_comes_from() -> None:
    """An event names object, source, batch and index, receive time, and the hash of its bytes."""
    record = LINE.encode()
    (event,) = normalized(batch_of(b"", record), ALMATY, trial=True)[1:]
    assert isinstance(event, Event)
    assert (event.object_id, event.source_id, event.id) == ("object", "source", "batch-1")
    assert event.received_at == RECEIVED
    assert event.original_hash == sha256(record).hexdigest()
    assert event.trial


def test_a_failure_carries_where_it_comes_from() -> None:
    """A failure names object, source, batch and index, stage, receive time, and a bounded code."""
    failure = failure_of("nothing that a parser takes")
    assert (failure.object_id, failure.source_id, failure.batch_id) == ("object", "source", "batch")
    assert (failure.index, failure.stage, failure.received_at) == (0, "normalize", RECEIVED)
    assert failure.code is FailureCode.UNKNOWN_FORMAT


def test_every_record_is_an_event_a_failure_or_a_stub() -> None:
    """Events, failures and the collector's stubs add up to the records, in their order."""
    notes = (
        RecordNote(1, "withheld"),
        RecordNote(2, "suspected"),
        RecordNote(3, "oversized", "a record of 9 bytes, more than the 8 that one may have"),
        RecordNote(4, "truncated"),
        RecordNote(5, "corrupt"),
        RecordNote(6, "oversized"),
        RecordNote(6, "withheld"),
        RecordNote(7, "of another kind"),
    )
    items = normalized(batch_of(LINE, b"", b"", LINE, LINE, b"", b"", LINE, b"", notes=notes))
    seen = [(item.index, item.code if isinstance(item, Failure) else "event") for item in items]
    assert seen == [
        (0, "event"),
        (3, FailureCode.OVERSIZED),
        (4, FailureCode.TRUNCATED),
        (5, FailureCode.CORRUPT),
        (7, "event"),
        (8, FailureCode.EMPTY),
    ]
    oversized = items[1]
    assert isinstance(oversized, Failure)
    assert oversized.detail.startswith("a record of 9 bytes, more than the 8")
    assert "batch.record_bytes" in oversized.detail


@pytest.mark.parametrize(
    ("ahead", "confidence"),
    [
        (FUTURE_LIMIT, TimeConfidence.EXACT),
        (FUTURE_LIMIT + NANOSECONDS, TimeConfidence.CLAMPED),
        (3650 * FUTURE_LIMIT, TimeConfidence.CLAMPED),
        (-3650 * FUTURE_LIMIT, TimeConfidence.EXACT),
    ],
)
def test_a_time_of_the_future_is_clamped(ahead: int, confidence: TimeConfidence) -> None:
    """A time more than a day after its arrival becomes the receive time, and its own is noted."""
    claimed = rfc3339(RECEIVED + ahead)
    event = event_of(f"<13>1 {claimed} web01 app - - - x")
    assert event.time_confidence is confidence
    if confidence is TimeConfidence.CLAMPED:
        assert (event.time, event.notes) == (RECEIVED, (f"clamped:{claimed}",))
    else:
        assert (event.time, event.notes) == (RECEIVED + ahead, ())


def test_the_profile_gives_format_zone_and_trial() -> None:
    """Format, zone and trial are those of the batch's object and source."""
    asked = []

    def profile(object_id: str, source_id: str) -> Profile:
        asked.append((object_id, source_id))
        return Profile("rfc3164", ZoneInfo("Asia/Almaty"), trial=True)

    done = Normalizer(profile)(batch_of(LINE))
    assert asked == [("object", "source")]
    assert (done.events[0].format, done.events[0].trial) == ("rfc3164", True)
    assert done.events[0].time == instant("2026-03-02T09:00:00Z")


def test_the_batch_names_the_format_before_the_profile() -> None:
    """What the listener says of its records counts before what the source's profile says."""
    done = Normalizer(lambda _o, _s: Profile("json"))(batch_of(LINE, format_name="syslog"))
    assert done.events[0].format == "rfc3164"


def test_an_unknown_format_is_configuration() -> None:
    """A format that does not exist is told with the nearest one that does."""
    with pytest.raises(ConfigurationError, match="did you mean 'syslog'"):
        Normalizer(lambda _o, _s: Profile("sylog"))(batch_of(LINE, format_name=""))


def test_a_clock_batch_holds_no_records() -> None:
    """The record of a clock batch is the time, not an event."""
    batch = batch_of("2026-03-02T10:00:00Z")
    clock = type(batch)(
        **{**{n: getattr(batch, n) for n in batch.__slots__}, "kind": BatchKind.CLOCK}
    )
    done = Normalizer(lambda _o, _s: Profile())(clock)
    assert (done.events, done.failures) == ([], [])


def test_the_same_batch_gives_the_same_events() -> None:
    """Normalising is a function of the batch: twice gives the same."""
    records = (LINE, '{"EventID": 4624, "Channel": "Security", "Computer": "dc"}', "x")
    assert normalized(batch_of(*records)) == normalized(batch_of(*records))

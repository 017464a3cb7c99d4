"""What no parser takes: an event that people and rules see, beside the failure."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model import Event, Failure, RecordNote, TimeConfidence, instant
from pipeline.normalize import Normalizer, Profile
from pipeline.normalize.ecs_schema import fields, fitting
from pipeline.normalize.unknown import MOST_TEXT
from tests.normalize.reading import RECEIVED, at, batch_of


def both(
    record: bytes | str, format_name: str = "auto", notes: tuple[RecordNote, ...] = ()
) -> tuple[Event, Failure]:
    """Give event and failure of a record that must be both."""
    batch = batch_of(record, format_name=format_name, notes=notes)
    done = Normalizer(lambda _object, _source: Profile())(batch)
    (event,), (failure,) = done.events, done.failures
    assert event.index == failure.index == 0
    return event, failure


UNREAD = {
    "words": ("nothing that a parser takes", "auto", "unknown_format"),
    "JSON cut short": ('{"EventID": 4624, "Channel": "Secu', "auto", "truncated"),
    "another format than the registry says": ("just words", "json", "syntax"),
    "Cyrillic in CP1251": ("станция остановлена без причины".encode("cp1251"), "json", "syntax"),
}


@pytest.mark.parametrize(("record", "format_name", "code"), UNREAD.values(), ids=UNREAD)
def test_a_record_that_nobody_reads_is_an_event_too(
    record: bytes | str, format_name: str, code: str
) -> None:
    """The event holds the record's text, and says why it was not read."""
    event, failure = both(record, format_name)
    text = record if isinstance(record, str) else record.decode("cp1251")
    assert (event.format, event.ecs["message"]) == ("unknown", text)
    assert event.ecs["event"] == {"kind": "event", "dataset": "saqshy.unknown"}
    assert event.ecs["error"] == {"code": code, "message": failure.detail}
    assert failure.code.value == code
    assert (event.time, event.time_confidence) == (RECEIVED, TimeConfidence.RECEIVED)


def test_a_header_that_is_readable_is_read() -> None:
    """Who sent it and when stands in the event where a syslog header says so."""
    event, _ = both("<34>1 2026-03-02T09:00:00Z gw01 app 7 - - {not json", "json")
    told = {
        name: at(event.ecs, name)
        for name in ("log.syslog.severity.code", "host.name", "process.name", "event.dataset")
    }
    assert told == {
        "log.syslog.severity.code": 2, "host.name": "gw01", "process.name": "app",
        "event.dataset": "saqshy.unknown",
    }  # fmt: skip
    assert event.time == instant("2026-03-02T09:00:00Z")


@pytest.mark.parametrize("kind", ["oversized", "truncated", "corrupt"])
def test_what_was_left_of_a_record_is_kept(kind: str) -> None:
    """A record that framing could not give whole is an event with what there is of it."""
    event, failure = both("part of a record", notes=(RecordNote(0, kind),))
    assert (event.ecs["message"], event.ecs["error"]["code"]) == ("part of a record", kind)
    assert failure.code.value == kind


@pytest.mark.parametrize(
    "record", [b"", b" \t\r\n", b"\x00\x00"], ids=["nothing", "blanks", "NULs"]
)
def test_nothing_is_no_event(record: bytes) -> None:
    """A record without content is a failure alone."""
    done = Normalizer(lambda _object, _source: Profile())(batch_of(record))
    assert (len(done.events), [one.code.value for one in done.failures]) == (0, ["empty"])


def test_what_is_no_text_is_shown_in_part() -> None:
    """Of binary data a bounded beginning is shown, in characters that can be read."""
    event, failure = both(bytes(range(256)) * 40)
    assert failure.code.value == "binary"
    assert event.ecs["message"].startswith("\\x00\\x01")
    assert event.ecs["message"].isprintable() or "\n" in event.ecs["message"]
    assert len(event.ecs["message"]) < 4 * 512
    assert event.notes == ("binary",)


def test_a_long_text_is_cut_with_a_note() -> None:
    """A text longer than the bound is cut; the original bytes stay with the batch."""
    event, _ = both("слово " * 5000, "json")
    assert (len(event.ecs["message"]), event.notes) == (MOST_TEXT, ("message_cut",))


def leaves(tree: dict[str, Any], above: str = "") -> list[tuple[str, Any]]:
    found = []
    for name, value in tree.items():
        path = f"{above}{name}"
        nested = isinstance(value, dict) and path not in fields()
        found += leaves(value, f"{path}.") if nested else [(path, value)]
    return found


@given(
    record=st.binary(min_size=1, max_size=300)
    | st.text(min_size=1).map(lambda t: f"<9>{t}".encode())
)
def test_any_bytes_give_fields_of_ecs(record: bytes) -> None:
    """Whatever arrives, the event can be written and its fields fit."""
    batch = batch_of(record, notes=(RecordNote(0, "oversized"),))
    for event in Normalizer(lambda _object, _source: Profile())(batch).events:
        orjson.dumps(event.document())
        assert all(fitting(name, value) == value for name, value in leaves(event.ecs))

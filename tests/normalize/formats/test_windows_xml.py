"""Windows events in XML: what is refused, and that any change of one is an event or a refusal."""

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.model import Event, FailureCode
from tests.normalize.reading import batch_of, event_of, failure_of, normalized
from tests.normalize.windows_shapes import SHAPES, windows_events

SYSTEM = (
    "<System><Provider Name='X'/><EventID>1</EventID><Channel>c</Channel><Computer>h</Computer>"
    "<TimeCreated SystemTime='2026-03-02T09:00:00Z'/></System>"
)
EVENTS = [SHAPES["shape_xml"](event) for event in windows_events()]


def event(data: str) -> str:
    return f"<Event>{SYSTEM}{data}</Event>"


BOMB = "<!DOCTYPE Event [<!ENTITY a 'x'>" + "".join(
    f"<!ENTITY a{n} '{f'&a{n - 1};' * 10 if n else '&a;'}'>" for n in range(12)
)


@pytest.mark.parametrize(
    ("record", "code"),
    [
        (f"{BOMB}]>{event('<EventData><Data>&a11;</Data></EventData>')}", "unknown_format"),
        (event("<EventData><Data>&a;</Data></EventData>"), "syntax"),
        (f"<Event><!DOCTYPE a><System/>{'</Event>'}", "syntax"),
        (event("<a>" * 40_000 + "</a>" * 40_000), "too_deep"),
        (event("<EventData><Data></EventData>"), "syntax"),
        (event("")[:-4], "truncated"),
        (event("") + event(""), "syntax"),
        ("<Event><System><EventID>x</EventID></System></Event>", "missing_field"),
        ("<Event><EventData/></Event>", "missing_field"),
        ("<a/>", "unknown_format"),
    ],
    ids=["bomb", "entity", "inside", "deep", "tags", "cut", "several", "id", "system", "other"],
)
def test_what_is_no_event_is_refused(record: str, code: str) -> None:
    """Entities, depth, broken and cut XML are refused at once, with the way out."""
    begin = time.perf_counter()
    failure = failure_of(record, "windows_xml")
    assert failure.code is FailureCode(code)
    assert failure.detail
    assert time.perf_counter() - begin < 2


def test_line_ends_in_values_stay() -> None:
    """CR LF inside a value stays, as the event log has it, also beside a raw bracket."""
    found = event_of(event("<EventData>\r\n<Data Name='A'>a > b\r\n\tc</Data>\r\n</EventData>"))
    assert found.native["A"] == "a > b\r\n\tc"


def test_names_that_stand_twice_are_both_kept() -> None:
    """A name that stands twice holds both values, and one of System's keeps its place."""
    data = "<Data Name='A'>1</Data><Data Name='A'>2</Data><Data Name='Channel'>x</Data>"
    found = event_of(event(f"<EventData>{data}</EventData>"))
    assert found.native["A"] == ["1", "2"]
    assert (found.native["Channel"], found.native["EventData.Channel"]) == ("c", "x")


def test_other_elements_are_kept() -> None:
    """Elements beside System and EventData keep their texts under their own names."""
    error = "<ProcessingErrorData><ErrorCode>15005</ErrorCode></ProcessingErrorData>"
    found = event_of(event(f"{error}<EventData Name='E'/>"))
    assert found.native["ProcessingErrorData.ErrorCode"] == "15005"
    assert found.native["EventData.Name"] == "E"


@given(
    record=st.sampled_from(EVENTS),
    at=st.integers(0, 3000),
    length=st.integers(0, 40),
    put=st.binary(max_size=12)
    | st.sampled_from([b"<Data>", b"</Event>", b"<![CDATA[", b"&#0;", b"\x01"]),
)
@example(record=EVENTS[0], at=700, length=0, put=b"\x01\x02")
def test_any_change_of_an_event_is_read_or_refused(
    record: bytes, at: int, length: int, put: bytes
) -> None:
    """However an event in XML is changed, it gives one event or one failure, raw and in syslog."""
    changed = record[:at] + put + record[at + length :]
    for given_record in (changed, b"<13>Mar  2 10:00:00 h a: " + changed):
        (item,) = normalized(batch_of(given_record))
        assert isinstance(item, Event) or item.detail

"""RFC 5424 messages: the RFC's own examples, and what comes close."""

from typing import Any

import pytest

from pipeline.model import FailureCode, TimeConfidence, rfc3339
from pipeline.normalize.formats.rfc5424 import structured_data
from tests.normalize.reading import ALMATY, at, event_of, failure_of, picked

SDID = '[exampleSDID@32473 iut="3" eventSource="Application" eventID="1011"]'
SD = {"exampleSDID@32473": {"iut": "3", "eventSource": "Application", "eventID": "1011"}}


@pytest.mark.parametrize(
    ("message", "time", "expected"),
    [
        pytest.param(
            "<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - "
            "\ufeff'su root' failed for lonvick on /dev/pts/8",
            "2003-10-11T22:14:15.003Z",
            {
                "log.syslog.priority": 34,
                "log.syslog.facility.code": 4,
                "log.syslog.facility.name": "auth",
                "log.syslog.severity.code": 2,
                "log.syslog.severity.name": "critical",
                "log.syslog.version": "1",
                "log.syslog.hostname": "mymachine.example.com",
                "log.syslog.appname": "su",
                "log.syslog.procid": None,
                "log.syslog.msgid": "ID47",
                "log.syslog.structured_data": None,
                "host.name": "mymachine.example.com",
                "process.name": "su",
                "event.code": "ID47",
                "event.severity": 2,
                "message": "'su root' failed for lonvick on /dev/pts/8",
            },
            id="6.5 example 1",
        ),
        pytest.param(
            "<165>1 2003-08-24T05:14:15.000003-07:00 192.0.2.1 myproc 8710 - - "
            "%% It's time to make the do-nuts.",
            "2003-08-24T12:14:15.000003Z",
            {
                "log.syslog.priority": 165,
                "log.syslog.facility.code": 20,
                "log.syslog.facility.name": "local4",
                "log.syslog.severity.code": 5,
                "log.syslog.severity.name": "notice",
                "host.name": "192.0.2.1",
                "host.ip": ["192.0.2.1"],
                "process.name": "myproc",
                "process.pid": 8710,
                "log.syslog.msgid": None,
                "message": "%% It's time to make the do-nuts.",
            },
            id="6.5 example 2",
        ),
        pytest.param(
            f"<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog - ID47 {SDID} "
            "\ufeffAn application event log entry...",
            "2003-10-11T22:14:15.003Z",
            {
                "log.syslog.structured_data": SD,
                "log.syslog.appname": "evntslog",
                "message": "An application event log entry...",
            },
            id="6.5 example 3",
        ),
        pytest.param(
            "<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog - ID47 "
            f'{SDID}[examplePriority@32473 class="high"]',
            "2003-10-11T22:14:15.003Z",
            {
                "log.syslog.structured_data": {**SD, "examplePriority@32473": {"class": "high"}},
                "message": None,
            },
            id="6.5 example 4",
        ),
    ],
)
def test_the_examples_of_the_rfc(message: str, time: str, expected: dict[str, Any]) -> None:
    """Each example of RFC 5424, section 6.5, fills the fields that the section names."""
    event = event_of(message, "rfc5424")
    assert (event.format, event.notes) == ("rfc5424", ())
    assert (rfc3339(event.time), event.time_confidence) == (time, TimeConfidence.EXACT)
    assert picked(event, expected) == expected


@pytest.mark.parametrize(
    ("stamp", "time"),
    [
        ("1985-04-12T23:20:50.52Z", "1985-04-12T23:20:50.52Z"),
        ("1985-04-12T19:20:50.52-04:00", "1985-04-12T23:20:50.52Z"),
        ("2003-10-11T22:14:15.003Z", "2003-10-11T22:14:15.003Z"),
        ("2003-08-24T05:14:15.000003-07:00", "2003-08-24T12:14:15.000003Z"),
    ],
)
def test_the_times_of_the_rfc(stamp: str, time: str) -> None:
    """Examples 1 to 4 of section 6.2.3.1 are read as what they say."""
    event = event_of(f"<34>1 {stamp} host app - - - x", "rfc5424")
    assert (rfc3339(event.time), event.time_confidence, event.notes) == (
        time,
        TimeConfidence.EXACT,
        (),
    )


def test_a_time_finer_than_allowed_is_read_and_noted() -> None:
    """Example 5 of section 6.2.3.1 (nanoseconds) breaks the grammar: read, with a note."""
    event = event_of("<34>1 2003-08-24T05:14:15.000000003-07:00 host app - - - x", "rfc5424")
    assert rfc3339(event.time) == "2003-08-24T12:14:15.000000003Z"
    assert event.notes == ("rfc5424_lenient",)


def test_no_time_is_the_receive_time() -> None:
    """A nil time (section 6.2.3) leaves the receive time, marked as such."""
    event = event_of("<34>1 - host app - - - x", "rfc5424")
    assert (event.time, event.time_confidence) == (event.received_at, TimeConfidence.RECEIVED)


def test_a_zone_that_the_sender_guessed_is_assumed() -> None:
    """``timeQuality tzKnown="0"`` (section 7.1.1) says that the zone was not known."""
    event = event_of(
        '<34>1 2026-03-02T10:00:00Z host app - - [timeQuality tzKnown="0" isSynced="0"] x',
        "rfc5424",
    )
    assert event.time_confidence is TimeConfidence.ZONE_ASSUMED


@pytest.mark.parametrize(
    ("text", "data", "rest"),
    [
        ("-", {}, ""),
        ("- message", {}, "message"),
        (f"{SDID} x", SD, "x"),
        ('[a b="c"][d]', {"a": {"b": "c"}, "d": {}}, ""),
        ('[a b="c"] [d e="f"]', {"a": {"b": "c"}}, '[d e="f"]'),
        (r'[a b="\"q\" \\ \] \n"] x', {"a": {"b": r'"q" \ ] \n'}}, "x"),
        (
            '[origin ip="192.0.2.1" ip="192.0.2.129"]',
            {"origin": {"ip": ["192.0.2.1", "192.0.2.129"]}},
            "",
        ),
        ('[a b=""] x', {"a": {"b": ""}}, "x"),
        ('[a b="\u0416"] x', {"a": {"b": "\u0416"}}, "x"),
        ('[ a b="c"] x', None, '[ a b="c"] x'),
        ('[a b="c] x', None, '[a b="c] x'),
        ('[a b="c"]x', None, '[a b="c"]x'),
        ("-x", None, "-x"),
    ],
)
def test_structured_data(text: str, data: dict[str, Any] | None, rest: str) -> None:
    r"""Elements, parameters and escapes follow section 6.3; its invalid examples are refused.

    Section 6.3.5: a space between two elements ends structured data; one behind ``[`` is invalid.
    Section 6.3.3: only ``"``, ``\`` and ``]`` are escaped, another backslash is itself.
    """
    assert structured_data(text) == (data, rest)


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (
            "<34>1 2026-03-02T10:00:00Z host app 77 - no structured data",
            {"message": "no structured data", "process.pid": 77, "host.name": "host"},
        ),
        ("<34>1 2026-03-02T10:00:00Z host app - - [broken x", {"message": "[broken x"}),
        ("<34>1  2026-03-02T10:00:00Z  host app  - - -  x", {"host.name": "host"}),
        (
            f"<34>1 2026-03-02T10:00:00Z host {'a' * 60} - - - x",
            {"process.name": "a" * 60},
        ),
        ("<034>01 2026-03-02T10:00:00Z host app - - - x", {"log.syslog.priority": 34}),
    ],
    ids=["no structured data", "broken structured data", "two spaces", "long name", "zeros"],
)
def test_what_comes_close_is_read_with_a_note(message: str, expected: dict[str, Any]) -> None:
    """What breaks the grammar but has its parts is read as far as it goes, and noted."""
    event = event_of(message, "rfc5424")
    assert event.notes == ("rfc5424_lenient",)
    assert picked(event, expected) == expected


@pytest.mark.parametrize(
    "message",
    [
        "<192>1 2026-03-02T10:00:00Z host app - - - x",
        "<34>Oct 11 22:14:15 mymachine su: x",
        "1 2026-03-02T10:00:00Z host app - - - x",
        "text",
    ],
)
def test_what_is_no_such_message_is_refused(message: str) -> None:
    """What is no RFC 5424 message is refused where the source says that it sends nothing else."""
    failure = failure_of(message, "rfc5424")
    assert failure.code is FailureCode.SYNTAX
    assert "format to syslog" in failure.detail


def test_the_limits_of_names() -> None:
    """Host, program, process id and message id of the longest allowed length are read strictly."""
    message = f"<34>1 - {'h' * 255} {'a' * 48} {'p' * 128} {'m' * 32} - x"
    event = event_of(message, "rfc5424")
    assert event.notes == ()
    assert len(at(event.ecs, "host.name")) == 255
    assert at(event.ecs, "process.pid") is None
    assert at(event.ecs, "log.syslog.procid") == "p" * 128


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (
            "<134>1 2026-03-02 14:00:05 gw CheckPoint 137 - text",
            {"host.name": "gw", "process.name": "CheckPoint", "message": "text"},
        ),
        (
            "<134>1 2026-03-02T09:00:05Z gw CEF:0|Example|Gate|7|1|a|3|src=192.0.2.1",
            {"host.name": "gw", "observer.product": "Gate", "source.ip": "192.0.2.1"},
        ),
        (
            "<134>1 2026-03-02T09:00:05Z gw LEEF:1.0|Example|Gate|7|1|src=192.0.2.1",
            {"host.name": "gw", "observer.product": "Gate", "source.ip": "192.0.2.1"},
        ),
    ],
    ids=["time in two words", "CEF behind the host", "LEEF behind the host"],
)
def test_headers_of_appliances(message: str, expected: dict[str, Any]) -> None:
    """A header that an appliance writes short or with a space in its time is read all the same."""
    event = event_of(message, "syslog", ALMATY)
    assert rfc3339(event.time) == "2026-03-02T09:00:05Z"
    assert "rfc5424_lenient" in event.notes
    assert picked(event, expected) == expected

"""RFC 3164 messages: the RFC's own examples, and the dirt that goes by its name."""

from datetime import UTC
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.match import Matcher
from pipeline.model import FailureCode, TimeConfidence, instant, rfc3339
from pipeline.normalize.formats.rfc3164 import peek_host, year_less
from pipeline.normalize.limits import FUTURE_LIMIT
from tests.match.material import content_of, taxonomy
from tests.normalize.reading import ALMATY, at, event_of, failure_of, picked


def test_the_first_example_of_the_rfc() -> None:
    """Example 1 of RFC 3164, section 5.4: each part of the message is where it belongs."""
    event = event_of(
        "<34>Oct 11 22:14:15 mymachine su: 'su root' failed for lonvick on /dev/pts/8", "rfc3164"
    )
    expected = {
        "log.syslog.priority": 34,
        "log.syslog.facility.code": 4,
        "log.syslog.severity.code": 2,
        "host.name": "mymachine",
        "process.name": "su",
        "process.pid": None,
        "message": "'su root' failed for lonvick on /dev/pts/8",
    }
    assert picked(event, expected) == expected
    assert rfc3339(event.time) == "2025-10-11T22:14:15Z"
    assert event.time_confidence is TimeConfidence.YEAR_ASSUMED


@pytest.mark.parametrize(
    ("message", "time", "expected"),
    [
        pytest.param(
            "<13>Feb  5 17:32:18 10.0.0.99 Use the BFG!",
            "2026-02-05T17:32:18Z",
            {"host.name": "10.0.0.99", "process.name": None, "message": "Use the BFG!"},
            id="5.4 example 2, as relayed",
        ),
        pytest.param(
            "<165>Aug 24 05:34:00 CST 1987 mymachine myproc[10]: %% It's time to make the do-nuts."
            "  %%  Ingredients: Mix=OK, Jelly=OK # Devices: Mixer=OK, Jelly_Injector=OK, Frier=OK #"
            " Transport: Conveyer1=OK, Conveyer2=OK # %%",
            "1987-08-24T05:34:00Z",
            {"host.name": "mymachine", "process.name": "myproc", "process.pid": 10},
            id="5.4 example 3, zone and year taken for what they are",
        ),
        pytest.param(
            "<0>1990 Oct 22 10:52:01 TZ-6 scapegoat.dmz.example.org 10.1.2.3 sched[0]: "
            "That's All Folks!",
            "1990-10-22T10:52:01Z",
            {
                "host.name": "TZ-6",
                "message": "scapegoat.dmz.example.org 10.1.2.3 sched[0]: That's All Folks!",
            },
            id="5.4 example 4",
        ),
        pytest.param(
            "<13>Oct 22 10:52:12 scapegoat 1990 Oct 22 10:52:01 TZ-6 scapegoat.dmz.example.org "
            "10.1.2.3 sched[0]: That's All Folks!",
            "2025-10-22T10:52:12Z",
            {
                "host.name": "scapegoat",
                "message": "1990 Oct 22 10:52:01 TZ-6 scapegoat.dmz.example.org 10.1.2.3 sched[0]: "
                "That's All Folks!",
            },
            id="5.4 example 4, as relayed",
        ),
    ],
)
def test_the_further_examples_of_the_rfc(message: str, time: str, expected: dict[str, Any]) -> None:
    """Examples 2 to 4 of RFC 3164, section 5.4."""
    event = event_of(message, "rfc3164")
    assert rfc3339(event.time) == time
    assert picked(event, expected) == expected


@pytest.mark.parametrize(
    ("message", "time", "confidence", "expected"),
    [
        pytest.param(
            "Mar  2 14:00:00 web01 app[7]: text", "2026-03-02T09:00:00Z", "year_assumed",
            {"host.name": "web01", "process.name": "app", "process.pid": 7,
             "log.syslog.priority": None}, id="no priority"),
        pytest.param(
            "<13>Mar  2 14:00:00 app[7]: text", "2026-03-02T09:00:00Z", "year_assumed",
            {"host.name": None, "process.name": "app", "message": "text"}, id="no host"),
        pytest.param(
            "<13>Mar  2 14:00:00 app: text", "2026-03-02T09:00:00Z", "year_assumed",
            {"host.name": None, "process.name": "app", "message": "text"}, id="no host, no id"),
        pytest.param(
            "<13>Mar 2 14:00:00 web01 app: text", "2026-03-02T09:00:00Z", "year_assumed",
            {"host.name": "web01"}, id="day not padded"),
        pytest.param(
            "<13>Mar 02 14:00:00 web01 app: text", "2026-03-02T09:00:00Z", "year_assumed",
            {"host.name": "web01"}, id="day padded by zero"),
        pytest.param(
            "<13>Mar  2 14:00:00.250 web01 app: text", "2026-03-02T09:00:00.25Z", "year_assumed",
            {"host.name": "web01"}, id="milliseconds"),
        pytest.param(
            "<13>Mar  2 2026 14:00:00 web01 app: text", "2026-03-02T09:00:00Z", "zone_assumed",
            {"host.name": "web01"}, id="year before the time"),
        pytest.param(
            "<13>Mar  2 14:00:00 2026 web01 app: text", "2026-03-02T09:00:00Z", "zone_assumed",
            {"host.name": "web01"}, id="year behind the time"),
        pytest.param(
            "<13>2026 Mar  2 14:00:00 web01 app: text", "2026-03-02T09:00:00Z", "zone_assumed",
            {"host.name": "web01"}, id="year in front"),
        pytest.param(
            "<13>Mar  2 09:00:00 UTC web01 app: text", "2026-03-02T09:00:00Z", "year_assumed",
            {"host.name": "web01"}, id="named zone"),
        pytest.param(
            "<13>2026-03-02T14:00:00.123456+05:00 web01 app: text", "2026-03-02T09:00:00.123456Z",
            "exact", {"host.name": "web01", "process.name": "app"}, id="ISO time"),
        pytest.param(
            "2026-03-02T09:00:00Z web01 app: text", "2026-03-02T09:00:00Z", "exact",
            {"host.name": "web01", "message": "text"}, id="ISO time, no priority"),
        pytest.param(
            "2026-03-02 14:00:00 web01 app: text", "2026-03-02T09:00:00Z", "zone_assumed",
            {"host.name": "web01"}, id="ISO time without zone"),
        pytest.param(
            "2026-03-02 14:00:00,250 web01 app: text", "2026-03-02T09:00:00.25Z", "zone_assumed",
            {"host.name": "web01"}, id="ISO time with comma"),
        pytest.param(
            "<13>web01 app[7]: text", "2026-03-02T10:00:00Z", "received",
            {"host.name": "web01", "process.name": "app", "process.pid": 7}, id="no time"),
        pytest.param(
            "<13>text without any more", "2026-03-02T10:00:00Z", "received",
            {"host.name": None, "message": "text without any more", "log.syslog.priority": 13},
            id="priority only"),
        pytest.param(
            "app[7]: text", "2026-03-02T10:00:00Z", "received",
            {"process.name": "app", "process.pid": 7, "message": "text"}, id="program only"),
        pytest.param(
            "<999>Mar  2 14:00:00 web01 app: text", "2026-03-02T09:00:00Z", "year_assumed",
            {"host.name": "web01", "log.syslog.priority": None}, id="priority out of range"),
        pytest.param(
            "<189>000123: *Mar  1 18:46:11.123 UTC: %SYS-5-CONFIG_I: Configured from console",
            "2026-03-01T18:46:11.123Z", "year_assumed",
            {"event.code": "SYS-5-CONFIG_I", "process.name": None,
             "message": "%SYS-5-CONFIG_I: Configured from console"},
            id="Cisco counter and mnemonic"),
        pytest.param(
            "<13>Mar  2 14:00:00 web01 last message repeated 3 times", "2026-03-02T09:00:00Z",
            "year_assumed", {"host.name": "web01", "message": "last message repeated 3 times"},
            id="no program"),
        pytest.param(
            "<13>Mar  2 14:00:00 fe80::1 app: text", "2026-03-02T09:00:00Z", "year_assumed",
            {"host.name": "fe80::1", "host.ip": ["fe80::1"]}, id="IPv6 host"),
        pytest.param(
            "<13>Mar  2 14:00:00 web01 app: text\r\n\x00", "2026-03-02T09:00:00Z", "year_assumed",
            {"message": "text"}, id="line end and NUL inside the frame"),
        pytest.param(
            "<13>Mar  2 14:00:00 web01 postfix/smtpd[7]: text", "2026-03-02T09:00:00Z",
            "year_assumed", {"process.name": "postfix/smtpd"}, id="program with a slash"),
        pytest.param(
            "<13>Mar  2 14:00:00 web01 (systemd)[7]: text", "2026-03-02T09:00:00Z",
            "year_assumed", {"process.name": "(systemd)"}, id="program in brackets"),
    ],
)  # fmt: skip
def test_usual_dirt_is_read(
    message: str, time: str, confidence: str, expected: dict[str, Any]
) -> None:
    """What senders call RFC 3164 is read, each part that is there, zone-less times in the zone."""
    event = event_of(message, "syslog", ALMATY)
    assert (rfc3339(event.time), event.time_confidence.value) == (time, confidence)
    assert picked(event, expected) == expected


@pytest.mark.parametrize(
    ("stamp", "reference", "resolved"),
    [
        ("Dec 31 23:59:59", "2026-01-01T00:00:10Z", "2025-12-31T23:59:59Z"),
        ("Jan  1 00:00:05", "2025-12-31T23:59:50Z", "2026-01-01T00:00:05Z"),
        ("Jan  2 00:00:00", "2025-12-31T00:00:00Z", "2025-01-02T00:00:00Z"),
        ("Mar  2 10:00:00", "2026-03-02T10:00:00Z", "2026-03-02T10:00:00Z"),
        ("Mar  3 09:59:59", "2026-03-02T10:00:00Z", "2026-03-03T09:59:59Z"),
        ("Mar  3 10:00:01", "2026-03-02T10:00:00Z", "2025-03-03T10:00:01Z"),
        ("Mar  4 10:00:00", "2026-03-02T10:00:00Z", "2025-03-04T10:00:00Z"),
        ("Feb 29 12:00:00", "2026-03-02T10:00:00Z", "2024-02-29T12:00:00Z"),
        ("Feb 29 12:00:00", "2024-02-29T12:00:01Z", "2024-02-29T12:00:00Z"),
        ("Oct 11 22:14:15", "2003-10-12T00:00:00Z", "2003-10-11T22:14:15Z"),
    ],
)
def test_the_year_is_the_latest_that_is_no_future(
    stamp: str, reference: str, resolved: str
) -> None:
    """A missing year is the latest that puts the time at most a day behind the reference time."""
    event = event_of(f"<13>{stamp} host app: x", "rfc3164", UTC, instant(reference))
    assert rfc3339(event.time) == resolved
    assert event.time_confidence is TimeConfidence.YEAR_ASSUMED


@given(
    reference=st.integers(instant("1980-01-01T00:00:00Z"), instant("2100-01-01T00:00:00Z")),
    month=st.integers(1, 12),
    day=st.integers(1, 28),
    hour=st.integers(0, 23),
)
def test_a_resolved_year_is_never_far(reference: int, month: int, day: int, hour: int) -> None:
    """Whatever the reference time, the resolved time lies within the year before it."""
    found = year_less((month, day, hour, 0, 0), UTC, reference)
    assert found is not None
    assert reference + FUTURE_LIMIT - 366 * FUTURE_LIMIT < found <= reference + FUTURE_LIMIT


@pytest.mark.parametrize(
    "message",
    ["Use the BFG!", "kernel panic - not syncing", "sometext: and more", "Mar 2026", "99 bottles"],
)
def test_text_without_a_header_is_refused(message: str) -> None:
    """A line with no priority, time or program is a reviewable failure that names the way out."""
    failure = failure_of(message, "syslog")
    assert failure.code is FailureCode.UNKNOWN_FORMAT
    assert "registry" in failure.detail


@pytest.mark.parametrize(
    "message",
    [
        "<34>Oct 11 22:14:15 mymachine su: x",
        "Mar  2 14:00:00 app[7]: x",
        "<13>2026-03-02T14:00:00+05:00 web01 app: x",
        "<189>000123: *Mar  1 18:46:11.123 UTC: %SYS-5-CONFIG_I: x",
        "<13>web01 app[7]: x",
        "<13>x",
        "<165>Aug 24 05:34:00 CST 1987 mymachine myproc[10]: x",
    ],
)
def test_a_peeked_host_is_the_events_host(message: str) -> None:
    """The host by which a record is identified is the one that its event names."""
    assert peek_host(message) == (at(event_of(message, "rfc3164").ecs, "host.name") or "")


CODE, TEXT = "SYS-5-CONFIG_I", "%SYS-5-CONFIG_I: Configured from console"
STAMP, RELAYED = "*Mar  1 18:46:11.123 UTC: ", "<189>Mar  1 18:46:12 "
DEVICES = {
    "bare": ("<189>" + TEXT, None, False),
    "time": ("<189>" + STAMP + TEXT, None, True),
    "counter, time": (f"<189>1186: {STAMP}{TEXT}", None, True),
    "counter, sequence number, time": (f"<189>1186: 000123: {STAMP}{TEXT}", None, True),
    "counter, name, time": (f"<189>1186: switch1: {STAMP}{TEXT}", "switch1", True),
    "counter, name, sequence number": (f"<189>7: sw-1.kz: 000123: {STAMP}{TEXT}", "sw-1.kz", True),
    "name, time": (f"<189>switch1: {STAMP}{TEXT}", "switch1", True),
    "address, time": (f"<189>1186: 192.0.2.7: {STAMP}{TEXT}", "192.0.2.7", True),
    "IPv6 address, time": (f"<189>1186: fe80::1: {STAMP}{TEXT}", "fe80::1", True),
    "uptime in weeks": (f"<189>1186: 1w2d: {TEXT}", None, False),
    "uptime in hours": (f"<189>1186: switch1: 00:01:02: {TEXT}", "switch1", False),
    "no time": (f"<189>1186: switch1: {TEXT}", "switch1", False),
    "NX-OS": (f"<189>: 2026 Mar  1 18:46:11.123 UTC: {TEXT}", None, True),
    "NX-OS, name": (f"<189>switch1: 2026 Mar  1 18:46:11.123 UTC: {TEXT}", "switch1", True),
    "ASA": (f"<189>Mar 01 2026 18:46:11.123 UTC: {TEXT}", None, True),
    "ASA, name": (f"<189>Mar 01 2026 18:46:11.123 UTC switch1 : {TEXT}", "switch1", True),
    "ASA, name and colon": (f"<189>Mar 01 2026 18:46:11.123 UTC switch1: {TEXT}", "switch1", True),
    "relayed": (f"{RELAYED}switch1 {TEXT}", "switch1", True),
    "relayed, counter": (f"{RELAYED}switch1 1186: {STAMP}{TEXT}", "switch1", True),
    "relayed, counter, name": (f"{RELAYED}relay 1186: switch1: {STAMP}{TEXT}", "relay", True),
    "relayed without a host": (f"{RELAYED}1186: switch1: {STAMP}{TEXT}", "switch1", True),
}


@pytest.mark.parametrize("name", DEVICES)
def test_devices_of_cisco(name: str) -> None:
    """Counters, names and times are no program; the code is the event's and stays in the text."""
    message, host, timed = DEVICES[name]
    event = event_of(message, "syslog")
    wanted = {"event.code": CODE, "message": TEXT, "host.name": host, "process.name": None}
    assert picked(event, wanted) == wanted
    assert event.native["mnemonic"] == "CONFIG_I"
    assert peek_host(message) == (host or "")
    assert rfc3339(event.time)[:16] == ("2026-03-01T18:46" if timed else "2026-03-02T10:00")


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        pytest.param(
            "<189>Mar  1 18:46:11 firepower SFIMS: %FTD-5-430003: Protocol: tcp",
            {"host.name": "firepower", "process.name": "SFIMS", "event.code": "FTD-5-430003",
             "message": "%FTD-5-430003: Protocol: tcp"}, id="a program that writes codes"),
        pytest.param(
            "<189>Mar  1 18:46:11 sw1 config[65711]: %MGBL-SYS-5-CONFIG_I : Configured",
            {"process.name": "config", "process.pid": 65711, "event.code": "MGBL-SYS-5-CONFIG_I",
             "message": "%MGBL-SYS-5-CONFIG_I : Configured"}, id="IOS XR"),
        pytest.param(
            "<133>Mar  1 2026 18:46:11 AR01 %%01BGP/3/BGP_AUTH_FAILED(l)[3]: failed",
            {"host.name": "AR01", "event.code": "%01BGP/3/BGP_AUTH_FAILED(l)",
             "message": "%%01BGP/3/BGP_AUTH_FAILED(l)[3]: failed"}, id="Huawei"),
        pytest.param(
            "<166>Mar  1 18:46:11 fw1 %ASA-6-1: proto=tcp src=192.0.2.1 dst=192.0.2.2",
            {"event.code": "ASA-6-1", "source.ip": "192.0.2.1",
             "message": "%ASA-6-1: proto=tcp src=192.0.2.1 dst=192.0.2.2"}, id="pairs"),
        pytest.param(
            "<13>Mar  1 18:46:11 web01 1186: text of 100%",
            {"host.name": "web01", "process.name": "1186", "event.code": None}, id="no code"),
        pytest.param(
            "<13>Mar  1 18:46:11 web01 app: used 90% of /var",
            {"process.name": "app", "message": "used 90% of /var", "event.code": None},
            id="a percent sign"),
    ],
)  # fmt: skip
def test_codes_in_the_text(message: str, expected: dict[str, Any]) -> None:
    """A vendor's code is kept in the text, and a percent sign alone is none."""
    assert picked(event_of(message, "syslog"), expected) == expected


def test_a_rule_finds_the_code() -> None:
    """A keyword of a code, as rules on Cisco's devices have it, is found in the event."""
    content = content_of(
        "title: A rule\nid: 00000000-0000-4000-8000-000000000001\n"
        "logsource: {product: cisco, service: syslog}\n"
        "detection:\n  keywords: ['%SYS-5-CONFIG_I:']\n  condition: keywords\n"
    )
    matcher = Matcher(content, taxonomy())
    assert matcher.match(event_of(DEVICES["counter, name, time"][0], "syslog"))
    assert not matcher.match(event_of("<189>1186: %SYS-5-RESTART: up", "syslog"))


@given(
    lead=st.text(st.sampled_from("19:. *%wdMarUTCsw-"), max_size=60),
    text=st.sampled_from((TEXT, "", "%", "text")),
)
def test_a_peeked_host_is_the_events_host_whatever_is_sent(lead: str, text: str) -> None:
    """Whatever stands before a code, reading ends, and the peeked host is the event's."""
    message = f"<189>{lead}{text}"
    assert peek_host(message) == (at(event_of(message, "rfc3164").ecs, "host.name") or "")


def test_a_wrong_priority_is_noted() -> None:
    """A priority above 191 (section 4.1.1) is no priority, and noted."""
    assert event_of("<999>Mar  2 14:00:00 web01 app: text").notes == ("bad_priority",)

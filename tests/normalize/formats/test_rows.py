"""Rows of W3C, Exchange, DHCP, DNS, CSV and Snare: any change of one is an event or a refusal."""

from datetime import UTC

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.model import Event
from pipeline.normalize import Normalizer, Profile, peek
from tests.normalize.golden_rows import Row, rows_of
from tests.normalize.reading import ALMATY, batch_of, normalized

FORMATS = ("w3c", "exchange", "windows_dhcp", "windows_dns", "csv_rows", "snare", "nxlog")
SIGNS = [b'"', b'""', b",", b"\t", b" ", b"-", b"(0)", b"\n", b"["]
ROWS = [row for name in FORMATS for row in rows_of(name)]


@given(
    row=st.sampled_from(ROWS),
    at=st.integers(0, 600),
    length=st.integers(0, 30),
    put=st.binary(max_size=10) | st.sampled_from(SIGNS),
    preamble=st.none()
    | st.binary(max_size=40)
    | st.sampled_from([b"#Fields: ", b'"a', b"sep=;\n", b"a,a,,a"]),
)
@example(row=ROWS[0], at=0, length=600, put=b" ", preamble=None)
@example(row=ROWS[0], at=0, length=0, put=b"", preamble=b'"')
def test_any_change_of_a_row_is_read_or_refused(
    row: Row, at: int, length: int, put: bytes, preamble: bytes | None
) -> None:
    """However a row or its header is changed, one event comes of it, or one failure."""
    changed = row.record[:at] + put + row.record[at + length :]
    header = row.preamble if preamble is None else preamble
    for form in {row.format, "auto"}:
        (item,) = normalized(batch_of(changed, format_name=form, preamble=header), ALMATY)
        if isinstance(item, Event):
            assert orjson.loads(orjson.dumps(item.document()))["event"]["kind"]
        else:
            assert item.detail
        assert all(isinstance(one, str) for one in peek(changed, form, ("a",), header).values())


def test_columns_of_the_registry_name_rows() -> None:
    """Rows that come without a header are read by the columns that the registry gives."""
    profile = Profile("w3c", UTC, columns="#Fields: date time c-ip sc-status")
    done = Normalizer(lambda _o, _s: profile)(
        batch_of("2026-03-02 09:00:00 192.0.2.1 200", format_name="")
    )
    assert [event.ecs["source"]["ip"] for event in done.events] == ["192.0.2.1"]
    assert done.failures == []


def test_a_row_that_a_relay_sends() -> None:
    """A row inside a syslog message is read by the registry's columns, its relay beside it."""
    profile = Profile("auto", UTC, columns="#Fields: date time c-ip cs-uri-stem s-port sc-status")
    record = "<14>Mar  2 09:00:01 relay iis: 2026-03-02 09:00:00 192.0.2.1 /a 443 404"
    (event,) = Normalizer(lambda _o, _s: profile)(batch_of(record)).events
    assert (event.format, event.ecs["event"]["dataset"]) == ("w3c", "iis.access")
    assert event.ecs["log"]["syslog"]["hostname"] == "relay"
    assert event.ecs["url"]["path"] == "/a"


def test_a_batch_s_header_counts_before_the_registry_s() -> None:
    """A header that came with the rows counts before the registry's columns."""
    profile = Profile("w3c", UTC, columns="#Fields: date time s-ip sc-status")
    header = b"#Fields: date time c-ip sc-status"
    batch = batch_of("2026-03-02 09:00:00 192.0.2.1 200", preamble=header)
    (event,) = Normalizer(lambda _o, _s: profile)(batch).events
    assert event.ecs["source"]["ip"] == "192.0.2.1"


def test_a_row_says_its_host_to_a_collector() -> None:
    """A peek reads rows under their header: the server's name, and any column that is asked."""
    header = b"#Fields: date time s-computername cs-username c-ip"
    seen = peek(b"2026-03-02 09:00:00 WEB01 aliya 192.0.2.1", "auto", ("cs-username",), header)
    assert seen == {"host": "WEB01", "cs-username": "aliya"}


def test_events_share_nothing() -> None:
    """Two rows under one header hold objects of their own: one event's change is its own."""
    header = b"#Fields: date time c-ip cs-uri-stem s-port"
    row = "2026-03-02 09:00:00 192.0.2.1 /a 80"
    one, two = normalized(batch_of(row, row, preamble=header))
    assert isinstance(one, Event)
    assert isinstance(two, Event)
    one.ecs["event"]["category"].append("changed")
    assert two.ecs["event"]["category"] == ["web"]


SIZE = 1 << 18
DNS = b"3/2/2026 2:00:00 PM 0E90 PACKET  UDP Rcv 192.0.2.1 0002   Q [0001   D   NOERROR] A "
SNARE = b"MSWinEventLog\t1\tSecurity\t1\tMon Mar 02 14:00:00 2026\t4688\t"
SNARE += b"Microsoft-Windows-Security-Auditing\ta\tb\tc\th\tx\t\t"
SYSTEM = b"<Event><System><EventID>1</EventID></System>"
LONG = {
    "quotes": ("csv", b"a,b,c", b'"' * SIZE),
    "open quotes": ("csv", b"a,b,c", b',"a' * (SIZE // 3)),
    "cells": ("exchange", b"#Fields: a,b", b"," * SIZE),
    "blanks": ("w3c", b"#Fields: a b", b" " * SIZE + b"x"),
    "quoted blanks": ("w3c", b"#Fields: a b", b'" ' * (SIZE // 2)),
    "labels": ("windows_dns", b"", DNS + b"(1)a" * (SIZE // 4)),
    "flags": ("windows_dns", b"", DNS[:68] + b" " * SIZE),
    "snare labels": ("snare", b"", SNARE + b"Subject: Account Name: " * (SIZE // 23)),
    "snare tabs": ("snare", b"", b"MSWinEventLog" + b"\t" * SIZE),
    "XML text": ("windows_xml", b"", b"<Event>" + b"\r" * SIZE + b"</Event>"),
    "XML controls": ("windows_xml", b"", b"<Event>" + b"\x01&#1;" * (SIZE // 5) + b"</Event>"),
    "XML elements": ("windows_xml", b"", SYSTEM + b"<a/>" * (SIZE // 4) + b"</Event>"),
    "XML beginning": ("windows_xml", b"", b"<?xml " + b" " * SIZE + b"?><Event>"),
}  # fmt: skip


@pytest.mark.parametrize(("form", "header", "record"), LONG.values(), ids=LONG)
def test_a_long_row_costs_what_it_is_long(form: str, header: bytes, record: bytes) -> None:
    """Rows made to be slow come to an end, under their format and where content decides."""
    for name in (form, "auto"):
        assert len(normalized(batch_of(record, format_name=name, preamble=header))) == 1
        peek(record, name, ("a",), header)

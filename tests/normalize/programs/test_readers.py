"""Messages of Unix programs: which file reads them, and what hostile ones do."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model import Event
from pipeline.normalize.ecs_schema import fields, fitting
from pipeline.normalize.programs import PROGRAMS, read_program
from tests.normalize.golden_rows import rows_of
from tests.normalize.reading import batch_of, event_of, normalized

GOLDENS = (
    "auditd", "bind", "dhcp", "journald", "postfix", "postgresql", "program_line", "programs",
    "squid", "vpn", "web_access", "web_error",
)  # fmt: skip
HEADER = "<38>Mar  2 14:40:00 gw01 "


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_program_has_its_reader(program: str) -> None:
    """Each name leads to a reader, which takes what it does not know for nothing."""
    assert read_program(program, "\N{SNOWMAN} something that nobody says") is None


@pytest.mark.parametrize(
    ("program", "message", "action"),
    [
        ("postfix-in/smtpd", "connect from unknown[203.0.113.5]", "smtp_connected"),
        ("postfix/smtps/smtpd", "connect from unknown[203.0.113.5]", "smtp_connected"),
        ("openvpn@server", "ops/203.0.113.5:1194 SIGTERM[soft] received", "vpn_disconnected"),
        ("fw01", "DROP IN=eth0 OUT= SRC=203.0.113.5 DST=192.0.2.1 PROTO=UDP DPT=53", "drop"),
        ("anything", "pam_unix(x:auth): check pass; user unknown", "pam_unknown_user"),
    ],
)
def test_a_family_of_names_has_one_reader(program: str, message: str, action: str) -> None:
    """An instance's own name, and a packet filter under any name, is read all the same."""
    told = read_program(program, message)
    assert told is not None
    assert told.event["action"] == action


@pytest.mark.parametrize(
    ("message", "native"),
    [
        ("sudo: ops : (command continued) -la /srv", {"COMMAND": "-la /srv"}),
        ("sudo: nonsense", {}),
        (
            "sshd[1]: Accepted password for x from 203.0.113.5 port 99999 ssh2",
            {"method": "password"},
        ),
    ],
)
def test_what_a_message_leaves(message: str, native: dict[str, str]) -> None:
    """Continued commands, prose and impossible ports leave what they hold and no more."""
    event = event_of(HEADER + message)
    assert {name: event.native.get(name) for name in native} == native
    assert "port" not in event.ecs.get("source", {})


def checked(event: Event) -> None:
    """Check that what is under a name of ECS may stand there."""
    for name, value in leaves(event.ecs, ""):
        assert name in fields(), name
        assert fitting(name, value) == value, (name, value)


def leaves(tree: dict[str, Any], above: str) -> list[tuple[str, Any]]:
    """Give the values of nested objects by their dotted names."""
    found = []
    for name, value in tree.items():
        path = f"{above}{name}"
        if isinstance(value, dict) and path not in fields():
            found += leaves(value, f"{path}.")
        else:
            found.append((path, value))
    return found


RECORDS = [row for name in GOLDENS for row in rows_of(name)]


@given(
    row=st.sampled_from(RECORDS),
    at=st.integers(0, 400),
    gone=st.integers(0, 12),
    put=st.sampled_from([b"", b'"', b"'", b"=", b" ", b"[", b")", b"\\", b"\n", b"\x1d", b"99999"])
    | st.binary(max_size=4),
)
def test_a_damaged_record_is_an_event_or_a_failure(
    row: Any, at: int, gone: int, put: bytes
) -> None:
    """A real record with a piece lost or put in raises nothing and keeps to the schema."""
    record = row.record[:at] + put + row.record[at + gone :]
    for item in normalized(batch_of(record, format_name=row.format)):
        if isinstance(item, Event):
            checked(item)


@given(row=st.sampled_from(RECORDS), other=st.sampled_from(RECORDS), at=st.integers(0, 200))
def test_two_records_in_one_are_read(row: Any, other: Any, at: int) -> None:
    """One record's beginning with another one's end is an event that keeps to the schema."""
    for item in normalized(batch_of(row.record[:at] + other.record[at:])):
        if isinstance(item, Event):
            checked(item)


PIECES = (
    " from 203.0.113.5", " port 1", "user ", "'", '"', "(", "[", " a=b", ": ", " to ", "DHCP", "x",
    " H=h ", "IN=", "0", "/", " ", "client @0x1 1.2.3.4#5 (a): ", "SRC=", "LOG:  ", "<", "A",
)  # fmt: skip
LONG = 1 << 16


@pytest.mark.parametrize("piece", PIECES)
def test_a_long_message_costs_what_it_is_long(piece: str) -> None:
    """No program's patterns try a long message over and over again."""
    heads = {row.record.decode("utf-8", "replace")[:90] for row in RECORDS[::4]}
    message = piece * (LONG // len(piece))
    for program in PROGRAMS:
        read_program(program, message)
        read_program(program, message[:8192])
    for head in sorted(heads):
        (item,) = normalized(batch_of(head + message[:8000]))
        assert item

"""Audit records: values decoded, lines of one serial made one event."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.normalize.linux.audit_event import audit_event
from pipeline.normalize.linux.audit_tables import meanings, syscall_name, tables, type_name
from pipeline.normalize.linux.audit_text import audit_fields, audit_records
from pipeline.normalize.linux.socket_address import socket_address
from tests.normalize.reading import event_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "02000016CB00712D0000000000000000",
            {"saddr_fam": "inet", "laddr": "203.0.113.45", "lport": 22},
        ),
        (
            "0A0001BB00000000" + "20010DB8000000000000000000000009" + "00000000",
            {"saddr_fam": "inet6", "laddr": "2001:db8::9", "lport": 443},
        ),
        ("01002F72756E2F7800", {"saddr_fam": "local", "path": "/run/x"}),
        ("0100006162", {"saddr_fam": "local", "path": "@ab"}),
        ("1000000000000000", {"saddr_fam": "netlink"}),
        ("0200", {"saddr_fam": "inet"}),
        ("FF", {}),
        ("zz", {}),
    ],
)
def test_socket_addresses(text: str, expected: dict[str, object]) -> None:
    """A family with its address is read; what is too short gives what it has."""
    assert socket_address(text) == expected


@pytest.mark.parametrize(
    ("kind", "body", "expected"),
    [
        ("EXECVE", 'argc=2 a0="ls" a1=2F6120622F', {"argc": "2", "a0": "ls", "a1": "/a b/"}),
        ("SYSCALL", "a0=6c73 comm=6120", {"a0": "6c73", "comm": "a "}),
        ("PATH", "name=(null) nametype=UNKNOWN", {"nametype": "UNKNOWN"}),
        (
            "USER_AUTH",
            "pid=1 msg='op=x acct=\"o'k\" res=failed'",
            {"pid": "1", "op": "x", "res": "failed"},
        ),
        ("PROCTITLE", "proctitle=6C73002D6C00", {"proctitle": "ls -l"}),
        ("PROCTITLE", 'proctitle="ls"', {"proctitle": "ls"}),
        ("SYSCALL", 'key=61016 comm="x"', {"key": "61016", "comm": "x"}),
    ],
)
def test_values_are_decoded(kind: str, body: str, expected: dict[str, str]) -> None:
    """Encoded values are text, registers stay numbers, absent values are left out."""
    found = audit_fields(kind, body)
    assert {name: found.get(name) for name in expected} == expected


def test_tables() -> None:
    """Numbers have the kernel's names, and each meaning belongs to a known record or call."""
    assert [type_name(number) for number in (1300, 1112, 1400, 9999)] == [
        "SYSCALL", "USER_LOGIN", "AVC", "UNKNOWN[9999]",
    ]  # fmt: skip
    calls = [("c000003e", "59"), ("x86_64", "257"), ("c00000b7", "221"), ("40000003", "11")]
    assert [syscall_name(*one) for one in calls] == ["execve", "openat", "execve", "execve"]
    assert syscall_name("c000003e", "99999") == syscall_name("ffff", "1") == ""
    known = {*tables().types.values(), "APPARMOR", "ROLE_ASSIGN", "ROLE_REMOVE", "USER_ROLE_CHANGE"}
    assert {name for name in meanings() if name.isupper()} <= known


def test_lines_of_another_serial_are_left_out() -> None:
    """A record that holds two events is the first one, and says so."""
    event = event_of(
        "type=SYSCALL msg=audit(1772444400.1:1): arch=c000003e syscall=59\n"
        'type=EXECVE msg=audit(1772444400.1:2): argc=1 a0="id"'
    )
    assert event.native["type"] == "SYSCALL"
    assert event.notes == ("other_serials",)


BODIES = st.text(alphabet="abcdefxaE0123456789=\"'{}() \x1d,:[]-?", max_size=120)


@given(
    kind=st.sampled_from(["SYSCALL", "EXECVE", "PATH", "USER_AUTH", "AVC", "SOCKADDR"]), body=BODIES
)
def test_any_body_is_read(kind: str, body: str) -> None:
    """Whatever stands behind a record's head makes an event."""
    records = list(audit_records(f"type={kind} msg=audit(1.1:1): {body}"))
    ecs, native = audit_event(records)
    assert ecs["event.action"]
    assert native["type"] == kind

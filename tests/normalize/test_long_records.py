"""Records of appliances that are made to be slow."""

import pytest

from pipeline.normalize import Normalizer, Profile
from tests.normalize.reading import batch_of

SIZE = 1 << 16
SESSION = b"%ASA-4-113019: Group = a, Username = "
PACKET = b"firewall,info "
LONG = {
    "keys of CEF": b"CEF:0|a|b|c|d|e|5|" + b"a=b " * (SIZE // 4),
    "backslashes of CEF": b"CEF:0|a|b|c|d|e|5|m=" + b"\\" * SIZE,
    "bars of CEF": b"CEF:0|" + b"\\|" * (SIZE // 2),
    "spaces of CEF": b"CEF:0|a|b|c|d|e|5|" + b" " * SIZE,
    "one word of CEF": b"CEF:0|a|b|c|d|e|5|" + b"a" * SIZE,
    "LEEF without tabs": b"LEEF:1.0|a|b|c|d|" + b"a=b " * (SIZE // 4),
    "LEEF": b"LEEF:1.0|a|b|c|d|" + b"a=b\t" * (SIZE // 4),
    "sessions of ASA": SESSION + b"b, IP = c, " * (SIZE // 11),
    "sessions that are just read": SESSION + b"b, IP = c, " * 180,
    "logins of ASA": b"%ASA-6-605004: Login denied from " + b"a/b to c:d/e for user " * 90,
    "lists of ASA": b"%ASA-6-106100: access-list a denied tcp " + b"i/a(1) " * 280,
    "names of FTD": b"%FTD-1-430003: " + b"Abc: d, " * (SIZE // 8),
    "columns": b"1,2026/03/02 14:00:00,1,TRAFFIC," + b"a," * (SIZE // 2),
    "quoted columns": b'1,2026/03/02 14:00:00,1,TRAFFIC,"' + b'""' * (SIZE // 2),
    "escapes of Check Point": b'[action:"' + b'\\"' * (SIZE // 2),
    "fields of Check Point": b"[" + b'a:"b"; ' * (SIZE // 7),
    "words of Check Point": b'[a:"b' + b" a" * (SIZE // 2),
    "blanks of Check Point": b'[a:"b"; ' + b" " * SIZE,
    "names of Check Point": b'[a:"b"; ' + b"user " * (SIZE // 5),
    "bars of Check Point": b"time=1772442000|" + b"a=b|" * (SIZE // 4),
    "packets of RouterOS": PACKET + b"a: in:b out:c, " * (SIZE // 15),
    "packets that are just read": PACKET + b"a: in:b out:c, proto " * 90,
    "data of Kaspersky": b"KES|1.0 - A [event@23668 " + b'a="b" ' * (SIZE // 6),
    "quotes of FortiGate": b"date=2026-03-02 time=14:00:00 devname=" + b'a="' * (SIZE // 3),
    "names of pairs": b"a_" * (SIZE // 2),
}


@pytest.mark.parametrize("record", LONG.values(), ids=LONG)
def test_a_long_record_costs_what_it_is_long(record: bytes) -> None:
    """Repetitions that a backtracking reader would be lost in come to an end."""
    done = Normalizer(lambda _object, _source: Profile())(batch_of(record))
    assert len(done.events) == 1

"""Values in the shape that ECS asks for."""

from datetime import UTC
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.normalize.reshaping import SHAPES, moved, word
from tests.normalize.reading import ALMATY

ROWS = [
    ("date", "2026-03-02 14:00:00.5", "2026-03-02T09:00:00.5Z"),
    ("date", 1772442000, "2026-03-02T09:00:00Z"),
    ("date", "soon", None),
    ("utc", "2026-03-02T14:00:00", "2026-03-02T14:00:00Z"),
    ("seconds", 20.5, 20_500_000_000),
    ("seconds", "0.001", 1_000_000),
    ("seconds", -1, None),
    ("seconds", True, None),
    ("seconds", 1e300, None),
    ("seconds", "nan", None),
    ("milliseconds", 1000, 1_000_000_000),
    ("microseconds", 7, 7_000),
    ("mac", "00:00:5e:00:53:01", "00-00-5E-00-53-01"),
    ("mac", "0000.5e00.5301", "00-00-5E-00-53-01"),
    ("mac", ["00:00:5e:00:53:01", 5], ["00-00-5E-00-53-01"]),
    ("mac", "00:00:5e", None),
    ("hash", "8f:51:12:06:a0", "8F511206A0"),
    ("hash", ["8f511206a0", "x"], "8F511206A0"),
    ("hash", [], None),
    ("hash", "no hash", None),
    ("version", "HTTP/1.1", "1.1"),
    ("version", "TLS 1.3", "1.3"),
    ("version", "TLSv12", "1.2"),
    ("version", "TLSv1", "1.0"),
    ("version", "SSLv3", "3"),
    ("version", "unknown", None),
    ("ips", ["cdn.example.kz", "203.0.113.7", "2001:DB8::1"], ["203.0.113.7", "2001:db8::1"]),
    ("ips", "TXT", None),
    ("ip_type", "2001:db8::1", "ipv6"),
    ("ip_type", "203.0.113.7", "ipv4"),
    ("ip_type", "::ffff:203.0.113.7", "ipv4"),
    ("ip_type", "x", None),
    ("port", "443/tcp", 443),
    ("port", 70_000, None),
    ("mailbox", "Асель <asel@example.kz>", "asel@example.kz"),
    ("mailbox", ["<a@b>", "c@d", 5], ["a@b", "c@d"]),
    ("mailbox", "<>", None),
    ("before_slash", "svc/REALM", "svc"),
    ("after_slash", "svc/REALM", "REALM"),
    ("after_slash", "svc", None),
    ("basename", "a\\b/план.exe", "план.exe"),
    ("basename", "a/", None),
    ("lower", "TLS", "tls"),
    ("word", "Request Download", "request_download"),
    ("word", ["bind simple"], "bind_simple"),
    ("word", 7, "7"),
    ("word", "!", None),
]  # fmt: skip


@pytest.mark.parametrize(("shape", "value", "made"), ROWS)
def test_shapes(shape: str, value: Any, made: Any) -> None:
    """Each shape makes what ECS asks for, or nothing."""
    assert SHAPES[shape](value, ALMATY) == made


@pytest.mark.parametrize(
    ("phrase", "made"),
    [
        ("Program Area Write (0x0304)", "program_area_write"),
        ("WRITE_SINGLE_REGISTER", "write_single_register"),
        ("WriteRequest", "write_request"),
        ("iec104::C_SC_NA_1", "iec104_c_sc_na_1"),
        ("read-property-ack", "read_property_ack"),
        ("Жазу", "жазу"),
    ],
)
def test_words(phrase: str, made: str) -> None:
    """A phrase, an enumeration and a name in camel case are one word in small letters."""
    assert word(phrase) == made


def test_a_date_moves_by_seconds() -> None:
    """A date moves by a number of seconds, and by nothing else."""
    assert moved("2026-03-02T09:00:00.123456Z", 20.5) == "2026-03-02T09:00:20.623456Z"
    assert moved("2026-03-02T09:00:00Z", "x") is None
    assert moved(None, 1) is None


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40)


@given(st.sampled_from(sorted(SHAPES)), scalars | st.lists(scalars, max_size=3))
def test_any_value_is_shaped_or_left(shape: str, value: Any) -> None:
    """Whatever a vendor writes, a shape is made or nothing is; nothing is raised."""
    made = SHAPES[shape](value, UTC)
    assert made is None or isinstance(made, str | int | list)

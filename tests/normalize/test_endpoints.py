"""An address with the port behind it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.normalize.ecs_schema import address
from pipeline.normalize.endpoints import endpoint


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("192.0.2.1:443", ("192.0.2.1", 443)),
        ("[2001:db8::1]:443", ("2001:db8::1", 443)),
        ("[2001:DB8:0::1]", ("2001:db8::1", None)),
        ("[::ffff:192.0.2.1]:80", ("192.0.2.1", 80)),
        ("192.0.2.1", None),
        ("192.0.2.1:65536", None),
        ("192.0.2.1:", None),
        ("192.0.2.300:80", None),
        ("2001:db8::1", None),
        ("[2001:db8::zz]:1", None),
        ("host:80", None),
        ("[192.0.2.1", None),
        ("", None),
    ],
)
def test_address_and_port_are_parted(text: str, found: tuple[str, int | None] | None) -> None:
    """Only an address with a port, or one in brackets, is both."""
    assert endpoint(text) == found


@given(st.ip_addresses(), st.integers(0, 65_535))
def test_what_is_written_is_read(written: object, port: int) -> None:
    """Any address with any port is read again."""
    text = f"[{written}]:{port}" if ":" in str(written) else f"{written}:{port}"
    assert endpoint(text) == (address(str(written)), port)


@given(st.text(alphabet="0123456789abcdef.:[]%", max_size=60))
def test_any_text_is_an_endpoint_or_none(text: str) -> None:
    """Whatever a text holds, it is an address with a port that fits, or none."""
    found = endpoint(text)
    assert found is None or (address(found[0]) == found[0] and 0 <= (found[1] or 0) < 65_536)

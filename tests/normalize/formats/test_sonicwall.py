"""Lines of SonicOS beyond the reviewed records."""

import pytest
from hypothesis import given

from tests.normalize.mutations import broken, expect_one_outcome
from tests.normalize.reading import at, event_of

LINE = 'id=firewall sn=0040103CE114 time="2026-03-02 09:00:05 UTC" pri=6 m=98 msg="x" src={} dst={}'


@pytest.mark.parametrize(
    ("end", "ip", "port", "interface", "name"),
    [
        ("10.0.0.5:50000:X0:pc-05", "10.0.0.5", 50000, "X0", "pc-05"),
        ("10.0.0.5:50000:X0", "10.0.0.5", 50000, "X0", None),
        ("10.0.0.5:50000", "10.0.0.5", 50000, None, None),
        ("10.0.0.5::X0", "10.0.0.5", None, "X0", None),
        ("10.0.0.5", "10.0.0.5", None, None, None),
        ("[2001:db8::5]:443:X1", "2001:db8::5", 443, "X1", None),
        ("2001:db8::5", "2001:db8::5", None, None, None),
        ("10.0.0.5:99999:X0", "10.0.0.5", None, "X0", None),
        ("300.0.0.5:1:X0", None, 1, "X0", None),
        ("nobody", None, None, None, None),
    ],
)
def test_an_end_is_read_as_far_as_it_goes(
    end: str, ip: str | None, port: int | None, interface: str | None, name: str | None
) -> None:
    """Address, port, interface and name stand where they were given, and nothing is guessed."""
    event = event_of(LINE.format(end, "198.51.100.7"))
    found = [at(event.ecs, one) for one in (
        "source.ip", "source.port", "observer.ingress.interface.name", "source.domain",
    )]  # fmt: skip
    assert found == [ip, port, interface, name]
    assert event.native["src"] == end


@given(record=broken("sonicwall"))
def test_broken_records_come_to_an_end(record: bytes) -> None:
    """Whatever is done to a record, it gives an event or a failure."""
    expect_one_outcome(record, "auto")
    expect_one_outcome(record, "sonicwall")

"""Values put under ECS names by what was worked out once."""

from typing import Any

import pytest

from pipeline.model import Json
from pipeline.normalize.placing import Placing, follow, hardware_address, transport, verdict

TABLE = {
    "src": "source",
    "spt": "source.port",
    "natport": "source.nat.port",
    "user": ("user.name", "source.user.name"),
    "sum": "file.hash",
    "mac": "source.mac",
    "dvc": "observer.ip",
    "app": "network.application",
    "size": "file.size",
    "msg": "message",
    "kind": "event.category",
}


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("src", "192.0.2.1", {"source": {"ip": "192.0.2.1"}}),
        ("src", "::ffff:192.0.2.1", {"source": {"ip": "192.0.2.1"}}),
        ("src", "ws01", {"source": {"address": "ws01", "domain": "ws01"}}),
        ("spt", "443", {"source": {"port": 443}}),
        ("spt", "70000", {}),
        ("spt", "https", {}),
        ("natport", "0", {}),
        ("natport", "1024", {"source": {"nat": {"port": 1024}}}),
        ("user", "aliya", {"user": {"name": "aliya"}, "source": {"user": {"name": "aliya"}}}),
        ("sum", "A" * 32, {"file": {"hash": {"md5": "a" * 32}}}),
        ("sum", "a" * 40, {"file": {"hash": {"sha1": "a" * 40}}}),
        ("sum", "z" * 64, {}),
        ("mac", "0000.5e00.5301", {"source": {"mac": "00-00-5E-00-53-01"}}),
        ("mac", "none", {}),
        ("dvc", "192.0.2.9", {"observer": {"ip": ["192.0.2.9"]}}),
        ("dvc", "gw", {}),
        ("app", "SSL", {"network": {"application": "ssl"}}),
        ("size", "12", {"file": {"size": 12}}),
        ("size", "big", {}),
        ("msg", "text", {"message": "text"}),
        ("kind", "network", {"event": {"category": ["network"]}}),
        ("kind", "none of ECS", {}),
        ("user", "", {}),
        ("other", "x", {}),
    ],
)
def test_a_value_fills_its_field_in_the_schemas_form(name: str, value: str, expected: Json) -> None:
    """What fits is put in the form that the schema asks for, what does not is left out."""
    ecs: Json = {}
    Placing(TABLE).one(ecs, name, value)
    assert ecs == expected


def test_the_first_value_stays() -> None:
    """What is there is not replaced, by the same shape or by another."""
    place, ecs = Placing(TABLE), {"source": {"port": 1}}
    place(ecs, ("spt", "msg", "msg"), ("2", "first", "second"))
    place(ecs, ("msg",), ("third",))
    assert ecs == {"source": {"port": 1}, "message": "first"}


def test_a_shape_with_many_names_is_read_too() -> None:
    """A shape with more names than are remembered gives the same."""
    ecs: Json = {}
    names = [*(f"x{index}" for index in range(100)), "spt"]
    Placing(TABLE)(ecs, names, ["1"] * 101)
    assert ecs == {"source": {"port": 1}}


def test_steps_are_followed_as_far_as_there_are_values() -> None:
    """A row with fewer columns than are known fills what it has."""
    ecs: Json = {}
    follow(Placing(TABLE).steps(["src", "spt"]), ecs, ["192.0.2.1"])
    assert ecs == {"source": {"ip": "192.0.2.1"}}


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (hardware_address("00:00:5e:00:53:01"), "00-00-5E-00-53-01"),
        (hardware_address("00005e005301"), "00-00-5E-00-53-01"),
        (hardware_address("00:00:5e:00:53"), None),
        (verdict(" Blocked "), "denied"),
        (verdict("permit"), "allowed"),
        (verdict("perhaps"), ""),
        (transport("6"), "tcp"),
        (transport("UDP"), "udp"),
        (transport("http"), ""),
    ],
)
def test_words_and_addresses(found: Any, expected: Any) -> None:
    """Hardware addresses, verdicts and transports are told from their many spellings."""
    assert found == expected

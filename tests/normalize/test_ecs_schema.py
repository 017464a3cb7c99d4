"""The table of ECS fields, and values made to fit."""

import csv
import lzma
from typing import Any

import pytest

from pipeline.normalize.ecs_categories import categories
from pipeline.normalize.ecs_schema import address, fields, fitting, number, parents
from tests.normalize.shared import shared


def test_the_table_is_the_schemas() -> None:
    """Every field of ECS 9.5 stands in our table with its type and list mark, and no other."""
    with lzma.open(shared("ecs-fields-9.5.csv.xz"), "rt", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    types = {row["Field"]: row["Type"] for row in rows}
    wanted = {}
    for row in rows:
        parent, _, leaf = row["Field"].rpartition(".")
        if leaf in ("text", "caseless") and types.get(parent) in ("keyword", "wildcard"):
            continue  # a second index of the same value, not a field of its own
        wanted[row["Field"]] = (row["Type"], row["Normalization"] == "array")
    assert {name: (field.type, field.many) for name, field in fields().items()} == wanted


def test_expected_types_are_types() -> None:
    """Each event type that a category expects is an allowed event type."""
    known = categories()
    assert {one for types in known.category.values() for one in types} <= known.type


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("user.name", "aliya", "aliya"),
        ("user.name", 7, "7"),
        ("user.name", True, "true"),
        ("user.name", ["aliya"], "aliya"),
        ("user.name", ["a", "b"], None),
        ("user.name", {"a": 1}, None),
        ("user.name", None, None),
        ("source.port", "443", 443),
        ("source.port", "0x1bb", 443),
        ("source.port", 443.5, None),
        ("source.port", True, None),
        ("source.port", "https", None),
        ("source.port", 65_536, None),
        ("source.port", -1, None),
        ("source.ip", "::ffff:198.51.100.7", "198.51.100.7"),
        ("source.ip", "fe80::1%eth0", "fe80::1"),
        ("source.ip", "198.51.100.300", None),
        ("source.ip", 7, None),
        ("host.ip", "192.0.2.1", ["192.0.2.1"]),
        ("host.ip", ["192.0.2.1", "x"], None),
        ("event.category", "network", ["network"]),
        ("event.category", ["network", "web"], ["network", "web"]),
        ("event.category", ["security"], None),
        ("event.kind", "event", "event"),
        ("event.kind", "incident", None),
        ("event.outcome", "ok", None),
        ("event.type", [], None),
        ("event.risk_score", "7.5", 7.5),
        ("event.risk_score", "nan", None),
        ("event.created", "2026-03-02T09:00:00Z", "2026-03-02T09:00:00Z"),
        ("event.created", "later", None),
        ("dll.code_signature.valid", "True", True),
        ("dll.code_signature.valid", "maybe", None),
        ("labels", {"a": "b"}, {"a": "b"}),
        ("labels", "a", None),
        ("dns.answers", [{"data": "x"}, {"data": "y"}], [{"data": "x"}, {"data": "y"}]),
        ("dns.answers", [{"data": "x"}, "y"], None),
        ("no.such.field", "x", None),
    ],
)
def test_a_value_fits_or_does_not(name: str, value: Any, expected: Any) -> None:
    """A value is converted where nothing is lost, and refused where its field cannot hold it."""
    assert fitting(name, value) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12", 12),
        ("-12", -12),
        ("0x1A74", 0x1A74),
        ("0xffffffffffffffff", 2**64 - 1),
        ("0x10000000000000000", None),
        ("1_000", None),
        ("", None),
        ("0x", None),
        ("٣", None),
        ("9" * 40, None),
    ],
)
def test_a_number_of_64_bits(text: str, expected: int | None) -> None:
    """Decimal and hexadecimal numbers of up to 64 bits are read, nothing else."""
    assert number(text) == expected


def test_an_address_has_one_form() -> None:
    """However an address is written, it reads the same."""
    assert address("2001:DB8:0::1") == address("2001:db8::1") == "2001:db8::1"


def test_parents_hold_fields() -> None:
    """A parent is every dotted name above a field, and not the field itself."""
    assert {"event", "process.parent", "log.syslog"} <= parents()
    assert "event.kind" not in parents()

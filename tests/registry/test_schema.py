"""Tests of the JSON Schema that editors use."""

from typing import Any

import orjson

from pipeline.registry import ObjectRecord
from pipeline.registry.loading import ROOT_KEYS
from pipeline.registry.schema import registry_schema
from tests.registry.making import RULES

SHIPPED = RULES / "objects" / "objects.schema.json"


def test_the_shipped_schema_is_the_codes() -> None:
    """`saqshy objects schema` prints what is shipped."""
    assert orjson.loads(SHIPPED.read_bytes()) == registry_schema()


def test_every_field_of_an_object_is_told_with_its_meaning() -> None:
    """Each key of a file and each field of an object stands in the schema, with a description."""
    schema = registry_schema()
    told: dict[str, Any] = schema["$defs"]["ObjectRecord"]["properties"]
    assert set(schema["properties"]) == set(ROOT_KEYS)
    assert set(told) == set(ObjectRecord.model_fields)
    assert [name for name, field in told.items() if not field.get("description")] == []


def test_no_editor_offers_what_the_registry_may_not_hold() -> None:
    """There is no word for objects with state secrets (State Secrets Law 14(19))."""
    assert b"state_secret" not in SHIPPED.read_bytes()
    assert b"confidential" in SHIPPED.read_bytes()

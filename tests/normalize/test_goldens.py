"""Golden pairs: reviewed input, reviewed outcome, at least ten for each format.

``expect`` is written by hand from the vendor's page; only ``.expected.json`` files are rewritten.
"""

from typing import Any

import orjson
import pytest

from pipeline.model import Event, rfc3339
from pipeline.normalize import missing_fields
from pipeline.normalize.ecs_schema import fields, fitting
from tests.conftest import Golden
from tests.normalize.golden_rows import FILES, events, rows_of
from tests.normalize.reading import at
from tests.normalize.windows_shapes import SHAPES

FEWEST = 10


def told(event: Event, name: str) -> Any:
    if name == "time":
        return rfc3339(event.time)
    if name.startswith("native."):
        return event.native.get(name.removeprefix("native."))
    return at(event.ecs, name)


@pytest.mark.parametrize("name", [*FILES, *SHAPES])
def test_golden_pairs(name: str, golden: Golden) -> None:
    """Each record becomes what was reviewed; an event fills the fields that its format must."""
    rows = rows_of(name)
    assert len(rows) >= FEWEST
    assert len({row.name for row in rows}) == len(rows)
    outcomes = {}
    for row in rows:
        item = row.outcome()
        if isinstance(item, Event):
            assert missing_fields(item) == (), row.name
            outcomes[row.name] = document = item.document()
            del document["saqshy"]["original_hash"], document["saqshy"]["index"]
        else:
            outcomes[row.name] = {"failure": {"code": item.code.value, "detail": item.detail}}
    text = orjson.dumps(outcomes, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()
    golden.check(f"normalize/{name}.expected.json", text)


@pytest.mark.parametrize("name", FILES)
def test_a_record_says_what_its_vendor_says_it_does(name: str) -> None:
    """What a row expects by its vendor's page is what the event holds."""
    for row in rows_of(name):
        item = row.outcome()
        assert isinstance(item, Event) or not row.expect, row.name
        if isinstance(item, Event):
            assert {one: told(item, one) for one in row.expect} == row.expect, row.name


def test_every_field_of_every_event_is_ecs_of_the_right_type() -> None:
    """What is emitted under a name of ECS exists there, with its type and an allowed value."""
    for row, event in events():
        for name, value in leaves(event.ecs):
            assert name in fields(), (row.name, name)
            assert fitting(name, value) == value, (row.name, name, value)


def leaves(tree: dict[str, Any], above: str = "") -> list[tuple[str, Any]]:
    """Give the values of nested objects by their dotted names, fields of type object whole."""
    found = []
    for name, value in tree.items():
        path = f"{above}{name}"
        if isinstance(value, dict) and path not in fields():
            found += leaves(value, f"{path}.")
        else:
            found.append((path, value))
    return found

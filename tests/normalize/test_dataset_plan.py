"""Entries of the tables, applied to whatever a document holds."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model import Event, TimeConfidence
from pipeline.normalize.dataset_entry import DatasetEntry
from pipeline.normalize.dataset_plan import Plan
from pipeline.normalize.datasets import table
from pipeline.normalize.ecs_schema import fields, fitting
from pipeline.normalize.parsed import Parsed
from tests.normalize.golden_rows import rows_of
from tests.normalize.reading import ALMATY, at, batch_of, event_of, normalized
from tests.normalize.test_goldens import leaves

ENTRY = DatasetEntry.model_validate(
    {
        "dataset": "a.{kind:b}",
        "when": {"x": "*"},
        "set": {"event.category": ["network"], "event.outcome": "unknown"},
        "fields": {"source.ip": ["from", "peer"], "user.name": ["who", "list[].name"]},
        "map": {
            "event.outcome": {"of": "result", "values": {"ok*": "success", "okay": "failure"}},
            "event.severity": {"of": ["a", "b"], "joined": True, "values": {"1/": "7", "1/2": "8"}},
        },
    }
)


def applied(native: dict[str, Any], ecs: dict[str, Any] | None = None) -> dict[str, Any]:
    answer = Parsed("json", "generic", None, TimeConfidence.RECEIVED, ecs or {}, native)
    Plan(ENTRY)(answer, ALMATY)
    return answer.ecs


ROWS = [
    ({"kind": "X Y"}, {"event.dataset": "a.x_y", "event.module": "a"}),
    ({}, {"event.dataset": "a.b", "event.category": ["network"], "event.outcome": "unknown"}),
    ({"result": "OK then"}, {"event.outcome": "success"}),
    ({"result": "okay"}, {"event.outcome": "failure"}),
    ({"result": "no"}, {"event.outcome": "unknown"}),
    ({"a": 1}, {"event.severity": 7}),
    ({"a": 1, "b": 2}, {"event.severity": 8}),
    ({"from": "192.0.2.1"}, {"source.ip": "192.0.2.1"}),
    ({"from": "", "peer": "192.0.2.2"}, {"source.ip": "192.0.2.2"}),
    ({"from": "gw", "peer": "192.0.2.2"}, {"source.ip": "192.0.2.2", "source.address": "gw"}),
    ({"from": "192.0.2.1:5"}, {"source.ip": "192.0.2.1", "source.port": 5}),
    ({"list": [{"name": "asel"}]}, {"user.name": "asel"}),
]  # fmt: skip


@pytest.mark.parametrize(("native", "expected"), ROWS, ids=lambda row: repr(row)[:60])
def test_an_entry_is_applied(native: dict[str, Any], expected: dict[str, Any]) -> None:
    """Constants, values and names give what the entry says, alone and beside what is there."""
    assert {path: at(applied(native), path) for path in expected} == expected
    joined = applied(native, {"host": {"name": "h"}})
    assert {path: at(joined, path) for path in expected} == expected


def test_what_is_there_stays() -> None:
    """An ECS field that an event has already is not replaced, and constants are never shared."""
    assert (
        applied({"result": "ok"}, {"event": {"outcome": "failure"}})["event"]["outcome"]
        == "failure"
    )
    first, second = applied({}), applied({})
    first["event"]["category"].append("file")
    assert second["event"]["category"] == ["network"]


SENSORS = ("suricata", "zeek", "industrial", "netflow", "ocsf")
DOCUMENTS = [
    orjson.loads(row.record)
    for name in SENSORS
    for row in rows_of(name)
    if row.expect and row.record.startswith(b"{")
]
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12)
    | st.sampled_from(["-", "203.0.113.1", "2026-03-02T09:00:00Z", "true", "/", "*", "[0]"])
)
values = (
    scalars
    | st.lists(scalars, max_size=3)
    | st.dictionaries(st.text(max_size=4), scalars, max_size=2)
)


@given(st.sampled_from(DOCUMENTS), st.data())
def test_mutated_records_of_sensors_keep_to_the_schema(
    document: dict[str, Any], data: st.DataObject
) -> None:
    """Real records with any of their values replaced give an Event of ECS fields, or a Failure."""
    changed = replaced(document, data)
    (item,) = normalized(batch_of(orjson.dumps(changed)))
    if isinstance(item, Event):
        assert orjson.dumps(item.document())
        for name, value in leaves(item.ecs):
            assert name in fields(), name
            assert fitting(name, value) == value, (name, value)


def replaced(value: Any, data: st.DataObject) -> Any:
    if isinstance(value, dict):
        return {name: replaced(one, data) for name, one in value.items()}
    return data.draw(values) if data.draw(st.integers(0, 5)) == 0 else value


def test_every_entry_that_stands_alone_categorises_its_events() -> None:
    """An entry that nothing else adds to says of which category and type its events are."""
    for entry in table().datasets:
        if entry.alone:
            said = {*entry.set, *entry.map}
            assert {"event.category", "event.type"} <= said, (entry.dataset, entry.when)


def test_nested_and_flat_identifiers_of_zeek_are_one() -> None:
    """``id`` as an object and as dotted names give the same event."""
    flat = {"_path": "conn", "ts": 1772442000.5, "id.orig_h": "192.0.2.1", "conn_state": "S0"}
    nested = {
        "_path": "conn",
        "ts": 1772442000.5,
        "id": {"orig_h": "192.0.2.1"},
        "conn_state": "S0",
    }
    events = [event_of(orjson.dumps(one)) for one in (flat, nested)]
    assert events[0].ecs == events[1].ecs
    assert events[0].native == events[1].native

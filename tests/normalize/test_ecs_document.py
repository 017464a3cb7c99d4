"""Documents that carry ECS fields, parted from the vendor's."""

from typing import Any

import pytest

from pipeline.model import Json
from pipeline.normalize.ecs_document import MOST_NOTES, overlay, split


@pytest.mark.parametrize(
    ("document", "ecs", "left"),
    [
        ({"source": {"ip": "192.0.2.1"}}, {"source": {"ip": "192.0.2.1"}}, {}),
        ({"source.ip": "192.0.2.1"}, {"source": {"ip": "192.0.2.1"}}, {}),
        (
            {"source.ip": "192.0.2.1", "source": {"port": 5}},
            {"source": {"ip": "192.0.2.1", "port": 5}},
            {},
        ),
        (
            {"source.ip": "192.0.2.1", "source": {"ip": "192.0.2.2"}},
            {"source": {"ip": "192.0.2.1"}},
            {"source.ip": "192.0.2.2"},
        ),
        ({"vendor": {"a": {"b": 1}}}, {}, {"vendor.a.b": 1}),
        ({"vendor": {"a": None}, "x": None}, {}, {}),
        ({"labels": {"a.b": "c"}}, {"labels": {"a.b": "c"}}, {}),
        (
            {"log": {"syslog": {"structured_data": {"a": {"b": "c"}}}}},
            {"log": {"syslog": {"structured_data": {"a": {"b": "c"}}}}},
            {},
        ),
        ({"dns": {"answers": [{"data": "x"}]}}, {"dns": {"answers": [{"data": "x"}]}}, {}),
        ({"process": {"name": {"nested": 1}}}, {}, {"process.name": {"nested": 1}}),
        ({"a.b": 1, "a": {"b": 2}}, {}, {"a.b": [1, 2]}),
    ],
)
def test_fields_are_parted(document: Json, ecs: Json, left: Json) -> None:
    """Nested and dotted names meet; what fits the schema is ECS, all else the vendor's, flat."""
    assert split(document)[:2] == (ecs, left)


def test_misfits_are_noted_within_bounds() -> None:
    """Values that do not fit are kept and noted, and the notes are few however many there are."""
    document: dict[str, Any] = {"source.ip": "x", "user": "aliya"}
    assert split(document)[2] == ("bad_field:source.ip", "bad_field:user")
    one_value_each = "user.name user.id host.name host.id file.path file.name url.path dll.path"
    many: Json = {name: [1, 2] for name in (*one_value_each.split(), "agent.id", "dll.name")}
    _, left, notes = split(many)
    assert len(left) == 10
    assert len(notes) == MOST_NOTES


def test_what_is_skipped_is_not_looked_at() -> None:
    """Members that the caller reads itself stay out of both parts."""
    assert split({"@timestamp": "x", "a": 1}, frozenset({"@timestamp"})) == ({}, {"a": 1}, ())


def test_ours_wins_and_theirs_is_given_back() -> None:
    """Given fields fill what ours leaves open; what ours displaces is given back by name."""
    ours: Json = {"event": {"code": "1"}, "host": {"name": "a"}}
    displaced = overlay(
        ours, {"event": {"code": "1", "action": "x"}, "host": {"name": "b"}, "agent": {"id": "z"}}
    )
    assert ours == {
        "event": {"code": "1", "action": "x"},
        "host": {"name": "a"},
        "agent": {"id": "z"},
    }
    assert displaced == {"host.name": "b"}

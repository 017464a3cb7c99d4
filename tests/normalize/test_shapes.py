"""One Windows activity, many shapes: what a rule sees does not depend on the shipper."""

from typing import Any

import pytest

from pipeline.model import instant
from pipeline.normalize import missing_fields
from tests.normalize.reading import event_of
from tests.normalize.windows_shapes import READ_AS, SHAPES, windows_events

EVENTS = windows_events()


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event["name"])
@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_gives_the_same_event(shape: str, event: dict[str, Any]) -> None:
    """Time, ECS fields and the fields that Sigma names are the same in every shape."""
    found = event_of(SHAPES[shape](event))
    first = event_of(SHAPES["windows_event"](event))
    assert found.format == READ_AS.get(shape, shape)
    assert found.taxonomy == "windows"
    assert (found.time, found.time_confidence.value) == (instant(event["time"]), "exact")
    added = ("agent", "ecs") if shape == "winlogbeat_7" else ()
    ecs = {name: value for name, value in found.ecs.items() if name not in added}
    if shape == "winlogbeat_7":
        assert ecs["event"].pop("created") == "2026-03-02T09:59:59.000Z"
    assert ecs == first.ecs
    system = event["system"]
    named = {
        "EventID": system["EventID"],
        "Channel": system["Channel"],
        "Provider_Name": system["Provider"],
        "Computer": system["Computer"],
        "EventRecordID": system["EventRecordID"],
        "ExecutionProcessID": system.get("ExecutionProcessID", 4),
        **event.get("data", {}),
        **event.get("user_data", {}),
    }
    if "unnamed" in event:
        named["Data"] = event["unnamed"]
    assert {name: found.native.get(name) for name in named} == named
    assert missing_fields(found) == ()


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event["name"])
def test_inside_syslog_it_is_the_same_event(event: dict[str, Any]) -> None:
    """JSON inside a syslog message gives the event that the JSON alone gives."""
    alone = event_of(SHAPES["windows_flat"](event))
    inside = event_of(b"<14>Mar  2 10:00:00 relay nxlog: " + SHAPES["windows_flat"](event))
    assert inside.ecs["log"].pop("syslog")["hostname"] == "relay"
    assert (inside.ecs, inside.native, inside.time) == (alone.ecs, alone.native, alone.time)
    assert (inside.format, inside.notes) == ("windows_flat", ("inside:rfc3164",))

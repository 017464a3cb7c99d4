"""One Windows event in every shape that shippers give it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import yaml

EVENTS = Path(__file__).parents[1] / "golden" / "normalize" / "windows.yml"
_LEVELS = {0: "Information", 1: "Critical", 2: "Error", 3: "Warning", 4: "Information"}


def windows_events() -> list[dict[str, Any]]:
    """Give the events of the golden input."""
    found: list[dict[str, Any]] = yaml.safe_load(EVENTS.read_text(encoding="utf-8"))
    return found


def as_event(event: dict[str, Any]) -> bytes:
    """Render as the JSON of an EVTX record."""
    system = event["system"]
    inner: dict[str, Any] = {
        "Provider": {"#attributes": {"Name": system["Provider"], "Guid": "00000000-0001"}},
        "EventID": system["EventID"],
        "Version": 0,
        "Level": system["Level"],
        "Task": 0,
        "Opcode": 0,
        "Keywords": system["Keywords"],
        "TimeCreated": {"#attributes": {"SystemTime": event["time"]}},
        "EventRecordID": system["EventRecordID"],
        "Correlation": None,
        "Execution": {
            "#attributes": {"ProcessID": system.get("ExecutionProcessID", 4), "ThreadID": 8}
        },
        "Channel": system["Channel"],
        "Computer": system["Computer"],
        "Security": {"#attributes": {"UserID": system["UserID"]}} if "UserID" in system else None,
    }
    document: dict[str, Any] = {"#attributes": {"xmlns": "http://example"}, "System": inner}
    if "user_data" in event:
        fields = {"#attributes": {"xmlns": "http://example"}, **event["user_data"]}
        document["UserData"] = {"LogFileCleared": fields}
    elif "unnamed" in event:
        document["EventData"] = {"Data": {"#text": event["unnamed"]}, "Binary": None}
    else:
        document["EventData"] = event["data"]
    return orjson.dumps({"Event": document})


def as_flat(event: dict[str, Any]) -> bytes:
    """Render as flat JSON."""
    system = event["system"]
    document = {
        "SourceName": system["Provider"],
        "ProviderGuid": "00000000-0001",
        "Level": str(system["Level"]),
        "Keywords": system["Keywords"],
        "Channel": system["Channel"],
        "Hostname": system["Computer"],
        "TimeCreated": event["time"],
        "@timestamp": event["time"],
        "EventID": system["EventID"],
        "RecordNumber": system["EventRecordID"],
        "ExecutionProcessID": system.get("ExecutionProcessID", 4),
        "ThreadID": 8,
        **{name: value for name, value in system.items() if name == "UserID"},
        **event.get("data", {}),
        **event.get("user_data", {}),
    }
    if "unnamed" in event:
        document["Data"] = event["unnamed"]
    return orjson.dumps(document)


def as_winlogbeat_6(event: dict[str, Any]) -> bytes:
    """Render as Winlogbeat 6 does."""
    system = event["system"]
    document = {
        "@timestamp": event["time"],
        "@metadata": {"beat": "winlogbeat", "type": "doc", "version": "6.8.0"},
        "type": "wineventlog",
        "source_name": system["Provider"],
        "provider_guid": "00000000-0001",
        "log_name": system["Channel"],
        "computer_name": system["Computer"],
        "event_id": system["EventID"],
        "record_number": str(system["EventRecordID"]),
        "level": _LEVELS[system["Level"]],
        "keywords": _keywords(system["Keywords"]),
        "process_id": system.get("ExecutionProcessID", 4),
        "thread_id": 8,
        "host": {"name": "collector"},
        "beat": {"name": "collector", "version": "6.8.0"},
        **({"user": {"identifier": system["UserID"]}} if "UserID" in system else {}),
        **_beat_data(event),
    }
    return orjson.dumps(document)


def as_winlogbeat_8(event: dict[str, Any]) -> bytes:
    """Render as Winlogbeat 8 does, without its modules."""
    system = event["system"]
    winlog = {
        "provider_name": system["Provider"],
        "provider_guid": "00000000-0001",
        "channel": system["Channel"],
        "computer_name": system["Computer"],
        "event_id": str(system["EventID"]),
        "record_id": system["EventRecordID"],
        "keywords": _keywords(system["Keywords"]),
        "process": {"pid": system.get("ExecutionProcessID", 4), "thread": {"id": 8}},
        **({"user": {"identifier": system["UserID"]}} if "UserID" in system else {}),
        **_beat_data(event),
    }
    document = {
        "@timestamp": event["time"],
        "winlog": winlog,
        "event": {
            "code": str(system["EventID"]),
            "kind": "event",
            "provider": system["Provider"],
            "created": "2026-03-02T09:59:59.000Z",
        },
        "log": {"level": _LEVELS[system["Level"]].lower()},
        "host": {"name": "collector"},
        "agent": {"type": "winlogbeat", "version": "8.12.0"},
        "ecs": {"version": "8.0.0"},
        "message": "as rendered",
    }
    return orjson.dumps(document)


def _keywords(mask: str) -> list[str]:
    value = int(mask, 16)
    names = []
    if value & (1 << 53):
        names.append("Audit Success")
    if value & (1 << 52):
        names.append("Audit Failure")
    return names


def _beat_data(event: dict[str, Any]) -> dict[str, Any]:
    if "user_data" in event:
        return {"user_data": {"xml_name": "LogFileCleared", **event["user_data"]}}
    if "unnamed" in event:
        return {"event_data": {f"param{n}": text for n, text in enumerate(event["unnamed"], 1)}}
    return {"event_data": event["data"]}


SHAPES: dict[str, Callable[[dict[str, Any]], bytes]] = {
    "windows_event": as_event,
    "windows_flat": as_flat,
    "winlogbeat_6": as_winlogbeat_6,
    "winlogbeat_7": as_winlogbeat_8,
}

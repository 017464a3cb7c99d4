"""One Windows event in every shape that shippers give it."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

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


def as_xml(event: dict[str, Any]) -> bytes:
    """Render as the XML that wevtutil and WEF collectors give."""
    system = event["system"]
    data = "".join(
        f"<Data Name={quoteattr(name)}>{escape(str(value))}</Data>"
        for name, value in event.get("data", {}).items()
    )
    data += "".join(f"<Data>{escape(value)}</Data>" for value in event.get("unnamed", ()))
    user = "".join(
        f"<{name}>{escape(str(value))}</{name}>"
        for name, value in event.get("user_data", {}).items()
    )
    inner = f"<EventData>{data}</EventData>"
    if user:
        inner = (
            f'<UserData><LogFileCleared xmlns="http://example">{user}</LogFileCleared></UserData>'
        )
    who = f' UserID="{system["UserID"]}"' if "UserID" in system else ""
    process = system.get("ExecutionProcessID", 4)
    return (
        '<Event xmlns="http://schemas.microsoft.com/win/2004/08/events/event"><System>'
        f"<Provider Name={quoteattr(system['Provider'])} Guid='00000000-0001'/>"
        f"<EventID>{system['EventID']}</EventID><Version>0</Version><Level>{system['Level']}</Level>"
        f"<Task>0</Task><Opcode>0</Opcode><Keywords>{system['Keywords']}</Keywords>"
        f'<TimeCreated SystemTime="{event["time"]}"/>'
        f"<EventRecordID>{system['EventRecordID']}</EventRecordID><Correlation/>"
        f'<Execution ProcessID="{process}" ThreadID="8"/>'
        f"<Channel>{escape(system['Channel'])}</Channel>"
        f"<Computer>{escape(system['Computer'])}</Computer><Security{who}/></System>"
        f"{inner}</Event>"
    ).encode()


def as_nxlog(event: dict[str, Any]) -> bytes:
    """Render as NXLog does: im_msvistalog with to_json()."""
    system = event["system"]
    moment = datetime.fromisoformat(event["time"])
    document = {
        "EventTime": moment.astimezone().isoformat(sep=" "),
        "Hostname": system["Computer"],
        "Keywords": str(_signed(int(system["Keywords"], 16))),
        "EventType": _AUDITS.get(int(system["Keywords"], 16) >> 52 & 3, "INFO"),
        "SeverityValue": {0: 2, 1: 5, 2: 4, 3: 3, 4: 2}[system["Level"]],
        "Severity": "INFO",
        "EventID": system["EventID"],
        "SourceName": system["Provider"],
        "ProviderGuid": "00000000-0001",
        "Version": 0,
        "Task": 0,
        "OpcodeValue": 0,
        "RecordNumber": system["EventRecordID"],
        "ExecutionProcessID": system.get("ExecutionProcessID", 4),
        "ExecutionThreadID": 8,
        "Channel": system["Channel"],
        **{name: value for name, value in system.items() if name == "UserID"},
        **event.get("data", {}),
        **event.get("user_data", {}),
        "EventReceivedTime": "2026-03-02 15:00:07",
        "SourceModuleName": "eventlog",
        "SourceModuleType": "im_msvistalog",
    }
    if "unnamed" in event:
        document["Data"] = event["unnamed"]
    return orjson.dumps(document)


_AUDITS = {1: "AUDIT_FAILURE", 2: "AUDIT_SUCCESS"}


def _signed(mask: int) -> int:
    return mask - 2**64 if mask >= 2**63 else mask


SHAPES: dict[str, Callable[[dict[str, Any]], bytes]] = {
    "windows_event": as_event,
    "windows_flat": as_flat,
    "winlogbeat_6": as_winlogbeat_6,
    "winlogbeat_7": as_winlogbeat_8,
    "shape_xml": as_xml,
    "shape_nxlog": as_nxlog,
}
# The format of a shape that is not called like it.
READ_AS = {"shape_xml": "windows_xml", "shape_nxlog": "windows_flat"}

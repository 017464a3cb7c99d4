"""A real Windows event (an EVTX record) as other shippers would have written it.

Beside the shapes of ``tests/normalize/windows_shapes.py``: Winlogbeat with its Sysmon module, which
moves values out of ``event_data`` into ECS, and each of them inside a syslog line.
Source: Winlogbeat 8, module sysmon, ingest pipeline (which value goes where, and in which form).
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import orjson

from tests.normalize.windows_shapes import SHAPES

SYSMON = "Microsoft-Windows-Sysmon"
_MOVED = {  # name in event_data: ECS field
    "ProcessGuid": "process.entity_id",
    "Image": "process.executable",
    "SourceProcessGUID": "process.entity_id",
    "SourceProcessGuid": "process.entity_id",
    "SourceImage": "process.executable",
    "Destination": "process.executable",
    "CommandLine": "process.command_line",
    "CurrentDirectory": "process.working_directory",
    "ParentProcessGuid": "process.parent.entity_id",
    "ParentImage": "process.parent.executable",
    "ParentCommandLine": "process.parent.command_line",
    "TargetFilename": "file.path",
    "ImageLoaded": "file.path",
    "PipeName": "file.name",
    "TargetObject": "registry.path",
    "Protocol": "network.transport",
    "SourceIp": "source.ip",
    "SourceHostname": "source.domain",
    "SourcePort": "source.port",
    "DestinationIp": "destination.ip",
    "DestinationHostname": "destination.domain",
    "DestinationPort": "destination.port",
    "QueryName": "dns.question.name",
}
_DIRECTIONS = {"true": "egress", "false": "ingress"}
_WORD = re.compile(r"(D|Q)WORD \(0x([0-9a-f]{8})(?:-0x([0-9a-f]{8}))?\)")


def described(record: bytes) -> dict[str, Any]:
    """Give an EVTX record as the renderers take it: system values, time, data."""
    event = orjson.loads(record)["Event"]
    told = event["System"]

    def attribute(element: str, name: str, default: Any = "") -> Any:
        inner = told.get(element)
        found = (inner or {}).get("#attributes", {}) if isinstance(inner, dict) else {}
        return found.get(name) or (told.get(f"{element}_attributes") or {}).get(name, default)

    code = told["EventID"]
    system = {
        "Provider": attribute("Provider", "Name"),
        "EventID": code["#text"] if isinstance(code, dict) else code,
        "Level": told.get("Level", 4),
        "Keywords": told.get("Keywords", "0x0"),
        "EventRecordID": told.get("EventRecordID", 1),
        "Channel": told.get("Channel", ""),
        "Computer": told.get("Computer", ""),
        "ExecutionProcessID": attribute("Execution", "ProcessID", 4),
        "UserID": attribute("Security", "UserID") or "S-1-5-18",
    }
    found = {"system": system, "time": attribute("TimeCreated", "SystemTime")}
    data = event.get("EventData") or {}
    if "UserData" in event:
        (inner,) = event["UserData"].values()
        found["user_data"] = {name: value for name, value in inner.items() if name[0] != "#"}
    elif "Data" in data:
        unnamed = data["Data"]["#text"] if isinstance(data["Data"], dict) else data["Data"]
        found["unnamed"] = unnamed if isinstance(unnamed, list) else [unnamed]
    else:
        found["data"] = {name: value for name, value in data.items() if name[0] != "#"}
    return found


def as_sysmon_module(event: dict[str, Any]) -> bytes:
    """Render as Winlogbeat 8 with its Sysmon module does."""
    document = orjson.loads(SHAPES["winlogbeat_7"](event))
    data = document["winlog"]["event_data"]
    for name in [name for name, value in data.items() if value in (None, "", "-")]:
        del data[name]
    for name, path in _MOVED.items():
        if name in data:
            _put(document, path, data.pop(name))
    if "OriginalFileName" in data:
        holder = "file" if event["system"]["EventID"] == 7 else "process"
        _put(document, f"{holder}.pe.original_file_name", data.pop("OriginalFileName"))
    _move_account(document, data)
    _move_hashes(document, data, event["system"]["EventID"])
    if data.get("Initiated") in _DIRECTIONS:
        _put(document, "network.direction", _DIRECTIONS[data.pop("Initiated")])
    if "Details" in data:
        _move_details(document, data.pop("Details"))
    document["event"]["module"] = "sysmon"
    return orjson.dumps(document)


def _put(document: dict[str, Any], path: str, value: Any) -> None:
    *above, leaf = path.split(".")
    for name in above:
        document = document.setdefault(name, {})
    document[leaf] = value


def _move_account(document: dict[str, Any], data: dict[str, Any]) -> None:
    domain, backslash, name = str(data.get("User", "")).partition("\\")
    if backslash:
        del data["User"]
        document["user"] = {"domain": domain, "name": name}


def _move_hashes(document: dict[str, Any], data: dict[str, Any], code: int) -> None:
    told = data.pop("Hash", None) or data.pop("Hashes", None)
    if told is None:
        return
    holder = "process" if code in (1, 23, 24, 25, 26) else "file"
    for part in told.split(","):
        kind, _, digest = part.partition("=")
        place = "pe" if kind == "IMPHASH" else "hash"
        if digest.strip("0"):
            _put(document, f"{holder}.{place}.{kind.lower()}", digest.lower())


def _move_details(document: dict[str, Any], details: str) -> None:
    word = _WORD.fullmatch(details)
    if word is None:
        _put(document, "registry.data", {"strings": [details], "type": "REG_SZ"})
        return
    number = int(word[2] + (word[3] or ""), 16)
    _put(document, "registry.data", {"strings": [str(number)], "type": f"SZ_{word[1]}WORD"})


def as_fluent_bit(event: dict[str, Any]) -> bytes:
    """Render as Fluent Bit's winevtlog does: the event's data in the message and as bare texts."""
    system, data = event["system"], event["data"]
    message = "\r\n".join(f"{name}: {value}" for name, value in data.items())
    document = {
        "ProviderName": system["Provider"],
        "EventID": system["EventID"],
        "Level": system["Level"],
        "Keywords": system["Keywords"],
        "TimeCreated": event["time"],
        "EventRecordID": system["EventRecordID"],
        "ProcessID": system.get("ExecutionProcessID", 4),
        "ThreadID": 8,
        "Channel": system["Channel"],
        "Computer": system["Computer"],
        "UserID": system.get("UserID", ""),
        "Message": f"Rendered:\r\n{message}",
        "StringInserts": [str(value) for value in data.values()],
    }
    return orjson.dumps(document)


def as_snare(event: dict[str, Any]) -> bytes:
    """Render as Snare does: tokens parted by tabs, the event's data in the text alone."""
    system, data = event["system"], event["data"]
    at = datetime.fromisoformat(event["time"]).strftime("%a %b %d %H:%M:%S %Y")
    text = "  ".join(f"{name}: {_one_line(str(value))}" for name, value in data.items())
    tokens = (
        "MSWinEventLog", "1", system["Channel"], "7", at, system["EventID"], system["Provider"],
        "SYSTEM", "User", "Information", system["Computer"], "Rendered", "", f"Rendered:  {text}",
        system["EventRecordID"],
    )  # fmt: skip
    return b"<13>Mar  2 10:00:00 relay " + "\t".join(map(str, tokens)).encode()


def _one_line(text: str) -> str:
    return re.sub(r"[\r\n\t]", " ", text)


def _in_syslog(render: Callable[[dict[str, Any]], bytes]) -> Callable[[dict[str, Any]], bytes]:
    return lambda event: b"<14>1 2026-03-02T10:00:00Z relay nxlog - - - " + render(event)


RENDERINGS: Mapping[str, Callable[[dict[str, Any]], bytes]] = {
    **SHAPES,
    "flat in syslog": _in_syslog(SHAPES["windows_flat"]),
    "Winlogbeat in syslog": _in_syslog(SHAPES["winlogbeat_7"]),
}

"""Windows events as Elastic's shippers write them.

Winlogbeat up to 6 (``event_id``, ``log_name``, ``event_data`` at the top), Winlogbeat 7 and later
and Elastic Agent (``winlog.*`` beside ECS fields; what their modules moved from the event's data
into ECS is put back).
Source: Winlogbeat Reference 6.8 and 8.x, "Exported fields".
"""

from typing import Any

from pipeline.model import Json
from pipeline.normalize.ecs_document import overlay, split
from pipeline.normalize.jsontext import Decoded, read_object
from pipeline.normalize.moments import moment
from pipeline.normalize.parsed import Context, Parsed, Refusal
from pipeline.normalize.windows.build import NO_EVENT_ID, event_id, parsed, plan_of
from pipeline.normalize.windows.flatten import flatten_into, merge_data
from pipeline.normalize.windows.restore import restore

NAME_6 = "winlogbeat_6"
NAME_7 = "winlogbeat_7"

# Winlogbeat writes the level's name in the system's language; these are the English ones.
_LEVELS = {"critical": 1, "error": 2, "warning": 3, "information": 4, "info": 4, "verbose": 5}
_SIX = {
    "log_name": "Channel", "source_name": "Provider_Name", "computer_name": "Computer",
    "record_number": "EventRecordID", "keywords": "Keywords", "task": "Task", "opcode": "Opcode",
    "version": "Version", "provider_guid": "ProviderGuid", "activity_id": "ActivityID",
    "related_activity_id": "RelatedActivityID", "process_id": "ExecutionProcessID",
    "thread_id": "ThreadID", "message": "Message", "@timestamp": "@timestamp",
}  # fmt: skip
_SEVEN = {
    "channel": "Channel", "provider_name": "Provider_Name", "computer_name": "Computer",
    "record_id": "EventRecordID", "keywords": "Keywords", "task": "Task", "opcode": "Opcode",
    "version": "Version", "provider_guid": "ProviderGuid", "activity_id": "ActivityID",
    "related_activity_id": "RelatedActivityID", "time_created": "TimeCreated",
}  # fmt: skip
_USER = {"identifier": "UserID", "name": "AccountName", "domain": "Domain", "type": "AccountType"}


def parse(record: bytes, context: Context) -> Parsed | Refusal:
    """Read one record of either shape."""
    found = read_object(record)
    return found if isinstance(found, Refusal) else read(found, context)


def read(decoded: Decoded, context: Context) -> Parsed | Refusal:
    """Read a decoded record of either shape."""
    if isinstance(decoded[0].get("winlog"), dict):
        return _read_seven(decoded, context)
    return _read_six(decoded, context)


def _read_six(decoded: Decoded, context: Context) -> Parsed | Refusal:
    document, notes, _ = decoded
    code = event_id(document.get("event_id"))
    if code is None:
        return NO_EVENT_ID
    native: Json = {"EventID": code}
    rest: Json = {}
    for name, value in document.items():
        known = _SIX.get(name)
        if known is not None:
            native[known] = value
        elif name not in ("event_id", "event_data", "user_data", "user", "level"):
            rest[name] = value
    _finish(native, document.get("level"), document.get("user"))
    _merge(native, document.get("event_data"), document.get("user_data"))
    for name, value in rest.items():
        flatten_into(native, name, value)
    return parsed(NAME_6, native, moment(document.get("@timestamp"), context.zone), notes)


def _read_seven(decoded: Decoded, context: Context) -> Parsed | Refusal:
    document, notes, _ = decoded
    winlog = document["winlog"]
    code = event_id(winlog.get("event_id"))
    if code is None:
        code = event_id(_at(document, "event", "code"))
    if code is None:
        return NO_EVENT_ID
    native: Json = {"EventID": code}
    rest: Json = {}
    for name, value in winlog.items():
        known = _SEVEN.get(name)
        if known is not None:
            native[known] = value
        elif name not in ("event_id", "event_data", "user_data", "user", "process", "level"):
            rest[f"winlog.{name}"] = value
    for name, value in (
        ("Provider_Name", _at(document, "event", "provider")),
        ("Computer", _at(document, "host", "name")),
        ("ExecutionProcessID", _at(winlog, "process", "pid")),
        ("ThreadID", _at(winlog, "process", "thread", "id")),
        ("Message", document.get("message")),
    ):
        if value is not None:
            native.setdefault(name, value)
    level = winlog.get("level") or _at(document, "log", "level")
    _finish(native, level, winlog.get("user"))
    _merge(native, winlog.get("event_data"), winlog.get("user_data"))
    given, left, bad = split(document, skip=frozenset({"winlog", "@timestamp", "message"}))
    restore(native, given, plan_of(native))
    for name, value in rest.items():
        flatten_into(native, name, value)
    found = parsed(NAME_7, native, moment(document.get("@timestamp"), context.zone), notes)
    for name, value in (left | overlay(found.ecs, given)).items():
        flatten_into(native, name, value)
    found.notes += bad
    return found


def _at(document: Json, *path: str) -> Any:
    value: Any = document
    for name in path:
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value


def _finish(native: Json, level: Any, user: Any) -> None:
    record_id = event_id(native.get("EventRecordID"))
    if record_id is not None:
        native["EventRecordID"] = record_id
    number = _LEVELS.get(level.lower()) if isinstance(level, str) else event_id(level)
    if number is not None:
        native["Level"] = number
    elif level is not None:
        native["LevelName"] = level
    if isinstance(user, dict):
        for name, value in user.items():
            known = _USER.get(name)
            if known is not None:
                native[known] = value
            else:
                flatten_into(native, f"user.{name}", value)


def _merge(native: Json, data: Any, user_data: Any) -> None:
    """Put the event's data beside System; unnamed values (``param1``…) also as ``Data``."""
    for part in (data, user_data):
        if isinstance(part, dict):
            merge_data(native, part)
        elif part is not None:
            flatten_into(native, "EventData", part)
    if isinstance(data, dict) and "Data" not in native and "param1" in data:
        numbered = [data[f"param{n}"] for n in range(1, len(data) + 1) if f"param{n}" in data]
        native["Data"] = numbered[0] if len(numbered) == 1 else numbered

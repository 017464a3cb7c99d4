"""Rows of CSV files: named by their header, read by what the names say.

The registry's or the command line's name for the format is ``csv``. Windows events exported as CSV
(Event Viewer, PowerShell) become the records that other shippers give; a cell that holds the whole
record as JSON (Microsoft 365 audit search) is read as that; anything else by dataset and synonyms.
Source: RFC 4180; Microsoft, "Export, configure, and view audit log records" (AuditData).
"""

import re
from datetime import UTC, tzinfo
from typing import Any

from pipeline.model import FailureCode, Json, TimeConfidence
from pipeline.normalize.columns import cells, csv_names
from pipeline.normalize.completing import complete
from pipeline.normalize.dataset_entry import DatasetEntry
from pipeline.normalize.datasets import name_dataset, recognised
from pipeline.normalize.ecs_document import split
from pipeline.normalize.formats import json_document
from pipeline.normalize.formats.syslog_header import LINE_ENDS
from pipeline.normalize.jsontext import read_object
from pipeline.normalize.moments import Moment, moment
from pipeline.normalize.parsed import Context, Parsed, Refusal
from pipeline.normalize.synonyms import synonyms
from pipeline.normalize.text import decode
from pipeline.normalize.tree import put
from pipeline.normalize.windows.build import event_id, parsed
from pipeline.normalize.windows.messages import fields_of

NAME = "csv"
_WHOLE = ("AuditData", "auditData")  # a cell that holds the whole record as JSON
# Columns of exported Windows events: Sigma's names. Event Viewer leaves the text's column unnamed.
_WINDOWS = {
    "Event ID": "EventID", "Id": "EventID", "EventID": "EventID", "InstanceId": "InstanceId",
    "Source": "Provider_Name", "ProviderName": "Provider_Name", "Log Name": "Channel",
    "LogName": "Channel", "Computer": "Computer", "MachineName": "Computer",
    "RecordId": "EventRecordID", "Date and Time": "TimeCreated", "TimeCreated": "TimeCreated",
    "TimeGenerated": "TimeCreated", "Message": "Message", "column6": "Message",
    "LevelDisplayName": "LevelName", "ProcessId": "ExecutionProcessID", "UserId": "UserID",
}  # fmt: skip
_LEVELS = {
    "critical": 1, "error": 2, "warning": 3, "information": 4, "verbose": 5,
    "критический": 1, "критическое": 1, "ошибка": 2, "предупреждение": 3, "сведения": 4,
}  # fmt: skip
_CHANNELS = {
    "Microsoft-Windows-Security-Auditing": "Security",
    "Microsoft-Windows-Sysmon": "Microsoft-Windows-Sysmon/Operational",
    "Service Control Manager": "System",
}
_EXPORTS = (
    {"Event ID", "Source", "Date and Time"},
    {"Id", "ProviderName", "LogName"},
    {"EventID", "MachineName", "Source"},
)
_TIMES = ("date and time", "date_time", "date (utc)", "creationdate", "timegenerated", "eventdate")
_DATE = re.compile(
    r"(\d{1,2})([./])(\d{1,2})\2(\d{4}),? (\d{1,2}):(\d\d)(?::(\d\d))?(?: ([AaPp])[Mm])?$"
)
_NO_ROW = Refusal(
    FailureCode.SYNTAX,
    "is no row of values: it has no delimiter of the source's columns; check the source's format "
    "and columns in the registry",
)


def parse(record: bytes, context: Context) -> Parsed | Refusal:
    """Read one row by the header that the context holds; without one by its columns' numbers."""
    found = decode(record)
    if isinstance(found, Refusal):
        return found
    return read(*found, context)


def read(text: str, notes: tuple[str, ...], context: Context) -> Parsed | Refusal:
    """Read a row's text."""
    names, delimiter = csv_names(context.preamble)
    text = text.strip("\ufeff").rstrip(LINE_ENDS)
    if not names:
        delimiter = max(",;\t|", key=text.count)
    row = cells(text, delimiter)
    native: Json = {
        names[at] if at < len(names) else f"column{at + 1}": cell
        for at, cell in enumerate(row)
        if cell.strip()
    }
    if not native or (len(row) < 2 and len(names) != 1):
        return _NO_ROW
    if names and len(row) != len(names):
        notes = (*notes, f"columns:{len(row)}/{len(names)}")
    whole = next((native[name] for name in _WHOLE if name in native), "")
    if whole[:1] == "{":
        inner = _read_whole(whole, notes, context)
        if inner is not None:
            return inner
    if any(export <= native.keys() for export in _EXPORTS):
        answer = _read_windows(native, notes, context)
        if answer is not None:
            return answer
    return _read_any(native, notes, context)


def _read_whole(text: str, notes: tuple[str, ...], context: Context) -> Parsed | None:
    found = read_object(text.encode("utf-8", "replace"))
    if isinstance(found, Refusal):
        return None
    answer = json_document.read(found, context)
    if isinstance(answer, Refusal):
        return None
    answer.notes = (*notes, *answer.notes, "inside:csv")
    return answer


def _read_windows(native: Json, notes: tuple[str, ...], context: Context) -> Parsed | None:
    """Make the flat record of an exported Windows event; what the columns lack the text tells."""
    record: Json = {_WINDOWS.get(name, name): value for name, value in native.items()}
    code = event_id(record.get("EventID"))
    if code is None:
        return None
    record["EventID"] = code
    level: Any = record.get("Level", record.get("LevelName", ""))
    number = _LEVELS.get(str(level).lower(), event_id(level))
    if number is not None:
        record["Level"] = number
    provider = str(record.get("Provider_Name", ""))
    if provider in _CHANNELS:  # Event Viewer leaves the log out
        record.setdefault("Channel", _CHANNELS[provider])
    for name, value in fields_of(provider, code, str(record.get("Message", ""))).items():
        record.setdefault(name, value)
    return parsed(NAME, record, _zoned(record.get("TimeCreated"), context.zone), notes)


def _read_any(native: Json, notes: tuple[str, ...], context: Context) -> Parsed:
    entry = recognised(native)
    alone = entry is not None and entry.alone
    ecs: Json = {} if alone else split(native, skip=frozenset({"@timestamp"}))[0]
    ecs["event"] = {"kind": "event", "dataset": "generic.csv"} | ecs.get("event", {})
    answer = Parsed(NAME, "generic", None, TimeConfidence.RECEIVED, ecs, native, notes)
    if entry is not None:
        name_dataset(answer, entry, context.zone)
    if not alone:
        complete(ecs, native)
        said = next((native[name] for name in native if name.casefold() == "message"), None)
        if said is not None:
            put(ecs, "message", said)
    found = _time(native, entry, UTC if entry is not None and entry.utc else context.zone)
    if found is not None:
        answer.time, answer.confidence = found
    return answer


def _time(native: Json, entry: DatasetEntry | None, zone: tzinfo) -> Moment | None:
    """Choose the first name of a time that holds one; date and time may stand apart."""
    named = {name.lower(): value for name, value in native.items()}
    if "date" in named and "time" in named:
        found = _zoned(f"{named['date']} {named['time']}", zone)
        if found is not None:
            return found
    first = [name.lower() for name in entry.time] if entry is not None else []
    for name in (*first, *synonyms().time_names, *_TIMES):
        found = _zoned(named.get(name), zone)
        if found is not None:
            return found
    return None


def _zoned(value: object, zone: tzinfo) -> Moment | None:
    found = moment(value, zone)
    if found is None and isinstance(value, str):
        found = moment(_iso(value), zone)
    return found


def _iso(text: str) -> str:
    """Write a date of another layout as ISO: ``dd.mm.yyyy`` and ``m/d/yyyy`` with AM or PM."""
    match = _DATE.match(text)
    if match is None:
        return ""
    first, mark, second, year, hour, minute, second_, half = match.groups()
    day, month = (
        (first, second) if mark == "." or (not half and int(first) > 12) else (second, first)
    )
    clock = int(hour)
    if half:
        clock = clock % 12 + (12 if half.lower() == "p" else 0)
    return f"{year}-{int(month):02}-{int(day):02} {clock:02}:{minute}:{second_ or '00'}"

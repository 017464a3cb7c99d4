"""Flat Windows event JSON: System and EventData in one object.

NXLog's im_msvistalog (``Hostname``, ``SourceName``, ``EventTime``), the OTRF data sets, Fluent
Bit's winevtlog (``ProviderName``, ``Computer``) and Log Analytics' SecurityEvent
(``EventSourceName``, ``TimeGenerated``).
Source: NXLog Enterprise Edition Reference Manual, "im_msvistalog", Fields.
"""

from typing import Any

from pipeline.model import Json, TimeConfidence
from pipeline.normalize.jsontext import Decoded, read_object
from pipeline.normalize.moments import Moment, moment, utc
from pipeline.normalize.parsed import Context, Parsed, Refusal
from pipeline.normalize.windows.build import NO_EVENT_ID, event_id, parsed
from pipeline.normalize.windows.flatten import flatten_values
from pipeline.normalize.windows.messages import fields_of

NAME = "windows_flat"
PROVIDERS: tuple[str, ...] = ("SourceName", "ProviderName", "EventSourceName")
# NXLog's SeverityValue to the Level of winmeta.xml: debug, info, warning, error, critical.
_SEVERITIES = {1: 5, 2: 4, 3: 3, 4: 2, 5: 1}


def parse(record: bytes, context: Context) -> Parsed | Refusal:
    """Read one record of this shape."""
    found = read_object(record)
    return found if isinstance(found, Refusal) else read(found, context)


def read(decoded: Decoded, context: Context) -> Parsed | Refusal:
    """Read a decoded record; the record's own object becomes the native one."""
    document, notes, nested = decoded
    if nested:
        document = flatten_values(document)
    code = event_id(document.get("EventID"))
    if code is None:
        return NO_EVENT_ID
    document["EventID"] = code
    _name_as_sigma(document)
    if "StringInserts" in document or isinstance(document.get("EventData"), list):
        _name_inserts(document)
    return parsed(NAME, document, _time(document, context), notes)


def _name_as_sigma(document: Json) -> None:
    """Add Sigma's names of System fields beside the shipper's; the level becomes a number."""
    if "Provider_Name" not in document:
        for name in PROVIDERS:
            if name in document:
                document["Provider_Name"] = document[name]
                break
    if "Computer" not in document and "Hostname" in document:
        document["Computer"] = document["Hostname"]
    if "EventRecordID" not in document and "RecordNumber" in document:
        document["EventRecordID"] = document["RecordNumber"]
    level = document.get("Level")
    if level is None:
        severity: Any = document.get("SeverityValue")
        if type(severity) is int and severity in _SEVERITIES:
            document["Level"] = _SEVERITIES[severity]
    elif type(level) is str and level.isascii() and level.isdigit() and len(level) < 10:
        document["Level"] = int(level)


def _name_inserts(document: Json) -> None:
    """Name the event's data, which Fluent Bit and Fluentd give as texts and in the message.

    Its ProcessID is the one that the event log service noted (Source: Fluent Bit, "Windows Event
    Log (winevtlog)"; fluent-plugin-windows-eventlog).
    """
    for name, known in (("ProcessID", "ExecutionProcessID"), ("UserID", "UserID")):
        if name in document and known not in document:
            document[known] = document.pop(name)
    inserts = document.get("StringInserts", document.get("EventData"))
    message = document.get("Message") or document.get("Description")
    if type(message) is str and message:
        provider = document.get("Provider_Name")
        named = fields_of(
            provider if isinstance(provider, str) else "", document["EventID"], message
        )
        for name, value in named.items():
            document.setdefault(name, value)
        if named:
            return
    if isinstance(inserts, list) and inserts:
        document["Data"] = inserts[0] if len(inserts) == 1 else inserts


def _time(document: Json, context: Context) -> Moment | None:
    """Choose the event's own time: what names its zone first, then what must assume one.

    TimeCreated is the event's; Sysmon's UtcTime is by definition UTC; @timestamp may be the
    shipper's, a few seconds later, but names its zone; EventTime is in the sender's local time.
    """
    get, zone = document.get, context.zone
    text = get("TimeCreated") or get("TimeGenerated")
    created = moment(text, zone) if text else None
    if created is not None and created[1] is TimeConfidence.EXACT:
        return created
    text = get("UtcTime")
    at = utc(text) if type(text) is str else None
    if at is not None:
        return at, TimeConfidence.EXACT
    return (
        moment(get("@timestamp"), zone)
        or created
        or moment(get("EventTime"), zone)
        or moment(get("EventReceivedTime"), zone)
    )

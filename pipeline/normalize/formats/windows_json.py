"""Windows events as JSON, whichever shipper wrote them: the shape is told by its keys."""

from collections.abc import Callable
from typing import TypeAlias

from pipeline.model import FailureCode, Json
from pipeline.normalize.formats import windows_event, windows_flat, windows_renamed, winlogbeat
from pipeline.normalize.jsontext import Decoded, read_object
from pipeline.normalize.parsed import Context, Parsed, Refusal

Reader: TypeAlias = Callable[[Decoded, Context], Parsed | Refusal]

_PROVIDERS = ("Provider_Name", *windows_flat.PROVIDERS)
_NO_SHAPE = Refusal(
    FailureCode.UNKNOWN_FORMAT,
    "is JSON, but no Windows event in a known shape (EVTX record, flat, Winlogbeat, Graylog): "
    "send System fields unchanged, or set the source's format to json",
)


def parse(record: bytes, context: Context) -> Parsed | Refusal:
    """Read one record in whichever shape it is."""
    found = read_object(record)
    if isinstance(found, Refusal):
        return found
    read = reader(found[0])
    return _NO_SHAPE if read is None else read(found, context)


def reader(document: Json) -> Reader | None:
    """Give who reads a decoded record's shape; None where it is no Windows event."""
    if "EventID" in document:
        named = "Channel" in document or any(name in document for name in _PROVIDERS)
        return windows_flat.read if named else None
    if isinstance(document.get("winlog"), dict):
        return winlogbeat.read
    if "event_id" in document and ("log_name" in document or "source_name" in document):
        return winlogbeat.read
    if windows_renamed.is_renamed(document):
        return windows_renamed.read
    inner = document.get("Event", document)
    if isinstance(inner, dict) and isinstance(inner.get("System"), dict):
        return windows_event.read if "EventID" in inner["System"] else None
    return None

"""Windows events in the nesting of their XML: ``{"Event": {"System": …, "EventData": …}}``.

What evtx_dump writes of an EVTX record, and what ``windows_xml`` makes of XML, with attributes
under ``#attributes``, in a sibling ``…_attributes`` or as ``@Name``; the framing of EVTX files
gives records of this shape.
Source: Microsoft, Windows Event Log Schema, "Event", "SystemPropertiesType", "EventDataType".
"""

from typing import Any

from pipeline.model import FailureCode, Json
from pipeline.normalize.jsontext import Decoded, read_object
from pipeline.normalize.moments import moment
from pipeline.normalize.parsed import Context, Parsed, Refusal
from pipeline.normalize.windows.build import NO_EVENT_ID, event_id, parsed
from pipeline.normalize.windows.flatten import flatten_into

NAME = "windows_event"

_NO_SYSTEM = Refusal(
    FailureCode.MISSING_FIELD,
    "has no Event.System: export whole events (evtx_dump, wevtutil to EVTX), not their data only",
)
# System elements whose text is a number.
_NUMBERS = ("Version", "Level", "Task", "Opcode", "EventRecordID")
# System attributes and the flat names that other shippers give them.
_ATTRIBUTES = (
    ("Provider", "Name", "Provider_Name"),
    ("Provider", "Guid", "ProviderGuid"),
    ("Provider", "EventSourceName", "EventSourceName"),
    ("EventID", "Qualifiers", "Qualifiers"),
    ("TimeCreated", "SystemTime", "TimeCreated"),
    ("Correlation", "ActivityID", "ActivityID"),
    ("Correlation", "RelatedActivityID", "RelatedActivityID"),
    ("Execution", "ProcessID", "ExecutionProcessID"),
    ("Execution", "ThreadID", "ThreadID"),
    ("Security", "UserID", "UserID"),
)
_ENVELOPE = frozenset({"System", "EventData", "UserData", "#attributes", "Event_attributes"})


def parse(record: bytes, context: Context) -> Parsed | Refusal:
    """Read one record of this shape."""
    found = read_object(record)
    return found if isinstance(found, Refusal) else read(found, context)


def read(decoded: Decoded, context: Context) -> Parsed | Refusal:
    """Read a decoded record: System under Sigma's names, the event's data beside it."""
    document, notes, _ = decoded
    event = document.get("Event", document)
    system = event.get("System") if isinstance(event, dict) else None
    if not isinstance(system, dict):
        return _NO_SYSTEM
    code = event_id(_content(system.get("EventID")))
    if code is None:
        return NO_EVENT_ID
    native: Json = {"EventID": code}
    _read_system(system, native)
    _read_data(event.get("EventData"), native)
    for name, value in event.items():
        if name == "UserData":
            _read_user_data(value, native)
        elif name == "RenderingInfo" and isinstance(value, dict):
            _read_rendering(value, native)
        elif name not in _ENVELOPE and not name.startswith("@") and value is not None:
            flatten_into(native, name, value)
    return parsed(NAME, native, moment(native.get("TimeCreated"), context.zone), notes)


def _content(value: Any) -> Any:
    return value.get("#text") if isinstance(value, dict) else value


def _attributes(system: Json, name: str) -> Json:
    element = system.get(name)
    if isinstance(element, dict):
        inner = element.get("#attributes", element)
        if isinstance(inner, dict):
            return inner
    beside = system.get(f"{name}_attributes")
    return beside if isinstance(beside, dict) else {}


def _read_system(system: Json, native: Json) -> None:
    for element, attribute, name in _ATTRIBUTES:
        attributes = _attributes(system, element)
        value = attributes.get(attribute, attributes.get(f"@{attribute}"))
        if value is not None:
            native[name] = value
    for name in ("Channel", "Computer", "Keywords"):
        value = _content(system.get(name))
        if value is not None:
            native[name] = value
    for name in _NUMBERS:
        value = _content(system.get(name))
        if value is not None:
            number = event_id(value)
            native[name] = value if number is None else number


def _read_data(data: Any, native: Json) -> None:
    """Put EventData beside System: named values under their names, unnamed ones as ``Data``."""
    if not isinstance(data, dict):
        if data is not None:
            flatten_into(native, "EventData", data)
        return
    for name, value in data.items():
        if name == "Data":
            _read_unnamed(value, native)
        elif name == "#attributes":
            flatten_into(native, "EventData", value)
        elif not name.startswith("@"):
            flatten_into(native, name if name not in native else f"EventData.{name}", value)


def _read_unnamed(value: Any, native: Json) -> None:
    """Keep unnamed values as ``Data``: one as it is, several as a list in their order.

    Elements that carry their name as an attribute (``@Name``) are named ones.
    """
    unnamed = []
    for item in value if isinstance(value, list) else [value]:
        name = _name_of(item)
        text = _content(item)
        if name:
            flatten_into(native, name, text)
        elif text is not None:
            unnamed += text if isinstance(text, list) else [text]
    if unnamed:
        flatten_into(native, "Data", unnamed[0] if len(unnamed) == 1 else unnamed)


def _read_rendering(rendered: Json, native: Json) -> None:
    """Put the rendered texts beside System; one that System has as a number keeps its prefix."""
    for name, value in rendered.items():
        if value and name not in ("#attributes", "xmlns"):
            flatten_into(native, name if name not in native else f"RenderingInfo.{name}", value)


def _name_of(element: Any) -> str:
    """Give the name that an element carries as an attribute; "" where it has none."""
    if not isinstance(element, dict):
        return ""
    attributes = element.get("#attributes", element)
    if not isinstance(attributes, dict):
        return ""
    name = attributes.get("Name", attributes.get("@Name"))
    return name if isinstance(name, str) else ""


def _read_user_data(value: Any, native: Json) -> None:
    """Put the fields of the one element inside UserData beside System, without its name."""
    if not isinstance(value, dict):
        if value is not None:
            flatten_into(native, "UserData", value)
        return
    for inner in value.values():
        if isinstance(inner, dict):
            for name, field in inner.items():
                if name not in ("#attributes", "xmlns") or not _is_namespace(field):
                    taken = name in native
                    flatten_into(native, f"UserData.{name}" if taken else name, field)
        elif inner is not None:
            flatten_into(native, "UserData", inner)


def _is_namespace(value: Any) -> bool:
    return isinstance(value, str) or (isinstance(value, dict) and set(value) <= {"xmlns"})

"""Windows events whose fields a forwarder gave names of its own: brought back to Winlogbeat's.

Graylog flattens Winlogbeat's fields and puts ``winlogbeat_`` before them (GELF another ``_``);
Vector and Google's Ops Agent write the event log's words in lower case.
Source: Graylog, "Windows Event Logs" (Beats input); Vector, source "windows_event_log"; Google
Cloud, "Ops Agent", receiver windows_event_log.
"""

import re

from pipeline.model import Json
from pipeline.normalize.formats import winlogbeat
from pipeline.normalize.jsontext import Decoded, read_object
from pipeline.normalize.moments import moment
from pipeline.normalize.parsed import Context, Parsed, Refusal
from pipeline.normalize.windows.messages import fields_of

_FLAT = re.compile(r"_?(?:winlogbeat_)?(winlog_)?(.+)", re.DOTALL)
# Names that only flattened events have, from Winlogbeat 7 on and up to 6.
FLATTENED = (
    "winlogbeat_winlog_event_id", "_winlogbeat_winlog_event_id", "winlog_event_id",
    "_winlog_event_id", "winlogbeat_event_id", "_winlogbeat_event_id",
)  # fmt: skip
_DATA = (("event_data_", "event_data"), ("user_data_", "user_data"))
_LEAVES = frozenset({
    "activity_id", "channel", "computer_name", "event_id", "keywords", "log_name", "opcode",
    "provider_guid", "provider_name", "record_id", "record_number", "related_activity_id",
    "source_name", "task", "version", "level",
})  # fmt: skip
_SNAKE = {
    "channel": "log_name", "provider_name": "source_name", "computer": "computer_name",
    "record_id": "record_number", "timestamp": "@timestamp", "time_created": "@timestamp",
    "time_generated": "@timestamp", "user_id": "user",
}  # fmt: skip


def parse(record: bytes, context: Context) -> Parsed | Refusal:
    """Read one record of either kind."""
    found = read_object(record)
    return found if isinstance(found, Refusal) else read(found, context)


def is_renamed(document: Json) -> bool:
    """Tell whether a document has the names of one of these forwarders."""
    if "event_id" in document:
        return "channel" in document or "provider_name" in document
    return any(name in document for name in FLATTENED)


def read(decoded: Decoded, context: Context) -> Parsed | Refusal:
    """Read a decoded record as the Winlogbeat document that it was, or could be."""
    document, notes, nested = decoded
    if "event_id" in document:
        return winlogbeat.read((_from_snake(document), notes, nested), context)
    return winlogbeat.read((_from_flat(document, context), notes, nested), context)


def _from_flat(document: Json, context: Context) -> Json:
    """Nest what Graylog flattened; names that it did not stay at the top."""
    winlog: Json = {}
    top: Json = {}
    for name, value in document.items():
        match = _FLAT.fullmatch(name)
        plain = match[2] if match is not None else name
        for prefix, holder in _DATA:
            if plain.startswith(prefix):
                winlog.setdefault(holder, {})[plain.removeprefix(prefix)] = value
                break
        else:
            if plain in _LEAVES and "winlog" in name:
                winlog[plain] = value
            else:
                top[plain if "winlogbeat_" in name else name] = value
    for old, name in (("log_name", "channel"), ("source_name", "provider_name")):
        if old in winlog:
            winlog.setdefault(name, winlog.pop(old))
    if "record_number" in winlog:
        winlog.setdefault("record_id", winlog.pop("record_number"))
    if isinstance(winlog.get("keywords"), str):
        winlog["keywords"] = [winlog["keywords"]]
    if "@timestamp" not in top and moment(top.get("timestamp"), context.zone) is not None:
        top["@timestamp"] = top.pop("timestamp")
    return {**top, "winlog": winlog}


def _from_snake(document: Json) -> Json:
    """Give the event log's words the names that Winlogbeat 6 has for them."""
    renamed: Json = {}
    for name, value in document.items():
        if value is not None and value != "":
            renamed.setdefault(_SNAKE.get(name, name), value)
    if isinstance(renamed.get("user"), str):
        renamed["user"] = {"identifier": renamed["user"]}
    inserts = renamed.pop("string_inserts", None)
    if inserts and not isinstance(renamed.get("event_data"), dict):
        named = fields_of(
            str(renamed.get("source_name", "")), _code(renamed), str(renamed.get("message", ""))
        )
        listed = inserts if isinstance(inserts, list) else [inserts]
        unnamed = {f"param{number}": text for number, text in enumerate(listed, 1)}
        renamed["event_data"] = named or unnamed
    return renamed


def _code(document: Json) -> int:
    code = document.get("event_id")
    if isinstance(code, str) and code.isdecimal() and code.isascii():
        code = int(code[:9])
    return code if isinstance(code, int) else 0

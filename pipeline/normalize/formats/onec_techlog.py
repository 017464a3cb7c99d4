"""1C:Enterprise's technological log: ``MM:SS.micro-duration,EVENT,level,name=value,...``.

A line gives minute and second; day and hour stand in its file's name, so they are taken from the
reference time (the file's own date): the latest such minute that is not behind it. A value may
stand in either quote, which is doubled inside it, and may hold line breaks.
Source: 1C:Enterprise 8.3, Administrator Guide, "Technological log" and appendix 3 (logcfg.xml).
"""

import re
from datetime import UTC, datetime, timedelta, tzinfo

from pipeline.model import NANOSECONDS, FailureCode, Json, TimeConfidence
from pipeline.normalize.ecs_schema import fitting
from pipeline.normalize.parsed import Context, Parsed, Refusal
from pipeline.normalize.text import decode
from pipeline.normalize.tree import put

NAME = "onec_techlog"
BEGIN = r"(\d\d):(\d\d)\.(\d{4,6})-(\d{1,15}),([A-Z][A-Z0-9_]{1,31}),(\d{1,3})(?:,|$)"

_MOST_PROPERTIES = 256
_AHEAD = timedelta(minutes=5)  # a clock may run ahead of ours a little
_BEGIN = re.compile(BEGIN, re.ASCII)
_PROPERTY = re.compile(
    r"([\w:.-]{1,64})=(?:'((?:[^']|'')*+)'|\"((?:[^\"]|\"\")*+)\"|([^,]*+))(?:,|$)"
)
_FIELDS = {
    "process": "process.name",
    "OSThread": "process.thread.id",
    "Usr": "user.name",
    "SessionID": "transaction.id",
    "t:computerName": "source.address",
    "p:processName": "service.name",
    "ServerComputerName": "host.name",
    "Exception": "error.type",
    "Descr": "error.message",
}
_CATEGORIES = {
    "EXCP": ("process", "info"),
    "EXCPCNTX": ("process", "info"),
    "CONN": ("network", "connection"),
    "SESN": ("session", "info"),
    "PROC": ("process", "info"),
    "ADMIN": ("configuration", "change"),
    "DBMSSQL": ("database", "access"),
    "DBPOSTGRS": ("database", "access"),
    "DBORACLE": ("database", "access"),
    "DB2": ("database", "access"),
    "SDBL": ("database", "access"),
    "TLOCK": ("database", "info"),
    "TTIMEOUT": ("database", "error"),
    "TDEADLOCK": ("database", "error"),
}
_FAILURES = frozenset({"EXCP", "EXCPCNTX", "TTIMEOUT", "TDEADLOCK"})
_NO_LINE = Refusal(
    FailureCode.UNKNOWN_FORMAT,
    "is no line of 1C's technological log (MM:SS.micro-duration,EVENT,level,...): a message over "
    "several lines is read whole from its file, or set the source's format",
)


def parse(record: bytes, context: Context) -> Parsed | Refusal:
    """Read one message."""
    found = decode(record)
    if isinstance(found, Refusal):
        return found
    return read(found[0].lstrip("\ufeff \t\r\n\x00"), found[1], context) or _NO_LINE


def read(text: str, notes: tuple[str, ...], context: Context) -> Parsed | Refusal | None:
    """Read a text that begins with minute, second and duration; None where it does not."""
    begin = _BEGIN.match(text)
    if begin is None:
        return None
    minute, second, fraction, duration, event, level = begin.groups()
    # 8.2 writes ten thousandths of a second, 8.3 millionths; the duration is in the same unit.
    unit = NANOSECONDS // 10 ** len(fraction)
    native: Json = {"Event": event, "Level": level, "Duration": duration}
    _read_properties(text.rstrip("\r\n"), begin.end(), native)
    category, kind = _CATEGORIES.get(event, ("process", "info"))
    ecs: Json = {
        "event": {
            "kind": "event",
            "dataset": "onec.tech_log",
            "module": "onec",
            "provider": "1C:Enterprise",
            "action": event,
            "category": [category],
            "type": [kind],
            "duration": int(duration) * unit,
        },
        "service": {"type": "onec"},
        "log": {"level": level},
    }
    if event in _FAILURES:
        ecs["event"]["outcome"] = "failure"
    for name, path in _FIELDS.items():
        fit = fitting(path, native[name]) if native.get(name) else None
        if fit is not None:
            put(ecs, path, fit)
    at = _time(int(minute), int(second), context.reference_at, context.zone)
    if at is None:
        return Parsed(NAME, "generic", None, TimeConfidence.RECEIVED, ecs, native, notes)
    at += int(fraction) * unit
    return Parsed(NAME, "generic", at, TimeConfidence.YEAR_ASSUMED, ecs, native, notes)


def _read_properties(text: str, at: int, native: Json) -> None:
    while len(native) < _MOST_PROPERTIES and (match := _PROPERTY.match(text, at)):
        name, single, double, bare = match.groups()
        if single is not None:
            value = single.replace("''", "'")
        else:
            value = bare if double is None else double.replace('""', '"')
        native.setdefault(name, value)
        at = match.end()
        if at >= len(text):
            return
    if at < len(text):
        native.setdefault("rest", text[at:])


def _time(minute: int, second: int, reference_at: int, zone: tzinfo) -> int | None:
    """Give the latest time with this minute and second that is not behind the reference."""
    if minute > 59 or second > 59:
        return None
    reference = datetime.fromtimestamp(reference_at // NANOSECONDS, UTC).astimezone(zone)
    found = reference.replace(minute=minute, second=second, microsecond=0)
    if found > reference + _AHEAD:
        found -= timedelta(hours=1)
    return int(found.timestamp()) * NANOSECONDS

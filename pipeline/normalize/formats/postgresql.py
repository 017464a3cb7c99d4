"""PostgreSQL's own logs: stderr with a log_line_prefix, csvlog, jsonlog.

Source: PostgreSQL, "Error Reporting and Logging" (20.8.4, csvlog: columns in a fixed order, of
which newer versions have more; 20.8.5, jsonlog: keys).
"""

import csv
import re

from pipeline.model import FailureCode, Json, TimeConfidence
from pipeline.normalize.ecs_schema import fitting, number
from pipeline.normalize.formats.syslog_header import LINE_ENDS
from pipeline.normalize.jsontext import Decoded
from pipeline.normalize.moments import Moment, moment
from pipeline.normalize.parsed import Context, Parsed, Refusal
from pipeline.normalize.programs.postgresql import LINE, said
from pipeline.normalize.programs.told import Told, party
from pipeline.normalize.text import decode
from pipeline.normalize.tree import put
from pipeline.normalize.zones import zone_of

NAME = "postgresql"

_COLUMNS = (
    "log_time", "user_name", "database_name", "process_id", "connection_from", "session_id",
    "session_line_num", "command_tag", "session_start_time", "virtual_transaction_id",
    "transaction_id", "error_severity", "sql_state_code", "message", "detail", "hint",
    "internal_query", "internal_query_pos", "context", "query", "query_pos", "location",
    "application_name", "backend_type", "leader_pid", "query_id",
)  # fmt: skip
_FEWEST = 22  # of version 8.3; 9.0 has the application's name, 13 and 14 more
_STAMP = re.compile(
    r"[<\[]?(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,6})?)(?: ?([A-Z][A-Za-z/_]{1,31}|"
    r"[+-]\d\d(?::?\d\d)?))?[>\]]?"
)
_KEYS = frozenset({"timestamp", "pid", "session_id", "line_num"})  # of every line of jsonlog
_NAMES = {  # of jsonlog, by the column of csvlog
    "user": "user_name", "dbname": "database_name", "pid": "process_id",
    "state_code": "sql_state_code", "statement": "query",
}  # fmt: skip
_NO_LINE = Refusal(
    FailureCode.SYNTAX,
    "is no line of PostgreSQL's log (stderr with a time first in log_line_prefix, csvlog, "
    "jsonlog): set log_line_prefix = '%m [%p] %q%u@%d ' or the source's format to what it sends",
)


def parse(record: bytes, context: Context) -> Parsed | Refusal:
    """Read one message, over several lines where a tab continues it."""
    found = decode(record)
    if isinstance(found, Refusal):
        return found
    return read(*found, context) or _NO_LINE


def read(text: str, notes: tuple[str, ...], context: Context) -> Parsed | None:
    """Read a message's text; None where it is none of PostgreSQL's."""
    text = text.rstrip(LINE_ENDS)
    match = _STAMP.match(text)
    if match is None:
        return None
    at = _moment(match, context)
    rest = text[match.end() :]
    if rest[:1] == ",":
        fields = _row(text)
        return None if fields is None else _event(fields, at, text, notes)
    line = LINE.fullmatch(rest.replace("\n\t", "\n"))
    if line is None:
        return None
    return _made(said(line[1], line[2], line[3]), at, text, notes)


def is_document(document: Json) -> bool:
    """Tell whether a JSON object is a line of jsonlog."""
    return "error_severity" in document and document.keys() >= _KEYS


def read_document(decoded: Decoded, context: Context) -> Parsed:
    """Read a line of jsonlog."""
    document, notes, _ = decoded
    fields = {_NAMES.get(name, name): value for name, value in document.items()}
    match = _STAMP.match(str(document["timestamp"]))
    at = _moment(match, context) if match else None
    return _event(fields, at, str(document.get("message", "")), notes)


def _row(text: str) -> Json | None:
    try:
        values = next(csv.reader(text.replace("\x00", "").splitlines(keepends=True)))
    except (csv.Error, StopIteration):
        return None
    if not _FEWEST <= len(values) <= 64:
        return None
    return {name: value for name, value in zip(_COLUMNS, values, strict=False) if value}


def _event(fields: Json, at: Moment | None, text: str, notes: tuple[str, ...]) -> Parsed:
    """Make the event of a line whose parts have names."""
    found = said("", str(fields.get("error_severity", "LOG")), str(fields.get("message", "")))
    ecs = found.fields
    peer, _, port = str(fields.get("connection_from", "")).rpartition(":")
    if not peer:
        peer, port = str(fields.get("remote_host", port)), str(fields.get("remote_port", ""))
    if peer and peer != "[local]":
        for path, value in party(peer).items():
            ecs.setdefault(path, value)
        ecs.setdefault("source.port", number(port))
    for name, path in (
        ("user_name", "user.name"),
        ("process_id", "process.pid"),
        ("sql_state_code", "error.code"),
    ):
        if fields.get(name):
            ecs.setdefault(path, fields[name])
    if fields.get("query"):
        found.native.setdefault("statement", str(fields["query"]))
    answer = _made(found, at, text, notes)
    for name, value in fields.items():
        if value is not None:
            answer.native.setdefault(name, value)
    return answer


def _made(found: Told, at: Moment | None, text: str, notes: tuple[str, ...]) -> Parsed:
    ecs: Json = {"event": {"kind": "event", **found.event}}
    for path, value in found.fields.items():
        fit = fitting(path, value)
        if fit is not None:
            put(ecs, path, fit)
    put(ecs, "message", text)
    time, confidence = at or (None, TimeConfidence.RECEIVED)
    return Parsed(NAME, "generic", time, confidence, ecs, found.native, notes)


def _moment(match: re.Match[str], context: Context) -> Moment | None:
    """Read the time; letters that mean several zones in the world are none."""
    zone = match[2] or ""
    known = zone_of(zone)
    if known is None or zone[:1] in ("+", "-"):
        return moment(f"{match[1]} {zone}" if known else match[1], context.zone)
    found = moment(match[1], known)
    return found and (found[0], TimeConfidence.EXACT)

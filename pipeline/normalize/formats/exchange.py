"""Rows of Exchange Server's own logs: message tracking, SMTP protocol, connectivity, HttpProxy.

Values parted by commas under a ``#Fields`` line; times are UTC.
Source: Microsoft, "Message tracking" (fields, event types), "Protocol logging", "Connectivity
logging" (Exchange Server).
"""

import re
from typing import Any

from pipeline.model import FailureCode, Json, TimeConfidence
from pipeline.normalize.columns import Directives, cells, directives
from pipeline.normalize.ecs_schema import address, fitting, number
from pipeline.normalize.formats.syslog_header import LINE_ENDS
from pipeline.normalize.moments import utc
from pipeline.normalize.parsed import Context, Parsed, Refusal
from pipeline.normalize.text import decode
from pipeline.normalize.tree import put

NAME = "exchange"
_NO_COLUMNS = Refusal(
    FailureCode.MISSING_FIELD,
    "is a row whose columns nothing names: send the log with its #Fields line, or write that line "
    "as the source's columns in the registry",
)
_NO_ROW = Refusal(
    FailureCode.SYNTAX, "is no row of the columns that are named: check what this source sends"
)
_MODULE = "microsoft_exchange_server"
# A word of the log's type, or a column that only this log has: its dataset.
_TYPES = (
    ("message tracking", "recipient-address", "messagetracking"),
    ("protocol log", "session-id", "smtp"),
    ("httpproxy", "UrlStem", "httpproxy"),
    ("connectivity", "Destination", "connectivity"),
    ("imap4", "sessionId", "imap4_pop3"),
)
_FAILED = frozenset({
    "BADMAIL", "DROP", "FAIL", "HAREDIRECTFAIL", "POISONMESSAGE", "SUBMITFAIL",
})  # fmt: skip
_WAITING = frozenset({"DEFER", "INITMESSAGECREATED", "LOAD", "PROCESS", "SUBMITDEFER", "THROTTLE"})
_DIRECTIONS = {"incoming": "inbound", "originating": "outbound"}
_STEPS = {"+": "connect", "-": "disconnect", ">": "send", "<": "receive", "*": "information"}
_ENDPOINT = re.compile(r"\[?([0-9A-Fa-f:.]+?)\]?:(\d{1,5})$")
_HTTP = {
    "ClientIpAddress": "source.ip", "ServerHostName": "host.name", "UrlHost": "url.domain",
    "UrlStem": "url.path", "UrlQuery": "url.query", "Method": "http.request.method",
    "HttpStatus": "http.response.status_code", "UserAgent": "user_agent.original",
    "RequestBytes": "http.request.bytes", "ResponseBytes": "http.response.bytes",
    "TargetServer": "destination.domain", "ErrorCode": "error.code", "Protocol": "event.action",
    "GenericErrors": "error.message",
}  # fmt: skip


def parse(record: bytes, context: Context) -> Parsed | Refusal:
    """Read one row by the header that the context holds."""
    found = decode(record)
    if isinstance(found, Refusal):
        return found
    return read(*found, context)


def read(text: str, notes: tuple[str, ...], context: Context) -> Parsed | Refusal:
    """Read a row's text."""
    told = directives(context.preamble)
    if not told.names:
        return _NO_COLUMNS
    row = cells(text.strip("\ufeff").rstrip(LINE_ENDS), ",")
    native: Json = {
        name: cell for name, cell in zip(told.names, row, strict=False) if cell not in ("", "-")
    }
    native |= {sign: cell for sign, cell in (("event", _sign(told, row)),) if cell}
    if len(row) < 3 or not native:
        return _NO_ROW
    if len(row) != len(told.names):
        notes = (*notes, f"columns:{len(row)}/{len(told.names)}")
    kind = _kind(told)
    dataset = f"{_MODULE}.{kind}" if kind else f"{_MODULE}.log"
    ecs: Json = {"event": {"kind": "event", "dataset": dataset, "module": _MODULE}}
    _READERS.get(kind, _read_other)(ecs, native, told)
    at = utc(str(native.get("date-time", native.get("DateTime", native.get("dateTime", "")))))
    confidence = TimeConfidence.RECEIVED if at is None else TimeConfidence.EXACT
    return Parsed(NAME, "generic", at, confidence, ecs, native, notes)


def _sign(told: Directives, row: list[str]) -> str:
    """Give the SMTP log's event, one of whose values is a dash."""
    if "session-id" not in told.names or "event" not in told.names:
        return ""
    at = told.names.index("event")
    return row[at] if at < len(row) else ""


def _kind(told: Directives) -> str:
    log = told.said.get("log-type", "").lower()
    for word, column, kind in _TYPES:
        if word in log or (not log and column in told.names):
            return kind
    return ""


def _read_message(ecs: Json, native: Json, _told: Directives) -> None:
    event, get = ecs["event"], native.get
    step = str(get("event-id", "")).upper()
    event |= {"category": ["email"], "type": ["info"]}
    if step:
        event |= {"action": step.lower(), "code": step}
        if step in _FAILED:
            event["outcome"] = "failure"
        elif step not in _WAITING:
            event["outcome"] = "success"
    for name, path in (("client", "source"), ("server", "destination")):
        at = address(str(get(f"{name}-ip", ""))) or address(str(get(f"original-{name}-ip", "")))
        _put(ecs, f"{path}.ip", at)
        _put(ecs, f"{path}.domain", get(f"{name}-hostname"))
    _put(ecs, "email.message_id", str(get("message-id", "")).strip("<>"))
    _put(ecs, "email.local_id", get("internal-message-id"))
    _put(ecs, "email.subject", get("message-subject"))
    _put(ecs, "email.direction", _DIRECTIONS.get(str(get("directionality", "")).lower()))
    _put(ecs, "email.sender.address", str(get("return-path", "")).strip("<>"))
    if event.get("outcome") == "failure":
        _put(ecs, "event.reason", get("recipient-status"))
    _put(ecs, "email.from.address", [get("sender-address")] if get("sender-address") else None)
    to = [one for one in str(get("recipient-address", "")).split(";") if one]
    _put(ecs, "email.to.address", to[:256])


def _put(ecs: Json, path: str, value: Any) -> None:
    if value:
        put(ecs, path, value)


def _read_smtp(ecs: Json, native: Json, told: Directives) -> None:
    sends = "send" in told.said.get("log-type", "").lower()
    ecs["event"] |= {"category": ["email", "network"], "type": ["connection", "protocol"]}
    action = _STEPS.get(str(native.get("event", "")))
    if action:
        ecs["event"]["action"] = action
    ends = ("source", "destination") if sends else ("destination", "source")
    for column, path in zip(("local-endpoint", "remote-endpoint"), ends, strict=True):
        match = _ENDPOINT.match(str(native.get(column, "")))
        at = address(match[1]) if match else None
        if match and at is not None:
            put(ecs, f"{path}.ip", at)
            put(ecs, f"{path}.port", fitting(f"{path}.port", match[2]))
    put(ecs, "network.protocol", "smtp")
    put(ecs, "network.transport", "tcp")
    if "data" in native:
        put(ecs, "message", native["data"])


def _read_http(ecs: Json, native: Json, _told: Directives) -> None:
    ecs["event"] |= {"category": ["web"], "type": ["access"]}
    for name, path in _HTTP.items():
        value: Any = fitting(path, native[name]) if name in native else None
        if value is not None:
            put(ecs, path, value)
    domain, backslash, user = str(native.get("AuthenticatedUser", "")).rpartition("\\")
    if user:
        put(ecs, "user.name", user)
    if backslash:
        put(ecs, "user.domain", domain)
    status = number(str(native.get("HttpStatus", "")))
    if status is not None:
        ecs["event"]["outcome"] = "success" if status < 400 else "failure"
    if "UrlStem" in native:
        query = native.get("UrlQuery", "")
        mark = "" if not query or str(query).startswith("?") else "?"
        put(ecs, "url.original", f"{native['UrlStem']}{mark}{query}")


def _read_other(ecs: Json, native: Json, _told: Directives) -> None:
    ecs["event"] |= {"category": ["email"], "type": ["info"]}
    for name in ("description", "Description", "context", "data"):
        if name in native:
            put(ecs, "message", native[name])


_READERS = {"messagetracking": _read_message, "smtp": _read_smtp, "httpproxy": _read_http}

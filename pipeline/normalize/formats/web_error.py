"""Error logs of nginx and Apache httpd, findings of ModSecurity among them.

Source: nginx, ngx_core_module (error_log), src/core/ngx_log.c, src/http/ngx_http_request.c
(ngx_http_log_error); Apache, core (ErrorLogFormat, LogLevel); ModSecurity, "Reference Manual",
alert action.
"""

import re
from datetime import datetime

from pipeline.model import FailureCode, Json, TimeConfidence
from pipeline.normalize.ecs_schema import address, fitting, number
from pipeline.normalize.formats.syslog_header import LINE_ENDS
from pipeline.normalize.moments import EARLIEST, Moment, in_zone
from pipeline.normalize.parsed import Context, Parsed, Refusal
from pipeline.normalize.request_line import authority, client, request, unescaped
from pipeline.normalize.text import decode
from pipeline.normalize.tree import put

NAME = "web_error"

_NGINX = re.compile(
    r"(\d{4})/(\d\d)/(\d\d) (\d\d):(\d\d):(\d\d) \[([a-z]{2,8})\] (\d{1,10})#(\d{1,20}): "
    r"(?:\*(\d{1,20}) )?(.*)",
    flags=re.DOTALL,
)
_APACHE = re.compile(
    r"\[[A-Z][a-z]{2} ([A-Z][a-z]{2}) +(\d{1,2}) (\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))? (\d{4})\] "
    r"(.*)",
    flags=re.DOTALL,
)
_PART = re.compile(r"\[([^\]]{1,256})\] ?")
_LEVEL = re.compile(
    r"(?:([a-z0-9_]{0,40}):)?(emerg|alert|crit|error|warn|notice|info|debug|trace[1-8])"
)
_PROCESS = re.compile(r"pid (\d{1,10})(?::tid (\d{1,20}))?")
_CLIENT = re.compile(r"(?:client|remote) (\S+?)(?::(\d{1,5}))?")
_CODE = re.compile(r"(?:\([^)]{1,128}\)[^:]{1,128}: )?(AH\d{5}): ")
_REFERRER = re.compile(r", referer: (\S+)$")
# What nginx adds to a message: it may hold anything, so the values are read from the first name on.
_ADDED = re.compile(
    r", (client|server|request|upstream|host|referrer|subrequest|login|bytes from/to client):"
    r" (\"(?:[^\"\\]|\\.)*+\"|[^,\"]*+)"
)
_TAG = re.compile(r"\[([a-z_]{1,20}) \"((?:[^\"\\]|\\.)*+)\"\]")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_NO_LINE = Refusal(
    FailureCode.SYNTAX,
    "is no line of nginx's or Apache's error log: set the source's format to what it sends, or to "
    "auto",
)


def parse(record: bytes, context: Context) -> Parsed | Refusal:
    """Read one line."""
    found = decode(record)
    if isinstance(found, Refusal):
        return found
    return read(*found, context) or _NO_LINE


def read(text: str, notes: tuple[str, ...], context: Context) -> Parsed | None:
    """Read a line's text; None where it is no such line."""
    text = text.rstrip(LINE_ENDS)
    fields: Json
    if match := _NGINX.fullmatch(text):
        dataset, (at, fields, native) = "nginx.error", _nginx(match, context)
    elif match := _APACHE.fullmatch(text):
        dataset, (at, fields, native) = "apache.error", _apache(match, context)
    else:
        return None
    if "ModSecurity" in text:
        _finding(text, fields, native)
    ecs: Json = {
        "event": {
            "kind": "event",
            "module": dataset.partition(".")[0],
            "dataset": dataset,
            "category": ["web", "intrusion_detection"] if "rule.id" in fields else ["web"],
            "type": ["error", "info"] if "rule.id" in fields else ["error"],
        }
    }
    for path, value in fields.items():
        put(ecs, path, fitting(path, value))
    put(ecs, "message", text)
    time, confidence = at or (None, TimeConfidence.RECEIVED)
    return Parsed(NAME, "generic", time, confidence, ecs, native, notes)


def _nginx(match: re.Match[str], context: Context) -> tuple[Moment | None, Json, Json]:
    *when, level, process, thread, connection, message = match.groups()
    at = _moment([int(part) for part in when], 0, context)
    fields: Json = {
        "log.level": level,
        "process.pid": number(process),
        "process.thread.id": number(thread),
    }
    native: Json = {"error": message}
    if connection:
        native["connection"] = connection
    for name, value in _ADDED.findall(message):
        native.setdefault(name, unescaped(value.strip('"')))
    fields |= client(native.get("client", ""))
    fields |= request(native.get("request", ""))
    if "host" in native:
        fields |= authority(native["host"])
    if native.get("referrer"):
        fields["http.request.referrer"] = native["referrer"]
    return at, fields, native


def _apache(match: re.Match[str], context: Context) -> tuple[Moment | None, Json, Json]:
    month, day, hour, minute, second, fraction, year, rest = match.groups()
    fields: Json = {}
    native: Json = {}
    at, newer = None, False
    if month in _MONTHS:
        parts = (year, _MONTHS.index(month) + 1, day, hour, minute, second)
        nanos = int((fraction or "0").ljust(9, "0"))
        at = _moment([int(part) for part in parts], nanos, context)
    place = 0
    while part := _PART.match(rest, place):
        said = part[1]
        if level := _LEVEL.fullmatch(said):
            fields["log.level"] = level[2]
            native["module"] = level[1] or "core"
            newer = level[1] is not None
        elif process := _PROCESS.fullmatch(said):
            fields |= {
                "process.pid": number(process[1]),
                "process.thread.id": number(process[2] or ""),
            }
        elif peer := _CLIENT.fullmatch(said):
            fields |= _peer(said, peer, port_follows=newer)
            native["client"] = said.partition(" ")[2]
        else:
            break
        place = part.end()
    message = rest[place:]
    if code := _CODE.match(message):
        fields["event.code"] = code[1]
    # The operating system's error stands before the client: (13)Permission denied: [client ...]
    elif late := re.search(r"\[client (\S+?)(?::(\d{1,5}))?\] (?:(AH\d{5}): )?", message):
        fields |= _peer(f"client {late[0][8:-2]}", late, port_follows=True)
        if late[3]:
            fields["event.code"] = late[3]
    if referrer := _REFERRER.search(message):
        fields["http.request.referrer"] = referrer[1]
    native["error"] = message
    return at, {path: value for path, value in fields.items() if value is not None}, native


def _peer(said: str, match: re.Match[str], *, port_follows: bool) -> Json:
    """Give who asked; since 2.4 a port follows the address, which an IPv6 one might swallow."""
    whole = client(said.partition(" ")[2].partition("]")[0])
    if "source.ip" in whole and not (port_follows and match[2] and address(match[1])):
        return whole
    found = client(match[1])
    if match[2] and int(match[2]) < 65_536:
        found["source.port"] = int(match[2])
    return found


def _finding(text: str, fields: Json, native: Json) -> None:
    """Read what a rule of ModSecurity found."""
    for name, value in _TAG.findall(text):
        if name == "tag":
            native.setdefault("tags", []).append(value)
        else:
            native.setdefault(name, value)
    fields |= {
        path: native[name]
        for path, name in (
            ("rule.id", "id"),
            ("rule.name", "msg"),
            ("url.path", "uri"),
            ("url.domain", "hostname"),
            ("event.id", "unique_id"),
        )
        if native.get(name)
    }


def _moment(parts: list[int], nanos: int, context: Context) -> Moment | None:
    year, month, day, hour, minute, second = parts
    try:
        naive = datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 (zoned below)
    except ValueError:
        return None
    at = in_zone(naive, context.zone)
    if at is None or at < EARLIEST:
        return None
    return at + nanos, TimeConfidence.ZONE_ASSUMED

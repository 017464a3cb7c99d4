r"""Access logs of web servers: common, combined, with the virtual host before or more behind.

``host:port client ident user [time] "request" status bytes "referer" "agent" ...``
Source: Apache, "Log Files" and mod_log_config (common, combined, vhost_combined); nginx,
ngx_http_log_module (combined); Squid, logformat combined (which ends with the result code).
"""

import re
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from ipaddress import ip_address

from pipeline.model import FailureCode, Json, TimeConfidence
from pipeline.normalize.ecs_schema import address, fitting
from pipeline.normalize.formats.syslog_header import LINE_ENDS
from pipeline.normalize.keyvalue import pairs
from pipeline.normalize.moments import EARLIEST, in_zone
from pipeline.normalize.parsed import Context, Parsed, Parser, Refusal
from pipeline.normalize.request_line import authority, client, request, response, unescaped
from pipeline.normalize.text import decode
from pipeline.normalize.tree import put

NAME = "web_access"

_QUOTED = r'"((?:[^"\\]|\\.)*+)"'
_LINE = re.compile(
    r"([^\[\"]{5,600}?) \[(\d{1,2}/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4})\] "
    rf"{_QUOTED} (\d{{3}}|-) (\d{{1,18}}|-)(?: {_QUOTED} {_QUOTED})?(.*)",
    flags=re.DOTALL,
)
_MONTHS = {
    name: number
    for number, name in enumerate(
        ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), 1
    )
}
_SQUID = re.compile(r" ([A-Z_]{3,64}):([A-Z_]{3,64})\s*")
_FORWARDED = re.compile(rf" {_QUOTED}")
# nginx's names for the parts; Apache's log format has none.
_NAMES = {
    "http.request.method": "request_method",
    "url.original": "request_uri",
    "url.path": "uri",
    "url.query": "args",
}
_NO_LINE = Refusal(
    FailureCode.SYNTAX,
    "is no line of an access log in the common or combined format: set the source's format to what "
    "it sends, or to auto",
)


def parse(record: bytes, context: Context) -> Parsed | Refusal:
    """Read one line."""
    found = decode(record)
    if isinstance(found, Refusal):
        return found
    return read(*found, context) or _NO_LINE


def read(text: str, notes: tuple[str, ...], _context: Context) -> Parsed | None:
    """Read a line's text; None where it is no such line."""
    text = text.rstrip(LINE_ENDS)
    match = _LINE.fullmatch(text)
    if match is None:
        return None
    before, stamp, line, status, size, referrer, agent, rest = match.groups()
    ecs: Json = {"event": {"kind": "event", "category": ["web"], "type": ["access"]}}
    native: Json = {"time_local": stamp, "request": line, "status": status}
    fields = _who(before, native)
    asked = request(unescaped(line))
    fields |= asked
    for path, value in asked:
        if path in _NAMES:
            native[_NAMES[path]] = value
    fields |= response(status, size)
    native["body_bytes_sent"] = size
    for name, path, value in (
        ("http_referer", "http.request.referrer", referrer),
        ("http_user_agent", "user_agent.original", agent),
    ):
        if value is not None:
            native[name] = value
            if value not in ("-", ""):
                fields[path] = unescaped(value)
    _rest(rest, native, fields)
    if not asked:
        fields["event.outcome"] = "failure"  # what was sent is no request
    dataset = "apache.access" if "server_name" in native else "web.access"
    fields.setdefault("event.dataset", dataset)
    fields.setdefault("event.module", str(fields["event.dataset"]).partition(".")[0])
    for path, value in fields.items():
        put(ecs, path, fitting(path, value))
    put(ecs, "message", text)
    at = _moment(stamp)
    confidence = TimeConfidence.RECEIVED if at is None else TimeConfidence.EXACT
    return Parsed(NAME, "generic", at, confidence, ecs, native, notes)


def _who(before: str, native: Json) -> Json:
    """Part what stands before the time: virtual host, client, identity, user."""
    parts = before.split(" ")
    fields: Json = {}
    if parts[0].endswith(","):  # a chain of proxies: the first address that the Internet knows
        chain = [part.rstrip(",") for part in parts]
        length = next((at for at, part in enumerate(parts) if not part.endswith(",")), 0) + 1
        native["http_x_forwarded_for"] = ", ".join(chain[:length])
        outer = next((one for one in chain[:length] if _is_global(one)), chain[0])
        parts = [outer, *parts[length:]]
    if len(parts) > 3 and not address(parts[0]) and (address(parts[1]) or parts[2] == "-"):
        native["server_name"] = parts[0]
        fields |= authority(parts.pop(0))
    native["remote_addr"] = parts[0]
    fields |= client(parts[0])
    user = unescaped(" ".join(parts[2:]))
    if len(parts) > 1 and parts[1] != "-":
        native["ident"] = parts[1]
    if user not in ("", "-", '""'):
        native["remote_user"] = fields["user.name"] = user
    return fields


def _is_global(text: str) -> bool:
    found = address(text)
    return found is not None and ip_address(found).is_global


def _rest(rest: str, native: Json, fields: Json) -> None:
    """Keep what an administrator had added to the line."""
    if not rest.strip():
        return
    native["extra"] = rest.strip()
    if squid := _SQUID.fullmatch(rest):
        native["result"], native["hierarchy"] = squid.groups()
        fields |= {"event.dataset": "squid.log", "event.action": squid[1]}
        return
    forwarded = _FORWARDED.match(rest)
    if forwarded and address(forwarded[1].split(",")[0].strip()):
        native["http_x_forwarded_for"] = forwarded[1]
    for name, value in pairs(rest).items():
        native.setdefault(name, value)


@lru_cache(maxsize=1024)
def _moment(stamp: str) -> int | None:
    month = _MONTHS.get(stamp[-23:-20])
    try:
        naive = datetime(  # noqa: DTZ001 (its zone is given beside it)
            int(stamp[-19:-15]), month or 0, int(stamp[:-24]),
            int(stamp[-14:-12]), int(stamp[-11:-9]), int(stamp[-8:-6]),
        )  # fmt: skip
        minutes = int(stamp[-4:-2]) * 60 + int(stamp[-2:])
        zone = timezone(timedelta(minutes=-minutes if stamp[-5] == "-" else minutes))
    except ValueError:
        return None
    at = in_zone(naive, zone)
    return at if at is not None and at >= EARLIEST else None


def _of(dataset: str) -> Parser:
    def parse_as(record: bytes, context: Context) -> Parsed | Refusal:
        answer = parse(record, context)
        if isinstance(answer, Parsed):
            answer.ecs["event"]["dataset"] = dataset
            answer.ecs["event"]["module"] = dataset.partition(".")[0]
        return answer

    return parse_as


parse_nginx: Callable[[bytes, Context], Parsed | Refusal] = _of("nginx.access")
parse_apache: Callable[[bytes, Context], Parsed | Refusal] = _of("apache.access")

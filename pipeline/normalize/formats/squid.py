"""Access log of Squid in its native format.

``time elapsed remotehost code/status bytes method URL rfc931 peerstatus/peerhost type``
Source: Squid, "Squid Log Files" (native log format), logformat directive ``squid``.
"""

import re

from pipeline.model import FailureCode, Json, TimeConfidence
from pipeline.normalize.ecs_schema import address, fitting
from pipeline.normalize.formats.syslog_header import LINE_ENDS
from pipeline.normalize.moments import moment
from pipeline.normalize.parsed import Context, Parsed, Refusal
from pipeline.normalize.request_line import client, target_fields
from pipeline.normalize.text import decode
from pipeline.normalize.tree import put

NAME = "squid"

_LINE = re.compile(
    r"(\d{9,11}\.\d{1,6}) +(-?\d{1,15}) (\S+) ([A-Z_]{3,64})/(\d{3}) (\d{1,18}|-) (\S{1,64}) (.*)"
    r" (\S+) ([A-Z_]{3,64})/(\S+) (\S+)(?: (.*))?",
    flags=re.DOTALL,
)
_NO_LINE = Refusal(
    FailureCode.SYNTAX,
    "is no line of Squid's native access log: set the source's format to what it sends (combined "
    "lines are web_access), or to auto",
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
    match = _LINE.fullmatch(text)
    if match is None:
        return None
    stamp, elapsed, peer, result, status, size, method, url, user, how, server, kind, rest = (
        match.groups()
    )
    native: Json = {
        "elapsed": elapsed, "remotehost": peer, "code": result, "status": status, "bytes": size,
        "method": method, "URL": url, "rfc931": user, "peerstatus": how, "peerhost": server,
        "type": kind,
    }  # fmt: skip
    if rest:
        native["extra"] = rest
    denied = "DENIED" in result
    fields: Json = {
        "event.kind": "event",
        "event.module": "squid",
        "event.dataset": "squid.log",
        "event.category": ["web", "network"],
        "event.type": ["access", "denied" if denied else "allowed"],
        "event.action": result,
        "event.duration": max(int(elapsed), 0) * 1_000_000,
        **client(peer),
        "http.request.method": method,
        **target_fields(method, url),
    }
    code = int(status)
    if code:
        fields["http.response.status_code"] = code
    fields["event.outcome"] = "failure" if denied or code >= 400 or not code else "success"
    if size != "-":
        fields["http.response.bytes"] = int(size)
    if user != "-":
        fields["user.name"] = user
    if kind not in ("-", "?"):
        fields["http.response.mime_type"] = kind
    if server != "-":
        fields["destination.ip" if address(server) else "destination.domain"] = server
    ecs: Json = {}
    for path, value in fields.items():
        put(ecs, path, fitting(path, value))
    put(ecs, "message", text)
    time, confidence = moment(stamp, context.zone) or (None, TimeConfidence.RECEIVED)
    return Parsed(NAME, "generic", time, confidence, ecs, native, notes)

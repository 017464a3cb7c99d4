"""Messages of Citrix ADC (NetScaler): what happened, then ``Name value`` parted by `` - ``.

``03/02/2026:15:00:00 GMT ns01 0-PPE-0 : default TCP CONN_DELINK 12 0 : Source 192.0.2.1:5000 - …``.
A date that reads two ways is no time: which part is the month is a setting of the device.
Source: NetScaler, "Syslog Message Reference" (log format, TCP, SSLVPN, AAA, SSLLOG, UI messages);
"Configuring audit-log action" (dateFormat, timeZone).
"""

import re
from datetime import UTC, datetime

from pipeline.model import Json, TimeConfidence
from pipeline.normalize.ecs_schema import address, fitting, number
from pipeline.normalize.formats.syslog_header import LINE_ENDS
from pipeline.normalize.moments import Moment, in_zone
from pipeline.normalize.parsed import Context, Parsed, Refusal
from pipeline.normalize.shown import parse_shown
from pipeline.normalize.tree import put

NAME = "netscaler"

MOST_CHARACTERS = 16_384
_LINE = re.compile(
    r"(?:(?P<a>\d{2,4})/(?P<b>\d\d)/(?P<c>\d{2,4}):(?P<clock>\d\d:\d\d:\d\d) *(?P<zone>[A-Z]{3,5})?"
    r" *)?(?:(?P<host>[^\s:]{1,255}) )?(?P<engine>\d+-PPE-\d+) *: +"
    r"(?:(?P<partition>[^\s:]{1,64}) )?"
    r"(?P<feature>[A-Z][A-Z0-9_]{1,31}) (?P<event>[A-Za-z][A-Za-z0-9_]{1,63}) (?P<id>\d+) \d+ *: *"
    r"(?P<text>.*)",
    re.DOTALL,
)
_PARTED = re.compile(r" +(?:-|-->) +")
_PART = re.compile(r"([A-Za-z][A-Za-z0-9_()]{1,40})(?: ?: ?| )(.*)", re.DOTALL)
_CONTEXT = re.compile(r"(.{1,256})@([0-9A-Fa-f.:]{2,45})$")
_END = re.compile(
    r"(?:\[([0-9A-Fa-f:.]+)\]|([0-9.]{7,15}|[0-9A-Fa-f:]*:[0-9A-Fa-f:.]+?))(?::(\d{1,5}))?"
)
# What a part of any message fills; "*" at the end: an address with a port.
_PARTS = {
    "Source": "source*", "ClientIP": "source*", "Client_ip": "source*", "Remote_ip": "source*",
    "Clientip": "source*", "ClientPort": "source.port", "Client_port": "source.port",
    "Destination": "destination*", "Vserver": "destination*", "VserverServiceIP": "destination*",
    "VserverServicePort": "destination.port", "ServerIP": "destination*",
    "ServerPort": "destination.port",
    "NatIP": "source.nat*", "Nat_ip": "source.nat*",
    "User": "user.name", "Username": "user.name",
    "Command": "process.command_line", "Browser_type": "user_agent.original",
    "Browser": "user_agent.original", "SessionId": "event.id", "Session": "event.id",
    "Failure_reason": "event.reason", "Reason": "event.reason",
    "Total_bytes_send": "source.bytes", "Total_bytes_recv": "destination.bytes",
    "CipherSuite": "tls.cipher", "Denied_by_policy": "rule.name",
}  # fmt: skip
# Event: categories, types, outcome.
_EVENTS: dict[str, tuple[list[str], list[str], str]] = {
    "LOGIN": (["authentication"], ["start"], "success"),
    "LOGIN_FAILED": (["authentication"], ["start"], "failure"),
    "LOGOUT": (["authentication"], ["end"], "success"),
    "TCPCONNSTAT": (["network", "session"], ["connection", "info"], ""),
    "UDPFLOWSTAT": (["network", "session"], ["connection", "info"], ""),
    "HTTPREQUEST": (["network", "web"], ["access"], ""),
    "CONN_DELINK": (["network"], ["connection", "info"], ""),
    "CONN_TERMINATE": (["network"], ["connection", "end"], ""),
    "CONN_ESTABLISH": (["network"], ["connection", "start"], ""),
    "NONHTTP_RESOURCEACCESS_DENIED": (["network"], ["connection", "denied"], "failure"),
    "SSL_HANDSHAKE_SUCCESS": (["network"], ["connection", "start"], "success"),
    "SSL_HANDSHAKE_FAILURE": (["network"], ["connection", "start"], "failure"),
    "CMD_EXECUTED": (["configuration"], ["change"], ""),
}
_STATUS = {"success": "success", "error": "failure"}


def parse(record: bytes, context: Context) -> Parsed | Refusal:
    """Read one record; any other line stays an event of its syslog header."""
    return parse_shown(record, context)


def read(text: str, notes: tuple[str, ...], context: Context) -> Parsed | None:
    """Read a message with its own header; None where it has none."""
    text = text.rstrip(LINE_ENDS)
    match = _LINE.match(text) if len(text) <= MOST_CHARACTERS else None
    if match is None:
        return None
    name = match["event"]
    categories, types, outcome = _EVENTS.get(name, (["network"], ["info"], ""))
    event: Json = {
        "kind": "event", "module": "citrix_adc", "dataset": "citrix_adc.log", "action": name,
        "code": name, "category": [*categories], "type": [*types],
    }  # fmt: skip
    if outcome:
        event["outcome"] = outcome
    ecs: Json = {
        "event": event,
        "message": match["text"],
        "observer": {"vendor": "Citrix", "product": "NetScaler ADC"},
    }
    if match["host"]:
        ecs["host"] = {"name": match["host"]}
    native: Json = {"feature": match["feature"], "packet_engine": match["engine"]}
    native["message_id"] = match["id"]
    if match["partition"]:
        native["partition"] = match["partition"]
    _read_parts(match["text"], ecs, native)
    at, confidence = _time(match, context) or (None, TimeConfidence.RECEIVED)
    return Parsed(NAME, "generic", at, confidence, ecs, native, notes)


def _read_parts(text: str, ecs: Json, native: Json) -> None:
    for part in _PARTED.split(text.strip()):
        found = _PART.fullmatch(part.strip())
        if found is None:
            continue
        name, value = found[1], found[2].strip().strip('"').strip()
        if not value or name in native:
            continue
        native[name] = value
        _fill(_PARTS.get(name, ""), value, ecs)
    context = _CONTEXT.match(native.get("Context", ""))
    if context is not None:
        put(ecs, "user.name", context[1])
        _fill("source*", context[2], ecs)
    status = _STATUS.get(str(native.get("Status", "")).lower())
    if status:
        ecs["event"]["outcome"] = status


def _fill(path: str, value: str, ecs: Json) -> None:
    if not path:
        return
    if not path.endswith("*"):
        whole = number(value) if path.endswith(("port", "bytes")) else None
        if path.endswith(("port", "bytes")):
            if whole is not None and 0 <= whole < (65_536 if path.endswith("port") else 2**63):
                put(ecs, path, whole)
        else:
            put(ecs, path, fitting(path, value))
        return
    side = path[:-1]
    end = _END.fullmatch(value)
    ip = address(value) or (address(end[1] or end[2]) if end is not None else None)
    if ip:
        put(ecs, f"{side}.ip", ip)
        if end is not None and end[3] and ip != address(value) and int(end[3]) < 65_536:
            put(ecs, f"{side}.port", int(end[3]))


def _time(match: re.Match[str], context: Context) -> Moment | None:
    if not match["clock"]:
        return None
    parts = [int(match[one]) for one in "abc"]
    if parts[0] > 999:
        year, month, day = parts
    else:
        first, second, year = parts
        if first <= 12 < second or first == second:
            month, day = first, second
        elif second <= 12 < first:
            month, day = second, first
        else:
            return None
    try:
        naive = datetime.fromisoformat(f"{year:04}-{month:02}-{day:02}T{match['clock']}")
    except ValueError:
        return None
    if match["zone"] in ("GMT", "UTC"):
        said = in_zone(naive, UTC)
        return None if said is None else (said, TimeConfidence.EXACT)
    at = in_zone(naive, context.zone)
    return None if at is None else (at, TimeConfidence.ZONE_ASSUMED)

"""Rows of the W3C extended log format: IIS, proxies, CloudFront, Windows Firewall.

What a column is called says what it holds; the ``#Fields`` directive before the rows, or the
registry's ``columns``, names them. Dates and times are UTC unless the file says that they are
local.
Source: W3C, "Extended Log File Format" (WD-logfile-960323), "Identifiers"; Microsoft, "W3C Logging"
(IIS), "Error logging in HTTP APIs", "Interpreting the Windows Firewall log"; AWS, "Standard logs"
(CloudFront); Broadcom, "ELFF log format" (ProxySG).
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

from pipeline.model import FailureCode, Json, TimeConfidence
from pipeline.normalize.columns import cells, directives
from pipeline.normalize.ecs_schema import address, number
from pipeline.normalize.formats.syslog_header import LINE_ENDS
from pipeline.normalize.moments import Moment, moment, utc
from pipeline.normalize.parsed import Context, Parsed, Refusal
from pipeline.normalize.text import decode
from pipeline.normalize.tree import put

NAME = "w3c"
_NO_COLUMNS = Refusal(
    FailureCode.MISSING_FIELD,
    "is a row whose columns nothing names: send the file with its #Fields line, or write that line "
    "as the source's columns in the registry",
)
_NO_ROW = Refusal(
    FailureCode.SYNTAX,
    "is no row of the columns that are named: hardly any of them is there; check the source's "
    "columns in the registry",
)


def _domain(value: str) -> str:
    host, colon, port = value.rpartition(":")
    return host if colon and port.isdigit() and ":" not in host else value


def _transport(value: str) -> str:
    return {"1": "icmp", "6": "tcp", "17": "udp"}.get(value, value.lower())


def _version(value: str) -> str:
    return value.rpartition("/")[2]


def _forwarded(value: str) -> str | None:
    return address(value.partition(",")[0].strip().replace("+", ""))


def _lower(value: str) -> str:
    return value.lower()


# Column, in lower case: the ECS field that it fills, and how its value is read (None: as it is).
_COLUMNS: dict[str, tuple[str, Callable[[str], Any] | None]] = {
    "c-ip": ("source.ip", address),
    "src-ip": ("source.ip", address),
    "c-port": ("source.port", number),
    "src-port": ("source.port", number),
    "c-dns": ("source.domain", None),
    "s-ip": ("destination.ip", address),
    "r-ip": ("destination.ip", address),
    "dst-ip": ("destination.ip", address),
    "s-port": ("destination.port", number),
    "r-port": ("destination.port", number),
    "dst-port": ("destination.port", number),
    "r-host": ("destination.domain", None),
    "r-dns": ("destination.domain", None),
    "cs-username": ("user.name", None),
    "cs-auth-group": ("user.group.name", None),
    "s-computername": ("host.name", None),
    "cs-method": ("http.request.method", None),
    "cs-version": ("http.version", _version),
    "cs-protocol-version": ("http.version", _version),
    "cs-uri": ("url.original", None),
    "c-uri": ("url.original", None),
    "cs-uri-stem": ("url.path", None),
    "cs-uri-path": ("url.path", None),
    "cs-uri-query": ("url.query", None),
    "cs-uri-scheme": ("url.scheme", _lower),
    "cs-protocol": ("url.scheme", _lower),
    "cs-uri-port": ("url.port", number),
    "cs-uri-extension": ("url.extension", None),
    "cs-host": ("url.domain", _domain),
    "cs(host)": ("url.domain", _domain),
    "x-host-header": ("url.domain", _domain),
    "cs-user-agent": ("user_agent.original", None),
    "cs(user-agent)": ("user_agent.original", None),
    "c-agent": ("user_agent.original", None),
    "cs-referer": ("http.request.referrer", None),
    "cs(referer)": ("http.request.referrer", None),
    "cs-referred": ("http.request.referrer", None),
    "sc-status": ("http.response.status_code", number),
    "sc-bytes": ("http.response.bytes", number),
    "cs-bytes": ("http.request.bytes", number),
    "rs(content-type)": ("http.response.mime_type", None),
    "sc-content-type": ("http.response.mime_type", None),
    "x-forwarded-for": ("network.forwarded_ip", _forwarded),
    "x-forwarded-for-ip": ("network.forwarded_ip", _forwarded),
    "s-action": ("event.action", None),
    "x-edge-result-type": ("event.action", None),
    "s-reason": ("event.reason", None),
    "s-computer": ("host.name", None),
    "protocol": ("network.transport", _transport),
    "action": ("event.action", _lower),
    "size": ("network.bytes", number),
    "pid": ("process.pid", number),
    "x-virus-id": ("threat.indicator.name", None),
    "s-supplier-name": ("server.address", None),
}
_WEB = {"category": ["web"], "type": ["access"]}
_NETWORK = {"category": ["network"], "type": ["connection"]}
# What writes a log: words of its name, or columns of which one set is there; the first that fits.
_WRITERS: tuple[tuple[tuple[str, ...], tuple[set[str], ...], str, Json], ...] = (
    (
        ("http api", "http server api"),
        ({"s-reason"},),
        "iis.error",
        {"category": ["web"], "type": ["error"], "outcome": "failure"},
    ),
    ((), ({"src-ip", "dst-ip", "action"},), "windows.firewall", _NETWORK),
    ((), ({"x-edge-location"},), "aws.cloudfront_logs", _WEB),
    (
        ("sgos",),
        ({"sc-filter-result"}, {"s-supplier-name"}, {"cs-categories"}),
        "bluecoat.w3c",
        _WEB,
    ),
    (("information services",), ({"cs-uri-stem", "s-port"},), "iis.access", _WEB),
    ((), ({"cs-uri"}, {"c-uri"}, {"r-host"}), "w3c.proxy", _WEB),
    ((), ({"cs-uri-stem"},), "w3c.web", _WEB),
)
_VERDICTS = {"allow": "allowed", "drop": "denied", "open": "allowed", "close": "end"}
_DIRECTIONS = {"SEND": "egress", "RECEIVE": "ingress"}
_MILLISECOND, _SECOND = 1_000_000, 1_000_000_000


class Plan(NamedTuple):
    """How rows under one header are read: the dataset, constants of ``event``, and the fields.

    ``decoded``: blanks in values were written as ``+``. ``tick``: nanoseconds of one of time-taken.
    """

    names: tuple[str, ...]
    places: tuple[tuple[str, str, Callable[[str], Any] | None], ...]
    dataset: str
    event: Json
    date: str
    local: bool
    decoded: bool
    tick: int


def parse(record: bytes, context: Context) -> Parsed | Refusal:
    """Read one row by the header that the context holds."""
    found = decode(record)
    if isinstance(found, Refusal):
        return found
    return read(*found, context)


def read(text: str, notes: tuple[str, ...], context: Context) -> Parsed | Refusal:
    """Read a row's text."""
    known = plan(context.preamble)
    if not known.names:
        return _NO_COLUMNS
    row = _cells(text.strip("\ufeff").rstrip(LINE_ENDS))
    native = {
        name: cell
        for name, cell in zip(known.names, row, strict=False)
        if cell != "-" and cell != ""  # noqa: PLR1714 (a tuple costs more, a row at a time)
    }
    if len(row) < 2 or not native:
        return _NO_ROW
    if len(row) != len(known.names):
        notes = (*notes, f"columns:{len(row)}/{len(known.names)}")
        if len(row) > len(known.names):
            native["rest"] = " ".join(row[len(known.names) :])
    event: Json = {"kind": "event", "dataset": known.dataset}
    for name, value in known.event.items():
        event[name] = value.copy() if isinstance(value, list) else value
    ecs: Json = {"event": event}
    for name, path, convert in known.places:
        value = native.get(name)
        if value is not None:
            if convert is not None:
                value = convert(value)
            if value is not None:
                put(ecs, path, value)
    _complete(ecs, native, known)
    at, confidence = _time(native, known, context) or (None, TimeConfidence.RECEIVED)
    return Parsed(NAME, "generic", at, confidence, ecs, native, notes)


def _cells(text: str) -> list[str]:
    if "\t" in text:
        return text.split("\t", 512)
    return cells(text, " ") if '"' in text else text.split()[:512]


@lru_cache(maxsize=256)
def plan(preamble: bytes) -> Plan:
    """Give the plan of a header; one without names where it names none."""
    told = directives(preamble)
    low = {name.lower() for name in told.names}
    dataset, event = _dataset(told.said.get("software", "").lower(), low)
    places = tuple(
        (name, *_COLUMNS[name.lower()]) for name in told.names if name.lower() in _COLUMNS
    )
    return Plan(
        names=told.names,
        places=places,
        dataset=dataset,
        event={"module": dataset.partition(".")[0], **event},
        date=told.said.get("date", "")[:10],
        local=told.said.get("time format", "").lower() == "local",
        decoded=dataset.startswith("iis."),
        tick=_SECOND if dataset == "aws.cloudfront_logs" else _MILLISECOND,
    )


def _dataset(software: str, names: set[str]) -> tuple[str, Json]:
    """Tell what writes a log by its name, or by columns that nobody else has."""
    for words, columns, dataset, event in _WRITERS:
        if any(word in software for word in words) or any(one <= names for one in columns):
            return dataset, event
    return "w3c.log", {}


def _complete(ecs: Json, native: Json, known: Plan) -> None:
    """Add what several columns say together, and what the status or the verdict means."""
    event = ecs["event"]
    status = ecs.get("http", {}).get("response", {}).get("status_code")
    if status and "outcome" not in event:
        event["outcome"] = "success" if status < 400 else "failure"
    taken = number(native.get("time-taken", "").partition(".")[0])
    if taken is not None:
        event["duration"] = _duration(native["time-taken"], known.tick)
    url = ecs.get("url")
    if url is not None and "path" in url and "original" not in url:
        url["original"] = f"{url['path']}?{url['query']}" if "query" in url else url["path"]
    agent = ecs.get("user_agent")
    if agent is not None and known.decoded:
        agent["original"] = agent["original"].replace("+", " ")
    user = ecs.get("user")
    if user is not None and "name" in user:
        domain, backslash, name = user["name"].rpartition("\\")
        if backslash and name:
            user["name"], user["domain"] = name, domain
    if "protocol" in native and "path" in native:
        _read_packet(ecs, native)
    elif "DENIED" in f"{native.get('s-action', '')}{native.get('sc-filter-result', '')}".upper():
        event["type"] = [*event.get("type", []), "denied"]
    if "source" in ecs and "ip" in ecs["source"]:
        put(ecs, "source.address", ecs["source"]["ip"])


def _duration(text: str, tick: int) -> int:
    whole, _, fraction = text.partition(".")
    part = int(fraction[:9].ljust(9, "0")) if fraction.isdecimal() and fraction.isascii() else 0
    return int(whole) * tick + part * tick // _SECOND


def _read_packet(ecs: Json, native: Json) -> None:
    """Say what Windows Firewall did with a packet, and which way it went."""
    event = ecs["event"]
    verdict = _VERDICTS.get(event.get("action", ""))
    if verdict is not None:
        event["type"] = ["connection", verdict]
    direction = _DIRECTIONS.get(native["path"])
    if direction is not None:
        put(ecs, "network.direction", direction)


def _time(native: Json, known: Plan, context: Context) -> Moment | None:
    date, time = native.get("date", known.date), native.get("time", "")
    text = f"{date} {time}" if time else native.get("date-time", "")
    if known.local:
        return moment(text, context.zone)
    at = utc(text)
    return (at, TimeConfidence.EXACT) if at is not None and at > 0 else None

# ruff: noqa: E501 (a message a line, with what it means)
"""Messages of MikroTik's RouterOS: topics and text, or a firewall's text alone.

``firewall,info forward: in:ether1 out:ether2, connection-state:new src-mac …, proto TCP (SYN),
192.0.2.1:4000->198.51.100.2:22, len 52``; with ``bsd-syslog`` the topics may be left out.
Source: MikroTik, RouterOS documentation, "Log" (topics, remote logging), "Filter" (log action).
"""

import re

from pipeline.model import Json, TimeConfidence
from pipeline.normalize.cisco.said import fill_protocol
from pipeline.normalize.formats.syslog_header import LINE_ENDS
from pipeline.normalize.parsed import Context, Parsed, Refusal
from pipeline.normalize.placing import Placing
from pipeline.normalize.shown import parse_shown

NAME = "mikrotik"

MOST_CHARACTERS = 2048  # of a message that is read: a longer one is none of RouterOS'
_TOPICS = re.compile(r"(?:(\S{1,64}): )?([a-z0-9-]{2,16}(?:,!?[a-z0-9-]{2,16}){1,8}):? ")
_END = (  # IPv6 stands in brackets where a port follows
    r"(?:(?:\[(?P<{0}6>[0-9a-fA-F:.]+)\]|(?P<{0}4>[0-9]{{1,3}}(?:\.[0-9]{{1,3}}){{3}}))"
    r"(?::(?P<{0}p>\d{{1,5}}))?|(?P<{0}>[0-9a-fA-F:]+))"
)
_PACKET = re.compile(
    r"(?:(?P<prefix>.{1,128}?) )?(?P<chain>[\w-]{1,64}): in:(?P<in>\(unknown \d\)|[^\s,]{1,64})"
    r" out:(?P<out>\(unknown \d\)|[^\s,]{1,64}),(?: connection-state:(?P<state>[\w,]+))?"
    r"(?: src-mac (?P<mac>[0-9a-fA-F:]{17}),)?(?: dst-mac (?P<dmac>[0-9a-fA-F:]{17}),)?,?"
    r" proto (?P<proto>[\w-]+)(?: \((?P<flags>[^)]*)\))?, "
    + _END.format("s") + "->" + _END.format("d")
    + r"(?:, NAT (?P<nat>[^,]{1,256}))?(?:,.*?len (?P<len>\d{1,9}))?"
)  # fmt: skip
_NAT_SOURCE = re.compile(r"\(([0-9a-fA-F.]+):(\d+)->([0-9a-fA-F.]+):(\d+)\)->")
_NAT_TARGET = re.compile(r"->\(([0-9a-fA-F.]+):(\d+)->([0-9a-fA-F.]+):(\d+)\)")
_TEXTS: tuple[tuple[re.Pattern[str], str, tuple[str, ...], tuple[str, ...], str], ...] = (
    (re.compile(r"user (?P<user>.*) logged in(?: from (?P<s>\S+))?(?: via (?P<via>\S+))?$"), "logon", ("authentication",), ("start",), "success"),
    (re.compile(r"user (?P<user>.*) logged out(?: from (?P<s>\S+))?(?: via (?P<via>\S+))?$"), "logoff", ("authentication",), ("end",), "success"),
    (re.compile(r"login failure for user (?P<user>.*?)(?: from (?P<s>\S+))?(?: via (?P<via>\S+))?$"), "logon", ("authentication",), ("start",), "failure"),
    (re.compile(r"(?P<server>\S+) assigned (?P<s>[0-9a-fA-F.:]+) (?:to|for) (?P<mac>[0-9a-fA-F:]{17})(?: (?P<host>\S+))?"), "dhcp-assigned", ("network",), ("connection", "start"), ""),
    (re.compile(r"(?P<server>\S+) deassigned (?P<s>[0-9a-fA-F.:]+) (?:from|for) (?P<mac>[0-9a-fA-F:]{17})(?: (?P<host>\S+))?"), "dhcp-deassigned", ("network",), ("connection", "end"), ""),
    (re.compile(r"(?P<interface>\S+) link (?P<link>up|down)\b.*"), "interface-state", ("network",), ("info",), ""),
    (re.compile(r"(?P<object>.{1,128}?) (?P<change>added|changed|removed|moved|enabled|disabled) by (?:\S+:)?(?P<user>[^\s@]+)(?:@(?P<s>[0-9a-fA-F.:]+))?(?: \((?P<command>.*)\))?$"), "configuration-changed", ("configuration",), ("change",), ""),
    (re.compile(r"(?P<user>[^\s:]{1,128}) logged in, (?P<assigned>[0-9a-fA-F.:]+) from (?P<s>\S+)$"), "ppp-session", ("session", "network"), ("start",), "success"),
    (re.compile(r"(?P<user>[^\s:]{1,128}) logged out, (?P<seconds>\d+) (?P<received>\d+) (?P<sent>\d+) \d+ \d+(?: from (?P<s>\S+))?$"), "ppp-session", ("session", "network"), ("end",), ""),
    (re.compile(r"(?:<\w+-)?(?P<user>[^\s:>]+)>?: (?P<change>authenticated|connected|disconnected|logged in|logged out).*"), "ppp-session", ("session", "network"), ("info",), ""),
    (re.compile(r".*?user (?P<user>\S+) authentication failed.*"), "logon", ("authentication",), ("start",), "failure"),
)  # fmt: skip
_FIELDS = {  # group: the name that it keeps, what it fills
    "prefix": ("log_prefix", ("rule.name",)),
    "chain": ("chain", ("rule.ruleset",)),
    "in": ("in_interface", ("observer.ingress.interface.name",)),
    "out": ("out_interface", ("observer.egress.interface.name",)),
    "state": ("connection_state", ()),
    "mac": ("src_mac", ("source.mac",)),
    "dmac": ("dst_mac", ("destination.mac",)),
    "proto": ("proto", ()),
    "flags": ("flags", ()),
    "s6": ("src_address", ("source",)),
    "s4": ("src_address", ("source",)),
    "d": ("dst_address", ("destination",)),
    "sp": ("src_port", ("source.port",)),
    "d6": ("dst_address", ("destination",)),
    "d4": ("dst_address", ("destination",)),
    "dp": ("dst_port", ("destination.port",)),
    "nat": ("nat", ()),
    "len": ("len", ("network.bytes",)),
    "user": ("user", ("user.name",)),
    "s": ("address", ("source",)),
    "via": ("via", ("network.protocol",)),
    "assigned": ("assigned_address", ("source.nat.ip",)),
    "seconds": ("seconds", ()),
    "received": ("received", ("source.bytes",)),
    "sent": ("sent", ("destination.bytes",)),
    "server": ("server", ()),
    "host": ("host_name", ("source.domain",)),
    "interface": ("interface", ("observer.ingress.interface.name",)),
    "link": ("link", ()),
    "object": ("item", ()),
    "change": ("change", ()),
    "command": ("command", ("process.command_line",)),
}
_place = Placing({name: to for name, (_, to) in _FIELDS.items()})
_SEVERITIES = ("critical", "error", "warning", "info", "debug")
_DENIED = re.compile(r"drop|den[yi]|reject|block|tarpit", re.IGNORECASE)
_ALLOWED = re.compile(r"accept|allow|permit|pass", re.IGNORECASE)


def parse(record: bytes, context: Context) -> Parsed | Refusal:
    """Read one record; any other line stays an event of its syslog header."""
    return parse_shown(record, context)


def read(text: str, notes: tuple[str, ...], _context: Context) -> Parsed | None:
    """Read topics and text, or a packet's text without topics."""
    text = text.rstrip(LINE_ENDS)
    match = _TOPICS.match(text)
    identity, topics = (match[1] or "", match[2]) if match else ("", "")
    message = text[match.end() :] if match else text
    event: Json = {"kind": "event", "dataset": "mikrotik.routeros", "module": "mikrotik"}
    ecs: Json = {
        "event": event,
        "message": message,
        "observer": {"vendor": "MikroTik", "product": "RouterOS"},
    }
    native: Json = {}
    if identity:
        ecs["host"] = {"name": identity}
    if topics:
        native["topics"] = topics
        level = next((one for one in _SEVERITIES if one in topics.split(",")), "")
        if level:
            ecs["log"] = {"level": level}
    short = len(message) <= MOST_CHARACTERS
    packet = _PACKET.match(message) if short and " proto " in message else None
    if packet is not None:
        _read_packet(packet, ecs, native)
    elif short:
        _read_text(message, ecs, native)
    if packet is None and not topics:
        return None
    return Parsed(NAME, "generic", None, TimeConfidence.RECEIVED, ecs, native, notes)


def _fill(match: re.Match[str], ecs: Json, native: Json) -> None:
    said = {name: value for name, value in match.groupdict().items() if value}
    known = {name: value for name, value in said.items() if value[:9] != "(unknown "}
    _place(ecs, list(known), list(known.values()))
    for name, value in said.items():
        native[_FIELDS[name][0]] = value


def _read_packet(match: re.Match[str], ecs: Json, native: Json) -> None:
    _fill(match, ecs, native)
    fill_protocol(ecs, native["proto"])
    event = ecs["event"]
    event["action"], event["category"] = "firewall-rule", ["network"]
    event["type"] = ["connection"]
    said = native.get("log_prefix", "")  # the rule's action is not logged: its prefix may tell
    if _DENIED.search(said):
        event["type"].append("denied")
    elif _ALLOWED.search(said):
        event["type"].append("allowed")
    for pattern, side in ((_NAT_SOURCE, "source"), (_NAT_TARGET, "destination")):
        found = pattern.search(native.get("nat", ""))
        if found is not None:
            end = ecs.setdefault(side, {})
            end["nat"] = {"ip": found[3], "port": int(found[4])}


def _read_text(message: str, ecs: Json, native: Json) -> None:
    for pattern, action, category, types, outcome in _TEXTS:
        match = pattern.match(message)
        if match is not None:
            _fill(match, ecs, native)
            ecs["event"] |= {"action": action, "category": [*category], "type": [*types]}
            if outcome:
                ecs["event"]["outcome"] = outcome
            return

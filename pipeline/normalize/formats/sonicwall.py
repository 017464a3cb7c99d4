"""Logs of SonicWall firewalls (SonicOS): ``id=… sn=… time="…" fw=… pri=… c=… m=… msg="…"``.

Ends are ``address:port:interface:name``, from the right each may be left out; those of IPv6 stand
under names of their own (``srcV6``, ``dstV6``).
Source: SonicWall, "SonicOS 7.0 Log Events Reference Guide", Syslog tags; "SonicOS/X 7 Device Log",
enhanced syslog.
"""

import re

from pipeline.model import Json, TimeConfidence
from pipeline.normalize.cisco.said import fill_protocol
from pipeline.normalize.ecs_schema import address, number
from pipeline.normalize.formats.syslog_header import LINE_ENDS
from pipeline.normalize.keyvalue import pairs
from pipeline.normalize.moments import Moment, moment
from pipeline.normalize.parsed import Context, Parsed, Refusal
from pipeline.normalize.placing import Placing, verdict
from pipeline.normalize.shown import parse_shown
from pipeline.normalize.tree import put

NAME = "sonicwall"

_FEWEST = 4
_place = Placing({
    "sn": "observer.serial_number",
    "fw": "observer.ip",
    "m": "event.code",
    "msg": "message",
    "note": "event.reason",
    "rule": "rule.name",
    "usr": ("user.name", "source.user.name"),
    "user": ("user.name", "source.user.name"),
    "sent": "source.bytes",
    "rcvd": "destination.bytes",
    "spkt": "source.packets",
    "rpkt": "destination.packets",
    "srcMac": "source.mac",
    "dstMac": "destination.mac",
    "srcZone": "observer.ingress.zone",
    "dstZone": "observer.egress.zone",
    "sess": "network.application",
    "dstname": ("destination.domain", "url.domain"),
    "arg": "url.path",
    "Category": "rule.category",
    "natSrc": "source.nat.ip",
    "natDst": "destination.nat.ip",
    "ipscat": "threat.indicator.description",
    "ipspri": "event.risk_score",
})  # fmt: skip
# Source and destination: the names under which each stands, the side and its interface.
_SIDES = (
    (("src", "srcV6"), "source", "ingress"),
    (("dst", "dstV6"), "destination", "egress"),
)
_END = re.compile(
    r"(?:\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<four>\d{1,3}(?:\.\d{1,3}){3})|(?P<bare>[0-9A-Fa-f]*:[0-9A-Fa-f:.]+))"
    r"(?::(?P<port>\d{0,5}))?(?::(?P<interface>[^:]{0,64}))?(?::(?P<name>[^:]{0,255}))?"
)
_ZONED = re.compile(r"(.{10} .{8})(?: UTC|Z)")
_ACTIONS = {"forward": "allowed", "drop": "denied"}  # fw_action
_PHASES = {"98": "start", "537": "end"}  # of a connection, by the message's number
_DENIED = re.compile(r"\b(?:drop|den[iy]|block|reject|prevent)", re.IGNORECASE)
_LOGINS = re.compile(r"\blogin\b", re.IGNORECASE)
_FAILED = re.compile(r"fail|denied|incorrect|invalid|bad|not allowed|lock", re.IGNORECASE)
_ALERTS = re.compile(r"\battack|intrusion|virus|spyware|malware|IPS (?:Prev|Det)|probable", re.I)


def parse(record: bytes, context: Context) -> Parsed | Refusal:
    """Read one record, with a syslog header or without."""
    return parse_shown(record, context)


def read(text: str, notes: tuple[str, ...], context: Context) -> Parsed | None:
    """Read a line of pairs; None where there are hardly any."""
    native = pairs(text.rstrip(LINE_ENDS))
    if len(native) < _FEWEST:
        return None
    event: Json = {"kind": "event", "module": "sonicwall_firewall"}
    event["dataset"] = "sonicwall_firewall.log"
    ecs: Json = {
        "event": event,
        "observer": {"vendor": "SonicWall", "product": "SonicOS", "type": "firewall"},
    }
    _place(ecs, list(native), list(native.values()))
    severity = number(native.get("pri", ""))
    if severity is not None and 0 <= severity <= 7:
        event["severity"] = severity
    for names, side, interface in _SIDES:
        _read_end(ecs, next((native[one] for one in names if native.get(one)), ""), side, interface)
    transport, _, service = native.get("proto", "").partition("/")
    fill_protocol(ecs, transport)
    if service and not service.isdigit():
        put(ecs, "network.protocol", service.lower())
    _complete(ecs, native)
    at, confidence = _time(native, context) or (None, TimeConfidence.RECEIVED)
    return Parsed(NAME, "generic", at, confidence, ecs, native, notes)


def _read_end(ecs: Json, text: str, side: str, interface: str) -> None:
    match = _END.fullmatch(text)
    if match is None:
        return
    ip, name = address(match["six"] or match["four"] or match["bare"]), match["name"]
    port = number(match["port"] or "")
    if ip:
        put(ecs, f"{side}.ip", ip)
        put(ecs, "network.type", "ipv6" if ":" in ip else "ipv4")
    if port is not None and 0 <= port < 65_536:
        put(ecs, f"{side}.port", port)
    if match["interface"]:
        put(ecs, f"observer.{interface}.interface.name", match["interface"])
    if name:
        put(ecs, f"{side}.domain", name)


def _complete(ecs: Json, native: Json) -> None:
    """Say what kind of event it is: by its action, else by its number and words."""
    event, said = ecs["event"], native.get("msg", "")
    action = native.get("fw_action", "")
    told = _ACTIONS.get(action) or verdict(action)
    if _LOGINS.search(said) and (native.get("usr") or native.get("user")):
        failed = _FAILED.search(said) is not None
        event |= {"action": "logon", "category": ["authentication"], "type": ["start"]}
        event["outcome"] = "failure" if failed else "success"
        return
    event["category"], event["type"] = ["network"], ["connection"]
    if _ALERTS.search(said):
        event["kind"] = "alert"
        event["category"] = ["intrusion_detection", "network"]
    if action not in ("", "NA"):
        event["action"] = action
    phase = _PHASES.get(native.get("m", ""))
    if phase:
        event["type"].append(phase)
    if not told and _DENIED.search(said):
        told = "denied"
    if told:
        event["type"].append(told)


def _time(native: Json, context: Context) -> Moment | None:
    text = native.get("time", "")
    zoned = _ZONED.fullmatch(text)
    return moment(f"{zoned[1].replace(' ', 'T')}Z" if zoned else text, context.zone)

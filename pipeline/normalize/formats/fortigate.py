"""Logs of Fortinet's FortiGate (FortiOS): ``name=value`` pairs of traffic, UTM and events.

Source: Fortinet, "FortiOS Log Message Reference" 7.4: log types and subtypes, log field format;
"FortiOS Administration Guide", log schema structure.
"""

from functools import lru_cache

from pipeline.model import Json, TimeConfidence
from pipeline.normalize.formats.syslog_header import LINE_ENDS
from pipeline.normalize.keyvalue import pairs
from pipeline.normalize.moments import Moment, moment
from pipeline.normalize.nature import outcome_told
from pipeline.normalize.parsed import Context, Parsed, Refusal
from pipeline.normalize.placing import Placing, transport
from pipeline.normalize.shown import parse_shown

NAME = "fortigate"

_FEWEST = 3
_place = Placing({
    "devname": ("host.name", "observer.name"),
    "devid": "observer.serial_number",
    "logid": "event.code",
    "srcip": "source",
    "srcport": "source.port",
    "src_port": "source.port",
    "srcmac": "source.mac",
    "mastersrcmac": "source.mac",
    "srcname": "source.domain",
    "srcintf": "observer.ingress.interface.name",
    "srccountry": "source.geo.country_name",
    "dstip": "destination",
    "dstport": "destination.port",
    "dst_port": "destination.port",
    "dstmac": "destination.mac",
    "dstname": "destination.domain",
    "hostname": ("destination.domain", "url.domain"),
    "dstintf": "observer.egress.interface.name",
    "dstcountry": "destination.geo.country_name",
    "transip": "source.nat.ip",
    "transport": "source.nat.port",
    "tranip": "destination.nat.ip",
    "tranport": "destination.nat.port",
    "locip": "destination",
    "locport": "destination.port",
    "remip": "source",
    "remport": "source.port",
    "tunnelip": "source.nat.ip",
    "assignip": "source.nat.ip",
    "sentbyte": "source.bytes",
    "rcvdbyte": "destination.bytes",
    "sentpkt": "source.packets",
    "rcvdpkt": "destination.packets",
    "sessionid": "event.id",
    "policyid": "rule.id",
    "policyname": "rule.name",
    "poluuid": "rule.uuid",
    "app": "network.application",
    "user": ("user.name", "source.user.name"),
    "unauthuser": "source.user.name",
    "xauthuser": "user.name",
    "group": "user.group.name",
    "url": "url.original",
    "agent": "user_agent.original",
    "referralurl": "http.request.referrer",
    "httpmethod": "http.request.method",
    "filename": "file.name",
    "filesize": "file.size",
    "filetype": "file.type",
    "filehash": "file.hash",
    "analyticscksum": "file.hash",
    "virus": "threat.software.name",
    "qname": "dns.question.name",
    "qtype": "dns.question.type",
    "qclass": "dns.question.class",
    "reason": "event.reason",
    "error": "error.message",
    "level": "log.level",
    "cfgattr": "event.reason",
    "from": "email.from.address",
    "to": "email.to.address",
    "subject": "email.subject",
    "msg": "message",
    "logdesc": "rule.description",
})  # fmt: skip
_LEVELS = {
    "emergency": 0, "alert": 1, "critical": 2, "error": 3, "warning": 4, "notice": 5,
    "information": 6, "debug": 7,
}  # fmt: skip
_VERDICTS = {
    "accept": "allowed", "pass": "allowed", "passthrough": "allowed", "allow": "allowed",
    "monitored": "allowed", "detected": "allowed", "permit": "allowed", "exempt": "allowed",
    "close": "allowed", "start": "allowed", "timeout": "allowed", "dns": "allowed",
    "client-rst": "allowed", "server-rst": "allowed", "deny": "denied", "ip-conn": "denied",
    "blocked": "denied", "block": "denied", "dropped": "denied", "drop_session": "denied",
    "reset": "denied", "reset_client": "denied", "reset_server": "denied", "quarantine": "denied",
    "dropped_session": "denied", "clear_session": "denied", "redirect": "denied",
}  # fmt: skip
_NOTHING = frozenset({"N/A", "Reserved"})  # what stands for a name or a country that there is not
_ENDS = frozenset({"close", "timeout", "client-rst", "server-rst"})
# Subtype of a UTM log: kind, categories.
_UTM = {
    "ips": ("alert", ["intrusion_detection", "network"]),
    "anomaly": ("alert", ["intrusion_detection", "network"]),
    "virus": ("alert", ["malware", "network"]),
    "webfilter": ("event", ["network", "web"]),
    "app-ctrl": ("event", ["network"]),
    "dns": ("event", ["network"]),
    "emailfilter": ("event", ["email", "network"]),
    "waf": ("alert", ["intrusion_detection", "web"]),
}
_LOGINS = frozenset({
    "login", "logon", "authentication", "auth-logon", "ssl-login-fail", "ssl-new-con",
    "tunnel-up", "fsso-logon", "ssl-login",
})  # fmt: skip
_LOGOUTS = frozenset({"logout", "auth-logout", "logoff", "tunnel-down", "fsso-logoff"})
_CHANGES = {"add": "creation", "delete": "deletion", "edit": "change", "move": "change"}


def parse(record: bytes, context: Context) -> Parsed | Refusal:
    """Read one record, with a syslog header or without."""
    return parse_shown(record, context)


def read(text: str, notes: tuple[str, ...], context: Context) -> Parsed | None:
    """Read a line of pairs; None where there are hardly any."""
    native = pairs(text.rstrip(LINE_ENDS))
    if len(native) < _FEWEST:
        return None
    kind = native.get("type", "")
    event: Json = {"kind": "event", "module": "fortinet_fortigate"}
    event["dataset"] = "fortigate.event" if kind == "event" else "fortinet_fortigate.log"
    ecs: Json = {
        "event": event,
        "observer": {"vendor": "Fortinet", "product": "FortiGate", "type": "firewall"},
    }
    _place(ecs, list(native), ["" if one in _NOTHING else one for one in native.values()])
    severity = _LEVELS.get(native.get("level", ""))
    if severity is not None:
        event["severity"] = severity
    action = native.get("action", "")
    if action:
        event["action"] = action
    if kind == "event":
        _complete_event(ecs, native, action.lower())
    else:
        _complete_traffic(ecs, native, kind, action.lower())
    at, confidence = _time(native, context) or (None, TimeConfidence.RECEIVED)
    return Parsed(NAME, "generic", at, confidence, ecs, native, notes)


def _complete_traffic(ecs: Json, native: Json, kind: str, action: str) -> None:
    event = ecs["event"]
    subtype = native.get("subtype", "")
    utm = _UTM.get(subtype) if kind != "traffic" else None
    event["kind"], category = utm or ("event", ["network"])
    event["category"] = [*category]
    event["type"] = ["info"] if event["kind"] == "alert" else ["connection"]
    if "attack" in native:  # what fired is the signature, not the policy
        ecs["rule"] = {"name": native["attack"], "id": native.get("attackid", "")}
    network = ecs.setdefault("network", {})
    known = transport(native.get("proto", ""))
    if known:
        network["transport"] = known
    service = native.get("service", "")
    if service and "/" not in service:
        network["protocol"] = service.lower()
    direction = native.get("direction", "")
    if direction in ("incoming", "outgoing"):
        network["direction"] = "inbound" if direction == "incoming" else "outbound"
    verdict = _VERDICTS.get(action)
    if verdict:
        event["type"].append(verdict)
    if action in _ENDS:
        event["type"].append("end")
    seconds = native.get("duration", "")
    if seconds.isascii() and seconds.isdecimal() and len(seconds) < 10:
        event["duration"] = int(seconds) * 1_000_000_000


def _complete_event(ecs: Json, native: Json, action: str) -> None:
    """Fill what an event log's action, description and status say."""
    event = ecs["event"]
    category, types = _kind(action, native.get("logdesc", "")[:128], "cfgpath" in native)
    event["category"], event["type"] = [*category], [*types]
    said = native.get("status") or native.get("result") or ""
    outcome = outcome_told(f"{said[:64]} {action[:64]}")
    if outcome or said.endswith("error"):
        event["outcome"] = outcome or "failure"
    interface = native.get("ui", "")
    if interface.endswith(")") and "(" in interface and "ip" not in ecs.get("source", ()):
        _place(ecs, ("srcip",), (interface[interface.find("(") + 1 : -1],))


@lru_cache(maxsize=1024)
def _kind(action: str, described: str, changed: bool) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if changed:
        return ("configuration",), (_CHANGES.get(action, "change"),)
    if action in _LOGOUTS:
        return ("authentication", "session"), ("end",)
    if action in _LOGINS or "login" in described.lower() or "authentication" in described.lower():
        return ("authentication",), ("start",)
    if action in ("negotiate", "phase2-up", "phase2-down", "ipsec-phase1"):
        return ("network",), ("connection", "info")
    if action in _CHANGES:
        return ("configuration",), (_CHANGES[action],)
    return ("host",), ("info",)


def _time(native: Json, context: Context) -> Moment | None:
    """Read ``eventtime`` (an epoch), else date and time with the zone that stands beside them."""
    found = moment(native.get("eventtime"), context.zone)
    if found is not None:
        return found
    date, time = native.get("date"), native.get("time")
    if not (date and time):
        return None
    zone = native.get("tz", "")
    return moment(f"{date} {time}{zone}", context.zone) or moment(f"{date} {time}", context.zone)

"""Logs that Check Point's Log Exporter sends: ``[name:"value"; …]``, bars, structured data.

Its format ``generic`` is RFC 5424 with a message of semicolons, ``syslog`` the same as structured
data under Check Point's enterprise number, ``splunk`` a line of ``name=value|``. CEF and LEEF are
read by the files of these formats.
Source: Check Point, "Log Exporter" (sk122323), formats and field mapping; "Logging and Monitoring
Administration Guide" R81, log fields (sk144192).
"""

import re

from pipeline.model import Json, TimeConfidence
from pipeline.normalize.formats.syslog_header import LINE_ENDS
from pipeline.normalize.keyvalue import MOST_PAIRS
from pipeline.normalize.nature import outcome_told
from pipeline.normalize.parsed import Context, Parsed, Refusal
from pipeline.normalize.placing import Placing, transport, verdict
from pipeline.normalize.shown import parse_shown
from pipeline.normalize.vendor_times import vendor_time

NAME = "check_point"
ELEMENT = "@1.3.6.1.4.1.2620"  # ends the name of the structured data, before it stands "Fields"

# A name is sought where one may begin only: behind what is none of its characters.
_GENERIC = re.compile(
    r'(?<![\w\s.-])\s*+([\w.-][\w .-]{0,63}?):"((?:[^"\\]|\\.)*+)"?;?', flags=re.DOTALL
)
_WHOLE = re.compile(r'\[(?:\s*+[\w .-]{1,64}?:"(?:[^"\\]|\\.)*+";?)*+\s*+\]\s*+', flags=re.DOTALL)
_ELEMENT = re.compile(r'\s([\w .-]{1,64}?)="((?:[^"\\]|\\.)*+)"?', flags=re.DOTALL)
_BARS = re.compile(r"(?:^|(?<=\|))([A-Za-z_][\w .-]{0,63})=((?:[^|\\]|\\.)*+)\|?", flags=re.DOTALL)
_ESCAPED = re.compile(r"\\([\\\"\]=|:;])")
_place = Placing({
    "src": "source",
    "dst": "destination",
    "s_port": "source.port",
    "service": "destination.port",
    "sport_svc": "source.port",  # the format "syslog" names ports so
    "svc": "destination.port",
    "xlatesport_svc": "source.nat.port",
    "xlatedport_svc": "destination.nat.port",
    "xlatesrc": "source.nat.ip",
    "xlatedst": "destination.nat.ip",
    "xlatesport": "source.nat.port",
    "xlatedport": "destination.nat.port",
    "src_user_name": "source.user.name",
    "dst_user_name": "destination.user.name",
    "user": "user.name",
    "administrator": "user.name",
    "src_machine_name": "source.domain",
    "dst_machine_name": "destination.domain",
    "mac_source_address": "source.mac",
    "mac_destination_address": "destination.mac",
    "product": "observer.product",
    "origin": "observer.ip",
    "originsicname": "observer.name",
    "inzone": "observer.ingress.zone",
    "outzone": "observer.egress.zone",
    "ifdir": "network.direction",
    "rule_name": "rule.name",
    "rule_uid": "rule.uuid",
    "rule": "rule.id",
    "layer_name": "rule.ruleset",
    "policy_name": "rule.ruleset",
    "loguid": "event.id",
    "reason": "event.reason",
    "tcp_packet_out_of_state": "event.reason",
    "appi_name": "network.application",
    "app_category": "rule.category",
    "resource": "url.original",
    "method": "http.request.method",
    "web_client_type": "user_agent.name",
    "user_agent": "user_agent.original",
    "file_name": "file.name",
    "file_type": "file.type",
    "file_size": "file.size",
    "file_md5": "file.hash.md5",
    "file_sha1": "file.hash.sha1",
    "file_sha256": "file.hash.sha256",
    "protection_name": "rule.name",
    "protection_id": "rule.id",
    "protection_type": "rule.category",
    "malware_family": "threat.software.name",
    "client_outbound_bytes": "source.bytes",
    "client_inbound_bytes": "destination.bytes",
    "sent_bytes": "source.bytes",
    "received_bytes": "destination.bytes",
    "bytes": "network.bytes",
    "packets": "network.packets",
    "client_outbound_packets": "source.packets",
    "client_inbound_packets": "destination.packets",
    "domain_name": "dns.question.name",
    "dns_type": "dns.question.type",
    "from": "email.from.address",
    "to": "email.to.address",
    "email_subject": "email.subject",
    "os_name": "host.os.name",
    "hostname": "host.name",
    "description": "message",
    "sequencenum": "event.sequence",
    "severity": "event.severity",
    "ClientIP": "source",
    "client_ip": "source",
})  # fmt: skip
_SEVERITIES = {"informational": 0, "low": 1, "medium": 2, "high": 3, "critical": 4}
_THREATS = {
    "smartdefense": "intrusion_detection", "ips": "intrusion_detection",
    "anti malware": "malware", "anti-virus": "malware", "antivirus": "malware",
    "anti-bot": "malware", "new anti virus": "malware", "threat emulation": "malware",
    "threat extraction": "malware", "anti-malware": "malware",
}  # fmt: skip
_DENIED = frozenset({"prevent", "quarantine", "redirect", "http parsing error"})
_ALLOWED = frozenset({"detect", "bypass", "encrypt", "decrypt", "inspect", "inform user"})
_LOGONS = frozenset({"log in", "failed log in", "update", "authorize", "identity awareness"})


def parse(record: bytes, context: Context) -> Parsed | Refusal:
    """Read one record; a line without fields stays an event of its syslog header."""
    return parse_shown(record, context)


def read(text: str, notes: tuple[str, ...], context: Context) -> Parsed | None:
    """Read a text that begins as one of the formats; None where it holds no field."""
    text = text.rstrip(LINE_ENDS)
    if text[:1] != "[":
        found = _BARS.findall(text)
    elif ELEMENT in text[:64]:
        found = _ELEMENT.findall(text, text.find(ELEMENT) + len(ELEMENT))
    else:
        found = _GENERIC.findall(text, 1)
    return read_fields(found[:MOST_PAIRS], notes, context) if found else None


def every_field(text: str) -> list[tuple[str, str]] | None:
    """Give all fields of a message of the format ``generic``; None where it is not wholly one."""
    if _WHOLE.fullmatch(text) is None:
        return None
    return [(name.strip(), _ESCAPED.sub(r"\1", value)) for name, value in _GENERIC.findall(text, 1)]


def read_data(fields: dict[str, str], message: str, _header: Parsed, context: Context) -> Parsed:
    """Read the structured data of the format ``syslog``."""
    answer = read_fields(list(fields.items()), (), context)
    if message:
        answer.ecs["message"] = message
    return answer


def read_fields(found: list[tuple[str, str]], notes: tuple[str, ...], context: Context) -> Parsed:
    """Make the event of fields and values; of a field that stands twice the first value counts."""
    names = [name.strip() for name, _ in found]
    values = [_ESCAPED.sub(r"\1", value) if "\\" in value else value for _, value in found]
    native: Json = {}
    for name, value in zip(names, values, strict=True):
        native.setdefault(name, value)
    ecs: Json = {
        "event": {"kind": "event", "dataset": "checkpoint.firewall", "module": "checkpoint"},
        "observer": {"vendor": "Check Point", "type": "firewall"},
    }
    severity = native.get("severity", "").lower()
    if severity in _SEVERITIES:
        ecs["event"]["severity"] = _SEVERITIES[severity]
    _place(ecs, names, values)
    _complete(ecs, native)
    at, confidence = _time(native, context) or (None, TimeConfidence.RECEIVED)
    return Parsed(NAME, "generic", at, confidence, ecs, native, notes)


def _time(native: Json, context: Context) -> tuple[int, TimeConfidence] | None:
    said = native.get("time") or native.get("event_time") or native.get("start_time")
    return vendor_time(said, context) if said else None


def _action(native: Json) -> str:
    action: str = native.get("action") or native.get("rule_action") or ""
    operation: str = native.get("operation", "")
    if operation and action == "Accept" and "administrator" in native:
        return operation  # of an audit log ``action`` is what came of it
    return action or operation


def _complete(ecs: Json, native: Json) -> None:
    event = ecs["event"]
    protocol = native.get("proto", "")
    if protocol and transport(protocol):
        ecs.setdefault("network", {})["transport"] = transport(protocol)
    interface = native.get("ifname")
    if interface:
        side = "egress" if native.get("ifdir") == "outbound" else "ingress"
        ecs["observer"].setdefault(side, {})["interface"] = {"name": interface}
    action = _action(native)
    if action:
        event["action"] = action
    said = action.lower()
    product = native.get("product", "").lower()
    if said in _LOGONS or "auth_status" in native:
        event["category"], event["type"] = ["authentication"], ["start"]
        words = native.get("auth_status") or native.get("status") or said
        event["outcome"] = outcome_told(words[:64]) or "success"
        return
    if said == "log out":
        event["category"], event["type"] = ["authentication"], ["end"]
        return
    if "administrator" in native:
        event["category"], event["type"] = ["configuration"], ["change"]
        return
    kind = verdict(said) or ("denied" if said in _DENIED else "")
    kind = kind or ("allowed" if said in _ALLOWED else "")
    threat = _THREATS.get(product)
    if threat:
        event["kind"] = "alert"
        event["category"], event["type"] = [threat, "network"], ["info"]
    elif "ip" in ecs.get("source", ()) or "ip" in ecs.get("destination", ()):
        event["category"], event["type"] = ["network"], ["connection"]
    else:
        return
    if kind:
        event["type"].append(kind)

# ruff: noqa: E501 (names that belong together stand in a line)
"""Security events of Firepower Threat Defense, 430001 to 430005: ``Name: value`` with commas.

Source: Cisco, "Secure Firewall Threat Defense Syslog Messages", security event syslog messages and
field descriptions.
"""

import re
from collections.abc import Mapping

from pipeline.model import Json
from pipeline.normalize.cisco.said import fill_protocol
from pipeline.normalize.keyvalue import MOST_PAIRS
from pipeline.normalize.placing import Placing

_NAME = re.compile(r"(?:^|, )([A-Z][A-Za-z0-9_]{1,40}(?: [A-Z][A-Za-z]{1,20})?): ?")
_EVENTS: Mapping[str, tuple[str, list[str], list[str]]] = {
    "430001": ("intrusion", ["intrusion_detection", "network"], ["info"]),
    "430002": ("connection-started", ["network"], ["connection", "start"]),
    "430003": ("connection-finished", ["network"], ["connection", "end"]),
    "430004": ("file-detected", ["file", "network"], ["info"]),
    "430005": ("malware-detected", ["malware", "network"], ["info"]),
}
_place = Placing({
    "SrcIP": "source", "DstIP": "destination", "SrcPort": "source.port", "DstPort": "destination.port",
    "InitiatorIP": "source", "ResponderIP": "destination", "InitiatorPort": "source.port", "ResponderPort": "destination.port",
    "NAT_InitiatorIP": "source.nat.ip", "NAT_ResponderIP": "destination.nat.ip", "NAT_InitiatorPort": "source.nat.port", "NAT_ResponderPort": "destination.nat.port",
    "IngressInterface": "observer.ingress.interface.name", "EgressInterface": "observer.egress.interface.name",
    "IngressZone": "observer.ingress.zone", "EgressZone": "observer.egress.zone",
    "AccessControlRuleName": "rule.name", "ACPolicy": "rule.ruleset", "AccessControlRuleReason": "event.reason",
    "User": "user.name", "ApplicationProtocol": "network.protocol", "WebApplication": "network.application",
    "InitiatorBytes": "source.bytes", "ResponderBytes": "destination.bytes", "InitiatorPackets": "source.packets", "ResponderPackets": "destination.packets",
    "DNSQuery": "dns.question.name", "DNSRecordType": "dns.question.type", "DNSResponseType": "dns.response_code",
    "URL": "url.original", "ReferencedHost": "url.domain", "UserAgent": "user_agent.original", "HTTPReferer": "http.request.referrer", "HTTPResponse": "http.response.status_code",
    "FileName": "file.name", "FileSize": "file.size", "FileSHA256": "file.hash.sha256", "FileType": "file.type",
    "ThreatName": "threat.software.name", "SID": "rule.id", "Revision": "rule.version", "Classification": "rule.category",
    "DeviceUUID": "observer.serial_number", "ConnectionID": "event.id",
})  # fmt: skip
_ACTIONS = ("AccessControlRuleAction", "InlineResult", "FileAction")
_DENIED = re.compile(r"block|drop|reset|sinkhole|malware cloud lookup and block", re.IGNORECASE)
_ALLOWED = re.compile(r"allow|trust|monitor|fastpath", re.IGNORECASE)


def read_ftd(number: str, text: str, ecs: Json, native: Json) -> bool:
    """Fill what a security event says; False where the number is none of theirs."""
    known = _EVENTS.get(number)
    if known is None:
        return False
    parts = _NAME.split(text, MOST_PAIRS)
    names = parts[1::2]
    values = [value.strip().removeprefix('"').removesuffix('"') for value in parts[2::2]]
    _place(ecs, names, values)
    for name, value in zip(names, values, strict=True):
        native.setdefault(name, value)
    event = ecs["event"]
    event["action"], event["category"], event["type"] = known[0], [*known[1]], [*known[2]]
    if number in ("430001", "430005"):
        event["kind"] = "alert"
    if native.get("Message"):
        ecs.setdefault("rule", {}).setdefault("name", native["Message"])
    said = next((native[name] for name in _ACTIONS if native.get(name)), "")
    if said:
        if _DENIED.match(said):
            event["type"].append("denied")
        elif _ALLOWED.match(said):
            event["type"].append("allowed")
    fill_protocol(ecs, native.get("Protocol", ""))
    return True

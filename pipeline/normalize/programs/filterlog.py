"""What the packet filter of pfSense and OPNsense logs: one line of values parted by commas.

Source: Netgate, pfSense documentation, "Raw Filter Log Format" (grammar of filterlog); OPNsense
writes the same values.
"""

from pipeline.model import Json
from pipeline.normalize.ecs_schema import address, number
from pipeline.normalize.programs.told import Told, told

_COMMON = ("rule_number", "sub_rule", "anchor", "tracker", "interface", "reason", "action",
           "direction", "ip_version")  # fmt: skip
_IPV4 = ("tos", "ecn", "ttl", "id", "offset", "ip_flags", "protocol_id", "protocol")
_IPV6 = ("class", "flow_label", "hop_limit", "protocol", "protocol_id")
_ENDS = ("length", "source", "destination")
_PORTS = ("source_port", "destination_port", "data_length")
_TCP = ("tcp_flags", "sequence", "acknowledgement", "window", "urgent", "options")
_TRANSPORTS = {
    "1": "icmp", "2": "igmp", "6": "tcp", "17": "udp", "47": "gre", "50": "esp", "51": "ah",
    "58": "ipv6-icmp", "112": "vrrp", "132": "sctp", "136": "udplite",
}  # fmt: skip
_WITH_PORTS = frozenset({"tcp", "udp"})
_VERDICTS = {
    "pass": "allowed", "block": "denied", "reject": "denied", "match": "", "nat": "", "rdr": "",
    "binat": "", "scrub": "", "unkn(%u)": "",
}  # fmt: skip
_DIRECTIONS = {"in": "inbound", "out": "outbound"}
_MOST = 4096


def read(message: str) -> Told | None:
    """Give what a line tells; None where it is no line of the filter's."""
    if len(message) > _MOST:
        return None
    values = message.strip().split(",")
    version = values[8] if len(values) > len(_COMMON) else ""
    inside = {"4": _IPV4, "6": _IPV6}.get(version)
    if inside is None or values[6] not in _VERDICTS or values[7] not in _DIRECTIONS:
        return None
    names = (*_COMMON, *inside, *_ENDS)
    native: Json = {name: value for name, value in zip(names, values, strict=False) if value}
    transport = _TRANSPORTS.get(native.get("protocol_id", ""), "")
    rest = values[len(names) :]
    if transport in _WITH_PORTS:
        more = (*_PORTS, *(_TCP if transport == "tcp" else ()))
        native |= {name: value for name, value in zip(more, rest, strict=False) if value}
    elif rest:
        native["data"] = ",".join(rest)
    kinds = " ".join(filter(None, ("connection", _VERDICTS[values[6]])))
    event = told(values[6], "network", kinds, "", "pfsense.log")
    event["provider"] = "filterlog"
    if native.get("reason"):
        event["reason"] = native["reason"]
    return Told(event, _fields(native, transport), native)


def _fields(native: Json, transport: str) -> Json:
    fields: Json = {
        "observer.ingress.interface.name": native.get("interface", ""),
        "network.direction": _DIRECTIONS[native["direction"]],
        "network.type": f"ipv{native['ip_version']}",
        "network.transport": transport,
        "rule.id": native.get("tracker") or native.get("rule_number", ""),
        "rule.ruleset": native.get("anchor", ""),
    }
    if native["direction"] == "out":
        interface = fields.pop("observer.ingress.interface.name")
        fields["observer.egress.interface.name"] = interface
    if not transport and not native.get("protocol", "").isdigit():
        fields["network.protocol"] = native.get("protocol", "").lower()
    found = {path: value for path, value in fields.items() if value}
    for side in ("source", "destination"):
        ip = address(native.get(side, ""))
        if ip:
            found[f"{side}.ip"] = ip
        port = number(native.get(f"{side}_port", ""))
        if port is not None and 0 <= port < 65_536:
            found[f"{side}.port"] = port
    length = number(native.get("length", ""))
    if length is not None and length >= 0:
        found["network.bytes"] = length
    return found

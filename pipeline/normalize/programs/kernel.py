"""Messages of the Linux kernel: packet filters, WireGuard, processes, devices.

Source: Linux, net/ipv4/netfilter/nf_log_ipv4.c and nf_log_common.c (now net/netfilter/
nf_log_syslog.c), mm/oom_kill.c, arch/x86/mm/fault.c, net/core/dev.c,
drivers/net/wireguard/{receive,send,peer}.c; Ubuntu, ufw(8), "LOGGING".
"""

import re

from pipeline.model import Json
from pipeline.normalize.ecs_schema import address, number
from pipeline.normalize.programs.told import Told, first_said, mac, saying, told

_LOG = "system.syslog"
_UPTIME = re.compile(r"\[ *\d{1,12}\.\d{1,9}\] ?")
_FILTER = re.compile(
    r"(.{0,128}?)\b(IN=\S* (?:OUT=|MAC=|PHYSIN=|.{0,64}\bSRC=).*)", flags=re.DOTALL
)
_PAIR = re.compile(r"([A-Z0-9]{2,10})=(\S*)")
_FLAG = re.compile(r" (SYN|ACK|FIN|RST|PSH|URG|ECE|CWR|DF|MF|CE)(?= |$)")
_DENIES = re.compile(r"drop|block|den[iy]|reject|discard|invalid|bad", flags=re.IGNORECASE)
_ALLOWS = re.compile(r"accept|allow|permit|pass", flags=re.IGNORECASE)
_TRANSPORTS = {"TCP": "tcp", "UDP": "udp", "ICMP": "icmp", "ICMPv6": "ipv6-icmp", "SCTP": "sctp",
               "UDPLITE": "udplite", "2": "igmp", "47": "gre", "50": "esp", "51": "ah"}  # fmt: skip
_PEER = r"peer (?P<peer_id>\d+) \((?P<peer>[^()\s]{2,64}?)(?::(?P<port>\d{1,5}))?\)"
_TUNNEL = r"wireguard: (?P<tunnel>[^\s:]{1,32}): "
_SAYINGS = (
    saying(
        rf"{_TUNNEL}Receiving handshake initiation from {_PEER}",
        told("wireguard_handshake_received", "network", "connection start", "", "wireguard.log"),
    ),
    saying(
        rf"{_TUNNEL}Receiving handshake response from {_PEER}",
        told("wireguard_handshake_done", "network", "connection start", "success", "wireguard.log"),
    ),
    saying(
        rf"{_TUNNEL}(?P<what>Sending handshake (?:initiation|response)) to {_PEER}",
        told("wireguard_handshake_sent", "network", "connection info", "", "wireguard.log"),
    ),
    saying(
        rf"{_TUNNEL}Handshake for {_PEER} (?P<reason>did not complete after .{{1,64}})",
        told("wireguard_handshake", "network", "connection info", "failure", "wireguard.log"),
    ),
    saying(
        rf"{_TUNNEL}(?P<reason>Invalid (?:handshake initiation|MAC of handshake|.{{1,64}})|"
        rf".{{1,96}}) "
        r"from (?P<peer>\S{2,64}?)(?::(?P<port>\d{1,5}))?",
        told("wireguard_refused", "network", "connection denied", "failure", "wireguard.log"),
    ),
    saying(
        rf"{_TUNNEL}Peer (?P<peer_id>\d+) \((?P<peer>[^()\s]{{2,64}}?)(?::(?P<port>\d{{1,5}}))?\) "
        rf"created",
        told("wireguard_peer_created", "configuration", "creation", "", "wireguard.log"),
    ),
    saying(
        r"device (?P<device>\S{1,64}) (?P<state>entered|left) promiscuous mode",
        told("changed-promiscuous-mode-on-device", "network", "info", "", _LOG),
    ),
    saying(
        r"(?P<device>[^\s:]{1,64}): (?P<state>entered|left) promiscuous mode",
        told("changed-promiscuous-mode-on-device", "network", "info", "", _LOG),
    ),
    saying(
        r"(?:Out of memory|Memory cgroup out of memory): Kill(?:ed)? process (?P<victim_pid>\d+) "
        r"\((?P<victim>[^()]{1,64})\).*",
        told("killed-out-of-memory", "process", "end", "", _LOG),
    ),
    saying(
        r"(?P<victim>[^\s\[]{1,64})\[(?P<victim_pid>\d+)\]:? (?P<reason>segfault at .*|general "
        r"protection .*)",
        told("crashed-program", "process", "end", "failure", _LOG),
    ),
    saying(
        r"(?:TCP: )?(?:request_sock_TCP(?:v6)?: )?[Pp]ossible SYN flooding on port "
        r"(?:\S+:)?(?P<dst_port>\d+)\..*",
        told("possible-syn-flood", "network", "info", "", _LOG),
    ),
    saying(
        r"(?:IPv4: )?martian source (?P<dst>\S+) from (?P<peer>[^\s,]+),? on dev (?P<device>\S+)",
        told("martian-source", "network", "denied", "", _LOG),
    ),
    saying(
        r"usb (?P<port_path>\S{1,32}): New USB device found, idVendor=(?P<idVendor>[0-9a-f]{4}), "
        r"idProduct=(?P<idProduct>[0-9a-f]{4}).*",
        told("attached-device", "host", "change", "", _LOG),
    ),
    saying(
        r"(?P<module>\S{1,64}): (?P<reason>module verification failed.*|loading out-of-tree "
        r"module .*)",
        told("loaded-kernel-module", "driver", "start", "", _LOG),
    ),
)


def read(message: str) -> Told | None:
    """Give what a message tells; None where it is none of these."""
    uptime = _UPTIME.match(message)
    body = message[uptime.end() :] if uptime else message
    match = _FILTER.fullmatch(body)
    return _packet(match[1].strip(), match[2]) if match else first_said(_SAYINGS, body)


def _packet(prefix: str, rest: str) -> Told:
    """Read what a rule with the target LOG wrote of a packet; of nested headers the outer one."""
    native: Json = {}
    for name, value in _PAIR.findall(rest):
        if value:
            native.setdefault(name, value)
    flags = _FLAG.findall(rest.partition("[")[0])
    if flags:
        native["flags"] = flags
    kinds = ["connection"]
    if prefix:
        native["prefix"] = prefix
        if _DENIES.search(prefix):
            kinds.append("denied")
        elif _ALLOWS.search(prefix):
            kinds.append("allowed")
    event = told("packet_logged", "network", " ".join(kinds), "", "iptables.log")
    if kinds[1:]:
        event["action"] = "drop" if kinds[1] == "denied" else "accept"
    return Told(event, _fields(native, prefix), native)


def _fields(native: Json, prefix: str) -> Json:
    fields: Json = {"rule.name": prefix.strip("[]: ")} if prefix.strip("[]: ") else {}
    for side, host, port in (("source", "SRC", "SPT"), ("destination", "DST", "DPT")):
        found = address(native.get(host, ""))
        if found:
            fields[f"{side}.ip"] = found
            fields["network.type"] = "ipv6" if ":" in found else "ipv4"
        at = number(native.get(port, ""))
        if at is not None and 0 <= at < 65_536:
            fields[f"{side}.port"] = at
    transport = native.get("PROTO", "")
    if transport in _TRANSPORTS:
        fields["network.transport"] = _TRANSPORTS[transport]
    hardware = native.get("MAC", "").split(":")
    if len(hardware) >= 12:  # destination, source, type of an Ethernet frame
        fields["destination.mac"] = mac(":".join(hardware[:6]))
        fields["source.mac"] = mac(":".join(hardware[6:12]))
    for name, path in (("IN", "ingress"), ("OUT", "egress")):
        if name in native:
            fields[f"observer.{path}.interface.name"] = native[name]
    return fields

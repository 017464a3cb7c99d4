"""Messages of DHCP servers: ISC dhcpd, Kea, dnsmasq's DHCP.

Source: ISC DHCP, server/dhcp.c (texts of log_info); Kea, "Messages Manual" (DHCP4_LEASE_ALLOC and
others); dnsmasq, src/rfc2131.c and rfc3315.c (log_packet); RFC 2131, section 3.
"""

import re

from pipeline.model import Json
from pipeline.normalize.programs.told import Told, first_said, saying, told

_MAC = r"(?P<mac>[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){5,15})"
_IP = r"(?P<peer>[0-9A-Fa-f.:]{2,45})"
_NAME = r"(?: \((?P<client_name>[^)]{1,255})\))?"
_VIA = (
    r" via (?P<device>[^\s:]{1,64}|[0-9A-Fa-f.:]{2,45}?)(?:: (?P<reason>.{1,256}))?(?: "
    r"\((?P<lease_state>[^)]{1,64})\))?(?: .{0,128})?"
)
_ACTIONS = ("DISCOVER", "OFFER", "REQUEST", "ACK", "NAK", "RELEASE", "DECLINE", "INFORM", "EXPIRE")


def _dhcp(kind: str, dataset: str) -> Json:
    outcome = {"ACK": "success", "NAK": "failure", "DECLINE": "failure"}.get(kind, "")
    kinds = {"ACK": "protocol start", "NAK": "protocol denied", "RELEASE": "protocol end"}
    return told(
        f"dhcp_{kind.lower()}", "network", kinds.get(kind, "protocol info"), outcome, dataset
    )


def _patterns() -> tuple[tuple[str, str], ...]:
    return (
        ("DISCOVER", rf"DHCPDISCOVER from {_MAC}{_NAME}{_VIA}"),
        ("OFFER", rf"DHCPOFFER on {_IP} to \"?{_MAC}\"?{_NAME}{_VIA}"),
        (
            "REQUEST",
            rf"DHCPREQUEST for {_IP}(?: \((?P<dst>[0-9.]{{7,15}})\))? from {_MAC}{_NAME}{_VIA}",
        ),
        ("ACK", rf"DHCPACK on {_IP} to {_MAC}{_NAME}{_VIA}"),
        ("ACK", rf"DHCPACK to {_IP} \({_MAC}\){_VIA}"),
        ("NAK", rf"DHCPNAK on {_IP} to {_MAC}{_VIA}"),
        ("RELEASE", rf"DHCPRELEASE of {_IP} from {_MAC}{_NAME}{_VIA}"),
        ("DECLINE", rf"DHCPDECLINE of {_IP} from {_MAC}{_NAME}{_VIA}"),
        ("INFORM", rf"DHCPINFORM from {_IP}{_VIA}"),
    )


_ISC = tuple(
    saying(pattern, _dhcp(kind, "dhcpd.log"), network__protocol="dhcp")
    for kind, pattern in _patterns()
)
_DNSMASQ = tuple(
    saying(
        rf"(?:(?P<transaction>\d{{1,12}}) )?DHCP{kind}\((?P<device>[^)]{{1,64}})\)(?: "
        rf"(?P<peer>[0-9.]{{7,15}}))?(?: {_MAC})?(?: (?P<rest>.{{1,255}}))?",
        _dhcp(kind, "dnsmasq.dhcp"),
        network__protocol="dhcp",
    )
    for kind in _ACTIONS
)
_KEA_HEAD = (
    r"(?:\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} )?(?:(?P<level>[A-Z]{4,5})"
    r" +)?(?:\[(?P<logger>[^\]]{1,128})\] )?"
)
_KEA_WHO = (
    rf"(?:\[hwtype=\d+ {_MAC}\]|\[no hwaddr info\]|duid=\[(?P<duid>[^\]]{{0,400}})"
    rf"\])?,? ?(?:\[no hwaddr info\],? ?)?(?:cid=\[(?P<cid>[^\]]{{0,256}})\],? ?)?"
    r"(?:tid=(?P<tid>0x[0-9a-f]{1,8}))?: "
)
_KEA_LEASE = {
    "LEASE_ALLOC": "ACK",
    "LEASE_ADVERT": "OFFER",
    "LEASE_OFFER": "OFFER",
    "LEASE_RENEW": "ACK",
    "LEASE_REUSE": "ACK",
    "RELEASE": "RELEASE",
    "DECLINE_LEASE": "DECLINE",
}
_KEA = (
    *(
        saying(
            rf"{_KEA_HEAD}(?P<code>DHCP[46]_{word}) {_KEA_WHO}.{{0,64}}?(?:lease|address|Lease) "
            rf"(?:for )?{_IP}(?P<detail>[ ,].{{0,512}})?",
            _dhcp(kind, "kea.dhcp"),
            network__protocol="dhcp",
        )
        for word, kind in _KEA_LEASE.items()
    ),
    saying(
        rf"{_KEA_HEAD}(?P<code>DHCP[46]_PACKET_NAK_\d{{4}}) {_KEA_WHO}(?P<reason>.{{0,512}})",
        _dhcp("NAK", "kea.dhcp"),
        network__protocol="dhcp",
    ),
    saying(
        rf"{_KEA_HEAD}(?P<code>(?:DHCP[46]|DHCPSRV|ALLOC_ENGINE|HOSTS|EVAL|COMMAND|HA|CTRL_AGENT|"
        rf"DCTL|LFC)_[A-Z0-9_]{{3,64}}) (?P<detail>.{{0,2048}})",
        told("kea_message", "network", "info", "", "kea.dhcp"),
        network__protocol="dhcp",
    ),
)
_DNSMASQ_END = re.compile(r"(\S{1,255})")


def read_dhcpd(message: str) -> Told | None:
    """Give what a message of ISC's server tells; None where it is none of these."""
    return _named(first_said(_ISC, message))


def read_dnsmasq(message: str) -> Told | None:
    """Give what a message of dnsmasq's DHCP tells; None where it is none of these."""
    said = first_said(_DNSMASQ, message)
    if said is not None and "rest" in said.native:
        rest = said.native.pop("rest")
        if said.event["action"] == "dhcp_nak":
            said.event["reason"] = rest
        elif _DNSMASQ_END.fullmatch(rest):
            said.native["client_name"] = rest
    return _named(said)


def read_kea(message: str) -> Told | None:
    """Give what a message of Kea tells; None where it is none of these."""
    return first_said(_KEA, message)


def _named(said: Told | None) -> Told | None:
    """Let a client's name be its domain, beside its address."""
    if said is not None and "client_name" in said.native:
        said.fields["source.domain"] = said.native["client_name"]
    return said

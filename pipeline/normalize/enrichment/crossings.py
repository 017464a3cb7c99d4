"""Which borders that the law draws an event crosses, by where its two ends are.

The law says over what an object may be joined to the outside: the single gateway to the Internet
(Informatization Law 30(1)), the mail gateway (30(4)), the joints of the state transport network
(29(3)), the integration gateways (43(2), 44(1)); what must stay in the country: personal data
(36(8)), .KZ resources (56-1), a network's control (National Security Law 23(6)(5)). ``Borders`` are
an object's own, as its owner registered them. What nobody registered draws no border: unknown is
neither kept to nor crossed.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any, NamedTuple, TypeAlias

from pipeline.model import NANOSECONDS, Event, Json

Network: TypeAlias = IPv4Network | IPv6Network
_ENDS = frozenset({"destination", "source"})
_NAMES = frozenset({"tls", "url", "file"})
SMTP = 25
MAIL_PORTS = frozenset({SMTP, 465, 587})
RECORD_PORTS = frozenset({1433, 1521, 3050, 3306, 5432, 6432, 9042, 9200, 27017})
"""Ports on which records are stored: SQL Server, Oracle, Firebird, MySQL, PostgreSQL (also pooled),
Cassandra, Elasticsearch, MongoDB (IANA's registry of service names, and the makers' manuals)."""
CONTROL_PORTS = frozenset({22, 23, 161, 179, 443, 830, 3389, 4786, 6653, 8291, 8443, 8728, 8729})
"""Ports on which network devices are managed or routed: SSH, Telnet, SNMP, BGP, HTTPS, NETCONF,
RDP, Smart Install, OpenFlow, MikroTik's (IANA's registry, and the makers' manuals)."""
_LOCAL = tuple(
    map(
        ip_network,
        (
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
            "172.16.0.0/12", "192.168.0.0/16", "224.0.0.0/3",
            "::/127", "fc00::/7", "fe80::/10", "ff00::/8",
        ),
    )
)  # fmt: skip
"""What is never an address on the Internet (RFC 6890); blocks for documentation count as public,
since examples and exercises let them stand for it."""
_MOST_REMEMBERED = 65_536
_LEAST_DYNAMIC = 1024

_INSIDE, _PUBLIC, _GATEWAY, _MAIL, _TRANSPORT, _JOINT, _OPEN, _INTEGRATION, _PEER = (
    1 << place for place in range(9)
)
_OUTER = _PUBLIC | _OPEN | _PEER  # what an end must be for anything to be crossed


@dataclass(frozen=True, slots=True)
class Borders:
    """One object's borders: networks and addresses by what they are; empty ones draw none.

    ``own`` networks are inside though public. ``gateways`` are the single gateway's addresses, also
    as the translated source of what leaves; ``gateway_interfaces`` the names of interfaces that
    lead to it, ``gateway_sources`` the sources of its own records; ``past_gateway`` that it is
    known not to be used. The same for mail. ``transport`` is the state transport network,
    ``joints`` where it may be joined to others, ``open`` networks joined to the Internet.
    ``peers`` are the addresses of systems that are to be joined by a gateway, ``integration`` such
    gateways. ``domains`` are own names under .kz and .қаз. ``control`` and ``records`` tell that
    the object's control, or its records, must stay at home, which is a country by its folded code
    and names. ``gated``: a gateway is known. An event
    without any of the top-level names ``needs`` crosses nothing.
    """

    own: tuple[Network, ...] = ()
    gateways: tuple[Network, ...] = ()
    gateway_interfaces: frozenset[str] = frozenset()
    gateway_sources: frozenset[str] = frozenset()
    past_gateway: bool = False
    mail_gateways: tuple[Network, ...] = ()
    mail_sources: frozenset[str] = frozenset()
    past_mail_gateway: bool = False
    transport: tuple[Network, ...] = ()
    joints: tuple[Network, ...] = ()
    open: tuple[Network, ...] = ()
    peers: tuple[Network, ...] = ()
    integration: tuple[Network, ...] = ()
    domains: tuple[str, ...] = ()
    control: bool = False
    records: bool = False
    home: frozenset[str] = frozenset()
    gated: bool = field(init=False, repr=False)
    needs: frozenset[str] = field(init=False, repr=False)
    _remembered: dict[str, int] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        known = bool(self.gateways or self.gateway_interfaces or self.past_gateway)
        object.__setattr__(self, "gated", known)
        object.__setattr__(self, "needs", _ENDS | _NAMES if self.domains else _ENDS)

    def kind(self, address: object) -> int:
        """Give what an address is, as bits; 0 where the text is none. Remembered within bounds."""
        if address.__class__ is not str:
            return 0
        found = self._remembered.get(address)
        if found is None:
            found = self._kind(str(address))
            if len(self._remembered) >= _MOST_REMEMBERED:
                self._remembered.clear()
            self._remembered[str(address)] = found
        return int(found)

    def _kind(self, text: str) -> int:
        try:
            address = ip_address(text)
        except ValueError:
            return 0
        address = getattr(address, "ipv4_mapped", None) or address
        kind = 0
        for bit, networks in (
            (_INSIDE, self.own),
            (_GATEWAY, self.gateways),
            (_MAIL, self.mail_gateways),
            (_TRANSPORT | _INSIDE, self.transport),
            (_JOINT, self.joints),
            (_OPEN | _INSIDE, self.open),
            (_PEER, self.peers),
            (_INTEGRATION, self.integration),
        ):
            if any(address in network for network in networks):
                kind |= bit
        if not kind & _INSIDE:
            if not any(address in network for network in _LOCAL):
                kind |= _PUBLIC
            elif not kind & _PEER:
                kind |= _INSIDE
        return kind


def crossings(event: Event, borders: Borders) -> list[str]:
    """Give the names of the borders that an event crosses, sorted; most events cross none."""
    ecs = event.ecs
    source, destination = ecs.get("source"), ecs.get("destination")
    near = borders.kind(source.get("ip")) if source.__class__ is dict else 0
    far = borders.kind(destination.get("ip")) if destination.__class__ is dict else 0
    told: list[str] = []
    if (near | far) & _OUTER:
        told += _crossed(_flow(near, far, event, borders), borders)
    if borders.domains:
        told += _at_domain(event, borders)
    return sorted(told) if told else told


class _Flow(NamedTuple):
    """Two ends of an event, and what is known of each."""

    source: int
    destination: int
    translated: int
    port: int | None
    start: Json
    end: Json
    source_id: str
    ecs: Json


def _flow(near: int, far: int, event: Event, borders: Borders) -> _Flow:
    ecs = event.ecs
    start, end = _part(ecs, "source"), _part(ecs, "destination")
    translated = borders.kind(_part(start, "nat").get("ip")) if "nat" in start else 0
    port = _number(end.get("port"))
    return _Flow(near, far, translated, port, start, end, event.source_id, ecs)


def _crossed(flow: _Flow, borders: Borders) -> Iterator[str]:
    """Give what the ends cross, of which one is outside, or is of somebody else."""
    if flow.source and flow.destination:
        yield from _between(flow, borders)
    if (borders.mail_gateways or borders.past_mail_gateway) and _is_mail(flow, borders):
        yield "mail"
    if borders.control and _is_control(flow, borders):
        yield "control"


def _between(flow: _Flow, borders: Borders) -> Iterator[str]:
    """Give what two known ends cross."""
    outward = bool(flow.source & _INSIDE and flow.destination & _PUBLIC)
    if outward and borders.gated and not _is_answer(flow) and not _goes_through(flow, borders):
        yield "internet"
    if borders.transport and _is_bridge(flow):
        yield "transport"
    if borders.peers and _is_joined_directly(flow):
        yield "integration"
    if outward and borders.records and flow.port in RECORD_PORTS and _abroad(flow.end, borders):
        yield "records"


def _goes_through(flow: _Flow, borders: Borders) -> bool:
    """Tell whether what leaves does so by the single gateway."""
    if (flow.destination | flow.translated) & (_GATEWAY | _MAIL | _INTEGRATION):
        return True
    if flow.source_id in borders.gateway_sources or flow.source_id in borders.mail_sources:
        return True
    if borders.gateway_interfaces:
        egress = _inner(flow.ecs, "observer", "egress", "interface").get("name")
        if isinstance(egress, str) and egress in borders.gateway_interfaces:
            return True
    return _part(flow.ecs, "network").get("direction") == "inbound"


def _is_answer(flow: _Flow) -> bool:
    """Tell a server's answer, which exporters of one-way flows write like a connection."""
    port, other = _number(flow.start.get("port")), flow.port
    return port is not None and other is not None and port < _LEAST_DYNAMIC <= other


def _is_bridge(flow: _Flow) -> bool:
    ends = (flow.source, flow.destination)
    if any(end & (_JOINT | _GATEWAY | _MAIL | _INTEGRATION) for end in (*ends, flow.translated)):
        return False
    return any(
        one & _TRANSPORT and not other & _TRANSPORT and other & (_PUBLIC | _OPEN)
        for one, other in (ends, ends[::-1])
    )


def _is_joined_directly(flow: _Flow) -> bool:
    """Tell the own system and one of others that speak with no gateway between them."""
    ends = (flow.source, flow.destination)
    if any(end & _INTEGRATION for end in (*ends, flow.translated)):
        return False
    return any(one & _PEER and other & _INSIDE for one, other in (ends, ends[::-1]))


def _is_mail(flow: _Flow, borders: Borders) -> bool:
    """Tell mail between inside and outside of which neither end is the mail gateway."""
    if (flow.source | flow.destination | flow.translated) & _MAIL:
        return False
    if flow.source_id in borders.mail_sources:
        return False
    network = _part(flow.ecs, "network")
    server = "email" in flow.ecs or network.get("protocol") == "smtp"
    if flow.destination & _PUBLIC and (flow.source & _INSIDE or not flow.source):
        return flow.port in MAIL_PORTS or (server and flow.port is None)
    if flow.source & _PUBLIC and (flow.destination & _INSIDE or not flow.destination):
        # Clients of the object hand in their own mail on 465 and 587: that is no exchange.
        return flow.port == SMTP or (server and flow.port is None)
    return False


def _is_control(flow: _Flow, borders: Borders) -> bool:
    """Tell a session that manages a network, or a change of its devices, from abroad."""
    if not _abroad(flow.start, borders):
        return False
    if flow.destination & _INSIDE and flow.port in CONTROL_PORTS:
        return True
    categories = _part(flow.ecs, "event").get("category")
    named = categories if categories.__class__ is list else [categories]
    return "configuration" in named or "authentication" in named


def _at_domain(event: Event, borders: Borders) -> Iterator[str]:
    """Give what an event shows of an own name under .kz: where it is, and its certificate."""
    names = _names(event.ecs)
    if not names or not any(_is_below(name, borders.domains) for name in names):
        return
    if _abroad(_part(event.ecs, "destination"), borders):
        yield "domain"
    if _is_without_certificate(event):
        yield "certificate"


def _names(ecs: Json) -> list[str]:
    """Give the names of servers in an event, folded."""
    given: list[Any] = []
    if "tls" in ecs:
        given.append(_inner(ecs, "tls", "client").get("server_name"))
    given += [_part(ecs, part).get("domain") for part in ("url", "destination") if part in ecs]
    if "file" in ecs and "x509" in _part(ecs, "file"):
        listed = _inner(ecs, "file", "x509").get("alternative_names")
        given += listed if isinstance(listed, list) else [listed]
    return [one.rstrip(".").casefold() for one in given if isinstance(one, str)]


def _is_below(name: str, domains: tuple[str, ...]) -> bool:
    return any(name == domain or name.endswith(f".{domain}") for domain in domains)


def _is_without_certificate(event: Event) -> bool:
    """Tell an answer without TLS, or a certificate that is past its days or was not accepted."""
    ecs = event.ecs
    status = _inner(ecs, "http", "response").get("status_code")
    plain = _part(ecs, "url").get("scheme") == "http" or _part(ecs, "network").get("protocol") == (
        "http"
    )
    if plain and isinstance(status, int) and status // 100 == 2 and "tls" not in ecs:
        return True
    checked = event.native.get("validation_status")
    if isinstance(checked, str) and checked not in ("", "ok"):
        return True
    ends = (
        _inner(ecs, "file", "x509").get("not_after"),
        _inner(ecs, "tls", "server").get("not_after"),
    )
    return any(_is_past(end, event.time) for end in ends)


def _is_past(text: object, at: int) -> bool:
    if not isinstance(text, str):
        return False
    try:
        end = datetime.fromisoformat(text)
    except ValueError:
        return False
    return end.tzinfo is not None and int(end.timestamp()) * NANOSECONDS < at


def _abroad(end: Json, borders: Borders) -> bool:
    """Tell an end of which the country is known, and is not home."""
    geo = _part(end, "geo")
    country = geo.get("country_iso_code") or geo.get("country_name")
    return isinstance(country, str) and country.casefold() not in borders.home


def _number(value: object) -> int | None:
    return value if value.__class__ is int else None


def _part(tree: Json, name: str) -> Json:
    part = tree.get(name)
    return part if part.__class__ is dict else {}


def _inner(tree: Json, *names: str) -> Json:
    for name in names:
        tree = _part(tree, name)
    return tree

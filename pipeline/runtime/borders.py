"""One object's record to the borders that bind it, and to the norms that do.

Which norm binds whom is the law's word, and stands here with its article; what the registry leaves
out is unknown and binds nobody, but where the norm itself is about whoever does not show otherwise.
"""

from collections.abc import Iterator
from ipaddress import ip_network

from pipeline.normalize.enrichment.crossings import Borders, Network
from pipeline.registry import ObjectRecord, Registry
from pipeline.registry.records import PARTY_PATHS

_STATE = frozenset(
    {
        "state_body", "special_state_body", "law_enforcement_body", "local_self_government",
        "state_legal_entity", "quasi_state",
    }
)  # fmt: skip
"""Kinds of party whose networks use the single gateway (30(1))."""
_BODIES = frozenset({"state_body", "special_state_body", "law_enforcement_body"})
_NATIONAL_BANK = "national_bank"
HOME = "KZ"
HOME_NAMES = frozenset(
    {"kz", "kaz", "kazakhstan", "republic of kazakhstan", "қазақстан", "казахстан"}
)


def bound_by(record: ObjectRecord, registry: Registry, at: int) -> frozenset[str]:
    """Give the words of the norms that bind an object at an instant (nanoseconds)."""
    return frozenset(_bound(record, _kinds(record, registry), at))


def borders_of(record: ObjectRecord, bound: frozenset[str]) -> Borders | None:
    """Give the borders that its norms draw around an object; None where there is none."""
    network = record.network
    internet, mail = "single_gateway" in bound, "mail_gateway" in bound
    joined = [one for one in record.integrations if one.exception is None]
    gated = "integration_gateway" in bound
    borders = Borders(
        own=_networks(network.addresses),
        gateways=_networks(network.internet_gateways) if internet else (),
        gateway_interfaces=frozenset(network.internet_gateway_interfaces if internet else ()),
        gateway_sources=_carrying(record, "internet_gateway"),
        past_gateway=internet and network.internet_via_gateway is False,
        mail_gateways=_networks(network.mail_gateways) if mail else (),
        mail_sources=_carrying(record, "mail_gateway"),
        past_mail_gateway=mail and network.mail_via_gateway is False,
        transport=_networks(network.in_zone("state_transport")),
        joints=_networks(network.in_zone("demilitarised")),
        open=_networks(network.in_zone("public")),
        peers=_networks(address for one in joined for address in one.addresses if gated),
        integration=_networks(address for one in record.integrations for address in one.gateways),
        domains=tuple(
            sorted(one.name.rstrip(".").casefold() for one in network.domains if one.national)
        ),
        control="home_control" in bound,
        records="home_storage" in bound,
        home=HOME_NAMES,
    )
    return borders if _draws(borders) else None


def _draws(borders: Borders) -> bool:
    """Tell whether there is anything that an event could cross."""
    return any(
        (
            borders.gateways, borders.gateway_interfaces, borders.past_gateway,
            borders.mail_gateways, borders.past_mail_gateway, borders.transport, borders.peers,
            borders.domains, borders.control, borders.records,
        )
    )  # fmt: skip


def _bound(record: ObjectRecord, kinds: frozenset[str], at: int) -> Iterator[str]:
    network = record.network
    state = (
        record.state_body
        or record.ownership == "state"
        or not kinds.isdisjoint(_STATE)
        or not _STATE.isdisjoint(record.requirements)
    )
    # 30(1) names state bodies, self-government, state and quasi-state entities, and the owners and
    # holders of critical objects; 30(3) frees the National Bank, and others for a stated aim.
    free = network.gateway_exemption is not None or _NATIONAL_BANK in kinds
    if (state or "critical" in record.flags(at)) and not free:
        yield "single_gateway"
    if record.state_body or not kinds.isdisjoint(_BODIES):
        yield "mail_gateway"  # 30(4): the mail of state bodies
    if network.in_zone("state_transport"):
        yield "state_transport"  # 29(3): whoever is joined to it
    if record.integrated_with_state or any(
        one.state or state or record.e_government is not None for one in record.integrations
    ):
        yield "integration_gateway"  # 43(2), 44(1): a state system is on one side
    yield from _of_persons(record)
    if any(domain.national for domain in network.domains):
        yield "national_domain"  # 56-1
    if state or record.e_government is not None or "critical" in record.flags(at):
        yield "backup"  # 42(3), 40(2)(3), 17(2-1)(4)
    if network.trunk or record.ici_kind == "telecom_network":
        yield "home_control"  # National Security Law 23(6)(4), 23(6)(5)
    if (
        record.mining is None
        or not record.mining.declared
        or at < (record.mining.notified_at or at)
    ):
        yield "mining_notice"  # 33-1: not told to the authority


def _of_persons(record: ObjectRecord) -> Iterator[str]:
    facts = record.personal_data_facts
    if not record.personal_data or (facts is not None and facts.state != "active"):
        return  # 56: until destruction or depersonalisation
    yield "home_storage"  # 36(8)
    if facts is None or facts.kind != "public":
        yield "multi_factor"  # 36(1): data that nobody called public is not taken as public


def _kinds(record: ObjectRecord, registry: Registry) -> frozenset[str]:
    """Give what the owners and holders of an object are."""
    paths = (path for path in PARTY_PATHS if not path.endswith(".operator"))
    ids = {party_id for path in paths if (party_id := record.party_at(path))}
    parties = (registry.party(party_id) for party_id in ids)
    return frozenset(party.kind for party in parties if party is not None and party.kind)


def _carrying(record: ObjectRecord, what: str) -> frozenset[str]:
    return frozenset(source.id for source in record.sources if what in source.carries)


def _networks(addresses: Iterator[str] | tuple[str, ...]) -> tuple[Network, ...]:
    return tuple(ip_network(address, strict=False) for address in addresses)

"""Which norms bind an object, and which borders they draw around it."""

from typing import Any

import pytest

from pipeline.model import instant
from pipeline.normalize.enrichment.crossings import Borders
from pipeline.registry import ObjectRecord, Registry
from pipeline.registry.parties import Party
from pipeline.registry.registry import make_registry
from pipeline.runtime.borders import borders_of, bound_by

AT = instant("2026-03-02T10:00:00Z")
NAMES = {"kk": "А", "ru": "А"}
LISTED = {"sector": "gas", "list_ref": "3", "listed_at": "2026-03-02T10:00:00Z"}
OWNED = {"system": {"owner": "p"}}
SERVICES = {"e_government": {"reason": "services are given through it"}}
SEGMENT = {"name": "a", "zone": "state_transport", "addresses": ["10.0.0.0/8"]}
GATED = {"internet_gateways": ["203.0.113.2"], "mail_gateways": ["203.0.113.25"]}


def registered(kind: str | None = None, **fields: Any) -> tuple[ObjectRecord, Registry]:
    """Make a record, and a registry in which its owner is of a kind."""
    given = {"id": "o", **fields, **({"parties": OWNED} if kind else {})}
    record = ObjectRecord.model_validate(given)
    party = Party.model_validate({"id": "p", "names": NAMES, "kind": kind})
    return record, make_registry([record], [party])


def bound(kind: str | None = None, at: int = AT, **fields: Any) -> frozenset[str]:
    return bound_by(*registered(kind, **fields), at)


def drawn(kind: str | None = None, **fields: Any) -> Borders | None:
    record, registry = registered(kind, **fields)
    return borders_of(record, bound_by(record, registry, AT))


def freed(ground: str) -> dict[str, Any]:
    return {"network": {"gateway_exemption": ground}}


@pytest.mark.parametrize(
    ("kind", "fields", "single", "mail"),
    [
        (None, {}, False, False),
        (None, {"state_body": True}, True, True),
        (None, {"ownership": "state"}, True, False),
        (None, {"requirements": ["quasi_state"]}, True, False),
        (None, {"requirements": ["integrated_non_state"]}, False, False),
        ("state_body", {}, True, True),
        ("law_enforcement_body", {}, True, True),
        ("local_self_government", {}, True, False),
        ("state_legal_entity", {}, True, False),
        ("quasi_state", {}, True, False),
        ("legal_entity", {}, False, False),
        ("legal_entity", {"e_government": {"reason": "services"}}, False, False),
        ("legal_entity", {"critical": LISTED}, True, False),
        ("legal_entity", {"critical": {"sector": "gas"}}, False, False),
        ("national_bank", {"ownership": "state"}, False, False),
        ("law_enforcement_body", freed("law_enforcement"), False, True),
        (None, {"state_body": True, **freed("special_state_body")}, False, True),
    ],
    ids=[
        "nothing known", "a state body's", "the state's", "quasi-state by requirements",
        "integrated by requirements", "a state body", "law enforcement", "self-government",
        "a state entity", "quasi-state", "private", "private, e-government", "private, listed",
        "private, not listed", "the National Bank", "exempt law enforcement", "exempt special body",
    ],
)  # fmt: skip
def test_whom_the_gateways_bind(
    kind: str | None, fields: dict[str, Any], single: bool, mail: bool
) -> None:
    """30(1) binds state, quasi-state and critical, 30(3) frees, 30(4) is state bodies' mail."""
    words = bound(kind, **fields)
    assert ("single_gateway" in words, "mail_gateway" in words) == (single, mail)


def test_a_critical_object_is_bound_from_its_listing_on() -> None:
    """The list's date decides (1(24), 6(4))."""
    assert "single_gateway" not in bound(at=AT - 1, critical=LISTED)
    assert "single_gateway" in bound(at=AT, critical=LISTED)


@pytest.mark.parametrize(
    ("fields", "factors", "home"),
    [
        ({}, False, False),
        ({"personal_data": False}, False, False),
        ({"personal_data": True}, True, True),
        ({"personal_data": True, "personal_data_facts": {"kind": "restricted"}}, True, True),
        ({"personal_data": True, "personal_data_facts": {"kind": "public"}}, False, True),
        ({"personal_data": True, "personal_data_facts": {"state": "depersonalised"}}, False, False),
        ({"personal_data": True, "personal_data_facts": {"state": "destroyed"}}, False, False),
    ],
    ids=["unknown", "none", "kind unknown", "restricted", "public", "depersonalised", "destroyed"],
)
def test_whom_the_norms_on_personal_data_bind(
    fields: dict[str, Any], factors: bool, home: bool
) -> None:
    """36(1) is about restricted data, and what nobody called public is; 36(8) is about all."""
    words = bound(**fields)
    assert ("multi_factor" in words, "home_storage" in words) == (factors, home)


@pytest.mark.parametrize(
    ("word", "fields", "holds"),
    [
        ("state_transport", {}, False),
        ("state_transport", {"network": {"segments": [SEGMENT]}}, True),
        ("integration_gateway", {}, False),
        ("integration_gateway", {"integrations": [{"name": "a", "state": True}]}, True),
        ("integration_gateway", {"integrations": [{"name": "a", "state": False}]}, False),
        ("integration_gateway", {"integrations": [{"name": "a"}], "state_body": True}, True),
        ("integration_gateway", {"integrations": [{"name": "a"}], **SERVICES}, True),
        ("integration_gateway", {"integrated_with_state": True}, True),
        ("national_domain", {"network": {"domains": [{"name": "a.kz"}]}}, True),
        ("national_domain", {"network": {"domains": [{"name": "a.com"}]}}, False),
        ("home_control", {"ici_kind": "telecom_network"}, True),
        ("home_control", {"network": {"trunk": True}}, True),
        ("home_control", {"ici_kind": "is"}, False),
        ("backup", {}, False),
        ("backup", {"state_body": True}, True),
        ("backup", SERVICES, True),
        ("backup", {"critical": LISTED}, True),
        ("backup", {"ownership": "non_state", "backup": {"period_hours": 24}}, False),
        ("mining_notice", {}, True),
        ("mining_notice", {"mining": {"declared": False}}, True),
        ("mining_notice", {"mining": {"declared": True}}, False),
        ("mining_notice", {"mining": {"declared": True, "notified_at": "2026-03-03"}}, True),
        ("mining_notice", {"mining": {"declared": True, "notified_at": "2026-03-01"}}, False),
    ],
)  # fmt: skip
def test_whom_the_other_norms_bind(word: str, fields: dict[str, Any], holds: bool) -> None:
    """Each norm binds the objects that its article is about."""
    assert (word in bound(**fields)) is holds


def test_an_object_without_borders_costs_nothing() -> None:
    """Where nothing could be crossed there is nothing to ask an event."""
    assert drawn(ownership="non_state") is None
    assert drawn(state_body=True) is None


def test_a_gateway_that_does_not_bind_draws_no_border() -> None:
    """A private object may name a gateway; nothing makes it use it."""
    assert drawn(ownership="non_state", network=GATED) is None
    both = drawn(state_body=True, network=GATED)
    assert both is not None
    assert both.gateways
    assert both.mail_gateways


def test_a_peer_with_an_exception_is_none() -> None:
    """Of an integration that needs no gateway (43(3)) no flow is told."""
    free = {"name": "a", "addresses": ["198.51.100.9"], "exception": "signature_check"}
    held = {"name": "b", "addresses": ["198.51.100.8"], "gateways": ["203.0.113.80"]}
    borders = drawn(state_body=True, integrations=[free, held])
    assert borders is not None
    assert [str(one) for one in borders.peers] == ["198.51.100.8/32"]
    assert [str(one) for one in borders.integration] == ["203.0.113.80/32"]


def test_sources_that_carry_a_gateways_records_are_known() -> None:
    """The registry says which sources are the gateways' own."""
    sources = [
        {"id": "a", "match": {"hosts": ["a"]}, "carries": ["internet_gateway"]},
        {"id": "b", "match": {"hosts": ["b"]}, "carries": ["mail_gateway"]},
    ]
    borders = drawn(state_body=True, network=GATED, sources=sources)
    assert borders is not None
    assert set(borders.gateway_sources) == {"a"}
    assert set(borders.mail_sources) == {"b"}

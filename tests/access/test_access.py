"""Who sees what, and since when: owners in time, attestations, broken glass, scopes."""

from typing import Any

import pytest

from pipeline.access import Access, Role, Viewer, load_policy
from pipeline.model.conditions import NOTHING
from pipeline.model.holding import holds
from pipeline.registry import ObjectRecord, make_registry
from tests.connectors.stores.nouns import at
from tests.registry.making import record
from tests.web.desks import NOW, POLICY, registry_of_all, viewer

HOUR = 3600 * 10**9


def access(*records: ObjectRecord) -> Access:
    return Access(load_policy(POLICY), make_registry(records) if records else registry_of_all())


def incident(object_id: str, opened: str, **more: Any) -> dict[str, Any]:
    seen = {"guard": "open", "is_incident": "yes"}
    return {
        "id": "1", "object_id": object_id, "opened_at": opened, "state": "new",
        "assessment": seen, **more,
    }  # fmt: skip


def sees(one: Access, who: Viewer, document: dict[str, Any], now: int) -> bool:
    sight = one.sight(who, "incidents", now)
    return sight is not None and holds(sight.where, document)


def owned(party: str, since: str) -> ObjectRecord:
    """Make a revision that says whose the plant is from a day on."""
    facets = {"infrastructure": {"owner": party, "holder": party}}
    change = {"author": "a.serik", "reason": "sold", "recorded_at": since}
    return record("plant", parties=facets, valid_from=since, change=change)


SOLD = [owned("party-a", "2025-02-01"), owned("party-b", "2026-02-01")]
IN_TIME = {
    "the seller, before": ("party-a", "2025-06-01T00:00:00Z", False),
    "the seller, after": ("party-a", "2026-03-01T00:00:00Z", False),
    "the buyer, before": ("party-b", "2025-06-01T00:00:00Z", False),
    "the buyer, after": ("party-b", "2026-03-01T00:00:00Z", True),
}


@pytest.mark.parametrize(("party", "opened", "expected"), IN_TIME.values(), ids=IN_TIME.keys())
def test_an_owner_sees_its_own_time(party: str, opened: str, expected: bool) -> None:
    """Of a sold object the seller sees nothing any more, the buyer what came to pass since."""
    who = viewer(Role.OWNER, parties=frozenset({party}))
    now = at(0) + 365 * 24 * HOUR
    assert sees(access(*SOLD), who, incident("plant", opened), now) is expected


def test_operators_and_users_own_nothing() -> None:
    """Who operates an object, uses it, or serves it as its centre is neither owner nor holder."""
    facets = {"infrastructure": {"owner": "o", "holder": "h", "operator": "p"}, "users": ["u"]}
    one = access(record("plant", parties=facets, operations_centre={"party": "c"}))
    seen = {
        party: sees(
            one, viewer(Role.OWNER, parties=frozenset({party})),
            incident("plant", "2026-03-01T00:00:00Z"), at(0),
        )
        for party in "ohpuc"
    }  # fmt: skip
    assert seen == {"o": True, "h": True, "p": False, "u": False, "c": False}


def test_an_attestation_that_ends_closes_at_its_instant() -> None:
    """From the end of an attestation on its object's rows are withheld, without any restart."""
    one, who = access(), viewer(Role.REGULATOR)
    document = incident("lapsed", "2025-10-09T08:53:21Z")
    assert sees(one, who, document, at(500) - 1)
    assert not sees(one, who, document, at(500))
    assert sees(one, who, document, at(500) - 1)


GLASS: dict[str, tuple[dict[str, Any], bool]] = {
    "open": ({"broke_glass": NOW + 1, "glass_reason": "the lead is ill"}, True),
    "over": ({"broke_glass": NOW, "glass_reason": "the lead is ill"}, False),
    "without a reason": ({"broke_glass": NOW + 1, "glass_reason": " "}, False),
    "too long": ({"broke_glass": NOW + 2 * HOUR, "glass_reason": "the lead is ill"}, False),
    "not broken": ({}, False),
}


@pytest.mark.parametrize(("given", "expected"), GLASS.values(), ids=GLASS.keys())
@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.REGULATOR])
def test_glass_is_broken_with_a_reason_and_for_a_time(
    given: dict[str, Any], expected: bool, role: Role
) -> None:
    """An administrator sees content through broken glass alone; other roles have none to break."""
    who, one = viewer(role, **given), access()
    may = expected and role is Role.ADMINISTRATOR
    assert one.broken(who, NOW) is may
    assert (one.sight(who, "events", NOW) is not None) is may


def test_behind_the_glass_personal_data_needs_several_factors_too() -> None:
    """A broken glass is no second factor (36(1))."""
    who = viewer(Role.ADMINISTRATOR, broke_glass=NOW + 1, glass_reason="the lead is ill",
                 multi_factor=False)  # fmt: skip
    sight = access().sight(who, "events", NOW)
    assert sight is not None
    assert not sight.may_ask("user.name")


SCOPES = {
    "none": ((), True, True),
    "this kind": (("read:incidents",), True, False),
    "another kind": (("read:notices",), False, False),
    "all reads": (("read:*",), True, False),
    "this act": (("act:incident_note",), False, True),
    "such acts": (("act:incident_*",), False, True),
    "a beginning of a name": (("read:inc", "act:incident_no"), False, False),
}


@pytest.mark.parametrize(("scopes", "reads", "acts"), SCOPES.values(), ids=SCOPES.keys())
def test_scopes_bind_a_token(scopes: tuple[str, ...], reads: bool, acts: bool) -> None:
    """A machine's token reads the kinds and leaves the commands that its scopes name."""
    who, one = viewer(Role.ANALYST, scopes=frozenset(scopes)), access()
    assert (one.sight(who, "incidents", NOW) is not None) is reads
    assert one.may(who, "incident_note") is acts


def test_a_mandate_without_objects_sees_nothing() -> None:
    """A branch that no object is of leaves a regulator nothing."""
    sight = access().sight(viewer(Role.REGULATOR, sectors=frozenset({"gas"})), "incidents", NOW)
    assert sight is not None
    assert not holds(sight.where, incident("plain", "2025-10-09T08:53:21Z"))


def test_a_kind_that_nobody_granted_is_not_there() -> None:
    """A role without a row for a kind has no sight of it, and no question of it holds."""
    assert access().sight(viewer(Role.OWNER), "audit", NOW) is None
    within = access().sight(viewer(Role.OWNER), "findings", NOW)
    assert within is not None
    assert not holds(within.where, {"id": "1", "object_id": "plain"})
    assert within.narrowed(NOTHING) == NOTHING

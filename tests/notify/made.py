"""What tests of notices are made of: a registry, incidents, terms and a desk."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache

from pipeline.model import (
    NANOSECONDS,
    Assessment,
    GuardDecision,
    Incident,
    IncidentState,
    Leg,
    Limb,
    Notice,
    Recipient,
    Tri,
    notice_id,
)
from pipeline.notify import Channels, Composer, Desk, Texts, read_texts
from pipeline.registry import Channel, Names, ObjectRecord, Party, Registry, make_registry
from pipeline.registry.records import Facets, Holding

BASE = 1_772_424_000 * NANOSECONDS
MINUTE = 60 * NANOSECONDS
INCIDENT = "a" * 32

HOLDER = Leg("holder", "energo", "kz-418-V/7-2(1)(2)", "statute", "holder of the infrastructure")
NCC = Leg("ncc", "ncc", "kz-418-V/7-2(1)(2)", "statute", "every connected object")
OWNER = Leg("owner", "ministry", "kz-418-V/7-3(1)(3)", "statute", "reported by the service")
TENANT = Leg("hosted_owner", "tenant", "kz-418-V/16(6)", "statute", "hosted here")
DUTY = Leg("duty_officer", "duty", "policy/1", "policy", "attestation unknown")


@dataclass(frozen=True, slots=True)
class Term:
    """A term as the pack would give it."""

    due_at: int
    basis: str = "kz-418-V/7-2(1)(2)"
    set_by: str = "policy"


def terms(leg: str, role: str, at: int) -> Term:
    """Due in fifteen minutes for a first leg, in a day for others; the row names leg and role."""
    return Term(at + (15 if leg == "first" else 1440) * MINUTE, f"policy/{leg}/{role}")


def registry() -> Registry:
    """Give a power station with a guest on its servers, their parties, and the NCC."""
    return make_registry(
        objects=[
            ObjectRecord(
                id="station",
                code="KZ-EN-1",
                parties=Facets(infrastructure=Holding(owner="ministry", holder="energo")),
            ),
            ObjectRecord(
                id="portal",
                code="KZ-WEB-7",
                hosted_on=("station",),
                parties=Facets(resource=Holding(owner="tenant", holder="tenant")),
            ),
        ],
        parties=[
            Party(id="energo", names=Names(kk="Энерго", ru="Энерго"), language="ru"),
            Party(id="ministry", names=Names(kk="Министрлік", ru="Министерство")),
            Party(id="ncc", names=Names(kk="ҰҮО", ru="НКЦИБ"), language="kk"),
            Party(
                id="tenant",
                names=Names(kk="Жалгер", ru="Арендатор"),
                language="en",
                channels=(Channel(channel="ncc"), Channel(channel="email", address="a@b.kz")),
            ),
        ],
    )


def assessment(
    *,
    verdict: Tri = Tri.YES,
    route: tuple[Leg, ...] = (HOLDER, NCC),
    severity: str = "high",
    held: tuple[str, ...] = ("unauthorised_access",),
    guard: str = "open",
    reasons: Mapping[str, str] | None = None,
) -> Assessment:
    """Make a verdict; acts that are not held are unknown."""
    known = ("unauthorised_access", "leak", "copying")
    return Assessment(
        is_incident=verdict,
        predicate={
            "failure": Limb(Tri.YES, "rule r1 matched user aigul from 10.1.2.3", "kz-418-V/1(31)"),
            "functioning_threat": Limb(Tri.UNKNOWN, "not decided", "kz-418-V/1(31)"),
            "harms": {"obtain": Limb(Tri.YES, "logon of aigul@corp.kz", "kz-418-V/1(31)")},
        },
        occurrence="single",
        acts={name: Tri.YES if name in held else Tri.UNKNOWN for name in known},
        intent="unauthorised",
        origin="external",
        reality="real",
        rsit="intrusions:privileged-account-compromise",
        attack=("T1078",),
        impact={"PUB": 2},
        scope="domestic",
        aims=(),
        severity=severity,
        priority=severity,
        route=route,
        basis={"guard": "kz-349-I/14"},
        versions={"pack": "p1"},
        guard=guard,
        reasons=dict(reasons or {}),
    )


def incident(
    judged: Assessment | None = None,
    *,
    revision: int = 1,
    state: IncidentState = IncidentState.NEW,
    opened_at: int = BASE,
    trial: bool = False,
    merged_into: str = "",
) -> Incident:
    """Make one revision of the incident at the power station."""
    return Incident(
        id=INCIDENT,
        revision=revision,
        object_id="station",
        fold_key="user:aigul",
        state=state,
        opened_at=opened_at,
        changed_at=BASE + (revision - 1) * MINUTE,
        first_event_at=BASE - 2 * MINUTE,
        last_event_at=BASE - MINUTE,
        event_count=3 * revision,
        finding_ids=("f1",),
        assessment=judged or assessment(),
        trial=trial,
        merged_into=merged_into,
    )


@cache
def words() -> Texts:
    """Read the project's own catalogs, once."""
    return read_texts()


def desk() -> Desk:
    """Give a desk whose only line of its own is the coordination centre's."""
    channels = Channels(by_role={"ncc": "ncc"}, known=frozenset({"folder", "email", "ncc"}))
    return Desk(Composer("OCIB-1", words()), channels, terms, guests=guests)


def guests(role: str) -> tuple[str, ...] | None:
    """Tell a hosted object's owner of what is its own, everyone else of the object."""
    if role == "visitor":
        return None
    return ("system.owner", "resource.owner") if role == "hosted_owner" else ()


def notice(number: int = 1, **changes: object) -> Notice:
    """Make a pending notice with a stub payload, told apart by a number."""
    recipient = Recipient("ncc", "ncc")
    subject = f"{number:032x}"
    made = Notice(
        id=notice_id(subject, "first", 1, recipient),
        incident_id=subject,
        revision=1,
        leg="first",
        ordinal=1,
        recipient=recipient,
        channel="memory",
        language="kk",
        created_at=BASE,
        due_at=BASE + MINUTE,
        basis="kz-418-V/7-2(1)(2)",
        set_by="statute",
        guard=GuardDecision("stub", "kz-349-I/14"),
        payload={
            "incident_id": subject,
            "object": "KZ-EN-1",
            "class": {"acts": ["leak"], "rsit": ""},
            "time": "2026-03-02T04:00:00Z",
            "severity": "high",
            "details_available": False,
        },
        object_id="station",
    )
    return replace(made, **changes)  # type: ignore[arg-type]

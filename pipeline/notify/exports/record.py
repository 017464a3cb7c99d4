"""What leaves the centre of one incident: a closed record, the same for every format.

A format writes this record and reads it back; nothing of an incident leaves by another way. Where
the guard is not open, ``details`` is None, and what is left are the six keys of a stub (SPEC 5).
Nothing here names a party, quotes evidence or carries a reason: reasons may quote it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, TypeAlias

from pipeline.model import Instant, Json, Tri

Tlp: TypeAlias = Literal["clear", "green", "amber", "amber+strict", "red"]
ObservableKind: TypeAlias = Literal[
    "address", "domain", "host", "md5", "sha1", "sha256", "sha512", "user"
]
Part: TypeAlias = Literal["source", "target", ""]

HASHES: Mapping[str, int] = MappingProxyType({"md5": 32, "sha1": 40, "sha256": 64, "sha512": 128})
"""Digests by name, with their length in hexadecimal digits."""


@dataclass(frozen=True, slots=True)
class LimbAnswer:
    """One limb of the predicate (``harms.copy``), without the reason, with its norm."""

    name: str
    holds: Tri
    basis: str


@dataclass(frozen=True, slots=True)
class ToldFinding:
    """A rule that fired: which, how often, when."""

    id: str
    kind: str
    rule_id: str
    title: str
    level: str
    first_event_at: Instant
    last_event_at: Instant
    event_count: int
    attack: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Observable:
    """An address, domain, host or digest that a rule matched on; a person's name is masked."""

    kind: ObservableKind
    value: str
    part: Part = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One revision of the incident, with the hash that proves it.

    ``step`` names what a person did, in the role ``by``; "" where findings or time made it.
    """

    revision: int
    at: Instant
    state: str
    verdict: Tri
    severity: str
    hash: str
    step: str = ""
    by: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """One notice outside the centre, by the recipient's role.

    When it was made, due, first tried and answered; None where it was not.
    """

    role: str
    leg: str
    revision: int
    made_at: Instant
    due_at: Instant
    state: str
    basis: str
    set_by: str
    tried_at: Instant | None = None
    received_at: Instant | None = None


@dataclass(frozen=True, slots=True)
class Related:
    """Another incident of the same object, and what this one has to do with it."""

    kind: str
    incident_id: str


@dataclass(frozen=True, slots=True)
class Times:
    """When what happened to the incident; None where it did not, or not yet."""

    detected_at: Instant
    opened_at: Instant
    changed_at: Instant
    first_event_at: Instant
    last_event_at: Instant
    acknowledged_at: Instant | None = None
    contained_at: Instant | None = None
    restored_at: Instant | None = None
    closed_at: Instant | None = None


@dataclass(frozen=True, slots=True)
class LawClass:
    """The verdict and all that the law makes of the incident; ``basis``: element to norm."""

    verdict: Tri
    occurrence: str
    intent: str
    origin: str
    reality: str
    scope: str
    priority: str
    limbs: tuple[LimbAnswer, ...] = ()
    acts: dict[str, Tri] = field(default_factory=dict)
    impact: Json = field(default_factory=dict)
    aims: tuple[str, ...] = ()
    basis: dict[str, str] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Details:
    """What stands in an export beside the stub's keys, where the guard is open.

    ``closing_verdict`` is true, benign or false, "" while it is not closed; ``decided`` names the
    elements on which a person's word stands; ``related`` the other incidents of the same object.
    ``observables_beyond`` counts those that were left out for their number.
    """

    revision: int
    hash: str
    state: str
    times: Times
    law: LawClass
    event_count: int
    finding_count: int
    trial: bool = False
    merged_into: str = ""
    closing_verdict: str = ""
    decided: tuple[str, ...] = ()
    related: tuple[Related, ...] = ()
    object_names: dict[str, str] = field(default_factory=dict)
    sector: str = ""
    attack: tuple[str, ...] = ()
    findings: tuple[ToldFinding, ...] = ()
    observables: tuple[Observable, ...] = ()
    observables_beyond: int = 0
    revisions: tuple[Step, ...] = ()
    told: tuple[Told, ...] = ()


@dataclass(frozen=True, slots=True)
class Exported:
    """One incident as it leaves.

    ``acts`` are those that hold. ``time`` is the first event's. ``centre`` says who tells,
    ``written_at`` when; ``tlp`` who may have it (FIRST TLP 2.0).
    """

    incident_id: str
    object: str
    rsit: str
    time: Instant
    severity: str
    centre: str
    written_at: Instant
    tlp: Tlp
    acts: tuple[str, ...] = ()
    details: Details | None = None

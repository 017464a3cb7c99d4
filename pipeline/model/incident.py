"""Incidents and the verdict inside each of their revisions."""

from dataclasses import dataclass, field
from enum import StrEnum

from pipeline.model.finding import Tri
from pipeline.model.times import Instant
from pipeline.model.wire import Json


@dataclass(frozen=True, slots=True)
class Limb:
    """One limb of the predicate: does it hold, why, on which ground, by which findings."""

    holds: Tri
    reason: str
    basis: str


@dataclass(frozen=True, slots=True)
class Leg:
    """One recipient that the route demands, with its ground."""

    role: str  # of the law pack; the duty officer is our own
    party_id: str
    basis: str
    set_by: str  # statute | by-law | policy
    reason: str


@dataclass(frozen=True, slots=True)
class Assessment:
    """The verdict inside a revision of an incident, each part with reason and legal basis.

    ``predicate`` has ``failure``, ``functioning_threat`` and the six ``harms``. ``impact`` has the
    axes 0-4 and ``cia``. ``basis`` maps the other elements to the norm behind them.
    """

    is_incident: Tri
    predicate: dict[str, Limb | dict[str, Limb]]
    occurrence: str
    acts: dict[str, Tri]
    intent: str
    origin: str
    reality: str
    rsit: str
    attack: tuple[str, ...]
    impact: Json
    scope: str
    aims: tuple[str, ...]
    severity: str
    priority: str
    route: tuple[Leg, ...]
    basis: dict[str, str]
    versions: dict[str, str]
    guard: str = "open"  # open | stub | hold
    reasons: dict[str, str] = field(default_factory=dict)


class IncidentState(StrEnum):
    """Where an incident stands; a candidate counts nowhere as an incident."""

    CANDIDATE = "candidate"
    NEW = "new"
    ACKNOWLEDGED = "acknowledged"
    INVESTIGATING = "investigating"
    CONTAINED = "contained"
    RESTORED = "restored"
    CLOSED = "closed"
    MERGED = "merged"


@dataclass(frozen=True, slots=True)
class Decision:
    """A person's word on an incident: what they say of it, who, when and why.

    ``says`` maps elements (``is_incident``, ``failure``, ``harms.copy``, ``acts.leak``, ``origin``,
    ``rsit``, ``severity`` …) to what they are; "" takes an earlier word back. ``machine`` is what
    the assessment alone made of the same then, and ``rules`` whose findings lay before the person.
    """

    at: Instant
    actor: str
    reason: str
    says: dict[str, str]
    machine: dict[str, str] = field(default_factory=dict)
    rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Link:
    """What an incident has to do with another, or with a campaign (``kind``), by its id.

    ``object_id`` is the other's object: who may not see that one may not see the link.
    """

    kind: str
    to: str
    object_id: str = ""


@dataclass(frozen=True, slots=True)
class Incident:
    """Findings folded into one legal incident: one revision of its history, hash-linked.

    ``finding_ids`` names up to so many findings of each rule, ``finding_count`` counts all.
    ``opened_at`` is the receive time of the batch whose finding first made the verdict yes (for a
    candidate: that opened it): terms run from it. ``changed_at`` is this revision's.

    A revision says what made it: ``step`` ("" for new findings, else an action's name), its
    ``actor`` (role and author; "" for the system itself), ``reason``, the ``command`` by which it
    came, and in ``entry`` what it brought: a note, a task, some evidence. What persons decided
    stands in ``decisions``, beside it in ``machine`` what the assessment alone makes of the same.
    ``closing_verdict`` is true, benign or false; ``closed_at`` 0 while it is not closed. ``asked``:
    when somebody asked for a report last, by the role that asked.
    """

    id: str
    revision: int
    object_id: str
    fold_key: str
    state: IncidentState
    opened_at: Instant
    changed_at: Instant
    first_event_at: Instant
    last_event_at: Instant
    event_count: int
    finding_ids: tuple[str, ...]
    assessment: Assessment
    finding_count: int = 0
    trial: bool = False
    merged_into: str = ""
    previous_hash: str = ""
    hash: str = ""
    step: str = ""
    actor: str = ""
    reason: str = ""
    command: str = ""
    entry: Json = field(default_factory=dict)
    assigned_to: str = ""
    closing_verdict: str = ""
    closed_at: Instant = 0
    decisions: tuple[Decision, ...] = ()
    machine: dict[str, str] = field(default_factory=dict)
    links: tuple[Link, ...] = ()
    asked: dict[str, Instant] = field(default_factory=dict)

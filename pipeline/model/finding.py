"""Findings: rules that fired on an event or a window, and what they are evidence for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from pipeline.model.times import Instant
from pipeline.model.wire import Json, identity


class Tri(StrEnum):
    """A three-valued answer; what is not known is never treated as no."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class RuleRef:
    """The rule behind a finding."""

    id: str
    title: str
    level: str
    hash: str


@dataclass(frozen=True, slots=True)
class Labels:
    """What a finding is evidence for (law/SPEC.md section 2), each with yes, no or unknown.

    ``failure`` and ``functioning_threat`` are the limbs beside the harms; a limb or harm that is
    absent is unknown. ``reason`` says where the labels come from. ``fixed_class`` is set for
    findings that content may not describe (a withheld record).
    """

    failure: Tri = Tri.UNKNOWN
    functioning_threat: Tri = Tri.UNKNOWN
    harms: dict[str, Tri] = field(default_factory=dict)
    acts: dict[str, Tri] = field(default_factory=dict)
    intent: str = "unknown"
    origin: str = "unknown"
    reality: str = "unknown"
    attack: tuple[str, ...] = ()
    rsit: str = ""
    reason: str = ""
    fixed_class: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that fired on one event or on a window of events; amended by revisions.

    ``event_ids`` keeps the earliest by (time, id) up to a bound; ``event_count`` counts all.
    A retracted finding was refuted by late data; ``merged_into`` names the finding that took over.
    ``suppressed`` is the id of the silence that covers it; an incident whose verdict is yes is told
    all the same. ``content`` is the revision of the rules, filters and field names behind it.
    """

    id: str
    revision: int
    kind: str  # rule | correlation | detector
    rule: RuleRef
    object_id: str
    first_event_at: Instant
    last_event_at: Instant
    event_ids: tuple[str, ...]
    event_count: int
    group: dict[str, str]
    labels: Labels
    fields: Json
    trial: bool = False
    retracted: bool = False
    merged_into: str = ""
    suppressed: str = ""
    content: str = ""


def finding_id(rule_id: str, group: Mapping[str, str], opening_event: str) -> str:
    """Identity of a finding: rule id (not its hash), group and the event it opened with."""
    flat = [part for pair in sorted(group.items()) for part in pair]
    return identity("finding", rule_id, *flat, opening_event)

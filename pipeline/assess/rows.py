"""The rows of a law pack, as its files write them.

Every row names its ground (``basis``), since when it holds, and who set it: the statute, a by-law
or, marked with author and date, our own policy (SPEC 2-4, 9). ``valid_to`` is the last day.
"""

import re
from datetime import date
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from pipeline.assess.answers import Answer, Answers
from pipeline.assess.durations import Duration
from pipeline.registry.moments import LATEST, Begin, End
from pipeline.registry.records import FLAG_PATTERN, PARTY_PATHS, Part, Text

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_.-]{0,63}$")]
AxisName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_.]{0,31}$")]
Grade = Annotated[int, Field(ge=0, le=4)]
Technique = Annotated[str, StringConstraints(pattern=r"^T\d{4}(\.\d{3})?$")]
Reporter = Literal["centre", "response_service", "holder"]
_PARTY = re.compile(r"^role:[a-z][a-z0-9_]*$")


def _flag(value: str) -> str:
    if isinstance(value, str) and not FLAG_PATTERN.match(value):
        raise ValueError(f"no object can have the flag {value!r}")
    return value


def _party(value: str) -> str:
    if isinstance(value, str) and value not in PARTY_PATHS and not _PARTY.match(value):
        raise ValueError(f"{value!r} names no party: write infrastructure.holder or role:ncc")
    return value


Flag = Annotated[str, BeforeValidator(_flag)]
PartySource = Annotated[str, BeforeValidator(_party)]


class Names(Part):
    """A word in the languages of notices; none may be missing (35(1), 38(3))."""

    kk: Text
    ru: Text
    en: Text


class Row(Part):
    """What every row carries."""

    basis: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    set_by: Literal["statute", "by-law", "policy"]
    valid_from: Begin
    valid_to: End = LATEST
    author: str = ""
    set_at: date | None = None
    reason: str = ""

    @model_validator(mode="after")
    def _policy_is_signed(self) -> "Row":
        if self.set_by == "policy" and not (self.author and self.set_at):
            raise ValueError("a policy row names its author and the date set_at")
        if self.valid_to <= self.valid_from:
            raise ValueError("valid_to is before valid_from")
        return self


class Instrument(Part):
    """A legal act that rows cite: the part of ``basis`` before the slash."""

    names: Names
    text: Text


class ReadingRow(Row):
    """How the pack reads what a norm leaves open, in words."""

    id: Name
    text: Text


class LimbRow(Row):
    """One limb of the predicate; ``evidence`` names the labels of findings that speak to it."""

    id: Name
    group: Name | None = None
    names: Names
    evidence: Annotated[tuple[Name, ...], Field(min_length=1)]


class VerdictRow(Row):
    """An expression over limbs: ``incident``, ``review`` (a person decides) or ``threat``."""

    id: Literal["incident", "review", "threat"]
    expression: str


class ActRow(Row):
    """One act of the law's catalogue; an incident may have several."""

    id: Name
    names: Names


class EntailRow(Row):
    """An act that answers a limb which no finding answers."""

    act: Name
    limb: Name


class AimRow(Row):
    """One protected aim, and the acts and limbs that violate it."""

    id: Name
    names: Names
    when: str


class AttributeRow(Row):
    """An attribute of the incident; ``mixed`` is its value where findings differ."""

    id: Literal["intent", "origin", "reality"]
    values: tuple[Name, ...]
    mixed: Name


class OccurrenceRow(Row):
    """How close failures lie to count as serial."""

    window: Duration


class LabelSet(Part):
    """What a finding is evidence for; what is absent stays unknown."""

    failure: Answer | None = None
    functioning_threat: Answer | None = None
    harms: Answers = Field(default_factory=dict)
    acts: Answers = Field(default_factory=dict)
    intent: Name = "unknown"
    origin: Name = "unknown"
    reality: Name = "unknown"
    rsit: str = ""


class LabelRow(Row):
    """Labels for rules by ATT&CK technique or tactic and log source; the most specific row counts.

    A technique covers its sub-techniques. Rows with tactics speak where no technique's row does,
    rows with neither where nothing else does: so a detector of ours (product ``saqshy``, category
    ``detector``, its id as service) has its row. ``fixed_class``: content may not describe it.
    """

    techniques: tuple[Technique, ...] = ()
    tactics: tuple[Name, ...] = ()
    products: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    labels: LabelSet
    fixed_class: str = ""


class RsitRow(Row):
    """RSIT classes from gravest to mildest; and the class of an act where no finding has one."""

    order: tuple[str, ...]
    acts: dict[str, str] = Field(default_factory=dict)


class AxisRow(Row):
    """One axis of the impact vector; a child's grade counts for its ``parent`` too."""

    id: AxisName
    parent: AxisName | None = None
    names: Names


class NatureRow(Row):
    """A property of the resource that suffers, graded by what holds."""

    property: Literal["confidentiality", "integrity", "availability"]
    grade: Grade
    holds: str


class When(Part):
    """On which objects a row counts: all ``flags`` set, none of ``without``."""

    flags: tuple[Flag, ...] = ()
    without: tuple[Flag, ...] = ()


class GradeRow(Row):
    """How an axis follows the nature of the harm on objects with certain flags."""

    axis: AxisName
    takes: tuple[Literal["confidentiality", "integrity", "availability"], ...]
    add: Annotated[int, Field(ge=-4, le=4)] = 0
    least: Grade = 0
    when: When = When()
    holds: str = ""


class ScaleRow(Row):
    """How far the harm reaches by the object's flags, and by how much that raises each axis."""

    grade: Grade
    adds: Grade = 0
    when: When = When()


class RealityRow(Row):
    """By how many steps a harm that is only possible counts less."""

    potential_steps: Grade


class FloorRow(Row):
    """The least overall grade on objects with certain flags, where something holds."""

    id: Name
    floor: Grade
    when: When = When()
    holds: str = ""


class LevelRow(Row):
    """The names of one overall grade."""

    grade: Grade
    severity: Name
    priority: Name
    names: Names


class RegimeRow(Row):
    """An operating regime; it may raise the priority and never lowers it."""

    id: Name
    aliases: tuple[Name, ...] = ()
    raises: Grade = 0
    names: Names


class ScopeRow(Row):
    """How far an incident reaches beyond the country; the first row that fits counts."""

    scope: Name
    when: When = When()


class RoleRow(Row):
    """A role that is told; ``outside`` the centre or its own staff."""

    id: Name
    names: Names
    outside: bool = True


class RouteRow(Row):
    """One recipient that a flag demands; the route is the union over all rows that fit.

    ``subject``: incidents, threats, candidates (a person decides) or events. ``of: guests``
    means the parties of what is hosted on the object. ``effect`` says what an event row does.
    """

    id: Name
    subject: Literal["incident", "threat", "candidate", "event"]
    role: Name
    parties: Annotated[tuple[PartySource, ...], Field(min_length=1)]
    of: Literal["object", "guests"] = "object"
    when: When = When()
    reporters: tuple[Reporter, ...] = ()
    effect: Literal["notice", "store", "read", "stream"] = "notice"


class TermRow(Row):
    """When a leg to some roles is due after its trigger; without ``offset`` a by-law must say.

    ``duty_of``: whose duty it is; the centre's own are sent, the others are shown as clocks.
    """

    id: Name
    leg: Literal["first", "update", "correction", "final"]
    trigger: Literal["opened", "changed", "retracted", "closed"]
    offset: Duration | None = None
    by_law: Name | None = None
    recipients: Annotated[tuple[Name, ...], Field(min_length=1)]
    duty_of: Literal["centre", "response_service", "holder"] = "centre"
    when: When = When()
    reporters: tuple[Reporter, ...] = ()

    @model_validator(mode="after")
    def _offset_or_missing(self) -> "TermRow":
        if (self.offset is None) == (self.by_law is None):
            raise ValueError("a term has an offset, or names the by-law that is still missing")
        return self


class ByLawRow(Row):
    """A by-law to which the statute leaves numbers; ``source`` is missing until it is entered."""

    id: Name
    names: Names
    source: str = "missing"


class FoldingRow(Row):
    """Which acts make one kind of incident, and how far apart its findings may lie."""

    join_within: Duration
    families: dict[Name, tuple[Name, ...]]
    otherwise: Name


class TermOfArt(Row):
    """One term of the glossary (SPEC 1)."""

    id: Name
    names: Names
    meaning: Text


SECTIONS: dict[str, type[Row]] = {
    "readings": ReadingRow,
    "limbs": LimbRow,
    "predicate": VerdictRow,
    "acts": ActRow,
    "entails": EntailRow,
    "aims": AimRow,
    "attributes": AttributeRow,
    "occurrence": OccurrenceRow,
    "labels": LabelRow,
    "rsit": RsitRow,
    "axes": AxisRow,
    "nature": NatureRow,
    "grades": GradeRow,
    "scale": ScaleRow,
    "reality": RealityRow,
    "floors": FloorRow,
    "levels": LevelRow,
    "regimes": RegimeRow,
    "scopes": ScopeRow,
    "roles": RoleRow,
    "routes": RouteRow,
    "terms": TermRow,
    "by_laws": ByLawRow,
    "folding": FoldingRow,
    "glossary": TermOfArt,
}
"""Every section of a pack and the form of its rows."""

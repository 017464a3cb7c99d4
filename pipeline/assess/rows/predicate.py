"""The rows of a law pack that say what an incident is, and what findings speak of (SPEC 2)."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from pipeline.assess.answers import Answer, Answers
from pipeline.assess.durations import Duration
from pipeline.assess.rows.row import Name, Names, Row
from pipeline.registry.records import Part, Text

Technique = Annotated[str, StringConstraints(pattern=r"^T\d{4}(\.\d{3})?$")]


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
    """An expression over limbs.

    ``incident`` is what is announced, ``review`` what a person decides although it is none; every
    other name is a further subject that routes may tell (``threat``).
    """

    id: Name
    expression: str


class ActRow(Row):
    """One act of the law's catalogue; an incident may have several.

    ``evidence`` names the labels of findings that speak to it; without it the act's own.
    """

    id: Name
    names: Names
    evidence: tuple[Name, ...] = ()

    @property
    def speaks(self) -> tuple[str, ...]:
        """Give the keys of labels that speak to the act."""
        return self.evidence or (f"acts.{self.id}",)


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
    """An attribute of the incident; ``mixed`` is its value where findings differ.

    Which attributes findings have is our protocol; their values are the pack's.
    """

    id: Literal["intent", "origin", "reality"]
    values: tuple[Name, ...]
    mixed: Name


class OccurrenceRow(Row):
    """How close findings that show ``counts`` lie to count as serial."""

    window: Duration
    counts: Name = "failure"


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
    A row with ``outcomes`` speaks last, of findings whose events ended so.
    """

    techniques: tuple[Technique, ...] = ()
    tactics: tuple[Name, ...] = ()
    products: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    outcomes: tuple[Literal["success", "failure"], ...] = ()
    labels: LabelSet
    fixed_class: str = ""


class RsitRow(Row):
    """RSIT classes from gravest to mildest; and the class of an act where no finding has one."""

    order: tuple[str, ...]
    acts: dict[str, str] = Field(default_factory=dict)


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

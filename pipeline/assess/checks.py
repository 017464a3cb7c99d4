"""What must hold between the rows of a pack, so that no case is left without answer or route."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from pipeline.assess.expression import compile_expression
from pipeline.assess.rows import (
    SECTIONS,
    ActRow,
    AttributeRow,
    AxisRow,
    ByLawRow,
    LabelSet,
    LevelRow,
    LimbRow,
    RoleRow,
    RouteRow,
    Row,
    TermRow,
)
from pipeline.assess.vocabulary import Vocabulary, limb_key, vocabulary
from pipeline.documents import Document, Place
from pipeline.errors import Problem

_Row = TypeVar("_Row", bound=Row)
LEGS = ("first", "update", "correction", "final")
_UNIQUE = {  # by what a section's rows may not meet in time
    "readings": "id", "limbs": "id", "predicate": "id", "acts": "id", "aims": "id",
    "attributes": "id", "axes": "id", "levels": "grade", "regimes": "id", "roles": "id",
    "routes": "id", "terms": "id", "by_laws": "id", "glossary": "id", "floors": "id",
    "occurrence": "", "rsit": "", "reality": "", "folding": "",
}  # fmt: skip
_NEEDED = ("limbs", "predicate", "acts", "attributes", "occurrence", "rsit", "axes", "reality",
           "levels", "regimes", "scopes", "roles", "routes", "terms", "folding")  # fmt: skip


@dataclass(slots=True)
class PackDraft:
    """Valid rows and where each stands."""

    placed: dict[str, list[tuple[Row, Document, Place]]] = field(default_factory=dict)

    def add(self, section: str, document: Document, place: Place, row: Row) -> None:
        """Take one row."""
        self.placed.setdefault(section, []).append((row, document, place))

    def rows(self, section: str) -> list[Row]:
        """Give a section's rows in their order."""
        return [row for row, _, _ in self.placed.get(section, ())]

    def of(self, section: str, model: type[_Row]) -> list[tuple[_Row, Document, Place]]:
        """Give a section's rows with their places."""
        found = self.placed.get(section, [])
        return [(row, doc, place) for row, doc, place in found if isinstance(row, model)]


def check_pack(
    draft: PackDraft, instruments: frozenset[str], rsit: Mapping[str, tuple[str, ...]]
) -> Iterator[Problem]:
    """Give every contradiction and gap in a pack."""
    for section in _NEEDED:
        if not draft.rows(section):
            yield Problem("law pack", 0, f"has no {section}", f"add rows under {section}")
    known = vocabulary(cast("dict[str, Any]", {name: draft.rows(name) for name in SECTIONS}))
    classes = frozenset(rsit) | {f"{top}.{one}" for top, ones in rsit.items() for one in ones}
    for section, entries in draft.placed.items():
        for row, document, place in entries:
            if row.basis.partition("/")[0] not in {*instruments, "policy"}:
                message = f"basis {row.basis!r} cites no instrument of this pack"
                yield document.problem((*place, "basis"), message, f"known: {sorted(instruments)}")
            yield from _expressions(row, document, place, known)
            yield from _references(row, document, place, draft, classes)
        yield from _meeting(section, entries)
    yield from _levels(draft)
    yield from _terms_cover_routes(draft)


def _expressions(
    row: Row, document: Document, place: Place, known: Vocabulary
) -> Iterator[Problem]:
    for key in ("expression", "holds", "when"):
        text = getattr(row, key, None)
        if isinstance(text, str) and text:
            try:
                compile_expression(text, known.groups, known.names)
            except ValueError as error:
                yield document.problem((*place, key), f"{key}: {error}")


def _references(
    row: Row, document: Document, place: Place, draft: PackDraft, classes: frozenset[str]
) -> Iterator[Problem]:
    acts = {act.id for act, _, _ in draft.of("acts", ActRow)}
    limbs = {limb_key(limb) for limb, _, _ in draft.of("limbs", LimbRow)}
    axes = {axis.id for axis, _, _ in draft.of("axes", AxisRow)}
    roles = {role.id for role, _, _ in draft.of("roles", RoleRow)}
    by_laws = {law.id for law, _, _ in draft.of("by_laws", ByLawRow)}
    labels = getattr(row, "labels", None)
    if isinstance(labels, LabelSet):
        yield from _labels(labels, document, (*place, "labels"), draft, classes)
    named: list[tuple[str, str, set[str] | frozenset[str]]] = [
        ("act", getattr(row, "act", ""), acts),
        ("limb", getattr(row, "limb", ""), limbs),
        ("parent", getattr(row, "parent", "") or "", axes),
        ("axis", getattr(row, "axis", ""), axes),
        ("role", getattr(row, "role", ""), roles),
        ("by_law", getattr(row, "by_law", "") or "", by_laws),
        *(("recipients", one, roles) for one in getattr(row, "recipients", ())),
        *(("order", one, classes) for one in getattr(row, "order", ())),
    ]
    for families in [getattr(row, "families", {})]:
        named += [("families", act, acts) for held in families.values() for act in held]
    for key, value, among in named:
        if value and value not in among:
            yield document.problem((*place, key), f"{key}: nothing is named {value!r}")


def _labels(
    labels: LabelSet, document: Document, place: Place, draft: PackDraft, classes: frozenset[str]
) -> Iterator[Problem]:
    known = {
        "harms": {
            evidence.partition(".")[2]
            for limb, _, _ in draft.of("limbs", LimbRow)
            for evidence in limb.evidence
        },
        "acts": {act.id for act, _, _ in draft.of("acts", ActRow)},
    }
    for key, names in known.items():
        for name in getattr(labels, key):
            if name not in names:
                yield document.problem((*place, key, name), f"{key}: nothing is named {name!r}")
    for attribute, _, _ in draft.of("attributes", AttributeRow):
        value = getattr(labels, attribute.id)
        if value not in attribute.values:
            yield document.problem((*place, attribute.id), f"{attribute.id} cannot be {value!r}")
    if labels.rsit and labels.rsit not in classes:
        yield document.problem((*place, "rsit"), f"{labels.rsit!r} is no RSIT class")


def _meeting(section: str, entries: list[tuple[Row, Document, Place]]) -> Iterator[Problem]:
    """Give rows of one identity that are in force at the same time."""
    key = _UNIQUE.get(section)
    if key is None:
        return
    seen: dict[Any, list[tuple[Row, Document, Place]]] = {}
    for row, document, place in entries:
        others = seen.setdefault(getattr(row, key) if key else section, [])
        for other, their_document, their_place in others:
            if row.valid_from < other.valid_to and other.valid_from < row.valid_to:
                where = f"{their_document.file}:{their_document.line(their_place)}"
                name = f" {getattr(row, key)!r}" if key else ""
                message = f"{section}: two rows{name} are in force at the same time"
                yield document.problem(place, message, f"end the one at {where} first")
        others.append((row, document, place))


def _levels(draft: PackDraft) -> Iterator[Problem]:
    missing = set(range(5)) - {level.grade for level, _, _ in draft.of("levels", LevelRow)}
    for grade in sorted(missing):
        yield Problem("law pack", 0, f"levels: grade {grade} has no name", "add a row")


def _terms_cover_routes(draft: PackDraft) -> Iterator[Problem]:
    """Give every role of a route whose notices would have no time."""
    covered = {
        (term.leg, role)
        for term, _, _ in draft.of("terms", TermRow)
        if term.duty_of == "centre" and term.offset is not None and not term.when.flags
        and not term.reporters
        for role in term.recipients
    }  # fmt: skip
    outside = {role.id for role, _, _ in draft.of("roles", RoleRow)}
    for route, document, place in draft.of("routes", RouteRow):
        if route.subject == "event" or route.role not in outside:
            continue
        for leg in LEGS:
            if (leg, route.role) not in covered:
                message = f"the leg {leg!r} to {route.role!r} has no term"
                yield document.problem(place, message, "add a row under terms")

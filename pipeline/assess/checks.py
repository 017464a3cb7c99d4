"""What must hold between the rows of a pack: names that exist, and no two that contradict."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias, cast

from pipeline.assess.draft import PackDraft, Placed
from pipeline.assess.expression import compile_expression
from pipeline.assess.gaps import gaps
from pipeline.assess.rows import (
    CENTRE,
    KINDS,
    SECTIONS,
    TRIGGERS,
    ActRow,
    AttributeRow,
    LabelSet,
    LegRow,
    LevelRow,
    LimbRow,
    RegimeRow,
    RouteRow,
    Row,
    TermRow,
)
from pipeline.assess.vocabulary import INCIDENT, Vocabulary, limb_key, vocabulary
from pipeline.documents import Document, Place
from pipeline.errors import Problem
from pipeline.registry.roster import LEVELS

_Known: TypeAlias = Mapping[str, set[str]]
_RESERVED = frozenset({"cia", "nature", "scale", "potential", "floors", "consequences"})
_OWN_SUBJECTS = (INCIDENT, "candidate", "event", "advisory", "exchange", "handover", "order")
_OWN_LABELS = ("failure", "functioning_threat")
_NEEDED = ("limbs", "predicate", "acts", "attributes", "occurrence", "rsit", "axes", "properties",
           "reality", "levels", "regimes", "scopes", "roles", "routes", "legs", "terms",
           "folding")  # fmt: skip
_BY_ID = ("readings", "limbs", "predicate", "acts", "aims", "attributes", "axes", "properties",
          "consequences", "floors", "regimes", "roles", "reporters", "channels", "routes", "legs",
          "terms", "reminders", "by_laws", "guard", "remarks", "glossary")  # fmt: skip
_BY: dict[str, tuple[str, ...]] = {  # by what the rows of a section may not meet in time
    **dict.fromkeys(_BY_ID, ("id",)),
    **dict.fromkeys(("occurrence", "rsit", "reality", "folding"), ()),
    "levels": ("grade",),
    "entails": ("act", "limb"),
    "nature": ("property", "holds"),
    "grades": ("axis", "takes", "when", "holds"),
    "scale": ("when",),
    "scopes": ("when",),
    "labels": ("techniques", "tactics", "products", "categories", "services", "outcomes"),
}


def check_pack(
    draft: PackDraft, instruments: frozenset[str], rsit: Mapping[str, tuple[str, ...]]
) -> Iterator[Problem]:
    """Give every contradiction and gap in a pack."""
    for section in _NEEDED:
        if not draft.rows(section):
            yield Problem("law pack", 0, f"has no {section}", f"add rows under {section}")
    words = vocabulary(cast("dict[str, Any]", {name: draft.rows(name) for name in SECTIONS}))
    known = _known(draft, rsit)
    for _, (row, document, place) in draft:
        cited = {one.partition("/")[0] for one in row.basis.split("; ")}
        if not cited <= {*instruments, "policy"}:
            message = f"basis {row.basis!r} cites no instrument of this pack"
            yield document.problem((*place, "basis"), message, f"known: {sorted(instruments)}")
        yield from _expressions(row, document, place, words)
        yield from _references(row, document, place, known)
        if isinstance(labels := getattr(row, "labels", None), LabelSet):
            yield from _labels(labels, document, (*place, "labels"), draft, known)
    for section, entries in draft.placed.items():
        yield from _meeting(section, entries)
    yield from _levels(draft)
    yield from _own(draft)
    yield from gaps(draft)


def _known(draft: PackDraft, rsit: Mapping[str, tuple[str, ...]]) -> _Known:
    """Give the names that rows may refer to, by what they are."""
    limbs = [limb for limb, _, _ in draft.of("limbs", LimbRow)]
    acts = [act for act, _, _ in draft.of("acts", ActRow)]
    legs = draft.names("legs")
    return {
        "acts": draft.names("acts"),
        "limbs": {limb_key(limb) for limb in limbs},
        "axes": draft.names("axes"),
        "properties": draft.names("properties"),
        "roles": draft.names("roles"),
        "by_laws": draft.names("by_laws"),
        "reporters": {CENTRE, *draft.names("reporters")},
        "duties": {CENTRE, *draft.names("reporters"), *draft.names("roles")},
        "subjects": {*_OWN_SUBJECTS, *draft.names("predicate")} - {"review"},
        "legs": legs,
        "triggers": {*TRIGGERS, *legs},
        "reminded": {*LEVELS, *draft.names("roles")},
        "classes": {*rsit, *(f"{top}.{one}" for top, ones in rsit.items() for one in ones)},
        "labels": {
            *_OWN_LABELS,
            *(key for limb in limbs for key in limb.evidence),
            *(key for act in acts for key in act.speaks),
        },
    }


_REFERENCES: tuple[tuple[str, str], ...] = (
    ("act", "acts"), ("limb", "limbs"), ("parent", "axes"), ("axis", "axes"), ("axes", "axes"),
    ("role", "roles"), ("by_law", "by_laws"), ("property", "properties"), ("takes", "properties"),
    ("recipients", "roles"), ("reporters", "reporters"), ("duty_of", "duties"),
    ("subject", "subjects"), ("leg", "legs"), ("trigger", "triggers"), ("order", "classes"),
    ("counts", "labels"), ("subjects", "subjects"), ("roles", "roles"), ("legs", "legs"),
    ("to", "reminded"),
)  # fmt: skip


def _references(row: Row, document: Document, place: Place, known: _Known) -> Iterator[Problem]:
    for key, among in _REFERENCES:
        value = getattr(row, key, None)
        for one in value if isinstance(value, tuple) else (value,):
            if isinstance(one, str) and one and one not in known[among]:
                yield _dangling(document, (*place, key), key, one, known[among])
    families: Mapping[str, tuple[str, ...]] = getattr(row, "families", {})
    for family, acts in families.items():
        for act in set(acts) - known["acts"]:
            where = (*place, "families", family)
            yield _dangling(document, where, "families", act, known["acts"])
    classes = getattr(row, "acts", {})
    for act, name in classes.items() if isinstance(classes, dict) else ():
        if act not in known["acts"]:
            yield _dangling(document, (*place, "acts", act), "acts", act, known["acts"])
        if name not in known["classes"]:
            yield document.problem((*place, "acts", act), f"{name!r} is no RSIT class")
    if isinstance(row, AttributeRow) and row.mixed not in row.values:
        where = (*place, "mixed")
        yield _dangling(document, where, "mixed", row.mixed, set(row.values))


def _dangling(document: Document, place: Place, key: str, name: str, known: set[str]) -> Problem:
    some = ", ".join(sorted(known)[:12])
    return document.problem(place, f"{key}: nothing is named {name!r}", f"known: {some}")


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


def _labels(
    labels: LabelSet, document: Document, place: Place, draft: PackDraft, known: _Known
) -> Iterator[Problem]:
    for key in ("harms", "acts"):
        for name in getattr(labels, key):
            if f"{key}.{name}" not in known["labels"]:
                yield document.problem((*place, key, name), f"{key}: nothing is named {name!r}")
    for attribute, _, _ in draft.of("attributes", AttributeRow):
        value = getattr(labels, attribute.id)
        if value not in attribute.values:
            yield document.problem((*place, attribute.id), f"{attribute.id} cannot be {value!r}")
    if labels.rsit and labels.rsit not in known["classes"]:
        yield document.problem((*place, "rsit"), f"{labels.rsit!r} is no RSIT class")


def _meeting(section: str, entries: list[Placed]) -> Iterator[Problem]:
    """Give rows that say something of the same thing at the same time."""
    keys = _BY.get(section)
    if keys is None:
        return
    seen: dict[Any, list[Placed]] = {}
    for entry in entries:
        row, document, place = entry
        identity = tuple(getattr(row, key) for key in keys)
        others = seen.setdefault(_plain(identity), [])
        for other, their_document, their_place in others:
            if row.valid_from < other.valid_to and other.valid_from < row.valid_to:
                where = f"{their_document.file}:{their_document.line(their_place)}"
                name = f" {row.id!r}" if row.id else ""
                message = f"{section}: two rows{name} are in force at the same time"
                yield document.problem(place, message, f"end the one at {where} first")
        others.append(entry)


def _plain(identity: tuple[Any, ...]) -> str:
    """Write an identity so that the order of its flags and names does not count."""
    dumped = [one.model_dump() if hasattr(one, "model_dump") else one for one in identity]
    return repr([_sorted(one) for one in dumped])


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(one) for key, one in sorted(value.items())}
    return sorted(value) if isinstance(value, tuple | list) else value


def _levels(draft: PackDraft) -> Iterator[Problem]:
    missing = set(range(5)) - {level.grade for level, _, _ in draft.of("levels", LevelRow)}
    for grade in sorted(missing):
        yield Problem("law pack", 0, f"levels: grade {grade} has no name", "add a row")
    named: dict[str, str] = {}
    for regime, document, place in draft.of("regimes", RegimeRow):
        for name in (regime.id, *regime.aliases):
            if named.setdefault(name, regime.id) != regime.id:
                message = f"regimes: {name!r} is a name of {named[name]!r} too"
                yield document.problem(place, message, "let each name mean one regime")


def _own(draft: PackDraft) -> Iterator[Problem]:
    """Give what our own protocol needs of a pack, and what it keeps for itself."""
    if INCIDENT not in draft.names("predicate"):
        yield Problem("law pack", 0, "predicate: has no row 'incident'", "say what is announced")
    for kind in KINDS:
        if kind not in {leg.kind for leg, _, _ in draft.of("legs", LegRow)}:
            yield Problem("law pack", 0, f"legs: none is of the kind {kind!r}", "add one")
    for _, (row, document, place) in draft:
        if row.id in _RESERVED and row.id in draft.names("axes"):
            message = f"axes: {row.id!r} is a key of the impact itself"
            yield document.problem((*place, "id"), message, "name the axis otherwise")
    for check in _CHECKS:
        yield from check(draft)


def _roles_told_one_way(draft: PackDraft) -> Iterator[Problem]:
    """Give roles that are told of the object here and of what is hosted on it there."""
    ways: dict[str, str] = {}
    for route, document, place in draft.of("routes", RouteRow):
        if route.effect == "notice" and ways.setdefault(route.role, route.of) != route.of:
            message = f"the role {route.role!r} is told of the object and of guests"
            yield document.problem((*place, "of"), message, "give guests a role of their own")


def _by_law_numbers(draft: PackDraft) -> Iterator[Problem]:
    """Give numbers of by-laws that do not say where they are from."""
    for term, document, place in draft.of("terms", TermRow):
        if term.set_by == "by-law" and term.offset is not None and not term.source:
            message = f"terms: {term.id!r} has a number of a by-law without its source"
            yield document.problem(place, message, "add source: number and date of the by-law")


def _terms_end(draft: PackDraft) -> Iterator[Problem]:
    """Give terms that wait for each other in a circle."""
    after: dict[str, set[str]] = {}
    for term, _, _ in draft.of("terms", TermRow):
        after.setdefault(term.leg, set()).add(term.trigger)
    for term, document, place in draft.of("terms", TermRow):
        seen: set[str] = set()
        ahead = {term.trigger}
        while ahead:
            seen |= ahead
            ahead = {one for leg in ahead for one in after.get(leg, ())} - seen
        if term.leg in seen:
            message = f"terms: the leg {term.leg!r} runs from itself"
            yield document.problem((*place, "trigger"), message, f"one of {', '.join(TRIGGERS)}")


_CHECKS: tuple[Callable[[PackDraft], Iterator[Problem]], ...] = (
    _roles_told_one_way,
    _by_law_numbers,
    _terms_end,
)

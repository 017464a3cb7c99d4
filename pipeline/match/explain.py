"""Why a rule did or did not fire on an event: its log source, its condition, what was found where.

Nothing here decides: the matcher's own verdict stands beside the explanation, and a test holds the
two equal. Times, index and order of evaluation are left out; every part is asked.
"""

from dataclasses import dataclass, field, replace
from typing import Any, Literal

from pipeline.content import Content, Rule
from pipeline.content.predicate import And, Leaf, Not, Or, Predicate, SameAs
from pipeline.match.explain_mapping import SourceAnswer, condition, explain_source
from pipeline.match.leaf import leaf_test
from pipeline.match.matcher import Matcher
from pipeline.match.routes import LogSource
from pipeline.match.taxonomy import Taxonomy, Vocabulary
from pipeline.match.view import ABSENT, Plans, View, value_text
from pipeline.match.wording import leaf_words
from pipeline.model import Event, Json

MOST_VALUES = 8
MOST_TEXT = 300
MOST_WAYS = 3


@dataclass(frozen=True, slots=True)
class Found:
    """Where a field was sought and what stood there; ``under`` is "" where nothing stood.

    ``place`` is ``vendor`` (the vendor's own fields) or ``ecs``. ``values`` are bounded texts.
    """

    field: str
    tried: tuple[str, ...]
    under: str = ""
    place: str = ""
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One part of a condition; ``error`` says why a leaf could not be asked."""

    kind: Literal["and", "or", "not", "leaf"]
    holds: bool
    says: str = ""
    found: tuple[Found, ...] = ()
    error: str = ""
    parts: tuple["Step", ...] = ()


@dataclass(frozen=True, slots=True)
class Wish:
    """One label that a rule's log source asks for: whether the event has it, and by which entry.

    Where it has not, ``because`` says what entries would need.
    """

    kind: str
    label: str
    holds: bool
    because: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SourceVerdict:
    """Whether an event is of a rule's log source; ``key`` is what decided, as the event has it."""

    covers: bool
    vocabulary: str
    wishes: tuple[Wish, ...]
    labels: dict[str, tuple[str, ...]]
    key: dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Explanation:
    """The verdict of the matcher, and its parts; ``fields`` are what a match hands over."""

    rule_id: str
    event_id: str
    fires: bool
    source: SourceVerdict
    condition: Step
    errors: tuple[str, ...] = ()
    fields: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Explainer:
    """Explain rules of one content over events of any vocabulary."""

    content: Content
    taxonomy: Taxonomy

    def __call__(self, rule: Rule, event: Event) -> Explanation:
        """Explain one rule on one event."""
        alone = replace(self.content, rules={rule.id: rule})
        matches, errors = Matcher(alone, self.taxonomy).examine(event)
        vocabulary = self.taxonomy.of(event.taxonomy)
        answer = explain_source(self.taxonomy, event)
        view = View(_plans(rule, answer, vocabulary), event.native, event.ecs)
        return Explanation(
            rule_id=rule.id,
            event_id=event.id,
            fires=bool(matches),
            source=_verdict(rule, answer, vocabulary, _general_view(vocabulary, event)),
            condition=_step(rule.predicate, view),
            errors=tuple(error.message for error in errors),
            fields=matches[0].fields if matches else {},
        )


def _general_view(vocabulary: Vocabulary, event: Event) -> View:
    """Give an event as it is seen before a rule's log source has names of its own."""
    return View(Plans(vocabulary.fields, vocabulary.within), event.native, event.ecs)


def _verdict(rule: Rule, answer: SourceAnswer, vocabulary: Vocabulary, view: View) -> SourceVerdict:
    have = {
        "product": answer.labels.products,
        "category": answer.labels.categories,
        "service": answer.labels.services,
    }
    return SourceVerdict(
        covers=answer.covers(rule),
        vocabulary=answer.vocabulary,
        wishes=tuple(
            Wish(kind, label, label in have[kind], _because(answer, vocabulary, kind, label))
            for kind in have
            if (label := getattr(rule, kind))
        ),
        labels={kind: tuple(sorted(filter(None, names))) for kind, names in have.items()},
        key={name: texts for name in vocabulary.key if (texts := _texts(view.originals(name)))},
    )


def _plans(rule: Rule, answer: SourceAnswer, vocabulary: Vocabulary) -> Plans:
    """Give where a rule's fields are sought in an event: a log source's own names come first."""
    labels = answer.labels
    own = labels.own_names(LogSource(rule.product, rule.category, rule.service))
    names = labels.names[own] if own else {}
    return Plans({**vocabulary.fields, **names}, vocabulary.within)


def _because(
    answer: SourceAnswer, vocabulary: Vocabulary, kind: str, label: str
) -> tuple[str, ...]:
    """Say which entries gave a label, or, where none did, what those that could would need."""
    told = [
        _way(row.when, row.place) for row in answer.rows if (row.kind, row.label) == (kind, label)
    ]
    if told:
        return tuple(told)
    ways = [
        f"needs {_way(condition(entry), place)}"
        for entry, place in zip(vocabulary.sources, vocabulary.places, strict=True)
        if label in getattr(entry, kind)
    ]
    more = len(ways) - MOST_WAYS
    if not ways:
        return (f"no entry of the vocabulary {vocabulary.name} gives it",)
    return (*ways[:MOST_WAYS], f"or one of {more} more entries") if more > 0 else tuple(ways)


def _way(when: str, place: str) -> str:
    """Write what an entry asks for, and file name and line of it."""
    return f"{_short(when)} ({place.rpartition('/')[2]})" if place else _short(when)


def _step(predicate: Predicate, view: View) -> Step:
    if isinstance(predicate, Not):
        inner = _step(predicate.item, view)
        return Step("not", not inner.holds, parts=(inner,))
    if isinstance(predicate, And):
        parts = tuple(_step(item, view) for item in predicate.items)
        return Step("and", all(part.holds for part in parts), parts=parts)
    if isinstance(predicate, Or):
        parts = tuple(_step(item, view) for item in predicate.items)
        return Step("or", any(part.holds for part in parts), parts=parts)
    return _leaf(predicate, view)


def _leaf(leaf: Leaf, view: View) -> Step:
    names = [leaf.field] if leaf.field is not None else []
    if isinstance(leaf, SameAs):
        names.append(leaf.other)
    found = tuple(_found(name, view) for name in names)
    try:
        holds, error = leaf_test(leaf)(view), ""
    except (ValueError, TypeError, OverflowError) as fault:
        holds, error = False, f"{type(fault).__name__}: {fault}"
    return Step("leaf", holds, leaf_words(leaf), found, error)


def _found(field: str, view: View) -> Found:
    """Seek a field under one name after the other, as the view does, and say where it stood."""
    tried = tuple(name for name, *_ in view.plans[field])
    fallback = None
    for name in tried:
        value = View(Plans({name: (name,)}), view.native, view.ecs).lookup(name)
        if value is ABSENT:
            continue
        place = "vendor"
        if View(Plans({name: (name,)}), view.native, {}).lookup(name) is ABSENT:
            place = "ecs"
        found = Found(field, tried, name, place, _texts(value))
        if value is not None:
            return found
        fallback = fallback or found
    return fallback or Found(field, tried)


def _texts(value: Any) -> tuple[str, ...]:
    values = value if isinstance(value, list | tuple) else [value]
    shown = [_short("null" if item is None else value_text(item)) for item in values[:MOST_VALUES]]
    more = len(values) - MOST_VALUES
    return (*shown, f"… and {more} more") if more > 0 else tuple(shown)


def _short(text: str) -> str:
    return text if len(text) <= MOST_TEXT else f"{text[:MOST_TEXT]}… ({len(text)} characters)"

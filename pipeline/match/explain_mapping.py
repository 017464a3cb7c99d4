"""Why an event is of a log source, and where a rule's fields are sought: for ``rules explain``."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from pipeline.content import Rule
from pipeline.match.routes import Key, Labels, LogSource, labels_of, route_key
from pipeline.match.taxonomy import SourceEntry, Taxonomy, Vocabulary
from pipeline.match.view import Plans, View
from pipeline.model import Event


@dataclass(frozen=True, slots=True)
class FieldRow:
    """The names that a rule's field is sought under, in their order.

    ``places`` are file and line of what says so; none where the field is sought by its own name.
    ``when`` tells for which events, "" for all of the vocabulary: those of one source entry have
    names of their own.
    """

    field: str
    names: tuple[str, ...]
    places: tuple[str, ...] = ()
    when: str = ""


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One label of an event: its kind (product, category, service), and what gives it.

    ``place`` is file and line of the entry; for a field that names the label itself, ``when``
    tells the field and ``place`` is "".
    """

    kind: str
    label: str
    when: str
    place: str


@dataclass(frozen=True, slots=True)
class SourceAnswer:
    """Which log sources an event is of and, where a rule was asked about, whether it fits."""

    vocabulary: str
    rows: tuple[SourceRow, ...]
    labels: Labels

    def covers(self, rule: Rule) -> bool:
        """Tell whether a rule's log source is one of the event's."""
        return self.labels.cover(LogSource(rule.product, rule.category, rule.service))


def explain_fields(taxonomy: Taxonomy, name: str, rule: Rule) -> list[FieldRow]:
    """Give where each field of a rule is sought in events of a vocabulary.

    First the vocabulary's own names, then, for each source entry that gives the rule's category or
    service and has names of its own, those of the fields that it names.
    """
    vocabulary = taxonomy.of(name)
    rows = [_general(vocabulary, field) for field in rule.fields]
    for entry, place in zip(vocabulary.sources, vocabulary.places, strict=True):
        if not _speaks_to(entry, rule):
            continue
        for field in rule.fields:
            if field in entry.fields:
                names = (*entry.fields[field], *vocabulary.fields.get(field, (field,)))
                within = (f"{inside}.{field}" for inside in vocabulary.within)
                unique = tuple(dict.fromkeys((*names, *within)))
                rows.append(FieldRow(field, unique, (place,), condition(entry)))
    return rows


def _general(vocabulary: Vocabulary, field: str) -> FieldRow:
    names = vocabulary.fields.get(field, (field,))
    within = tuple(f"{inside}.{field}" for inside in vocabulary.within)
    return FieldRow(field, (*names, *within), vocabulary.origins.get(field, ()))


def _speaks_to(entry: SourceEntry, rule: Rule) -> bool:
    """Tell whether an entry's own names can hold for a rule: the first label that is both's."""
    if not entry.fields or (entry.product and rule.product not in ("", *entry.product)):
        return False
    return rule.category in entry.category or rule.service in entry.service


def explain_source(taxonomy: Taxonomy, event: Event) -> SourceAnswer:
    """Give the log sources of an event, each with the entry or the field that gives it."""
    vocabulary = taxonomy.of(event.taxonomy)
    view = View(Plans(vocabulary.fields, vocabulary.within), event.native, event.ecs)
    key = route_key(vocabulary, view)
    rows = dict.fromkeys(_rows(vocabulary, key))
    return SourceAnswer(vocabulary.name, tuple(rows), labels_of(vocabulary, key))


def _rows(vocabulary: Vocabulary, key: Key) -> Iterator[SourceRow]:
    for entry, place in zip(vocabulary.sources, vocabulary.places, strict=True):
        alone = replace(vocabulary, sources=(entry,), named=())
        yield from _told(labels_of(alone, key), condition(entry), place)
    for naming in vocabulary.named:
        alone = replace(vocabulary, sources=(), named=(naming,))
        yield from _told(labels_of(alone, key), f"named by {naming.field}", "")


def _told(labels: Labels, when: str, place: str) -> Iterator[SourceRow]:
    for kind, found in (
        ("product", labels.products),
        ("category", labels.categories),
        ("service", labels.services),
    ):
        for label in sorted(found):
            if label:
                yield SourceRow(kind, label, when, place)


def condition(entry: SourceEntry) -> str:
    """Write what an entry asks for in one line; "always" where it asks for nothing."""
    if not entry.when:
        return "always"
    return " or ".join(
        " and ".join(f"{field}: {_values(values)}" for field, values in when.items())
        for when in entry.when
    )


def _values(values: tuple[str | int, ...]) -> str:
    return str(values[0]) if len(values) == 1 else f"[{', '.join(map(str, values))}]"

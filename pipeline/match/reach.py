"""Which vocabularies can give an event of a rule's log source."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import product

from pipeline.content import Rule
from pipeline.content.predicate import And, Number, Or, Predicate, Text
from pipeline.match.leaf import number_texts
from pipeline.match.taxonomy import SourceEntry, Taxonomy, Vocabulary

Needs = Mapping[str, tuple[str | int, ...]]  # field to the values of which it must have one
Chosen = tuple[SourceEntry, Needs]


def reached_by(rule: Rule, taxonomy: Taxonomy) -> list[str]:
    """Name the vocabularies that can have an event of the rule's log source.

    Where no entry gives its labels together, those count in which a field's own text (a dataset, a
    program) names a log source: it can name any product and service, but no category.
    """
    vocabularies = sorted(taxonomy.vocabularies.items())
    told = [name for name, vocabulary in vocabularies if _reaches(rule, vocabulary)]
    if told or rule.category:
        return told
    return [name for name, vocabulary in vocabularies if vocabulary.named]


def entries_giving(vocabulary: Vocabulary, kind: str, label: str) -> list[SourceEntry]:
    """Give the entries that give a label of a kind: product, category or service."""
    return [entry for entry in vocabulary.sources if label in getattr(entry, kind)]


def never_there(rule: Rule, taxonomy: Taxonomy) -> str:
    """Name the fields that a rule asks for values which no event of its log source has; "" if none.

    A rule of Security's log that asks for another channel never fires. What a log source says
    nothing of may have any value, and so may a field that an entry finds under another name.
    """
    asked = _asked(rule.predicate)
    reached = False
    for vocabulary in taxonomy.vocabularies.values() if asked else ():
        for chosen in _choices(rule, vocabulary):
            needs = tuple(when for _, when in chosen)
            if not _fit(needs):
                continue
            if _fit((*needs, _kept(asked, chosen))):
                return ""
            reached = True
    return ", ".join(asked) if reached else ""


def _reaches(rule: Rule, vocabulary: Vocabulary) -> bool:
    choices = _choices(rule, vocabulary)
    return any(_fit(tuple(when for _, when in chosen)) for chosen in choices)


def _choices(rule: Rule, vocabulary: Vocabulary) -> Iterator[tuple[Chosen, ...]]:
    """Give each way to get all labels of a rule's log source: an entry a label, and its need."""
    wanted = [
        (kind, label)
        for kind in ("product", "category", "service")
        if (label := getattr(rule, kind))
    ]
    return product(*(list(_whens(entries_giving(vocabulary, *each))) for each in wanted))


def _whens(entries: Iterable[SourceEntry]) -> Iterator[Chosen]:
    for entry in entries:
        for when in entry.when or ({},):
            yield entry, when


def _asked(predicate: Predicate) -> dict[str, tuple[str | int, ...]]:
    """Give the fields that must have one of some values for a predicate to hold."""
    if isinstance(predicate, And):
        found: dict[str, tuple[str | int, ...]] = {}
        for item in predicate.items:
            found.update(_asked(item))
        return found
    if isinstance(predicate, Or):
        parts = [_asked(item) for item in predicate.items]
        common = set(parts[0]).intersection(*parts[1:]) if parts else set()
        return {
            field: tuple(value for part in parts for value in part[field])
            for field in sorted(common)
        }
    if isinstance(predicate, Number):
        return {predicate.field: (number_texts(predicate.number)[0],)}
    if isinstance(predicate, Text) and predicate.field is not None and len(predicate.parts) == 1:
        (part,) = predicate.parts
        return {predicate.field: (part,)} if isinstance(part, str) and part else {}
    return {}


def _kept(asked: Needs, chosen: tuple[Chosen, ...]) -> Needs:
    """Leave out the fields that an entry finds under names of its own."""
    renamed = {name for entry, _ in chosen for name in entry.fields}
    return {field: values for field, values in asked.items() if field not in renamed}


def _fit(chosen: tuple[Needs, ...]) -> bool:
    """Tell whether one event can have what several entries need of it."""
    whole: dict[str, tuple[str | int, ...]] = {}
    for needs in chosen:
        for field, values in needs.items():
            known = whole.get(field)
            both = values if known is None else _both(known, values)
            if not both:
                return False
            whole[field] = both
    return True


def _both(left: tuple[str | int, ...], right: tuple[str | int, ...]) -> tuple[str | int, ...]:
    found = []
    for one, other in product(left, right):
        narrow, wide = sorted((str(one).casefold(), str(other).casefold()), key=_narrowness)
        if narrow == wide or (wide.endswith("*") and narrow.startswith(wide[:-1])):
            found.append(narrow)
    return tuple(found)


def _narrowness(text: str) -> tuple[bool, int]:
    return text.endswith("*"), -len(text)

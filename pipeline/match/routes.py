"""Which log sources an event is of, and so which rules can speak of it.

A route is found by the few fields that the vocabulary's entries ask for (for Windows the channel,
the provider and the event id) and remembered by their texts.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from pipeline.match.taxonomy import SourceEntry, Vocabulary
from pipeline.match.view import Several, View

Key = tuple[str | tuple[str, ...], ...]
FieldNames = Mapping[str, tuple[str, ...]]


class LogSource(NamedTuple):
    """What a rule speaks of; "" stands for any."""

    product: str
    category: str
    service: str


@dataclass(frozen=True, slots=True)
class Labels:
    """The log sources of an event; ``names`` are field names that a label has of its own.

    They stand by category and, where the label is a service, by ``service/NAME``.
    """

    products: frozenset[str]
    categories: frozenset[str]
    services: frozenset[str]
    names: Mapping[str, FieldNames]

    def cover(self, source: LogSource) -> bool:
        """Tell whether a rule's log source is one of these."""
        return (
            (not source.product or source.product in self.products)
            and (not source.category or source.category in self.categories)
            and (not source.service or source.service in self.services)
        )

    def own_names(self, source: LogSource) -> str:
        """Tell whose field names hold for a rule's log source; "" where the event's own do."""
        for name in (source.category, f"service/{source.service}"):
            if name in self.names:
                return name
        return ""


def route_key(vocabulary: Vocabulary, view: View) -> Key:
    """Give the folded texts of the fields that decide about log sources."""
    found: list[str | tuple[str, ...]] = []
    for field in vocabulary.key:
        text = view[field]
        found.append(text.texts if isinstance(text, Several) else text)
    return tuple(found)


def labels_of(vocabulary: Vocabulary, key: Key) -> Labels:
    """Gather what the vocabulary's entries say of an event with these key texts."""
    texts = {
        field: (text,) if isinstance(text, str) else text
        for field, text in zip(vocabulary.key, key, strict=True)
    }
    products: set[str] = set()
    categories: set[str] = set()
    services: set[str] = set()
    names: dict[str, FieldNames] = {}
    for entry in vocabulary.sources:
        if not _fits(entry, texts):
            continue
        products.update(entry.product)
        categories.update(entry.category)
        services.update(entry.service)
        if entry.fields:
            own = {
                field: tuple(dict.fromkeys((*first, *vocabulary.fields.get(field, (field,)))))
                for field, first in entry.fields.items()
            }
            labels = (*entry.category, *(f"service/{name}" for name in entry.service))
            names.update(dict.fromkeys(labels, own))
    for naming in vocabulary.named:
        for text in texts[naming.field]:
            product, _, service = text.partition(naming.separator or "\0")
            products.add(product)
            services.update((service, text) if service else (text,))
    return Labels(frozenset(products), frozenset(categories), frozenset(services), names)


def _fits(entry: SourceEntry, texts: Mapping[str, tuple[str, ...]]) -> bool:
    if not entry.when:
        return True
    return any(
        all(_one_of(values, texts[field]) for field, values in when.items()) for when in entry.when
    )


def _one_of(values: tuple[str | int, ...], texts: tuple[str, ...]) -> bool:
    for value in values:
        wanted = str(value).casefold()
        if wanted.endswith("*"):
            if any(text.startswith(wanted[:-1]) for text in texts):
                return True
        elif wanted in texts:
            return True
    return False

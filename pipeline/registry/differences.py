"""What two registries say differently, field by field, for people to see before it is applied."""

from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import BaseModel

from pipeline.model import Json
from pipeline.registry.changed_spans import NOT_FACTS, own_spans, same_party
from pipeline.registry.flat import flattened
from pipeline.registry.records import ObjectRecord
from pipeline.registry.registry import Registry
from pipeline.registry.writing import document_of


@dataclass(frozen=True, slots=True)
class Difference:
    """One field: its dotted path, what it said and what it says; "" where it says nothing."""

    path: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Changed:
    """What is different of one object in a span of valid time, or of one party.

    ``what`` is "added", "removed" or "changed"; ``begin`` and ``end`` are nanoseconds.
    """

    kind: str
    id: str
    what: str
    begin: int
    end: int
    fields: tuple[Difference, ...]


def registry_differences(old: Registry, new: Registry) -> list[Changed]:
    """Give what is different, objects before parties, by id and time."""
    found = []
    for object_id in sorted({*old.histories, *new.histories}):
        before, after = old.histories.get(object_id), new.histories.get(object_id)
        for begin, end in own_spans(before, after):
            one = before.at(begin) if before is not None else None
            other = after.at(begin) if after is not None else None
            found.append(_changed("object", object_id, (one, other), (begin, end)))
    for party_id in sorted({*old.parties, *new.parties}):
        pair = old.parties.get(party_id), new.parties.get(party_id)
        if not same_party(*pair):
            found.append(_changed("party", party_id, pair, (0, 0)))
    return found


def _changed(
    kind: str, name: str, pair: tuple[BaseModel | None, BaseModel | None], span: tuple[int, int]
) -> Changed:
    one, other = map(_document, pair)
    what = "added" if not one else "changed" if other else "removed"
    return Changed(kind, name, what, *span, tuple(differences(one, other)))


def _document(record: BaseModel | None) -> Json:
    document = document_of(record) if record is not None else {}
    return {key: value for key, value in document.items() if key not in NOT_FACTS}


def record_differences(
    one: ObjectRecord | None, other: ObjectRecord | None
) -> tuple[Difference, ...]:
    """Give the fields in which two revisions differ."""
    return tuple(differences(_document(one), _document(other)))


def differences(before: Json, after: Json) -> Iterator[Difference]:
    """Give the fields in which two documents differ, by path."""
    one, other = dict(flattened(before)), dict(flattened(after))
    for path in sorted({*one, *other}):
        if one.get(path) != other.get(path):
            yield Difference(path, one.get(path, ""), other.get(path, ""))

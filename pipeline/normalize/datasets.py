"""Which dataset a document without ECS is of, told by its own fields: the tables of ``datasets/``.

CloudTrail, an audit log of Kubernetes or a line of Zeek say what they are by the fields that they
always have. The first entry that fits, files in the order of their names, names the dataset, and
with it the log sources that rules speak of (``rules/taxonomies/sigma``); nothing of the document is
changed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, field_validator

from pipeline.documents import Document
from pipeline.errors import ConfigurationError, Problem
from pipeline.model import Json
from pipeline.normalize.ecs_schema import fields, fitting
from pipeline.normalize.parsed import Parsed
from pipeline.normalize.taxonomy import put, taxonomy_path, validated_taxonomy

FOLDER = "datasets"


def _listed(value: object) -> object:
    return value if isinstance(value, list) else [value]


Names = Annotated[tuple[str, ...], BeforeValidator(_listed)]
Values = Annotated[tuple[str | int, ...], BeforeValidator(_listed)]
Conditions = Annotated[tuple[dict[str, Values], ...], BeforeValidator(_listed)]


class Translation(BaseModel):
    """What a value of the vendor's means for an ECS field.

    ``of``: names of the vendor's field, the first that is there counts; ``values``: its texts, case
    aside; ``other``: what any other text means, ``absent`` what the field's absence does.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    of: Names
    values: dict[str, str | list[str]] = {}
    other: str | list[str] | None = None
    absent: str | list[str] | None = None

    def __call__(self, native: Json) -> str | list[str] | None:
        """Give what a flat document's value means; None where it means nothing."""
        for name in self.of:
            value = native.get(name)
            if value is not None:
                text = ("true" if value else "false") if isinstance(value, bool) else str(value)
                return self.values.get(text.casefold(), self.other)
        return self.absent

    @field_validator("values")
    @classmethod
    def _fold(cls, values: dict[str, Any]) -> dict[str, Any]:
        return {text.casefold(): meant for text, meant in values.items()}


class DatasetEntry(BaseModel):
    """One dataset. ``when``: each field of one of them has one of its values (``*``: any text).

    ``time`` are names of its time, ``fields`` and ``set`` what ECS learns from it, ``map`` what it
    learns by the value, ``whole`` the objects that rules ask as a whole, ``taxonomy`` its
    vocabulary where that is not ``generic``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    dataset: str
    when: Conditions
    taxonomy: str = ""
    time: Names = ()
    whole: Names = ()
    fields: dict[str, Names] = {}
    set: dict[str, str | list[str]] = {}
    map: dict[str, Translation] = {}


class Table(BaseModel):
    """One file, or all of them in the order in which entries are tried."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    datasets: tuple[DatasetEntry, ...]


@dataclass(frozen=True, slots=True)
class Pattern:
    """A folded text with at most one ``*``, which stands for any text, also for none."""

    head: str
    tail: str | None

    def fits(self, text: str) -> bool:
        """Tell whether a folded text is one that the pattern means."""
        if self.tail is None:
            return text == self.head
        room = len(text) >= len(self.head) + len(self.tail)
        return room and text.startswith(self.head) and text.endswith(self.tail)


@dataclass(frozen=True, slots=True)
class Sign:
    """One condition of an entry, ready to be tried; ``rank`` is the entry's place in the table."""

    rank: int
    entry: DatasetEntry
    tests: tuple[tuple[str, tuple[Pattern, ...]], ...]

    def fits(self, native: Json) -> bool:
        """Tell whether a flat document has all that the condition asks for."""
        return all(_one_of(patterns, native.get(name)) for name, patterns in self.tests)


def recognised(native: Json) -> DatasetEntry | None:
    """Give the first entry that a flat document fits; None where none does."""
    best: Sign | None = None
    signs = _signs()
    for name in native.keys() & signs.keys():
        for sign in signs[name]:
            if (best is None or sign.rank < best.rank) and sign.fits(native):
                best = sign
    return best.entry if best else None


def name_dataset(answer: Parsed, entry: DatasetEntry) -> None:
    """Write into an answer what its dataset's entry says; ECS fields that are there stay."""
    event = answer.ecs.setdefault("event", {})
    event["dataset"] = entry.dataset
    event.setdefault("module", entry.dataset.partition(".")[0])
    if entry.taxonomy:
        answer.taxonomy = entry.taxonomy
    for path, constant in entry.set.items():
        if path not in entry.map:
            put(answer.ecs, path, fitting(path, constant))
    for path, translation in entry.map.items():
        meant = translation(answer.native)
        if meant is None:
            meant = entry.set.get(path)
        if meant is not None:
            put(answer.ecs, path, fitting(path, meant))
    for path, names in entry.fields.items():
        for name in names:
            fit = fitting(path, answer.native[name]) if name in answer.native else None
            if fit is not None and fit != "":
                put(answer.ecs, path, fit)
                break


def keep_whole(native: Json, document: Json, entry: DatasetEntry) -> None:
    """Put an entry's whole objects back in place of the flat names of their members."""
    for name in entry.whole:
        value: Any = document
        for step in name.split("."):
            value = value.get(step) if isinstance(value, dict) else None
        if isinstance(value, dict):
            for member in [other for other in native if other.startswith(f"{name}.")]:
                del native[member]
            native[name] = value


@cache
def table() -> Table:
    """Read the tables; ConfigurationError with every unknown ECS field, value, empty condition."""
    entries: list[DatasetEntry] = []
    problems: list[Problem] = []
    for path in sorted(taxonomy_path(FOLDER).glob("*.yml")):
        found, document = validated_taxonomy(f"{FOLDER}/{path.name}", Table)
        problems += _problems(found, document)
        entries += found.datasets
    if problems:
        raise ConfigurationError(problems)
    return Table(datasets=tuple(entries))


def _problems(found: Table, document: Document) -> Iterator[Problem]:
    for index, entry in enumerate(found.datasets):
        place = ("datasets", index)
        if not entry.when or not all(entry.when):
            yield document.problem(place, f"{entry.dataset}: no condition, everything would fit")
        for path in (*entry.fields, *entry.set, *entry.map):
            if path not in fields():
                yield document.problem(place, f"{entry.dataset}: {path}: no such ECS field")
        for path, constant in _constants(entry):
            if path in fields() and fitting(path, constant) is None:
                yield document.problem(place, f"{entry.dataset}: {path}: no allowed value")
        for when in entry.when:
            for value in (value for values in when.values() for value in values):
                if str(value).count("*") > 1:
                    yield document.problem(place, f"{entry.dataset}: {value!r}: more than one *")


def _constants(entry: DatasetEntry) -> Iterator[tuple[str, str | list[str]]]:
    yield from entry.set.items()
    for path, translation in entry.map.items():
        for meant in (*translation.values.values(), translation.other, translation.absent):
            if meant is not None:
                yield path, meant


@cache
def _signs() -> dict[str, tuple[Sign, ...]]:
    """Give each entry's conditions by the first field that they ask for."""
    found: dict[str, tuple[Sign, ...]] = {}
    for rank, entry in enumerate(table().datasets):
        for when in entry.when:
            tests = tuple((name, tuple(map(_pattern, values))) for name, values in when.items())
            first = tests[0][0]
            found[first] = (*found.get(first, ()), Sign(rank, entry, tests))
    return found


def _pattern(value: str | int) -> Pattern:
    head, star, tail = str(value).casefold().partition("*")
    return Pattern(head, tail if star else None)


def _one_of(patterns: tuple[Pattern, ...], value: object) -> bool:
    if value is None:
        return False
    text = value.casefold() if isinstance(value, str) else _text(value)
    return any(pattern.fits(text) for pattern in patterns)


def _text(value: object) -> str:
    """Give the text of a number; of anything else that is no text, one that only ``*`` fits."""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else "\0"

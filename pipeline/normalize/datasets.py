"""Which dataset a document without ECS is of, told by its own fields: the tables of ``datasets/``.

CloudTrail, an audit log of Kubernetes or a line of Zeek say what they are by the fields that they
always have. The first entry that fits, files in the order of their names, names the dataset, and
with it the log sources that rules speak of (``rules/taxonomies/sigma``); nothing of the document is
changed.
"""

from collections.abc import Iterator
from datetime import UTC, tzinfo
from functools import cache
from typing import Any

from pipeline.documents import Document
from pipeline.errors import ConfigurationError, Problem
from pipeline.model import Json
from pipeline.normalize.dataset_entry import DatasetEntry, Table
from pipeline.normalize.dataset_plan import Plan
from pipeline.normalize.ecs_schema import fields, fitting
from pipeline.normalize.parsed import Parsed
from pipeline.normalize.pattern import Pattern, pattern_of
from pipeline.normalize.taxonomy import taxonomy_path, validated_taxonomy

FOLDER = "datasets"

# Of names that are remembered, and how many are: memory is bounded.
_MOST_NAMES, _MOST_CHARACTERS, _MOST_SHAPES = 128, 4096, 1024


class Test:
    """What one field of a condition must have: one of its texts, or a text of one of its forms."""

    __slots__ = ("any", "name", "open", "texts")

    def __init__(self, name: str, patterns: tuple[Pattern, ...]) -> None:
        self.name: str = name
        self.texts: frozenset[str] = frozenset(one.head for one in patterns if one.tail is None)
        self.open: tuple[Pattern, ...] = tuple(one for one in patterns if one.tail is not None)
        self.any: bool = any(not (one.head or one.tail or one.between) for one in self.open)

    def fits(self, value: Any) -> bool:
        """Tell whether a field's value is one of them."""
        if value is None:
            return False
        if self.any:
            return True
        text = value.casefold() if isinstance(value, str) else _text(value)
        return text in self.texts or any(pattern.fits(text) for pattern in self.open)


class Sign:
    """One condition of an entry, ready to be tried."""

    __slots__ = ("entry", "tests")

    def __init__(self, entry: DatasetEntry, tests: list[Test]) -> None:
        self.entry: DatasetEntry = entry
        self.tests: list[Test] = tests

    def fits(self, native: Json) -> bool:
        """Tell whether a flat document has all that the condition asks for."""
        return all(test.fits(native.get(test.name)) for test in self.tests)


_candidates: dict[tuple[str, ...], list[Sign]] = {}


def recognised(native: Json) -> DatasetEntry | None:
    """Give the first entry that a flat document fits; None where none does."""
    names = tuple(native)
    candidates = _candidates.get(names)
    if candidates is None:
        candidates = _asking_for(names)
        if len(names) <= _MOST_NAMES and sum(map(len, names)) <= _MOST_CHARACTERS:
            if len(_candidates) >= _MOST_SHAPES:
                _candidates.clear()
            _candidates[names] = candidates
    for sign in candidates:
        if sign.fits(native):
            return sign.entry
    return None


def _asking_for(names: tuple[str, ...]) -> list[Sign]:
    """Give the conditions that ask for some of these names only, in the table's order."""
    signs = _signs()
    there = set(names)
    ranks = {rank for name in there for rank in signs.by_first.get(name, ())}
    asking = [signs.all[rank] for rank in sorted(ranks)]
    return [sign for sign in asking if all(test.name in there for test in sign.tests)]


def name_dataset(answer: Parsed, entry: DatasetEntry, zone: tzinfo = UTC) -> None:
    """Write into an answer what its dataset's entry says; ECS fields that are there stay.

    ``zone`` reads dates without one.
    """
    plan = _plans().get(id(entry)) or Plan(entry)
    plan(answer, zone)


@cache
def _plans() -> dict[int, Plan]:
    return {id(entry): Plan(entry) for entry in table().datasets}


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
        for path in _paths(entry):
            if path not in fields():
                yield document.problem(place, f"{entry.dataset}: {path}: no such ECS field")
        for path, constant in _constants(entry):
            if path in fields() and fitting(path, constant) is None:
                yield document.problem(place, f"{entry.dataset}: {path}: no allowed value")


def _paths(entry: DatasetEntry) -> Iterator[str]:
    yield from (*entry.fields, *entry.set, *entry.map, *entry.parts, *entry.made)
    yield from (*entry.sums, *entry.objects, *entry.flags)


def _constants(entry: DatasetEntry) -> Iterator[tuple[str, str | list[str]]]:
    yield from entry.set.items()
    for path, translations in entry.map.items():
        for one in translations:
            for meant in (*one.values.values(), one.other, one.absent):
                if meant is not None:
                    yield path, meant


class _Signs:
    """All conditions in the table's order, and the places of those that ask for a field first."""

    __slots__ = ("all", "by_first")

    def __init__(self, entries: tuple[DatasetEntry, ...]) -> None:
        self.all: list[Sign] = []
        self.by_first: dict[str, list[int]] = {}
        for entry in entries:
            for when in entry.when:
                tests = [
                    Test(name, tuple(map(pattern_of, values))) for name, values in when.items()
                ]
                self.by_first.setdefault(tests[0].name, []).append(len(self.all))
                self.all.append(Sign(entry, tests))


@cache
def _signs() -> _Signs:
    return _Signs(table().datasets)


def _text(value: object) -> str:
    """Give the text of a number; of anything else that is no text, one that only ``*`` fits."""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else "\0"

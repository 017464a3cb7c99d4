"""Which dataset a document without ECS is of, told by its own fields: the tables of ``datasets/``.

CloudTrail, an audit log of Kubernetes or a line of Zeek say what they are by the fields that they
always have. The first entry that fits, files in the order of their names, names the dataset, and
with it the log sources that rules speak of (``rules/taxonomies/sigma``); nothing of the document is
changed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
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
        by_text, open_signs = signs[name]
        value = native[name]
        text = value.casefold() if isinstance(value, str) else _text(value)
        for sign in (*by_text.get(text, ()), *open_signs):
            if (best is None or sign.rank < best.rank) and sign.fits(native):
                best = sign
    return best.entry if best else None


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


@cache
def _signs() -> dict[str, tuple[dict[str, tuple[Sign, ...]], tuple[Sign, ...]]]:
    """Give each entry's conditions by the first field that they ask for.

    Those that name its texts stand by them, those with ``*`` behind.
    """
    found: dict[str, tuple[dict[str, tuple[Sign, ...]], tuple[Sign, ...]]] = {}
    for rank, entry in enumerate(table().datasets):
        for when in entry.when:
            tests = tuple((name, tuple(map(pattern_of, values))) for name, values in when.items())
            first, patterns = tests[0]
            sign = Sign(rank, entry, tests)
            by_text, open_signs = found.get(first, ({}, ()))
            if all(pattern.tail is None for pattern in patterns):
                for pattern in patterns:
                    by_text[pattern.head] = (*by_text.get(pattern.head, ()), sign)
            else:
                open_signs = (*open_signs, sign)
            found[first] = by_text, open_signs
    return found


def _one_of(patterns: tuple[Pattern, ...], value: object) -> bool:
    if value is None:
        return False
    text = value.casefold() if isinstance(value, str) else _text(value)
    return any(pattern.fits(text) for pattern in patterns)


def _text(value: object) -> str:
    """Give the text of a number; of anything else that is no text, one that only ``*`` fits."""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else "\0"

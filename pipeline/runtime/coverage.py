"""The table of coverage: each norm that concerns this system, what it asks, and what answers it.

The table is data (``rules/law/coverage``): one file a chapter, in the order of the law's digest.
``instruments.yml`` names what norms may be cited from. Rows say what is not done; that what
they name exists is held by ``pipeline.runtime.coverage_checks``.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from pipeline.documents import Document, Place, read_yaml, validated
from pipeline.errors import ConfigurationError, Problem
from pipeline.runtime.norms import is_part_of, references

INSTRUMENTS = "instruments.yml"


class Status(StrEnum):
    """How far a requirement is met."""

    DONE = "done"
    PARTLY = "partly"
    BY_CONFIGURATION = "by_configuration"
    OPEN = "open"
    NOT_FOR_SOFTWARE = "not_for_software"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


Norms = Annotated[str, BeforeValidator(lambda value: str(value) if _is_number(value) else value)]


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)  # YAML's form of a bare article


class Row(_Part):
    """What one norm, or several that say the same, asks of the system, and what answers it.

    ``at`` are marks under which the digest lists it (``E8 NS-13``). ``code`` is ``module:Symbol``,
    a file, or ``file#id`` of a row of data; ``test`` a pytest node id. ``reason`` says what is
    missing, or why no software can do it.
    """

    norm: Norms
    at: str = ""
    requirement: Annotated[str, Field(min_length=10, max_length=400)]
    status: Status
    reason: str = ""
    code: tuple[str, ...] = ()
    test: tuple[str, ...] = ()
    configuration: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _whole(self) -> "Row":
        if self.status is not Status.DONE and not self.reason:
            raise ValueError(f"{self.status} needs a reason")
        if self.status in (Status.DONE, Status.PARTLY, Status.BY_CONFIGURATION):
            if not self.code or not self.test:
                raise ValueError(f"{self.status} needs code and test")
        elif self.code or self.test:
            raise ValueError(f"{self.status} has neither code nor test; partly has")
        if (self.status is Status.BY_CONFIGURATION) != bool(self.configuration):
            raise ValueError("by_configuration, and it alone, names its configuration")
        return self


class LeftOut(_Part):
    """Norms that ask nothing of this system, and why."""

    norm: Norms
    at: str = ""
    reason: Annotated[str, Field(min_length=10)]


class Part(_Part):
    """Rows under one heading of the digest."""

    heading: str
    rows: tuple[Row, ...] = ()
    left_out: tuple[LeftOut, ...] = ()


class Chapter(_Part):
    """One file of the table."""

    instrument: str
    digest: str
    parts: tuple[Part, ...]


class Instrument(_Part):
    """What norms are cited from."""

    id: str
    name: str
    digest: str


class _Instruments(_Part):
    instruments: tuple[Instrument, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """A row with its norms written out, and where it stands."""

    norms: tuple[str, ...]
    row: Row
    digest: str
    heading: str
    file: str
    line: int

    @property
    def instrument(self) -> str:
        """Give the instrument of the row's first norm."""
        return self.norms[0].partition("/")[0]


@dataclass(frozen=True, slots=True)
class Omission:
    """Norms left out, with the reason, and where that stands."""

    norms: tuple[str, ...]
    reason: str
    at: str
    digest: str
    file: str
    line: int


@dataclass(frozen=True)
class Coverage:
    """The whole table."""

    instruments: Mapping[str, Instrument]
    entries: tuple[Entry, ...]
    left_out: tuple[Omission, ...]

    def covers(self, norm: str) -> bool:
        """Tell whether a norm has a row, or a part of it has, or it is left out as a whole."""
        return any(is_part_of(one, norm) for entry in self.entries for one in entry.norms) or any(
            is_part_of(norm, one) or is_part_of(one, norm)
            for omission in self.left_out
            for one in omission.norms
        )

    def marks(self, digest: str) -> frozenset[str]:
        """Give the marks of a digest under which rows and omissions stand."""
        found = [entry.row.at for entry in self.entries if entry.digest == digest]
        found += [omission.at for omission in self.left_out if omission.digest == digest]
        return frozenset(mark for text in found for mark in text.split())


def load_coverage(folder: Path) -> Coverage:
    """Read the table; ConfigurationError with every problem at its file and line."""
    head = validated(_Instruments, read_yaml(folder / INSTRUMENTS))
    instruments = {one.id: one for one in head.instruments}
    problems: list[Problem] = []
    entries: list[Entry] = []
    left_out: list[Omission] = []
    for path in sorted(folder.rglob("*.yml")):
        if path.name == INSTRUMENTS:
            continue
        try:
            document = read_yaml(path, name=f"{folder.name}/{path.relative_to(folder).as_posix()}")
            chapter = validated(Chapter, document)
        except ConfigurationError as error:
            problems += error.problems
            continue
        _gather(chapter, document, instruments, entries, left_out, problems)
    if not entries and not problems:
        problems.append(Problem(str(folder), 0, "holds no row of coverage", "name its folder"))
    problems += _repeated(entries)
    problems += _contradicted(entries, left_out)
    if problems:
        raise ConfigurationError(problems)
    return Coverage(instruments, tuple(entries), tuple(left_out))


def _gather(
    chapter: Chapter,
    document: Document,
    instruments: Mapping[str, Instrument],
    entries: list[Entry],
    left_out: list[Omission],
    problems: list[Problem],
) -> None:
    for number, part in enumerate(chapter.parts):
        for index, row in enumerate(part.rows):
            place: Place = ("parts", number, "rows", index)
            norms = _norms(row.norm, chapter, instruments, document, place, problems)
            if norms:
                line = document.line(place)
                entries.append(Entry(norms, row, chapter.digest, part.heading, document.file, line))
        for index, omitted in enumerate(part.left_out):
            place = ("parts", number, "left_out", index)
            norms = _norms(omitted.norm, chapter, instruments, document, place, problems)
            if norms:
                line = document.line(place)
                left_out.append(
                    Omission(norms, omitted.reason, omitted.at, chapter.digest, document.file, line)
                )


def _norms(
    expression: str,
    chapter: Chapter,
    instruments: Mapping[str, Instrument],
    document: Document,
    place: Place,
    problems: list[Problem],
) -> tuple[str, ...]:
    try:
        norms = references(expression, chapter.instrument)
    except ValueError as error:
        problems.append(document.problem((*place, "norm"), str(error), "write it like 7-2(1)(2)"))
        return ()
    unknown = sorted({one.partition("/")[0] for one in norms} - set(instruments))
    for name in unknown:
        known = f"known are {', '.join(sorted(instruments))}"
        problems.append(document.problem((*place, "norm"), f"no instrument {name!r}", known))
    return () if unknown else norms


def _repeated(entries: Iterable[Entry]) -> Iterator[Problem]:
    seen: dict[tuple[str, str], Entry] = {}
    for entry in entries:
        for norm in dict.fromkeys(entry.norms):
            first = seen.setdefault((norm, entry.row.requirement.casefold()), entry)
            if first is not entry:
                where = f"first at {first.file}:{first.line}"
                yield Problem(entry.file, entry.line, f"{norm} asks the same twice", where)


def _contradicted(entries: Iterable[Entry], left_out: Iterable[Omission]) -> Iterator[Problem]:
    """Give norms that are left out although a row on them, or on a part of them, stands."""
    rows = {norm: entry for entry in entries for norm in entry.norms}
    for omission in left_out:
        for norm in omission.norms:
            for one, entry in rows.items():
                if is_part_of(one, norm):
                    where = f"its row stands at {entry.file}:{entry.line}"
                    yield Problem(omission.file, omission.line, f"{norm} is left out", where)
                    break

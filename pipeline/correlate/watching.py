"""What is held about constant observation, as data: the calendar and the detectors' numbers.

One YAML file (``rules/taxonomies/observation``). It is part of what a batch is stamped with, so
that yesterday's journal is judged by yesterday's numbers; ``bundle`` gives it back by revision.
"""

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from pipeline.documents import Document, parse_yaml, read_yaml, validated
from pipeline.errors import ConfigurationError, Problem
from pipeline.model import identity
from pipeline.model.calendar import Calendar
from pipeline.model.rest_days import RestDays

_Text = Annotated[str, Field(min_length=1, max_length=500)]


@dataclass(frozen=True, slots=True)
class Numbers:
    """The detectors' numbers; what each means stands beside it in the file."""

    learning_days: int = 14
    drop_to_percent: int = 50
    least_events: int = 64
    novel_a_day: int = 20
    forget_days: int = 180
    unparsed_days: int = 30
    waiting_hours: int = 72
    gap_factor: int = 3


@dataclass(frozen=True, slots=True)
class Watching:
    """Calendar and numbers of one revision; ``text`` is the file as it was read."""

    calendar: Calendar = field(default_factory=Calendar)
    numbers: Numbers = Numbers()
    revision: str = ""
    text: str = ""

    @property
    def bundle(self) -> bytes:
        """Give what ``watching_from_bundle`` reads."""
        return self.text.encode()


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _NumbersPart(_Part):
    learning_days: Annotated[int, Field(ge=1, le=365)]
    drop_to_percent: Annotated[int, Field(ge=5, le=80)]
    least_events: Annotated[int, Field(ge=16, le=1_000_000)]
    novel_a_day: Annotated[int, Field(ge=1, le=200)]
    forget_days: Annotated[int, Field(ge=30, le=3650)]
    unparsed_days: Annotated[int, Field(ge=1, le=365)]
    waiting_hours: Annotated[int, Field(ge=1, le=8760)]
    gap_factor: Annotated[int, Field(ge=2, le=20)]
    set_by: Literal["statute", "by-law", "policy"]
    author: _Text
    set_at: date
    reason: _Text

    def made(self) -> Numbers:
        return Numbers(**{name: getattr(self, name) for name in Numbers.__slots__})


class _WatchingDocument(RestDays):
    numbers: _NumbersPart


def load_watching(path: Path) -> Watching:
    """Read the file; ConfigurationError with every problem at its line."""
    document = read_yaml(path)
    return _watching(document, path.read_text(encoding="utf-8"))


def watching_from_bundle(data: bytes) -> Watching:
    """Read what ``Watching.bundle`` gave: the same revision."""
    text = data.decode()
    return _watching(parse_yaml(text, "observation"), text)


def _watching(document: Document, text: str) -> Watching:
    said = validated(_WatchingDocument, document)
    problems = [*_twice(document, said)]
    if problems:
        raise ConfigurationError(problems)
    revision = identity("watching", text)
    return Watching(said.calendar(), said.numbers.made(), revision, text)


def _twice(document: Document, said: _WatchingDocument) -> list[Problem]:
    seen: set[date] = set()
    found = []
    for index, one in enumerate(said.moved):
        if one.day in seen:
            found.append(
                document.problem(("moved", index), f"{one.day} is moved twice", "keep one row")
            )
        seen.add(one.day)
    for index, each in enumerate(said.holidays):
        if each.begin > each.end:
            message = f"{each.name}: from {each.begin} lies behind until {each.end}"
            found.append(document.problem(("holidays", index), message))
    return found

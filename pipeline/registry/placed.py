"""The records of the files, each with the place where it stands."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from pipeline.documents import Document, Place
from pipeline.errors import Problem
from pipeline.registry.duty_rows import DutyRow
from pipeline.registry.marks import MarkVocabulary
from pipeline.registry.parties import Party
from pipeline.registry.records import ObjectRecord
from pipeline.registry.roster import Roster

_Record = TypeVar("_Record")


@dataclass(frozen=True, slots=True)
class Entry(Generic[_Record]):
    """A record and where it stands."""

    record: _Record
    document: Document
    place: Place

    def problem(self, message: str, way_out: str = "", *, at: Place = ()) -> Problem:
        """Make a problem at this record or at a part of it."""
        return self.document.problem((*self.place, *at), message, way_out)

    @property
    def line(self) -> tuple[str, int]:
        """Give file and line."""
        return self.document.file, self.document.line(self.place)

    @property
    def where(self) -> str:
        """Give file and line as messages show them."""
        return "{}:{}".format(*self.line)


@dataclass(slots=True)
class Placed:
    """Every record of the files with its place.

    ``secret`` are the ids of records that may not be here: no message repeats them.
    """

    objects: list[Entry[ObjectRecord]] = field(default_factory=list)
    parties: list[Entry[Party]] = field(default_factory=list)
    marks: list[Entry[MarkVocabulary]] = field(default_factory=list)
    duties: list[Entry[DutyRow]] = field(default_factory=list)
    rosters: list[Entry[Roster]] = field(default_factory=list)
    secret: set[str] = field(default_factory=set)


def nearest(name: str, known: Iterable[str]) -> str:
    """Give the way out for a name that nothing bears."""
    close = difflib.get_close_matches(name, sorted(known), n=1)
    return f"did you mean {close[0]!r}?" if close else "add it, or correct the name"

"""The rows of a pack while it is read: each with the place where it stands."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias, TypeVar

from pipeline.assess.rows import Row
from pipeline.documents import Document, Place

_Row = TypeVar("_Row", bound=Row)
Placed: TypeAlias = tuple[Row, Document, Place]


@dataclass(slots=True)
class PackDraft:
    """Valid rows and where each stands."""

    placed: dict[str, list[Placed]] = field(default_factory=dict)

    def add(self, section: str, document: Document, place: Place, row: Row) -> None:
        """Take one row."""
        self.placed.setdefault(section, []).append((row, document, place))

    def rows(self, section: str) -> list[Row]:
        """Give a section's rows in their order."""
        return [row for row, _, _ in self.placed.get(section, ())]

    def of(self, section: str, model: type[_Row]) -> list[tuple[_Row, Document, Place]]:
        """Give a section's rows with their places."""
        found = self.placed.get(section, [])
        return [(row, doc, place) for row, doc, place in found if isinstance(row, model)]

    def names(self, section: str) -> set[str]:
        """Give the ids of a section's rows."""
        return {row.id for row in self.rows(section)}

    def __iter__(self) -> Iterator[tuple[str, Placed]]:
        """Give every row with its section."""
        for section, entries in self.placed.items():
            for entry in entries:
                yield section, entry

"""The law packs and registries that revisions name, as the auditor reads them; a few held."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from pipeline.audit import Books, LawBook, Register
from pipeline.errors import StoreCorrupt
from pipeline.model import Incident
from pipeline.ports import ContentStore

MOST = 4  # registries of many objects are large


@dataclass(slots=True)
class BookShelf:
    """Gives a revision's books: those of its verdict, then those in force when it was made.

    ``in_force`` gives the revision of a kind (registry, pack) that was in force at an instant.
    """

    content: ContentStore
    in_force: Callable[[str, int], str]
    _books: OrderedDict[tuple[str, str], Books] = field(default_factory=OrderedDict)

    def __call__(self, incident: Incident) -> tuple[Books, ...]:
        """Give the books, the verdict's first; empty where the store does not have those."""
        versions, at = incident.assessment.versions, incident.changed_at
        named = (versions.get("pack", ""), versions.get("registry", ""))
        then = (self.in_force("pack", at) or named[0], self.in_force("registry", at) or named[1])
        found = [self._at(*one) for one in dict.fromkeys((named, then))]
        first = found[0]
        if first is None:
            return ()
        return (first, *(one for one in found[1:] if one is not None))

    def _at(self, pack: str, registry: str) -> Books | None:
        known = self._books.get((pack, registry))
        if known is None:
            law, register = self._data("pack", pack), self._data("registry", registry)
            if law is None or register is None:
                return None
            try:
                known = Books(LawBook(law), Register(register))
            except ValueError as error:
                raise StoreCorrupt(
                    f"law pack {pack} or registry {registry} does not read: restore a backup"
                ) from error
            self._books[pack, registry] = known
        self._books.move_to_end((pack, registry))
        while len(self._books) > MOST:
            self._books.popitem(last=False)
        return known

    def _data(self, kind: str, revision: str) -> bytes | None:
        return self.content.bundle(kind, revision)

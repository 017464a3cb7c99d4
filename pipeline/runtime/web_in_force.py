"""The registry in force in a store, and who may see what by it: looked at again now and then."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import orjson

from pipeline.access import Access, Policy
from pipeline.errors import StoreError
from pipeline.model import NANOSECONDS, Instant
from pipeline.model.conditions import All, Among
from pipeline.ports import ContentStore
from pipeline.ports.searching import Ask, Kind, Search
from pipeline.registry import Registry, make_registry, registry_from_bundle

AGAIN = 2 * NANOSECONDS
ADMINISTRATION = "administration"


@dataclass(frozen=True, slots=True)
class _Found:
    revision: str
    access: Access
    looked_at: Instant


@dataclass(slots=True)
class AccessInForce:
    """Gives the policy over the registry that the running system uses, at most two seconds old.

    Before a system ran there is no registry: nobody sees anything of any object.
    """

    policy: Policy
    search: Search
    content: ContentStore
    clock: Callable[[], Instant]
    _found: _Found | None = None
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self) -> Access:
        """Give it; StoreError where the store lacks the registry that it names."""
        now, found = self.clock(), self._found
        if found is not None and 0 <= now - found.looked_at < AGAIN:
            return found.access
        with self._turn:
            found = self._found
            if found is not None and 0 <= now - found.looked_at < AGAIN:
                return found.access
            revision = in_force(self.search, "registry")
            same = found is not None and found.revision == revision
            access = found.access if found is not None and same else self._made(revision)
            self._found = _Found(revision, access, now)
            return access

    def _made(self, revision: str) -> Access:
        registry = make_registry(()) if not revision else self._registry(revision)
        return Access(self.policy, registry)

    def _registry(self, revision: str) -> Registry:
        data = self.content.bundle("registry", revision)
        if data is None:
            raise StoreError(f"the store has no registry {revision}: restore a backup")
        return registry_from_bundle(data)


def in_force(search: Search, kind: str) -> str:
    """Give the revision of content, registry or pack in force; "" where none ever was."""
    named = (Among("kind", (f"{kind}_in_force",)), Among("chain", (ADMINISTRATION,)))
    rows = search.page(Ask(Kind.AUDIT, All(named), limit=1)).rows
    return str(orjson.loads(rows[0])["subject"]) if rows else ""

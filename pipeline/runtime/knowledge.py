"""Content, registry and pack: read together, kept by revision, found again by a batch's stamp."""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from pipeline.assess import Pack, load_pack, pack_from_bundle, regimes
from pipeline.content import Content, content_from_bundle, load_content
from pipeline.errors import ConfigurationError, Problem, StoreCorrupt
from pipeline.incidents.audit import Draft
from pipeline.model import Revisions
from pipeline.normalize import FORMATS, unknown_format
from pipeline.ports import Stores
from pipeline.registry import Registry, load_registry, registry_from_bundle
from pipeline.runtime.chainer import audited
from pipeline.runtime.listeners import listener_problems
from pipeline.settings import Settings

HELD = 4
_Part = TypeVar("_Part")


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What one set of revisions names."""

    content: Content
    registry: Registry
    pack: Pack

    @property
    def revisions(self) -> Revisions:
        """Give the stamp of batches made under this knowledge."""
        return Revisions(self.content.revision, self.registry.revision, self.pack.revision)


def read_knowledge(settings: Settings) -> Knowledge:
    """Read rules, registry and pack; ConfigurationError with the problems of all three."""
    problems: list[Problem] = []

    def tried(load: Callable[[], _Part]) -> _Part | None:
        try:
            return load()
        except ConfigurationError as error:
            problems.extend(error.problems)
            return None

    content = tried(lambda: load_content(settings.content.paths, settings.content.cache))
    registry = tried(lambda: load_registry(settings.registry))
    pack = tried(lambda: load_pack(settings.law.pack))
    if pack is not None and settings.law.regime not in (known := regimes(pack)):
        message = f"law.regime: the pack has no regime {settings.law.regime!r}"
        problems.append(Problem("settings", 0, message, f"known: {', '.join(known)}"))
    problems += listener_problems(settings, registry)
    if registry is not None:
        problems += _format_problems(registry)
    if content is None or registry is None or pack is None or problems:
        raise ConfigurationError(problems)
    return Knowledge(content, registry, pack)


def _format_problems(registry: Registry) -> Iterator[Problem]:
    for record in registry.objects():
        for source in record.sources:
            if source.format not in FORMATS:
                place = f"registry: object {record.id}, source {source.id}"
                yield unknown_format(source.format, place)


def keep_knowledge(stores: Stores, knowledge: Knowledge, now: int) -> None:
    """Keep the bundles that batches will name, and audit which came into force when."""
    stamp = knowledge.revisions
    parts = (
        ("content", stamp.content, knowledge.content.bundle),
        ("registry", stamp.registry, knowledge.registry.bundle),
        ("pack", stamp.pack, knowledge.pack.bundle),
    )
    with stores.database.transaction():
        drafts = []
        for kind, revision, bundle in parts:
            if stores.content.bundle(kind, revision) is None:
                stores.content.put_bundle(kind, revision, bundle())
                drafts.append(
                    Draft(
                        chain="administration",
                        entry_id=f"{kind}:{revision}",
                        kind=f"{kind}_in_force",
                        subject=revision,
                        at=now,
                        actor="saqshy",
                        detail={},
                    )
                )
        audited(stores.audit, drafts)


@dataclass(slots=True)
class Shelf:
    """Knowledge by revision: today's at hand, older ones from their bundles, the last few held."""

    stores: Stores
    cache: Path
    _held: OrderedDict[Revisions, Knowledge] = field(default_factory=OrderedDict)

    def put(self, knowledge: Knowledge) -> None:
        """Hold knowledge that is at hand."""
        self._held[knowledge.revisions] = knowledge
        while len(self._held) > HELD:
            self._held.popitem(last=False)

    def __call__(self, stamp: Revisions) -> Knowledge:
        """Give what a batch's stamp names; StoreCorrupt where the store has no such bundle."""
        if stamp not in self._held:
            self.put(
                Knowledge(
                    content_from_bundle(self._bundle("content", stamp.content), self.cache),
                    registry_from_bundle(self._bundle("registry", stamp.registry)),
                    pack_from_bundle(self._bundle("pack", stamp.pack)),
                )
            )
        self._held.move_to_end(stamp)
        return self._held[stamp]

    def _bundle(self, kind: str, revision: str) -> bytes:
        data = self.stores.content.bundle(kind, revision)
        if data is None:
            raise StoreCorrupt(
                f"the store has no {kind} {revision}, which its journal names: restore a backup"
            )
        return data

"""Content, registry and pack: read together, kept by revision, found again by a batch's stamp.

The stamp's content is rules, taxonomy, enrichment and the numbers of constant observation together,
since an edit of the field names or another list of indicators changes verdicts as an edit of a rule
does. It is kept as the names of its parts, and an enrichment's data files by their hash, so that
those that stay are kept once.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from threading import Lock
from typing import TypeVar

import orjson
import structlog

from pipeline.assess import Pack, load_pack, pack_from_bundle, regimes
from pipeline.content import Content, content_from_bundle, load_content
from pipeline.correlate import Watching, load_watching, watching_from_bundle
from pipeline.errors import ConfigurationError, Problem, StoreCorrupt
from pipeline.incidents.audit import Draft
from pipeline.match import Taxonomy, load_taxonomy
from pipeline.match.taxonomy import taxonomy_from_bundle
from pipeline.model import Revisions, identity
from pipeline.normalize import FORMATS, unknown_format
from pipeline.normalize.enrichment import (
    DataFile,
    Enrichment,
    enrichment_from_bundle,
    load_enrichment,
)
from pipeline.ports import CollectorStores
from pipeline.registry import Registry, load_registry, registry_from_bundle
from pipeline.runtime.chainer import audited
from pipeline.runtime.configuration import bundled
from pipeline.runtime.listeners import listener_problems
from pipeline.settings import Settings

log = structlog.get_logger("saqshy.knowledge")
HELD = 2
NO_ENRICHMENT = Enrichment()
NO_WATCHING = Watching()
DATA = "enrichment_data"  # the kind under which a data file is kept, by its hash
_Part = TypeVar("_Part")


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What one set of revisions names."""

    content: Content
    taxonomy: Taxonomy
    registry: Registry
    pack: Pack
    enrichment: Enrichment = NO_ENRICHMENT
    watching: Watching = NO_WATCHING

    @property
    def revisions(self) -> Revisions:
        """Give the stamp of batches made under this knowledge."""
        parts = [self.content.revision, self.taxonomy.revision]
        if self.enrichment.revision:
            parts.append(self.enrichment.revision)
        if self.watching.revision:
            parts.append(self.watching.revision)
        return Revisions(identity("content", *parts), self.registry.revision, self.pack.revision)


def read_knowledge(settings: Settings) -> Knowledge:
    """Read rules, taxonomy, enrichment, registry and pack; ConfigurationError with all problems."""
    problems: list[Problem] = []

    def tried(load: Callable[[], _Part]) -> _Part | None:
        try:
            return load()
        except ConfigurationError as error:
            problems.extend(error.problems)
            return None

    content = tried(lambda: load_content(settings.content.paths, settings.content.cache))
    taxonomy = tried(lambda: load_taxonomy(taxonomy_folder(settings)))
    enrichment = tried(lambda: load_enrichment(settings.enrichment))
    registry = tried(lambda: load_registry(settings.registry))
    pack = tried(lambda: load_pack(settings.law.pack, settings.law.overlay))
    watching = tried(lambda: load_watching(observation_file(settings)))
    if pack is not None and settings.law.regime not in (known := regimes(pack)):
        message = f"law.regime: the pack has no regime {settings.law.regime!r}"
        problems.append(Problem("settings", 0, message, f"known: {', '.join(known)}"))
    problems += listener_problems(settings, registry)
    if registry is not None:
        problems += _format_problems(registry)
    if problems or content is None or taxonomy is None or registry is None:
        raise ConfigurationError(problems)
    if pack is None or enrichment is None or watching is None:
        raise ConfigurationError(problems)
    return Knowledge(content, taxonomy, registry, pack, enrichment, watching)


def taxonomy_folder(settings: Settings) -> Path:
    """Give the folder of the field names: the settings' own, else the bundled one."""
    return settings.content.taxonomy or bundled("taxonomies") / "sigma"


def observation_file(settings: Settings) -> Path:
    """Give the file of calendar and detectors' numbers: the settings' own, else the bundled one."""
    return settings.content.observation or bundled("taxonomies") / "observation" / "kz.yml"


def _format_problems(registry: Registry) -> Iterator[Problem]:
    for record in registry.objects():
        for source in record.sources:
            if source.format not in FORMATS:
                place = f"registry: object {record.id}, source {source.id}"
                yield unknown_format(source.format, place)


@dataclass(frozen=True, slots=True)
class Cause:
    """Who brought knowledge into force, and how: start, watch, signal or command."""

    actor: str = "saqshy"
    way: str = "start"
    reason: str = ""


AT_START = Cause()


def keep_knowledge(
    stores: CollectorStores,
    knowledge: Knowledge,
    now: int,
    cause: Cause = AT_START,
    before: Revisions | None = None,
) -> None:
    """Keep the bundles that batches will name, and audit which came into force when, and how.

    ``before`` is what was in force until now; without it, what the last journalled batch names.
    """
    stamp = knowledge.revisions
    before = before or last_stamp(stores) or Revisions()
    parts = (
        ("content", before.content, stamp.content),
        ("registry", before.registry, stamp.registry),
        ("pack", before.pack, stamp.pack),
    )
    _tell_indicators(knowledge.enrichment)
    with stores.database.transaction():
        for (kind, revision), bundle in bundles(knowledge).items():
            _put(stores, kind, revision, bundle)
        drafts = []
        for kind, old, revision in parts:
            if old != revision:
                drafts.append(
                    Draft(
                        chain="administration",
                        entry_id=identity("in_force", kind, old, revision, now),
                        kind=f"{kind}_in_force",
                        subject=revision,
                        at=now,
                        actor=cause.actor,
                        detail={"before": old, "way": cause.way, "reason": cause.reason},
                    )
                )
        audited(stores.audit, drafts)


def bundles(knowledge: Knowledge) -> dict[tuple[str, str], Callable[[], bytes]]:
    """Give what makes each bundle of a knowledge, by kind and revision."""
    stamp, content, enrichment = knowledge.revisions, knowledge.content, knowledge.enrichment
    watching = knowledge.watching
    found: dict[tuple[str, str], Callable[[], bytes]] = {
        ("rules", content.revision): content.bundle,
        ("taxonomy", knowledge.taxonomy.revision): knowledge.taxonomy.bundle,
        ("content", stamp.content): partial(_named_parts, knowledge),
        ("registry", stamp.registry): knowledge.registry.bundle,
        ("pack", stamp.pack): knowledge.pack.bundle,
    }
    if watching.revision:
        found["observation", watching.revision] = lambda: watching.bundle
    if enrichment.revision:
        found["enrichment", enrichment.revision] = lambda: enrichment.bundle
        for digest, file in enrichment.files.items():
            found[DATA, digest] = partial(_data, file)
    return found


def _named_parts(knowledge: Knowledge) -> bytes:
    parts = {
        "rules": knowledge.content.revision,
        "taxonomy": knowledge.taxonomy.revision,
        "enrichment": knowledge.enrichment.revision,
        "observation": knowledge.watching.revision,
    }
    return orjson.dumps(parts)


def _data(file: DataFile) -> bytes:
    return file.data


def _tell_indicators(enrichment: Enrichment) -> None:
    if enrichment.indicators or enrichment.left_out:
        left_out = dict(enrichment.left_out)
        log.info("indicators.read", count=enrichment.indicators, left_out=left_out)


def _put(stores: CollectorStores, kind: str, revision: str, bundle: Callable[[], bytes]) -> None:
    if stores.content.bundle(kind, revision) is None:
        stores.content.put_bundle(kind, revision, bundle())


def last_stamp(stores: CollectorStores) -> Revisions | None:
    """Give what the batch journalled last was stamped with; None where there is no batch."""
    tail = stores.journal.tail("", "", "")
    last = stores.journal.read(tail.sequence - 1, 1) if tail else ()
    return last[0][1].revisions if last else None


@dataclass(slots=True)
class Shelf:
    """Knowledge by revision: today's at hand, older ones from their bundles, the last two held.

    Safe to call from several threads.
    """

    stores: CollectorStores
    cache: Path
    _held: OrderedDict[Revisions, Knowledge] = field(default_factory=OrderedDict)
    _guard: Lock = field(default_factory=Lock)

    def put(self, knowledge: Knowledge) -> None:
        """Hold knowledge that is at hand."""
        with self._guard:
            self._held[knowledge.revisions] = knowledge
            self._held.move_to_end(knowledge.revisions)
            while len(self._held) > HELD:
                self._held.popitem(last=False)

    def __call__(self, stamp: Revisions) -> Knowledge:
        """Give what a batch's stamp names; StoreCorrupt where the store has no such bundle."""
        with self._guard:
            known = self._held.get(stamp)
            if known is not None:
                self._held.move_to_end(stamp)
                return known
        parts = orjson.loads(self._bundle("content", stamp.content))
        known = Knowledge(
            content_from_bundle(self._bundle("rules", parts["rules"]), self.cache),
            taxonomy_from_bundle(self._bundle("taxonomy", parts["taxonomy"])),
            registry_from_bundle(self._bundle("registry", stamp.registry)),
            pack_from_bundle(self._bundle("pack", stamp.pack)),
            self._enrichment(parts.get("enrichment", "")),
            self._watching(parts.get("observation", "")),
        )
        self.put(known)
        return known

    def _enrichment(self, revision: str) -> Enrichment:
        if not revision:
            return Enrichment()
        return enrichment_from_bundle(
            self._bundle("enrichment", revision), lambda digest: self._bundle(DATA, digest)
        )

    def _watching(self, revision: str) -> Watching:
        if not revision:
            return Watching()
        return watching_from_bundle(self._bundle("observation", revision))

    def _bundle(self, kind: str, revision: str) -> bytes:
        data = self.stores.content.bundle(kind, revision)
        if data is None:
            raise StoreCorrupt(
                f"the store has no {kind} {revision}, which its journal names: restore a backup"
            )
        return data

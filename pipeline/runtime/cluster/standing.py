"""How many incidents stand in a cluster, for the auditor's figures: no other process sees all."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from connectors.stores.elasticsearch.standing import standing_by_act, standing_by_object
from connectors.stores.elasticsearch.store import ElasticStore
from pipeline.assess import pack_from_bundle
from pipeline.model import NANOSECONDS, Instant
from pipeline.ports import ContentStore
from pipeline.registry import Registry, registry_from_bundle
from pipeline.runtime.auditor_process import Stands

EVERY = 60 * NANOSECONDS
UNKNOWN = "unknown"


@dataclass(slots=True)
class ElasticStanding:
    """Counts once a minute; ``in_force`` gives the revision of a bundle's kind at an instant.

    An object's branch and the law's acts are those of registry and pack in force.
    """

    kept: ElasticStore
    content: ContentStore
    in_force: Callable[[str, Instant], str]
    _told: tuple[Instant, Stands] | None = None
    _registry: tuple[str, Registry | None] = ("", None)
    _acts: tuple[str, tuple[str, ...]] = ("", ())

    def __call__(self, now: Instant) -> Stands:
        """Give the counts; StoreError where they cannot be had."""
        if self._told is None or not 0 <= now - self._told[0] < EVERY:
            client, names = self.kept.client, self.kept.documents.names
            registry, whole = self._known(now), Counter[tuple[str, str, str]]()
            for (state, severity, name), count in standing_by_object(client, names).items():
                record = registry.object(name, now) if registry is not None else None
                sector = record.branch if record is not None else None
                whole[state, severity, sector or UNKNOWN] += count
            acts = standing_by_act(client, names, self._law(now))
            self._told = now, Stands(dict(whole), acts)
        return self._told[1]

    def _known(self, now: Instant) -> Registry | None:
        revision = self.in_force("registry", now)
        if revision != self._registry[0]:
            data = self.content.bundle("registry", revision)
            self._registry = revision, registry_from_bundle(data) if data is not None else None
        return self._registry[1]

    def _law(self, now: Instant) -> tuple[str, ...]:
        revision = self.in_force("pack", now)
        if revision != self._acts[0]:
            data = self.content.bundle("pack", revision)
            keys = pack_from_bundle(data).at(now).label_keys if data is not None else ()
            acts = sorted(one.removeprefix("acts.") for one in keys if one.startswith("acts."))
            self._acts = revision, tuple(acts)
        return self._acts[1]

"""Sources and parts as people look after them: when heard, how much, what failed; no content.

What runs elsewhere tells more of itself by its metrics; here stands what the store knows.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from pipeline.access import Access
from pipeline.correlate.presence import SourceRow
from pipeline.correlate.silence import LEARNED_SILENCE, SILENT_SOURCE
from pipeline.correlate.volume import VOLUME_DROP
from pipeline.errors import StoreError
from pipeline.model import NANOSECONDS, Finding, Instant, Json, from_json
from pipeline.model.conditions import All, Among
from pipeline.model.rows import Rows
from pipeline.ports.searching import Ask, Kind
from pipeline.runtime.chain import STATE_TYPES
from pipeline.runtime.web_ground import Ground
from pipeline.runtime.web_in_force import ADMINISTRATION, in_force

HOUR, DAY = 3_600 * NANOSECONDS, 86_400 * NANOSECONDS
MOST_SOURCES = 1_000  # whose numbers are counted
REFUSED = "records_refused"  # entries of what was not taken in
SILENT, DROPPED = (SILENT_SOURCE.id, LEARNED_SILENCE.id), (VOLUME_DROP.id,)
_SOURCE = '["source"'


@dataclass(frozen=True, slots=True)
class Health:
    """Tells how sources and parts do; ``access`` gives the registry in force."""

    ground: Ground
    access: Callable[[], Access]
    clock: Callable[[], Instant]

    def __call__(self) -> Json:
        """Give ``sources``, each with its last record and numbers, and the ``state`` of parts."""
        return {"sources": list(self._sources()), "state": self._state()}

    def _sources(self) -> Iterator[Json]:
        now = self.clock()
        silent, dropped = self._standing(SILENT), self._standing(DROPPED)
        came = self._by_source(Kind.EVENTS, "saqshy.source_id", now - HOUR)
        failed = self._by_source(Kind.FAILURES, "source_id", now - DAY)
        for record in self.access().registry.objects(now):
            kept = self.ground.stores.state.load(record.id)
            only = {key: data for key, data in kept.items() if key.startswith(_SOURCE)}
            rows = Rows(record.id, STATE_TYPES, only).all(SourceRow, "source")
            heard = {parts[0]: row for parts, row in rows}
            for one in record.sources:
                row, named = heard.get(one.id), (record.id, one.id)
                yield {
                    "source_id": one.id,
                    "object_id": record.id,
                    "kind": one.format,
                    "last_seen": row.heard_at if row is not None else 0,
                    "silent_since": _silent(row) or silent.get(named, 0),
                    "dropped_since": dropped.get(named, 0),
                    "hour": came.get(one.id, 0),
                    "failed": failed.get(one.id, 0),
                }

    def _standing(self, rules: tuple[str, ...]) -> Mapping[tuple[str, str], Instant]:
        """Give since when sources are as a detector says, by object and source."""
        since: dict[tuple[str, str], Instant] = {}
        where = All((Among("rule.id", rules), Among("retracted", ("false",))))
        for data in self.ground.search.page(Ask(Kind.FINDINGS, where, limit=MOST_SOURCES)).rows:
            one = from_json(Finding, data)
            if one.fields.get("ended") is False:
                since.setdefault((one.object_id, one.group.get("source", "")), one.first_event_at)
        return since

    def _by_source(self, kind: Kind, field: str, since: Instant) -> Mapping[str, int]:
        asked = Ask(kind, begin=since, end=self.clock() + DAY)
        return dict(self.ground.search.facets(asked, (field,), MOST_SOURCES).of[field])

    def _state(self) -> Json:
        search, now = self.ground.search, self.clock()
        refused = All((Among("chain", (ADMINISTRATION,)), Among("kind", (REFUSED,))))
        told: Json = {
            "store": self.ground.name,
            "unready": self.ground.unready(),
            **{f"{one}_in_force": in_force(search, one) for one in ("content", "registry", "pack")},
            "events_hour": search.count(Ask(Kind.EVENTS, begin=now - HOUR, end=now + DAY)).value,
            "dead_letters": search.count(Ask(Kind.FAILURES)).value,
            "refused_day": search.count(Ask(Kind.AUDIT, refused, begin=now - DAY)).value,
        }
        journal = self.ground.stores.journal
        if journal.read(0, 1):  # in the cluster the brokers have it, and processes tell their lag
            committed = journal.committed()
            waiting = journal.read(committed, 1)
            told["committed"] = committed
            age = (now - waiting[0][1].received_at) // NANOSECONDS if waiting else 0
            told["lag_seconds"] = max(age, 0)
        told |= self._behind()
        return {name: str(said) for name, said in told.items() if said != ""}

    def _behind(self) -> Json:
        try:
            return {f"behind_{kind}": count for kind, count in self.ground.behind().items()}
        except StoreError as error:
            return {"brokers": str(error)}


def _silent(row: SourceRow | None) -> Instant:
    """Give since when a source is silent, by its own row; 0 where no silence of it stands."""
    return row.silent_since if row is not None and row.silent_finding else 0

"""Clocks and duty where no rows of them are at hand: what people said of them, from the trail.

In a cluster the rows stand in the notifiers' partitions. What is owed follows from history anyway;
the words of people (a term met, a reminder noted, a duty taken over) are entries of the trail.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import orjson

from pipeline.model import AuditEntry, Incident, IncidentState, from_json, instant, to_json
from pipeline.model.conditions import All, Among
from pipeline.model.rows import Rows
from pipeline.notify.duty import Taken
from pipeline.ports import IncidentStore
from pipeline.ports.searching import Ask, Kind, Search
from pipeline.runtime.term_rows import WatchRow

MET, NOTED, TAKEN = "term_met", "duty_acknowledged", "duty_taken"


@dataclass(slots=True)
class ToldTerms:
    """Gives the rows of ``TermRows``: of one incident as asked, of all of them as first read."""

    search: Search
    incidents: IncidentStore
    _all: dict[str, bytes] = field(default_factory=dict)

    def between(self, begin: str, end: str, limit: int) -> Sequence[tuple[str, bytes]]:
        """Give up to ``limit`` rows with keys in [begin, end), in their order. StoreError."""
        if end == f"{begin} ":  # one row is asked by its whole key
            key: list[str] = orjson.loads(begin)
            found = dict(self._taken() if key[0] == "taken" else self._watched(key[-1]))
        else:
            if not self._all:
                self._all.update(self._watched(""))
            found = self._all
        return [(key, found[key]) for key in sorted(found) if begin <= key < end][:limit]

    def _entries(self, incident: str, *kinds: str) -> Iterator[AuditEntry]:
        where = All((Among("kind", kinds), *([Among("subject", (incident,))] if incident else [])))
        for data in self.search.every(Ask(Kind.AUDIT, where, descending=False)):
            yield from_json(AuditEntry, data)

    def _taken(self) -> Iterator[tuple[str, bytes]]:
        for one in self._entries("", TAKEN):
            row = Taken(one.subject, one.at)
            yield Rows.key("taken", str(one.detail["level"])), to_json(row)

    def _watched(self, incident: str) -> Iterator[tuple[str, bytes]]:
        rows: dict[str, WatchRow] = {}
        if incident:
            rows = {one.id: WatchRow(one.id, one.object_id) for one in self._last(incident)}
        else:
            for one in self.incidents.latest():
                if one.state is not IncidentState.CANDIDATE:
                    rows[one.id] = WatchRow(one.id, one.object_id)
        for entry in self._entries(incident, MET, NOTED):
            row, clock = rows.get(entry.subject), str(entry.detail["clock"])
            if row is not None and entry.kind == MET:
                row.words[clock] = instant(str(entry.detail["met_at"]))
            elif row is not None:
                row.acknowledged.setdefault(clock, entry.at)
        for name, row in rows.items():
            yield Rows.key("watch", name), to_json(row)

    def _last(self, incident: str) -> Sequence[Incident]:
        return self.incidents.history(incident)[-1:]

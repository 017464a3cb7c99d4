"""What was written to a cluster, for an auditor: its history as people read it, in Elasticsearch.

The audit trail's order is Kafka's, whose topic nobody changes; what it says of an incident or a
notice is asked of Elasticsearch, as everybody does. Nothing here is of one instant: indexers write
what the topics carry side by side, so what does not fit is asked again after a while.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from functools import partial
from typing import Protocol

from connectors.stores.elasticsearch.client import mapped
from connectors.stores.elasticsearch.documents import entry_id, noun
from connectors.stores.elasticsearch.names import AUDIT, INCIDENT_REVISIONS, NOTICES
from connectors.stores.elasticsearch.ordering import by
from connectors.stores.elasticsearch.scan import by_ids, hits
from connectors.stores.elasticsearch.store import ElasticStore
from pipeline.model import AuditEntry, Incident, Json, Notice
from pipeline.model.checkpoint import Checkpoint
from pipeline.ports import Added

_PLACES = {"incidents": (INCIDENT_REVISIONS, "id"), "notices": (NOTICES, "incident_id")}


class Trail(Protocol):
    """The audit trail and its checkpoints in the order in which they were told."""

    def entries(self, after: int) -> Iterator[tuple[int, AuditEntry]]:
        """Give the entries behind a mark, each with its own."""

    def checkpoints(self, after: int, limit: int) -> Sequence[Checkpoint]:
        """Give up to ``limit`` checkpoints behind a number, in order."""

    def close(self) -> None:
        """Let go of connections; safe to call twice."""


class ElasticTrace:
    """``ports.Trace`` and ``ports.CheckpointTrace`` on a cluster, for one thread.

    ``known`` says how far each chain was followed by the mark ``mark``, where somebody remembers.
    Marks of incidents and notices are sequence numbers: an index of several shards may show a row
    before one with a smaller number, which then comes with a look at everything.
    """

    def __init__(
        self, store: ElasticStore, trail: Trail, known: Mapping[str, int], mark: int
    ) -> None:
        self._store, self._trail = store, trail
        self._alias = store.documents.names.alias
        self._given = {chain: (number, mark) for chain, number in known.items()}

    def still(self) -> AbstractContextManager[None]:
        """Hold nothing: there is no one instant."""
        return nullcontext()

    def added(self, place: str, after: int, limit: int) -> Sequence[Added]:
        """Give rows behind a mark, as they were added; a notice comes again with a later state."""
        if place != "audit":
            return self._rows(*_PLACES[place], after, limit)
        if not after:
            self._given.clear()
        found: list[Added] = []
        for mark, entry in self._trail.entries(after):
            if not self._told_again(mark, entry):
                found.append(Added(mark, _incident_of(entry), entry))
            if len(found) == limit:
                break
        return found

    def written(self, incident_id: str) -> tuple[Sequence[Incident], Sequence[Notice]]:
        """Give an incident's revisions, oldest first, and its notices by creation and id."""
        revisions = self._store.incidents.history(incident_id)
        return revisions, list(self._store.notices.list(incident_id))

    def told(self, subject: str) -> Sequence[AuditEntry]:
        """Give the audit trail's entries about an incident or a notice, by number."""
        begins = [
            {"prefix": {"entry_id": {"value": f"{kind}:{subject}:"}}}
            for kind in ("incident", "notice")
        ]
        query: Json = {"bool": {"filter": [{"bool": {"should": begins}}]}}
        found = hits(self._store.client, self._alias(AUDIT), query, by("chain", "number"))
        with closing(found):
            return list(map(partial(noun, AuditEntry), found))

    def checkpoints(self, after: int, limit: int) -> Sequence[Checkpoint]:
        """Give up to ``limit`` checkpoints behind a number, in order."""
        return self._trail.checkpoints(after, limit)

    def entry(self, chain: str, number: int) -> AuditEntry | None:
        """Give the entry at a place of the audit trail; None where there is none."""
        found = by_ids(self._store.client, self._alias(AUDIT), [entry_id(chain, number)])
        return next(map(partial(noun, AuditEntry), found), None)

    def close(self) -> None:
        """Let go of connections; safe to call twice."""
        self._trail.close()
        self._store.close()

    def _told_again(self, mark: int, entry: AuditEntry) -> bool:
        """Tell whether an entry was given already, from a place before this one."""
        number, at = self._given.get(entry.chain, (0, 0))
        if entry.number > number:
            self._given[entry.chain] = entry.number, mark
            return False
        if mark <= at:
            return False  # the same place, asked again
        stands = self.entry(entry.chain, entry.number)
        return stands is None or stands.hash == entry.hash

    def _rows(self, kind: str, name: str, after: int, limit: int) -> Sequence[Added]:
        with mapped(f"what was added to {kind}"):
            answer = self._store.client.search(
                index=self._alias(kind),
                query={"range": {"_seq_no": {"gte": after}}},
                sort=[{"_seq_no": "asc"}],
                source_includes=[name],
                size=limit,
                track_total_hits=False,
            )
        rows = answer["hits"]["hits"]
        return [Added(int(one["sort"][0]) + 1, one["_source"][name]) for one in rows]


def _incident_of(entry: AuditEntry) -> str:
    if entry.kind == "incident":
        return entry.subject
    return str(entry.detail.get("incident", "")) if entry.kind == "notice" else ""

"""Incidents and audit chains of one partition: what deciding needs of them, by key.

Of a chain stand its head and the ids of its entries; an entry itself stands until it was told, and
then in the topic of the trail. What is for a chain that another partition writes is told to it.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence

import orjson

from connectors.stores.partition_database import PartitionDatabase, after, named
from connectors.stores.partition_unsent import PartitionUnsent
from pipeline.errors import IntegrityError
from pipeline.model import AuditEntry, Finding, Incident, from_json, to_json
from pipeline.model.checkpoint import ChainHead


class PartitionIncidents:
    """``ports.IncidentStore`` of a partition."""

    def __init__(self, database: PartitionDatabase) -> None:
        self._database = database

    def put_findings(self, findings: Sequence[Finding]) -> None:
        """Keep revisions; an equal (id, revision) with other content raises IntegrityError."""
        with self._database.transaction():
            for one in findings:
                self._put("finding", one)

    def put_incidents(self, incidents: Sequence[Incident]) -> None:
        """Keep revisions; an equal (id, revision) with other content raises IntegrityError."""
        with self._database.transaction():
            for one in incidents:
                self._put("incident", one)

    def finding(self, finding_id: str) -> Finding | None:
        """Give a finding's latest revision."""
        revisions = self._revisions("finding", finding_id)
        return from_json(Finding, revisions[-1]) if revisions else None

    def history(self, incident_id: str) -> Sequence[Incident]:
        """Give every revision of an incident, oldest first; empty where unknown."""
        return [from_json(Incident, data) for data in self._revisions("incident", incident_id)]

    def revision(self, incident_id: str, number: int) -> Incident | None:
        """Give one revision of an incident."""
        data = self._database.get(named("incident", incident_id, f"{number:010d}"))
        return from_json(Incident, data) if data else None

    def latest(self, object_id: str | None = None, last: int | None = None) -> Iterator[Incident]:
        """Give the latest revision of each incident, by opening and id; ``last``: only the end."""
        prefix = named("incident", "")
        newest: dict[bytes, bytes] = {}
        for key, data in self._database.items(prefix, after(prefix)):
            newest[key.split(b"\x00", 2)[1]] = data
        heads = [from_json(Incident, data) for data in newest.values()]
        chosen = [head for head in heads if object_id in {None, head.object_id}]
        chosen.sort(key=lambda head: (head.opened_at, head.id))
        yield from chosen if last is None else chosen[max(len(chosen) - last, 0) :]

    def _revisions(self, table: str, name: str) -> list[bytes]:
        prefix = named(table, name, "")
        return [data for _, data in self._database.items(prefix, after(prefix))]

    def _put(self, table: str, noun: Finding | Incident) -> None:
        key, data = named(table, noun.id, f"{noun.revision:010d}"), to_json(noun)
        kept = self._database.get(key)
        if kept is None:
            self._database.put(key, data)
        elif orjson.loads(kept) != orjson.loads(data):
            raise IntegrityError(
                f"revision {noun.revision} of {noun.id} is already in the store with another"
                " content: it is kept as it was"
            )


def _every(_chain: str) -> bool:
    """Write every chain here."""
    return True


class PartitionAudit:
    """``ports.AuditStore`` of a partition; ``mine`` tells which chains are written here."""

    def __init__(
        self,
        database: PartitionDatabase,
        unsent: PartitionUnsent,
        mine: Callable[[str], bool] = _every,
    ) -> None:
        self._database, self._unsent, self._mine = database, unsent, mine

    def head(self, chain: str) -> AuditEntry | None:
        """Give the newest entry of a chain."""
        data = self._database.get(named("head", chain))
        return from_json(AuditEntry, data) if data else None

    def append(self, entries: Sequence[AuditEntry]) -> None:
        """Keep entries; a taken (chain, number) or a known entry id raises IntegrityError.

        What is for another's chain goes there without its number, and gets its place there.
        """
        with self._database.transaction():
            for entry in entries:
                if not self._mine(entry.chain):
                    self._unsent.put("drafts", to_json(entry))
                    self._database.put(named("known", entry.entry_id), b"")
                    continue
                head = self.head(entry.chain)
                if (head and entry.number <= head.number) or self.known(entry.entry_id):
                    raise IntegrityError(
                        f"number {entry.number} of audit chain {entry.chain!r} or its entry"
                        f" {entry.entry_id} is already in the store: the chain is append-only"
                    )
                data = to_json(entry)
                self._database.put(named("head", entry.chain), data)
                self._database.put(named("known", entry.entry_id), b"")
                self._unsent.put("audit", data)

    def seed(self, heads: Iterable[AuditEntry], known: Iterable[str]) -> None:
        """Take over where chains end, and the ids of the entries in them; nobody is told."""
        with self._database.transaction():
            for head in heads:
                self._database.put(named("head", head.chain), to_json(head))
            for entry_id in known:
                self._database.put(named("known", entry_id), b"")

    def read(self, chain: str | None = None) -> Iterator[AuditEntry]:
        """Give the entries that were not told yet, by chain and number."""
        found = [from_json(AuditEntry, one.data) for one in self._unsent.read("audit")]
        found.sort(key=lambda entry: (entry.chain, entry.number))
        yield from (entry for entry in found if chain in {None, entry.chain})

    def known(self, entry_id: str) -> bool:
        """Tell whether an entry of that id is in a chain, or on its way to one."""
        return self._database.get(named("known", entry_id)) is not None

    def heads(self) -> Sequence[ChainHead]:
        """Give where every chain ends, by chain."""
        prefix = named("head", "")
        found = self._database.items(prefix, after(prefix))
        ends = (from_json(AuditEntry, data) for _, data in found)
        return [ChainHead(one.chain, one.number, one.hash) for one in ends]

"""The stores in memory: the sibling of the SQLite file, for tests and offline replays.

Nouns are kept as the JSON that a file would hold, so that nobody changes what is stored through a
reference, and what comes back is equal in both. Other threads see a transaction when it is done.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

import orjson

from connectors.stores.blocks import Block, in_time, pack_events, pick, storable, wanted
from connectors.stores.compression import expand
from connectors.stores.memory_carriers import MemoryCarriers, Tables
from connectors.stores.memory_checkpoints import MemoryCheckpointStore
from connectors.stores.memory_outbox import MemoryOutbox
from connectors.stores.tables import MemoryDatabase, Table
from pipeline.errors import IntegrityError
from pipeline.model import (
    AuditEntry,
    Event,
    Failure,
    Finding,
    Incident,
    RawBatch,
    from_json,
    to_json,
)
from pipeline.model.checkpoint import ChainHead
from pipeline.ports import SourceTail, Stores


class MemoryJournal:
    """``ports.Journal`` in memory."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database
        self.batches: Table[int, RawBatch] = Table(database)
        self._positions: Table[str, int] = Table(database)
        self._tails: Table[tuple[str, ...], SourceTail] = Table(database)
        self._committed: Table[str, int] = Table(database)

    def append(self, listener: str, batches: Sequence[RawBatch]) -> int:
        """Keep the batches in this order, known ids skipped; give the last position."""
        with self._database.transaction():
            for batch in batches:
                if batch.id in self._positions:
                    continue
                position = len(self.batches) + 1
                self.batches[position] = batch
                self._positions[batch.id] = position
                tail = SourceTail(batch.sequence, batch.resume)
                self._tails[(listener,)] = tail
                self._tails[batch.object_id, batch.source_id] = tail
            return len(self.batches)

    def read(self, after: int, limit: int) -> Sequence[tuple[int, RawBatch]]:
        """Give batches behind a position, in order."""
        with self._database.turn:
            end = min(after + limit, len(self.batches))
            return [(position, self.batches[position]) for position in range(after + 1, end + 1)]

    def tail(self, listener: str, object_id: str, source_id: str) -> SourceTail | None:
        """Give where (object, source), the listener or the journal itself stands."""
        if object_id or source_id:
            return self._tails.get((object_id, source_id))
        if listener:
            return self._tails.get((listener,))
        last = len(self.batches)
        return SourceTail(last, "") if last else None

    def committed(self) -> int:
        """Give the position up to which outcomes are committed."""
        return self._committed.get("", 0)

    def commit(self, position: int) -> None:
        """Record, inside the outcome's transaction, that a batch is done."""
        self._committed[""] = position


class MemoryStateStore:
    """``ports.StateStore`` in memory."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database
        self.states: dict[str, Table[str, bytes]] = {}

    def load(self, object_id: str) -> Mapping[str, bytes]:
        """Give all rows of one object, by key."""
        return dict(sorted(self._rows(object_id).snapshot()))

    def save(self, object_id: str, rows: Mapping[str, bytes | None]) -> None:
        """Write changed rows; None removes."""
        kept = self._rows(object_id)
        with self._database.transaction():
            for key, value in rows.items():
                if value is not None:
                    kept[key] = value
                else:
                    kept.pop(key, None)

    def between(
        self, object_id: str, begin: str, end: str, limit: int
    ) -> Sequence[tuple[str, bytes]]:
        """Give up to ``limit`` rows of one object with keys in [begin, end), in their order."""
        held = self._rows(object_id).snapshot()
        return sorted((key, value) for key, value in held if begin <= key < end)[:limit]

    def objects(self) -> Sequence[str]:
        """Give every object that has state, sorted."""
        with self._database.turn:
            return sorted(object_id for object_id, rows in self.states.items() if rows)

    def _rows(self, object_id: str) -> Table[str, bytes]:
        with self._database.turn:
            return self.states.setdefault(object_id, Table(self._database))


class MemoryEventStore:
    """``ports.EventStore`` in memory."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database
        self.blocks: Table[str, Block] = Table(database)

    def add(self, batch: RawBatch, events: Sequence[Event]) -> None:
        """Keep the events of one batch; the same batch again overwrites."""
        with self._database.transaction():
            if events:
                self.blocks[batch.id] = pack_events(batch.id, batch.object_id, events)
            else:
                self.blocks.pop(batch.id, None)

    def get(self, event_ids: Iterable[str]) -> Mapping[str, bytes]:
        """Give the documents of events by id, as JSON; unknown ids are absent."""
        found: dict[str, bytes] = {}
        for batch_id, indices in wanted(event_ids).items():
            block = self.blocks.get(batch_id)
            if block:
                lines = pick(block.data, indices)
                found.update((indices[index], line) for index, line in lines.items())
        return found

    def of_batch(self, batch_id: str) -> Sequence[bytes]:
        """Give the documents of one batch as JSON, by the index of their records."""
        block = self.blocks.get(batch_id)
        return expand(block.data).split(b"\n") if block else ()

    def search(self, object_id: str, begin: int, end: int, limit: int) -> Iterator[bytes]:
        """Give documents of one object with event time in [begin, end), oldest first."""
        blocks = sorted(
            (block.first_at, block.batch_id, block.data)
            for _, block in self.blocks.snapshot()
            if block.object_id == object_id
            and block.first_at <= storable(end - 1)
            and block.last_at >= storable(begin)
        )
        yield from islice(in_time(blocks, begin, end), limit)

    def count(self) -> int:
        """Give how many events are kept."""
        return sum(block.count for _, block in self.blocks.snapshot())


class MemoryIncidentStore:
    """``ports.IncidentStore`` in memory."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database
        self.findings: Table[str, dict[int, bytes]] = Table(database)
        self.incidents: Table[str, dict[int, bytes]] = Table(database)
        self.added: Table[int, str] = Table(database)
        """The incident of each revision, numbered from 1 in the order of their adding."""

    def put_findings(self, findings: Sequence[Finding]) -> None:
        """Keep revisions; an equal (id, revision) with other content raises IntegrityError."""
        self._put(self.findings, findings)

    def put_incidents(self, incidents: Sequence[Incident]) -> None:
        """Keep revisions; an equal (id, revision) with other content raises IntegrityError."""
        with self._database.transaction():
            new = [one for one in incidents if one.revision not in self.incidents.get(one.id, {})]
            self._put(self.incidents, incidents)
            for one in new:
                self.added[len(self.added) + 1] = one.id

    def finding(self, finding_id: str) -> Finding | None:
        """Give a finding's latest revision."""
        revisions = self.findings.get(finding_id)
        return from_json(Finding, revisions[max(revisions)]) if revisions else None

    def history(self, incident_id: str) -> Sequence[Incident]:
        """Give every revision of an incident, oldest first; empty where unknown."""
        revisions = self.incidents.get(incident_id, {})
        return [from_json(Incident, revisions[number]) for number in sorted(revisions)]

    def latest(self, object_id: str | None = None, last: int | None = None) -> Iterator[Incident]:
        """Give the latest revision of each incident, by opening and id; ``last``: only the end."""
        heads = [from_json(Incident, of[max(of)]) for _, of in self.incidents.snapshot()]
        chosen = [head for head in heads if object_id in {None, head.object_id}]
        chosen.sort(key=lambda head: (head.opened_at, head.id))
        yield from chosen if last is None else chosen[max(len(chosen) - last, 0) :]

    def _put(
        self, table: Table[str, dict[int, bytes]], nouns: Sequence[Finding] | Sequence[Incident]
    ) -> None:
        with self._database.transaction():
            for noun in nouns:
                revisions = table.get(noun.id, {})
                data = to_json(noun)
                kept = revisions.get(noun.revision)
                if kept is None:
                    table[noun.id] = {**revisions, noun.revision: data}
                elif orjson.loads(kept) != orjson.loads(data):
                    raise IntegrityError(
                        f"revision {noun.revision} of {noun.id} is already in the store with"
                        " another content: it is kept as it was"
                    )


class MemoryAuditStore:
    """``ports.AuditStore`` in memory."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database
        self.entries: Table[tuple[str, int], bytes] = Table(database)
        self._ids: Table[str, int] = Table(database)
        self._heads: Table[str, int] = Table(database)

    def head(self, chain: str) -> AuditEntry | None:
        """Give the newest entry of a chain."""
        with self._database.turn:
            number = self._heads.get(chain)
            return None if number is None else self._entry(chain, number)

    def append(self, entries: Sequence[AuditEntry]) -> None:
        """Keep entries; a taken (chain, number) or a known entry id raises IntegrityError."""
        with self._database.transaction():
            for entry in entries:
                if (entry.chain, entry.number) in self.entries or entry.entry_id in self._ids:
                    raise IntegrityError(
                        f"number {entry.number} of audit chain {entry.chain!r} or its entry"
                        f" {entry.entry_id} is already in the store: the chain is append-only"
                    )
                self.entries[entry.chain, entry.number] = to_json(entry)
                self._ids[entry.entry_id] = entry.number
                self._heads[entry.chain] = max(entry.number, self._heads.get(entry.chain, 0))

    def read(self, chain: str | None = None) -> Iterator[AuditEntry]:
        """Give entries by chain and number."""
        for (of, _), data in sorted(self.entries.snapshot()):
            if chain in {None, of}:
                yield from_json(AuditEntry, data)

    def known(self, entry_id: str) -> bool:
        """Tell whether an entry of that id is in a chain."""
        return entry_id in self._ids

    def heads(self) -> Sequence[ChainHead]:
        """Give where every chain ends, by chain."""
        with self._database.turn:
            ends = (self._entry(chain, number) for chain, number in self._heads.snapshot())
            return sorted((ChainHead(one.chain, one.number, one.hash) for one in ends), key=_chain)

    def _entry(self, chain: str, number: int) -> AuditEntry:
        return from_json(AuditEntry, self.entries[chain, number])


def _chain(head: ChainHead) -> str:
    return head.chain


class MemoryDeadLetters:
    """``ports.DeadLetters`` in memory."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database
        self.failures: Table[str, Failure] = Table(database)

    def put(self, failures: Sequence[Failure]) -> None:
        """Keep failures by id; the same one again overwrites."""
        with self._database.transaction():
            self.failures.update((failure.id, failure) for failure in failures)

    def list(self) -> Iterator[Failure]:
        """Give failures by receive time and id."""
        rows = [(failure.received_at, of, failure) for of, failure in self.failures.snapshot()]
        yield from (failure for _, _, failure in sorted(rows, key=lambda row: row[:2]))

    def resolve(self, failure_id: str) -> None:
        """Take a failure off the list: a replay succeeded. An unknown id changes nothing."""
        with self._database.transaction():
            self.failures.pop(failure_id, None)

    def count(self) -> int:
        """Give how many stand unresolved."""
        return len(self.failures)


class MemoryContentStore:
    """``ports.ContentStore`` in memory."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database
        self._bundles: Table[tuple[str, str], bytes] = Table(database)

    def put_bundle(self, kind: str, revision: str, data: bytes) -> None:
        """Keep a bundle; a revision names its content, so a known one is left as it is."""
        with self._database.transaction():
            self._bundles.setdefault((kind, revision), data)

    def bundle(self, kind: str, revision: str) -> bytes | None:
        """Give a bundle's bytes."""
        return self._bundles.get((kind, revision))


def open_memory() -> Stores:
    """Make empty stores in memory, bound by one transaction."""
    database = MemoryDatabase()
    journal, state = MemoryJournal(database), MemoryStateStore(database)
    events, incidents = MemoryEventStore(database), MemoryIncidentStore(database)
    outbox, audit = MemoryOutbox(database), MemoryAuditStore(database)
    dead_letters = MemoryDeadLetters(database)
    tables = Tables(
        batches=journal.batches,
        blocks=events.blocks,
        findings=incidents.findings,
        incidents=incidents.incidents,
        notices=outbox.notices,
        failures=dead_letters.failures,
        states=state.states,
        entries=audit.entries,
    )
    return Stores(
        database=database,
        journal=journal,
        state=state,
        events=events,
        incidents=incidents,
        outbox=outbox,
        audit=audit,
        dead_letters=dead_letters,
        content=MemoryContentStore(database),
        carriers=MemoryCarriers(database, tables),
        checkpoints=MemoryCheckpointStore(database),
    )

"""A spilled record out of the whole system: removed, proved by a search, and audited.

Everything that this machine keeps is reached; what was handed on is named for a person to see to:
each copy is a carrier of its own (State Secrets Law 1, 28). The store must be at rest, so that
nothing in memory writes back what is taken out. The audit entry names places and counts alone: a
hash of a short record could be guessed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import orjson

from connectors.stores.spool import DiskSpool
from pipeline.errors import ConfigurationError, Problem
from pipeline.incidents.audit import Draft
from pipeline.model import Json, Notice, NoticeState, RawBatch, identity, rfc3339, unpack_batch
from pipeline.notify.peers import PEER_BUNDLE
from pipeline.notify.streaming import EVENT_STREAM, stretch_of
from pipeline.ports import Carriers, Stores
from pipeline.runtime.chainer import audited
from pipeline.runtime.spill_pieces import pieces_of
from pipeline.runtime.spill_records import WITHHELD, emptied
from pipeline.runtime.spill_removal import GONE, Removed, remove
from pipeline.runtime.spill_search import FORMS, Hit, Search, Searched
from pipeline.runtime.streaming_content import journalled
from pipeline.settings import Settings

PURGED = "spill_purged"
MOST_NAMED = 200


@dataclass(frozen=True, slots=True)
class Purged:
    """What became of one record: what was removed, what the search found, what nobody reaches."""

    event_id: str
    removed: Removed
    searched: Searched
    pieces: int
    settled: bool
    unreached: tuple[str, ...] = ()

    @property
    def proven(self) -> bool:
        """Tell whether all was searched and nothing was found."""
        return self.settled and not self.searched.hits and not self.searched.unread

    def document(self) -> Json:
        """Give it as it is audited and shown: places and counts."""
        left = sorted(f"{hit.place}: {hit.of}" for hit in self.searched.hits)
        return {
            "removed": dict(sorted(self.removed.rows.items())),
            "proven": self.proven,
            "left": left[:MOST_NAMED],
            "unread": self.searched.unread[:MOST_NAMED],
            "searched": {
                "pieces": self.pieces,
                "forms": list(FORMS),
                "rows": self.searched.rows,
                "files": self.searched.files,
                "bytes": self.searched.bytes,
            },
            "unreached": list(self.unreached),
        }


def placed(carriers: Carriers, event_id: str) -> tuple[RawBatch, int]:
    """Give the journalled batch and the index of a record; ConfigurationError where none is."""
    batch_id, _, index = event_id.rpartition("-")
    rows = carriers.rows("journal", batch_id) if batch_id and index.isdecimal() else iter(())
    for row in rows:
        batch = unpack_batch(row.data)
        if int(index) < len(batch.records):
            return batch, int(index)
    problem = Problem(event_id, 0, "no record of that id is in the journal", "see spill list")
    raise ConfigurationError([problem])


@dataclass(frozen=True, slots=True)
class Purge:
    """Takes records out of the stores of one system, whose files the settings name.

    ``store`` is the store's own path.
    """

    stores: Stores
    settings: Settings
    store: Path

    def __call__(self, event_id: str, actor: str, reason: str, now: int) -> Purged:
        """Remove one record everywhere, search for what is left of it, and audit both."""
        stores = self.stores
        batch, index = placed(stores.carriers, event_id)
        pieces = pieces_of(stores.carriers, batch.id, (index,))
        with stores.database.transaction():
            removed = remove(stores.carriers, batch.id, (index,))
        self._spool(batch.id, index, removed)
        settled = stores.carriers.settle(whole=True)
        searched = self.searched(Search(pieces, removed.traces))
        unreached = tuple(self._unreached(batch))
        purged = Purged(event_id, removed, searched, len(pieces), settled, unreached)
        draft = Draft(
            chain="administration",
            entry_id=identity("purged", event_id, now),
            kind=PURGED,
            subject=event_id,
            at=now,
            actor=actor,
            detail={"reason": reason, **purged.document()},
        )
        with stores.database.transaction():
            audited(stores.audit, [draft])
        return purged

    def searched(self, search: Search) -> Searched:
        """Search every row and every file of the system."""
        told = Searched()
        search.rows(self.stores.carriers, told)
        search.files(self.places(), told)
        return told

    def places(self) -> list[Path]:
        """Give the files and folders in which this system writes."""
        settings = self.settings
        found = [Path(one) for one in self.stores.carriers.files()]
        found += [settings.notify.folder.path, settings.content.cache]
        found += [] if settings.spool.path is None else [settings.spool.path]
        found += sorted(self.store.parent.glob(f"{self.store.name}*"))
        found.append(settings.enrichment.feeds)
        return [path for path in dict.fromkeys(found) if path.exists()]

    def _spool(self, batch_id: str, index: int, removed: Removed) -> None:
        """Write what waits in the spool anew, where a kill left this batch in it."""
        folder = self.settings.spool.path or self.store.with_name(f"{self.store.name}.spool")
        if not folder.is_dir():
            return
        spool = DiskSpool(folder, 2**62)
        try:
            waiting = list(spool.read())
            if not any(one.id == batch_id for each in waiting for one in each.batches):
                return
            for each in waiting:
                left = [
                    emptied(one, [index], WITHHELD) if one.id == batch_id else one
                    for one in each.batches
                ]
                spool.put(each.listener, left)
            for _ in waiting:
                spool.drop()
            removed.rows["spool"] += 1
        finally:
            spool.close()

    def _unreached(self, batch: RawBatch) -> Iterator[str]:
        """Name the copies that this command cannot reach."""
        at = rfc3339(batch.received_at)
        place = f", behind {batch.resume}" if batch.resume else ""
        yield f"the sender: source {batch.source_id} of {batch.object_id}, received {at}{place}"
        folder = self.store.parent
        yield f"backups and snapshots of {self.store} and {folder} made since {at}"
        yield "blocks that the disk has freed and not yet overwritten, swap, core dumps"
        yield "what people exported: replay --out, audit export, terminals, collected log lines"
        for path in sorted(folder.glob("*.damaged")):
            yield f"a damaged part of the spool: {path}"
        for notice in self.stores.outbox.list():
            left = notice.state in (NoticeState.SENT, NoticeState.ACKNOWLEDGED)
            if left and notice.created_at >= batch.received_at:
                held = _held(self.stores, notice, batch)
                to = f"{notice.recipient.role}:{notice.recipient.party_id}"
                if held:
                    yield f"notice {notice.id} to {to}, by {notice.channel}: {held}"


def _held(stores: Stores, notice: Notice, batch: RawBatch) -> str:
    """Say what a notice that left may hold of a batch's records; "" where it is of others."""
    if notice.kind == EVENT_STREAM:
        begin, end = stretch_of(notice)
        of = (one.id for _, one in journalled(stores, begin.position, end))
        return "a batch of events that the record's may be among" if batch.id in of else ""
    if notice.object_id != batch.object_id:
        return ""
    if notice.kind == PEER_BUNDLE:
        return "addresses, domains and digests, which may be of the record"
    return "it holds no content"


def remains(carriers: Carriers, event_id: str) -> Iterator[Hit]:
    """Give the places in which a store still holds a record by its id; none after a purge."""
    batch, index = placed(carriers, event_id)
    if batch.records[index] or not any(note.index == index for note in batch.notes):
        yield Hit("journal", batch.id)
    for row in carriers.rows("events", batch.id):
        lines = map(orjson.loads, row.data.split(b"\n"))
        if any(line["saqshy"]["index"] == index for line in lines):
            yield Hit("events", batch.id)
    for row in carriers.rows("failures"):
        held = orjson.loads(row.data)
        if (held["batch_id"], held["index"]) == (batch.id, index):
            yield Hit("failures", row.of)
    for row in carriers.rows("findings"):
        held = orjson.loads(row.data)
        if event_id in held["event_ids"] and _says(held):
            yield Hit("findings", row.of)


def _says(finding: Json) -> bool:
    if finding["rule"]["id"] == "saqshy.withheld-record":
        return False  # its group is the source, its field whether the mark was valid
    return bool(finding["fields"]) or any(one != GONE for one in finding["group"].values())

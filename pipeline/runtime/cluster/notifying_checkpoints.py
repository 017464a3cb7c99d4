"""Signed checkpoints over the chains of all partitions, made where the administration's chain is.

Every partition says now and then where its chains end, as words on their way to that one; a
checkpoint covers what was said by then, and its own partition's chains as they stand.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from connectors.stores.partition_seed import HEADS as SEEDED
from connectors.stores.partition_seed import RESUMED
from connectors.stores.partition_stores import PartitionStores
from pipeline.incidents.audit import Draft
from pipeline.incidents.checkpoints import Sign
from pipeline.model import (
    ENDING,
    AuditEntry,
    BatchKind,
    RawBatch,
    as_document,
    from_json,
    to_json,
)
from pipeline.model.checkpoint import ChainHead
from pipeline.ports import AuditStore
from pipeline.runtime.checkpoint_keys import signing
from pipeline.runtime.checkpointing import MINUTE, Checkpointing
from pipeline.runtime.cluster.addressing import ADMINISTRATION
from pipeline.runtime.cluster.outputs import partition_of
from pipeline.settings import Settings

HEADS = "notifier_heads"
"""The kind of a draft that is no entry of the trail, but says where a partition's chains end."""
ENDS = SEEDED
"""The name under which stands where chains end: others' as they said, our own as we said."""
AT_ONCE = 5_000  # heads in one word
_SAID = "@said"  # no chain is named so
_OURS = frozenset({_SAID, RESUMED})


@dataclass(frozen=True, slots=True)
class AllHeads:
    """``ports.AuditStore`` of the administration's partition: its heads are those of all."""

    own: AuditStore
    others: Sequence[ChainHead]

    def head(self, chain: str) -> AuditEntry | None:
        """Give the newest entry of a chain of our own."""
        return self.own.head(chain)

    def append(self, entries: Sequence[AuditEntry]) -> None:
        """Keep entries."""
        self.own.append(entries)

    def read(self, chain: str | None = None) -> Iterator[AuditEntry]:
        """Give entries that are kept here."""
        return self.own.read(chain)

    def known(self, entry_id: str) -> bool:
        """Tell whether an entry of that id is in a chain."""
        return self.own.known(entry_id)

    def heads(self) -> Sequence[ChainHead]:
        """Give where every chain of all partitions ends, by chain."""
        ends = {one.chain: one for one in self.others} | {
            one.chain: one for one in self.own.heads()
        }
        return [ends[chain] for chain in sorted(ends)]


@dataclass(frozen=True, slots=True)
class Checkpoints:
    """Makes checkpoints as partition ``number`` of ``folds`` does its part of it.

    ``every``: at most once in so many nanoseconds.
    """

    held: PartitionStores
    number: int
    folds: int
    centre: str
    every: int
    sign: Sign

    def follow(self, batch: RawBatch) -> None:
        """Say where chains end, and make a checkpoint, where a tick says that it is time."""
        if batch.kind is not BatchKind.CLOCK or batch.source_id == ENDING:
            return
        state, now = self.held.stores.state, batch.received_at
        stood = state.load(ENDS)
        said, resumed = stood.get(_SAID), stood.get(RESUMED)
        if said is not None and 0 <= now - int(said) < self.every:
            return
        if resumed is not None and now <= int(resumed):
            return  # a replay: what was there then was signed then
        state.save(ENDS, {_SAID: b"%d" % now})
        if partition_of(ADMINISTRATION, self.folds) == self.number:
            stores = self.held.stores
            audit = AllHeads(stores.audit, list(self._others()))
            Checkpointing(replace(stores, audit=audit), self.centre, 0, self.sign).make(now)
        else:
            self._say(now)

    def _others(self) -> Iterator[ChainHead]:
        for chain, data in self.held.stores.state.load(ENDS).items():
            if chain not in _OURS:
                yield from_json(ChainHead, data)

    def _say(self, now: int) -> None:
        state = self.held.stores.state
        known = state.load(ENDS)
        moved = [
            (one, data)
            for one in self.held.stores.audit.heads()
            if known.get(one.chain) != (data := to_json(one))
        ]
        state.save(ENDS, {one.chain: data for one, data in moved})
        for begin in range(0, len(moved), AT_ONCE):
            part = [as_document(one) for one, _ in moved[begin : begin + AT_ONCE]]
            word = AuditEntry(
                chain=ADMINISTRATION,
                number=0,
                entry_id=f"heads:{self.number}:{now}:{begin}",
                kind=HEADS,
                subject=str(self.number),
                at=now,
                actor=str(self.number),
                detail={"heads": part},
                previous_hash="",
                hash="",
            )
            self.held.unsent.put("drafts", to_json(word))


def checkpoints_of(
    settings: Settings, folds: int
) -> Callable[[int, PartitionStores], Checkpoints | None]:
    """Give what makes a partition's part; ConfigurationError where the key cannot be used."""
    every = int(settings.audit.checkpoint_minutes * MINUTE)
    sign = signing(settings.audit)

    def made(number: int, held: PartitionStores) -> Checkpoints | None:
        return Checkpoints(held, number, folds, settings.centre, every, sign) if every else None

    return made


def noted(held: PartitionStores, drafts: Iterable[Draft]) -> Iterator[Draft]:
    """Take note of what other partitions say of their chains; give what else there is."""
    for draft in drafts:
        if draft.kind != HEADS:
            yield draft
            continue
        ends = {}
        known = held.stores.state.load(ENDS)
        for document in draft.detail["heads"]:
            head = from_json(ChainHead, to_json(document))
            before = known.get(head.chain)
            if before is None or from_json(ChainHead, before).number < head.number:
                ends[head.chain] = to_json(head)
        held.stores.state.save(ENDS, ends)

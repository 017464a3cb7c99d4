"""The notifier's half of one partition: messages of ``outcomes`` to its outbox, terms and chains.

Nothing is decided here: terms, digests, commands and audit entries are made as the standalone
engine makes them, over the stores of the partition, in one transaction a message. A message that
comes again changes nothing.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from connectors.stores.kafka.topics import (
    Posted,
    Told,
    pack_audit,
    pack_checkpoint,
    pack_notice,
    pack_outcome,
)
from connectors.stores.partition_stores import PartitionStores
from connectors.stores.partition_unsent import KINDS, Unsent
from pipeline.incidents import Revised
from pipeline.incidents.audit import Draft
from pipeline.model import (
    AuditEntry,
    BatchKind,
    Notice,
    RawBatch,
    Revisions,
    as_document,
    from_json,
    to_json,
)
from pipeline.model.checkpoint import Checkpoint
from pipeline.model.rows import Rows
from pipeline.runtime.chain import Chain
from pipeline.runtime.chainer import audited
from pipeline.runtime.cluster.arrival import ARRIVAL_ROWS, first_time
from pipeline.runtime.cluster.notifying_checkpoints import Checkpoints, noted
from pipeline.runtime.cluster.notifying_commands import NotifierCommands
from pipeline.runtime.cluster.outputs import Output, partition_of
from pipeline.runtime.digesting import Digesting
from pipeline.runtime.folded import Folded
from pipeline.runtime.ncc_messages import remind_messages
from pipeline.runtime.peering import Peering
from pipeline.runtime.terms_tick import Figures, TermsTick

ARRIVED = "@arrived"
"""The name under which stands up to where ticks and commands have come."""
OWN = "@notifier"
"""The name of the notifier's own state."""
MOST_TOLD = 500  # of what is committed, told at once
_REVISIONS = "revisions"
_UNFOLLOWED = "unfollowed"


@dataclass(frozen=True, slots=True)
class InForce:
    """The revisions in force as they were named last, and when; None before anything named any."""

    revisions: Revisions | None = None
    at: int = 0


def _unwatched(_stage: "NotifierPartition") -> None:
    """Watch nothing."""


@dataclass(slots=True)
class NotifierPartition:
    """Partition ``number`` of ``folds``, over its stores; one thread at a time calls it.

    ``at_once``: within how many nanoseconds *at once* counts as met, by policy. ``noted`` is told
    when messages have named what is in force. ``peering`` shares incidents with other centres,
    ``checkpoints`` signs the trail.
    """

    number: int
    folds: int
    held: PartitionStores
    chains: Callable[[Revisions], Chain]
    figures: Figures
    at_once: int
    noted: Callable[["NotifierPartition"], object] = _unwatched
    peering: Peering | None = None
    checkpoints: Checkpoints | None = None
    terms: TermsTick = field(init=False)
    commands: NotifierCommands = field(init=False)

    def __post_init__(self) -> None:
        self.terms = TermsTick(self.held.stores, self.figures, self.at_once)
        self.commands = NotifierCommands(
            self.held.stores, self.terms, self.number, self.folds, self.peering
        )

    def __call__(self, *messages: Told | Posted) -> None:
        """Take messages, all or none; IntegrityError where one says otherwise of what is known.

        StoreCorrupt where the bundle of its revisions is not there (yet); nothing is changed then.
        """
        batches = [one.batch for one in messages if isinstance(one, Posted) and one.batch]
        # Stages are made outside the transaction: whoever delivers need not wait for them.
        stamp = batches[-1].revisions if batches else self.in_force().revisions
        if stamp is not None:
            self.chains(stamp)
        try:
            with self.held.database.transaction():
                for message in messages:
                    if isinstance(message, Told):
                        self._told(message)
                    elif message.batch is not None:
                        self._posted(message.collector, message.batch)
        except BaseException:
            self.terms.forget()
            raise
        self.terms.settled()
        if batches:
            self.noted(self)

    def mine(self, name: str) -> bool:
        """Tell whether an object's affairs, or a chain, are this partition's."""
        return partition_of(name, self.folds) == self.number

    def in_force(self) -> InForce:
        """Give the revisions that ticks and commands named last."""
        data = self.held.stores.state.load(OWN).get(Rows.key(_REVISIONS))
        return from_json(InForce, data) if data else InForce()

    def outputs(self) -> tuple[list[Unsent], list[Output]]:
        """Give what was committed and not told yet, and how it is told; then call ``sent``."""
        unsent = self.held.unsent
        notices = unsent.read("notices", MOST_TOLD)
        entries = unsent.read("audit", MOST_TOLD)
        drafts = unsent.read("drafts", MOST_TOLD)
        signed = unsent.read("checkpoints", MOST_TOLD)
        told = [_changed(from_json(Notice, one.data)) for one in notices]
        told += _chained([from_json(AuditEntry, one.data) for one in entries])
        told += [self._for_another(from_json(AuditEntry, one.data)) for one in drafts]
        told += [_signed(from_json(Checkpoint, one.data)) for one in signed]
        return [*notices, *entries, *drafts, *signed], told

    def waits(self) -> bool:
        """Tell whether anything was committed and not told yet."""
        return any(self.held.unsent.read(kind, 1) for kind in KINDS)

    def sent(self, told: Sequence[Unsent]) -> None:
        """Let go of what was told."""
        self.held.unsent.sent(told)

    def _told(self, told: Told) -> None:
        if not self.mine(told.object_id):  # of another number of partitions: only words for chains
            told = replace(told, findings=(), incidents=(), notices=())
        stamp = self.in_force().revisions
        incidents, outbox = self.held.incidents, self.held.outbox
        new = [one for one in told.incidents if incidents.revision(one.id, one.revision) is None]
        made = [one for one in told.notices if outbox.new(one.id)]
        incidents.put_incidents(told.incidents)
        outbox.put(made)
        self._audited([from_json(Draft, to_json(one)) for one in told.drafts])
        revised = [Revised(incidents.revision(one.id, one.revision - 1), one) for one in new]
        if self.peering is not None:
            incidents.put_findings(told.findings)  # a bundle tells of them
        if stamp is not None:
            self._follow(self.chains(stamp), [Folded(revised=revised, notices=made)])
            self._share(revised, told.at)
        elif new or made:
            later = Told(told.object_id, told.cause, told.at, (), tuple(new), tuple(made))
            key = Rows.key(_UNFOLLOWED, f"{told.at:020d}", told.cause, told.object_id)
            self.held.stores.state.save(OWN, {key: to_json(later)})

    def _posted(self, collector: str, batch: RawBatch) -> None:
        chain, state = self.chains(batch.revisions), self.held.stores.state
        rows = Rows(ARRIVED, ARRIVAL_ROWS, state.load(ARRIVED))
        if not first_time(rows, collector, batch.source_id, batch.sequence):
            return
        state.save(ARRIVED, rows.changes())
        known = InForce(batch.revisions, batch.received_at)
        state.save(OWN, {Rows.key(_REVISIONS): to_json(known)})
        self._catch_up(chain)
        if batch.kind is BatchKind.CLOCK:
            self._keep(chain, list(self._ticked(chain, batch)))
            if self.checkpoints is not None:
                self.checkpoints.follow(batch)
        else:
            self._keep(chain, [self.commands(chain, batch)])

    def _ticked(self, chain: Chain, batch: RawBatch) -> Iterator[Folded]:
        stores = self.held.stores
        yield self.terms.tick(chain.terms, batch)
        yield self.commands.own(remind_messages(stores, chain.messages, batch))
        yield Digesting(stores).tick(chain.digests, chain.guard, batch)

    def _keep(self, chain: Chain, parts: Sequence[Folded]) -> None:
        """Keep what is of this partition: what is of no object is made in each, and kept in one."""
        for part in parts:
            self.held.outbox.put([one for one in part.notices if self._kept(one)])
            drafts = [one for one in part.drafts if one.chain or self.mine("")]
            self._audited(drafts)
        self._follow(chain, parts)

    def _audited(self, drafts: Sequence[Draft]) -> None:
        audited(self.held.stores.audit, self.commands.told(noted(self.held, drafts)))

    def _kept(self, notice: Notice) -> bool:
        return bool(notice.object_id) or self.mine("")

    def _follow(self, chain: Chain, parts: Sequence[Folded]) -> None:
        self.terms.follow(chain.terms, parts)
        Digesting(self.held.stores).follow(chain.digests, parts)

    def _share(self, revised: Sequence[Revised], at: int) -> None:
        """Keep what new revisions owe to other operations centres."""
        shared = self.peering.follow(revised, at) if self.peering is not None else None
        if shared is not None:
            self.held.outbox.put(shared.notices)
            self._audited(shared.drafts)

    def _catch_up(self, chain: Chain) -> None:
        """Follow what came before anything had named revisions."""
        state, incidents = self.held.stores.state, self.held.incidents
        begin, end = f'["{_UNFOLLOWED}",', f'["{_UNFOLLOWED}",~'
        for key, data in state.between(OWN, begin, end, 1_000_000):
            told = from_json(Told, data)
            revised = [
                Revised(incidents.revision(one.id, one.revision - 1), one) for one in told.incidents
            ]
            self._follow(chain, [Folded(revised=revised, notices=told.notices)])
            self._share(revised, told.at)
            state.save(OWN, {key: None})

    def _for_another(self, entry: AuditEntry) -> Output:
        draft = Draft(
            chain=entry.chain,
            entry_id=entry.entry_id,
            kind=entry.kind,
            subject=entry.subject,
            at=entry.at,
            actor=entry.actor,
            detail=entry.detail,
        )
        told = Told(entry.chain, entry.entry_id, entry.at, drafts=(as_document(draft),))
        key, partition = entry.chain.encode(), partition_of(entry.chain, self.folds)
        return Output("outcomes", key, pack_outcome(told), partition)


def _changed(notice: Notice) -> Output:
    return Output("notices", notice.incident_id.encode(), pack_notice(notice))


def _signed(checkpoint: Checkpoint) -> Output:
    return Output("checkpoints", b"%d" % checkpoint.number, pack_checkpoint(checkpoint), 0)


def _chained(entries: Sequence[AuditEntry]) -> list[Output]:
    by_chain: dict[str, list[AuditEntry]] = {}
    for entry in entries:
        by_chain.setdefault(entry.chain, []).append(entry)
    return [
        Output("audit", chain.encode(), pack_audit(of)) for chain, of in sorted(by_chain.items())
    ]

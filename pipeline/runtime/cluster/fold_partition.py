"""The stateful half of one partition: messages of ``observations`` to what they send on.

A step's outputs are sent, then its state is written, then its message is acknowledged. A message
that comes again after a kill gives the same outputs where its state was not written, and none where
it was.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from connectors.stores.kafka.topics import (
    CENTRE_KEY,
    Across,
    Posted,
    pack_observation,
    pack_posted_batch,
)
from pipeline.incidents.life_cycle import step_of
from pipeline.incidents.standing import IncidentRow
from pipeline.model import BatchKind, Observation, RawBatch, Revisions
from pipeline.ports import StateStore
from pipeline.runtime.chain import STATE_TYPES, Chain, clock_observation
from pipeline.runtime.cluster.addressing import command_of, for_notifier, object_of
from pipeline.runtime.cluster.arrival import (
    ARRIVAL_ROWS,
    PositionRow,
    come_to_pass,
    first_time,
    held,
    in_turn,
    left_behind,
    oldest_tick,
    passed,
    released,
)
from pipeline.runtime.cluster.arrival_asked import ASKED_ROWS, come_up, put_by
from pipeline.runtime.cluster.gaps import Source
from pipeline.runtime.cluster.outputs import Output, failure_outputs, outcome_outputs, partition_of
from pipeline.runtime.counting import count_folded
from pipeline.runtime.folded import Folded
from pipeline.runtime.folding import ADMINISTRATION, Folding

TYPES = {**STATE_TYPES, **ARRIVAL_ROWS, **ASKED_ROWS}


@dataclass(slots=True)
class FoldPartition:
    """Folds the objects of partition ``number`` of ``folds``; input comes by ``raws`` partitions.

    Afterwards the caller writes the state's step and calls ``settled``, or ``forget``.
    """

    number: int
    folds: int
    raws: int
    chains: Callable[[Revisions], Chain]
    state: StateStore
    folding: Folding = field(init=False)

    def __post_init__(self) -> None:
        self.folding = Folding(self.state, mine=self._mine, types=TYPES)

    def __call__(self, posted: Posted) -> list[Output]:
        """Fold one message; give what is to be sent. Raises TooEarly where too much waits."""
        if posted.observation is not None:
            return list(self._arrived(posted, posted.observation))
        if posted.across is not None:
            return list(self._found(posted.collector, posted.across))
        assert posted.batch is not None
        if posted.batch.kind is BatchKind.CLOCK:
            return list(self._ticked(posted, posted.batch))
        return list(self._asked(posted, posted.batch))

    def pass_over(self, posted: Posted) -> list[Output]:
        """Leave an observation out that nothing can fold: what waits behind it has its turn."""
        seen = posted.observation
        return [] if seen is None else list(self._observed(posted.collector, seen, left_out=seen))

    def settled(self) -> None:
        """Note that what was folded is on its way into the state's log."""
        self.folding.settled()

    def forget(self) -> None:
        """Let go of what was folded in memory: it is not what is stored."""
        self.folding.forget()

    def stands(self, source: Source) -> int:
        """Give up to which sequence a source (collector, object, source) came to pass."""
        collector, object_id, source_id = source
        row = self.folding.rows(object_id).get(PositionRow, "position", collector, source_id)
        return row.sequence if row is not None else 0

    def passed(self, clock: str) -> int:
        """Give the last tick of a clock that came to pass."""
        return passed(self.folding.rows(ADMINISTRATION), clock)

    def waits(self) -> tuple[str, int] | None:
        """Give the first tick that waits to come through everywhere; None where none does."""
        return oldest_tick(self.folding.rows(ADMINISTRATION))

    def _mine(self, object_id: str) -> bool:
        return partition_of(object_id, self.folds) == self.number

    def _arrived(self, posted: Posted, arrived: Observation) -> Iterator[Output]:
        rows = self.folding.rows(ADMINISTRATION)
        if held(rows, posted.collector, arrived, posted.via):
            self.folding.save(rows)
        else:
            yield from self._observed(posted.collector, arrived)

    def _observed(
        self,
        collector: str,
        arrived: Observation,
        *,
        was_held: bool = False,
        left_out: Observation | None = None,
    ) -> Iterator[Output]:
        rows = self.folding.rows(arrived.object_id)
        for seen in in_turn(rows, collector, arrived, held=was_held):
            if seen is left_out:
                continue
            chain = self.chains(seen.revisions)
            # Several collectors may bring one source: here it gets one order.
            numbered = _numbered(rows.at("source", rows.key("source", seen.source_id)), seen)
            folded = self.folding.observed(chain, numbered)
            yield from self._outcome(chain, seen.batch_id, seen.received_at, [folded])
            yield from self._for_centre(chain, numbered)
        self.folding.save(rows)

    def _found(self, sender: str, across: Across) -> Iterator[Output]:
        seen = across.observation
        rows = self.folding.rows(seen.object_id)
        if first_time(rows, sender, "", seen.sequence):
            chain = self.chains(seen.revisions)
            folded = self.folding.found(chain, seen.object_id, across.findings, seen)
            yield from self._outcome(chain, seen.batch_id, seen.received_at, [folded])
        self.folding.save(rows)

    def _ticked(self, posted: Posted, arrived: RawBatch) -> Iterator[Output]:
        rows = self.folding.rows(ADMINISTRATION)
        clock = f"{posted.collector}/{arrived.source_id}"
        for batch in come_to_pass(rows, clock, arrived, posted.via, self.raws):
            chain = self.chains(batch.revisions)
            for collector, seen in left_behind(rows, clock, batch):
                yield from self._observed(collector, seen, was_held=True)
            ended = self.folding.ended(batch)
            yield from self._outcome(chain, batch.id, batch.received_at, [ended])
            for object_id in self.folding.objects(chain):
                yield from self._passed(chain, batch, posted.collector, object_id)
            told = pack_posted_batch(batch, posted.collector, self.number)
            yield Output("outcomes", b"", told, self.number)
            if chain.campaigns:
                yield Output("centre", CENTRE_KEY, told)
            for collector, seen in released(rows, clock, batch.sequence):
                yield from self._observed(collector, seen, was_held=True)
            for collector, asked in come_up(rows, self._known, batch.received_at):
                yield from self._commanded(collector, asked)
        self.folding.save(rows)

    def _passed(
        self, chain: Chain, batch: RawBatch, sender: str, object_id: str
    ) -> Iterator[Output]:
        """Let a tick pass for one object, once: a kill may have come between two objects."""
        rows = self.folding.rows(object_id)
        if first_time(rows, sender, batch.source_id, batch.sequence):
            folded = self.folding.observed(chain, clock_observation(batch, object_id))
            yield from self._outcome(chain, batch.id, batch.received_at, [folded])
        self.folding.save(rows)

    def _asked(self, posted: Posted, batch: RawBatch) -> Iterator[Output]:
        rows = self.folding.rows(ADMINISTRATION)
        if put_by(rows, posted.collector, batch, posted.via, self._known):
            self.folding.save(rows)
        else:
            yield from self._commanded(posted.collector, batch)

    def _known(self, batch: RawBatch) -> bool:
        """Tell whether the incident, and the revision, that a command is about are here."""
        command = command_of(batch.records[0]) if batch.records else None
        if command is None or not (object_id := object_of(command)):
            return True
        rows = self.folding.rows(object_id)
        row = rows.get(IncidentRow, "incident", str(command.detail.get("incident", "")))
        seen = command.detail.get("revision")
        least = seen if isinstance(seen, int) else 1
        return not step_of(command) or (row is not None and row.incident.revision >= least)

    def _commanded(self, collector: str, batch: RawBatch) -> Iterator[Output]:
        command = command_of(batch.records[0]) if batch.records else None
        # What it did and that it was done are written as one.
        rows = self.folding.rows(object_of(command) if command is not None else ADMINISTRATION)
        if not first_time(rows, collector, batch.source_id, batch.sequence):
            return
        if command is not None and for_notifier(command):
            posted = pack_posted_batch(batch, collector, self.number)
            yield Output("outcomes", b"", posted, self.number)
        else:
            chain = self.chains(batch.revisions)
            done = self.folding.commanded(chain, batch, lambda: None)
            yield from self._outcome(chain, batch.id, batch.received_at, done)
        self.folding.save(rows)

    def _for_centre(self, chain: Chain, seen: Observation) -> Iterator[Output]:
        if chain.campaigns and seen.kind is BatchKind.RAW:
            feeds = chain.campaigns.windowed.feeds
            matches = tuple(match for match in seen.matches if match.rule_id in feeds)
            cut = replace(seen, matches=matches, counts={}, withheld=())
            yield Output("centre", CENTRE_KEY, pack_observation(cut, "", self.number))

    def _outcome(
        self, chain: Chain, cause: str, at: int, parts: Sequence[Folded]
    ) -> Iterator[Output]:
        for folded in parts:
            count_folded(chain.telemetry, chain.sector, folded)
            yield from outcome_outputs(cause, at, folded, self.folds)
            yield from failure_outputs(f"observations/{self.number}", folded.failures)


def _numbered(row: object, seen: Observation) -> Observation:
    last = int(getattr(row, "sequence", 0))
    return replace(seen, sequence=last + 1, previous=last)

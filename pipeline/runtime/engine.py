"""Journalled batches to committed outcomes: one transaction a batch, in the journal's order."""

import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import structlog

from pipeline.correlate import CENTRE
from pipeline.errors import SaqshyError
from pipeline.model import NANOSECONDS, BatchKind, Observation, RawBatch, Revisions
from pipeline.ports import Clock, Stores, Telemetry
from pipeline.runtime.chain import (
    Chain,
    Observed,
    clock_observation,
    left_out,
    set_aside,
)
from pipeline.runtime.chainer import audited
from pipeline.runtime.checkpointing import Checkpointing
from pipeline.runtime.counting import count_folded, count_observed
from pipeline.runtime.digesting import Digesting
from pipeline.runtime.duty_commands import obey_duty
from pipeline.runtime.folded import Folded
from pipeline.runtime.folding import Folding
from pipeline.runtime.ncc_messages import obey_messages, remind_messages
from pipeline.runtime.observing import ATTEMPTS, Ahead, Here
from pipeline.runtime.peering import Peering
from pipeline.runtime.reads import recorded
from pipeline.runtime.redelivering import Redelivering
from pipeline.runtime.skews import Skews
from pipeline.runtime.spill_records import emptied, spill_drafts
from pipeline.runtime.spill_removal import withdraw
from pipeline.runtime.standing_incidents import StandingIncidents
from pipeline.runtime.terms_tick import TermsTick
from pipeline.runtime.waits import Waits

log = structlog.get_logger("saqshy.engine")
READ_AHEAD = 16


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one committed batch gave, for whoever watches."""

    position: int
    batch: RawBatch
    observed: Observed
    folded: tuple[Folded, ...]


def _unwatched(outcome: Outcome) -> None:
    """Watch nothing."""


def _nobody_waits() -> None:
    """Wake nobody."""


@dataclass(slots=True)
class Engine:
    """Processes the journal behind what is committed; one thread at a time.

    ``chain`` gives the stages for a batch's revisions, ``ahead`` runs their stateless half.
    ``watch`` is told of each outcome after its commit; ``posted`` that there are notices to
    deliver. ``terms`` keeps the clocks, where somebody is to be reminded; ``checkpoints`` signs the
    audit trail, where somebody is to prove it; ``peering`` shares incidents with other centres.
    """

    stores: Stores
    chain: Callable[[Revisions], Chain]
    clock: Clock
    telemetry: Telemetry
    watch: Callable[[Outcome], None] = _unwatched
    posted: Callable[[], None] = _nobody_waits
    ahead: Ahead = field(default_factory=Here)
    skews: Skews = field(default_factory=Skews)
    standing: StandingIncidents = field(default_factory=StandingIncidents)
    terms: TermsTick | None = None
    checkpoints: Checkpointing | None = None
    peering: Peering | None = None
    folding: Folding = field(init=False)
    _unsettled: bool = True  # a kill may have left in the log what was taken out of the file

    def __post_init__(self) -> None:
        self.folding = Folding(self.stores.state)

    @property
    def waits(self) -> Waits:
        """Give what waits for a person, as it was folded."""
        return self.folding.waits

    def run_pending(self, most: int = READ_AHEAD, leave: int = 0) -> int:
        """Process up to ``most`` journalled batches; give how many were committed.

        Up to ``leave`` may be left where they would have to be waited for.
        """
        if self._unsettled:
            self._unsettled = not self.stores.carriers.settle()
        self.standing.load(self.stores)
        after = self.stores.journal.committed()
        done = 0
        for position, batch in self.ahead.pending(self.stores.journal, after, most, leave):
            self._process(position, batch)
            done += 1
            self._tell_lag(position, batch)
        return done

    def end(self) -> None:
        """Make the checkpoint of a clean end: nothing more is folded or delivered."""
        if self.checkpoints is not None:
            self.checkpoints.make(self.clock.now())

    def _tell_lag(self, position: int, batch: RawBatch) -> None:
        tail = self.stores.journal.tail("", "", "")
        behind = max(0, self.clock.now() - batch.received_at) / NANOSECONDS
        self.telemetry.lag(tail.sequence - position if tail else 0, behind)

    def _process(self, position: int, batch: RawBatch) -> None:
        chain = self.chain(batch.revisions)
        observed = self.ahead.observed(chain, position, batch)
        batch = emptied(batch, observed.stopped) if observed.stopped else batch
        started = time.perf_counter()
        observed, folded = self._survived(position, chain, batch, observed)
        self.folding.settled()
        seconds = time.perf_counter() - started
        gave = sum(len(part.notices) for part in folded)
        self.telemetry.stage_done("commit", len(batch.records), seconds, gave)
        if batch.kind is BatchKind.COMMAND or any(part.notices for part in folded):
            self.posted()
        self._count(chain, batch, observed, folded)
        self.skews.note(batch.received_at, observed.delays)
        self.watch(Outcome(position, batch, observed, folded))

    def _survived(
        self, position: int, chain: Chain, batch: RawBatch, observed: Observed
    ) -> tuple[Observed, tuple[Folded, ...]]:
        """Commit a batch; what breaks that three times, or once more without what rules found."""
        reason = ""
        for attempt in range(ATTEMPTS + 1):
            try:
                return observed, self._commit(position, chain, batch, observed)
            except SaqshyError:
                raise
            except Exception as error:  # noqa: BLE001 (it counts and routes)
                reason = type(error).__name__
                place = traceback.extract_tb(error.__traceback__)[-1]
                where = f"{place.name}:{place.lineno}"
                log.error("fold.broke", position=position, error=reason, where=where)  # noqa: TRY400 (a traceback may quote the record)
            if attempt == ATTEMPTS - 1:
                observed = set_aside(batch, observed, reason)
        # What nothing can fold must not stand before everything that comes after it.
        observed = left_out(batch, observed, reason)
        return observed, self._commit(position, chain, batch, observed, folds=False)

    def _commit(
        self,
        position: int,
        chain: Chain,
        batch: RawBatch,
        observed: Observed,
        *,
        folds: bool = True,
    ) -> tuple[Folded, ...]:
        log.debug("commit.begin", position=position)
        try:
            with self.stores.database.transaction():
                folded = self._fold(chain, batch, observed) if folds else ()
                self._keep(batch, observed, folded)
                if self.terms is not None:
                    self.terms.follow(chain.terms, folded)
                Digesting(self.stores).follow(chain.digests, folded)
                folded = (*folded, *self._shared(folded, batch.received_at))
                if self.checkpoints is not None:
                    self.checkpoints.follow(batch)
                self.stores.journal.commit(position)
        except BaseException:
            self.folding.forget()
            if self.terms is not None:
                self.terms.forget()
            raise
        if self.terms is not None:
            self.terms.settled()
        log.debug("commit.end", position=position)
        if observed.stopped:
            self._unsettled = not self.stores.carriers.settle()
            log.warning("record.stopped", count=len(observed.stopped), batch=batch.id)
        return folded

    def _shared(self, folded: tuple[Folded, ...], at: int) -> list[Folded]:
        """Keep what new revisions owe to other operations centres."""
        if self.peering is None:
            return []
        revised = [item for part in folded for item in part.revised]
        shared = self.peering.follow(revised, at)
        if shared is None:
            return []
        self.stores.outbox.put(shared.notices)
        audited(self.stores.audit, shared.drafts)
        return [shared]

    def _fold(self, chain: Chain, batch: RawBatch, observed: Observed) -> tuple[Folded, ...]:
        folding = self.folding
        if batch.kind is BatchKind.COMMAND:
            return tuple(folding.commanded(chain, batch, lambda: self._others(chain, batch)))
        if batch.kind is not BatchKind.CLOCK:
            mine = folding.observed(chain, observed.observation)
            return (mine, *self._across(chain, observed.observation))
        ticked = folding.ticked(chain, batch)
        across = self._across(chain, clock_observation(batch, CENTRE))
        reminded = self.terms.tick(chain.terms, batch) if self.terms is not None else Folded()
        due = remind_messages(self.stores, chain.messages, batch)
        letters = Digesting(self.stores).tick(chain.digests, chain.guard, batch)
        return (*ticked, *across, reminded, due, letters)

    def _across(self, chain: Chain, observation: Observation) -> list[Folded]:
        """Fold what an observation or a tick says across objects: for each object its own."""
        by_object, failures = self.folding.across(chain, observation)
        found = [
            self.folding.found(chain, object_id, findings, observation)
            for object_id, findings in by_object.items()
        ]
        return [*found, Folded(failures=failures)] if failures else found

    def _others(self, chain: Chain, batch: RawBatch) -> Folded | None:
        """Fold a command about terms, duty, messages, notices, or that somebody read."""
        done = obey_duty(self.terms, chain.terms, batch)
        done = done or obey_messages(self.stores, chain.messages, batch)
        done = done or self._redelivered(chain, batch)
        done = done or recorded(self.stores, batch)
        return done or (self.peering.obey(batch) if self.peering is not None else None)

    def _redelivered(self, chain: Chain, batch: RawBatch) -> Folded | None:
        """Fold a command about notices into the outbox."""
        obeyed = Redelivering(self.stores.outbox, chain.guard)
        found = (obeyed(record, batch.received_at) for record in batch.records)
        drafts = next((one for one in found if one is not None), None)
        return None if drafts is None else Folded(drafts=drafts)

    def _keep(self, batch: RawBatch, observed: Observed, folded: tuple[Folded, ...]) -> None:
        if observed.stopped:
            withdraw(self.stores.carriers, batch.id, observed.stopped)
        audited(self.stores.audit, spill_drafts(batch))
        if observed.events:
            self.stores.events.add(batch, observed.events)
        if observed.failures:
            self.stores.dead_letters.put(observed.failures)
        for part in folded:
            if part.failures:
                self.stores.dead_letters.put(part.failures)
            if part.findings:
                self.stores.incidents.put_findings(part.findings)
            if part.revised:
                self.stores.incidents.put_incidents(part.incidents)
            if part.notices:
                self.stores.outbox.put(part.notices)
            if part.drafts:
                audited(self.stores.audit, part.drafts)

    def _count(
        self, chain: Chain, batch: RawBatch, done: Observed, folded: Sequence[Folded]
    ) -> None:
        count_observed(self.telemetry, batch, done)
        for part in folded:
            self.waits.note_incidents(part.revised)
            self.standing.note(part.revised)
            count_folded(self.telemetry, chain.sector, part)

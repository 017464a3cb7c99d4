"""One matching process kept at work: given batches, watched, and replaced where it is lost."""

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import orjson
import structlog

from pipeline.errors import SaqshyError, StoreError
from pipeline.model import RawBatch, Revisions, from_json
from pipeline.ports import Telemetry
from pipeline.runtime.chain import Observed
from pipeline.runtime.cores import wire
from pipeline.runtime.cores.child import Child, Lost
from pipeline.runtime.cores.desk import Desk, Job
from pipeline.runtime.cores.figures import Figures
from pipeline.runtime.cores.rule_costs import RuleCosts
from pipeline.runtime.observing import Deadly, isolated

log = structlog.get_logger("saqshy.cores")
UNDER_WAY = 2  # batches that a process has at once: the next is there when one is done
IDLE_SECONDS = 0.2
LONGEST_PAUSE = 30.0
MOST_FAILS = 4  # starts in a row, after which nobody waits where none was ever ready
MOST_LOST = 2  # processes over one batch, after which it is looked at for what costs them
_START = 0  # the number of the warming with which a process begins


@dataclass(frozen=True, slots=True)
class Work:
    """What all matching processes share.

    ``begin`` starts one, ``bundle`` gives what it asks for, ``stamp`` the revisions in force. One
    that says nothing of a batch for ``hung_seconds``, or is not ready after ``loading_seconds``,
    is killed.
    """

    begin: Callable[[], Child]
    bundle: Callable[[str, str], bytes | None]
    stamp: Callable[[], Revisions]
    telemetry: Telemetry
    figures: Figures
    desk: Desk
    costs: RuleCosts = field(default_factory=RuleCosts)
    hung_seconds: float = 60.0
    loading_seconds: float = 600.0


class LostOver(Lost, Deadly):
    """Two processes were lost over the same records."""


@dataclass(slots=True)
class Errand:
    """Something to be made ready beside the work: a ``wire.WARM`` body, and whether it is done."""

    body: bytes
    done: threading.Event = field(default_factory=threading.Event)


@dataclass(slots=True)
class Tender:
    """Keeps the process of one place; ``run`` is its thread, ``errand`` may be called by any."""

    place: int
    work: Work
    fails: int = 0  # starts in a row that came to nothing
    _child: Child | None = None
    _under: deque[Job] = field(default_factory=deque)
    _since: float = 0.0  # when the process was given the first of these to do
    _asked: deque[Errand] = field(default_factory=deque)
    _errands: dict[int, Errand] = field(default_factory=dict)
    _number: int = _START

    def errand(self, body: bytes) -> Errand:
        """Have stages made ready in the process; what is lost with a process counts as done."""
        errand = Errand(body)
        self._asked.append(errand)
        return errand

    def run(self) -> None:
        """Work until the desk is closed."""
        desk = self.work.desk
        while not desk.ended:
            try:
                self._step(self._child or self._started())
            except Lost as lost:
                self._give_up(lost)
        self.leave()

    def observe(self, batch: RawBatch) -> Observed:
        """Match a batch, or part of one, that may cost the process; twice, since others kill too.

        Raises LostOver where it cost both processes, Lost where none starts.
        """
        for attempt in range(1, MOST_LOST + 1):
            begun = False
            try:
                child = self._child or self._started()
                begun = True
                child.send(wire.pack_batch_frame(0, batch), self.work.hung_seconds)
                return self._answer(child)
            except Lost as lost:
                self._give_up(lost)
                if self.work.desk.ended or (attempt == MOST_LOST and not begun):
                    raise
                if attempt == MOST_LOST:
                    raise LostOver(lost.why, str(lost)) from lost
        raise AssertionError

    def _answer(self, child: Child) -> Observed:
        until = time.monotonic() + self.work.hung_seconds
        while (found := self._frame(child, until)) is None or found[0] not in _ANSWERS:
            continue
        _, body = wire.unnumbered(found[1])
        if found[0] == wire.BROKE:
            raise SaqshyError(body.decode())
        return self._noted(body)

    def _started(self) -> Child:
        """Start a process and wait until it knows what is in force."""
        work = self.work
        until = time.monotonic() + work.loading_seconds
        child = self._child = work.begin()
        body = wire.numbered(_START, wire.pack_warm(work.stamp(), ()))
        child.send(wire.frame(wire.WARM, body), work.loading_seconds)
        while (found := self._frame(child, until)) is None or found[0] != wire.WARMED:
            if work.desk.ended:
                raise Lost("killed", "the work has ended")
        self.fails = 0
        self._used(found[1])
        work.figures.begun(self.place, child.process.pid)
        log.info("matching.ready", place=self.place, pid=child.process.pid)
        return child

    def _step(self, child: Child) -> None:
        """Hand out what there is, and take one answer."""
        work = self.work
        while len(self._under) < UNDER_WAY:
            job = work.desk.take(0.0 if self._under or self._errands else IDLE_SECONDS)
            if job is None:
                break
            if job.lost >= MOST_LOST:
                if self._under:
                    work.desk.put_back(job)
                    break
                self._alone(job)
                return
            self._since = self._since if self._under else time.monotonic()
            self._under.append(job)
            child.send(wire.pack_batch_frame(job.position, job.batch), work.hung_seconds)
        self._send_errands(child)
        if self._under or self._errands:
            limit = self._since + work.hung_seconds if self._under else float("inf")
            found = self._frame(child, limit)
            if found is not None:
                self._take(*found)
        elif not child.alive:
            raise child.lost()

    def _take(self, tag: bytes, body: bytes) -> None:
        if tag == wire.WARMED:
            self._used(body)
        number, body = wire.unnumbered(body)
        if tag == wire.WARMED:
            self._errands.pop(number).done.set()
            return
        job = self._under.popleft()
        self._since = time.monotonic()
        if tag == wire.BROKE:
            what = f"batch {job.batch.id} was not matched: {body.decode()}"
            self.work.desk.done(job.position, SaqshyError(what))
        else:
            self.work.desk.done(job.position, self._noted(body))

    def _used(self, body: bytes) -> None:
        self.work.figures.used[self.place] = from_json(wire.Use, wire.unnumbered(body)[1])

    def _frame(self, child: Child, until: float) -> tuple[bytes, bytes] | None:
        """Give a frame, its questions answered; None where a while brought none.

        Raises Lost where none came until an instant of ``time.monotonic``.
        """
        found = child.receive(IDLE_SECONDS)
        if found is None:
            if time.monotonic() > until:
                raise Lost("hung", f"matching process {child.process.pid} does not answer")
            return None
        if found[0] == wire.WANTED:
            answer = self._bundle(*orjson.loads(found[1]))
            child.send(wire.frame(wire.BUNDLE, answer), self.work.loading_seconds)
            self._since = time.monotonic()  # it reads rules, which takes its time
            return None
        return found

    def _bundle(self, kind: str, revision: str) -> bytes:
        """Give what a process asked for; what cannot be had the engine meets by itself."""
        try:
            data = self.work.bundle(kind, revision)
        except StoreError as error:
            log.warning("bundle.unread", kind=kind, revision=revision, error=str(error))
            data = None
        return b"0" if data is None else b"1" + data

    def _noted(self, body: bytes) -> Observed:
        """Read what a batch came to, and count what its stages did."""
        told, observed = wire.unpack_observed(body)
        work = self.work
        counts = told.counts
        for stage in counts.stages:
            work.telemetry.stage_done(stage.name, stage.items, stage.seconds, stage.gave)
        for rule, count in counts.rule_errors.items():
            work.telemetry.rule_errors(rule, count)
        work.costs.note(observed.observation.revisions, counts.rule_costs)
        work.figures.used[self.place] = told.use
        work.figures.batches[self.place] += 1
        return observed

    def _alone(self, job: Job) -> None:
        """Match a batch over which processes were lost, without the records that cost them."""
        log.warning("matching.isolates", batch=job.batch.id, lost=job.lost)
        try:
            self.work.desk.done(job.position, isolated(self, job.batch, "ProcessLost"))
        except Lost:
            self.work.desk.put_back(job)
        except SaqshyError as error:
            self.work.desk.done(job.position, error)

    def _send_errands(self, child: Child) -> None:
        while self._asked:
            errand = self._asked.popleft()
            self._number += 1
            self._errands[self._number] = errand
            body = wire.numbered(self._number, errand.body)
            child.send(wire.frame(wire.WARM, body), self.work.loading_seconds)

    def _give_up(self, lost: Lost) -> None:
        """Let go of a process; another gets what it had."""
        work, child = self.work, self._child
        self._child = None
        if self._under:
            self._under[0].lost += 1
        while self._under:
            work.desk.put_back(self._under.popleft())
        self._settle_errands()
        was_ready = self.place in work.figures.alive
        if child is not None:
            child.kill()
        if work.desk.ended:
            return
        work.figures.gone(self.place, lost.why)
        log.warning("matching.lost", place=self.place, why=lost.why, error=str(lost))
        if not was_ready:
            self.fails += 1
            if self.fails >= MOST_FAILS and not work.figures.ready:
                work.desk.give_up(SaqshyError(f"no matching process starts: {lost}; see the log"))
            work.desk.pause(min(0.25 * 2**self.fails, LONGEST_PAUSE))

    def _settle_errands(self) -> None:
        for errand in (*self._errands.values(), *self._asked):
            errand.done.set()
        self._errands.clear()
        self._asked.clear()

    def leave(self) -> None:
        """End the process."""
        self._settle_errands()
        if self._child is not None:
            self._child.end()
            self._child = None
            self.work.figures.left(self.place)


_ANSWERS = frozenset({wire.OBSERVED, wire.BROKE})

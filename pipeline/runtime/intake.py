"""One listener's work: poll, collect what is there, answer; gently when senders send too much.

What several polls give goes into one transaction: alone it is journalled at once, under load many
deliveries share one sync. While neither journal nor spool takes anything the source is not polled:
TCP makes its senders wait, a file keeps its place, the kernel counts what UDP loses.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import structlog

from pipeline.errors import StoreCorrupt, StoreError
from pipeline.ports import Delivery, Listening, Source
from pipeline.runtime.collect import Collector, Taken
from pipeline.runtime.joining import Joining

log = structlog.get_logger("saqshy.intake")
POLL_SECONDS = 0.2
RETRY_SECONDS = 1.0  # between attempts while nothing takes what came
TELL_SECONDS = 1.0  # how often a source's own counters are read
FINISH_SECONDS = 2.0  # for senders to see that we go
MOST_ROUND = 8  # batches' worth of records in one transaction
LONGEST_PAUSE = 60.0  # a sender that owes more is looked at again


@dataclass(slots=True)
class Intake:
    """Carries one source to the collector until it ends or ``stop`` is set.

    ``records`` is how many records a batch may hold. ``patient``: where nothing takes what came,
    try again; else the StoreError ends the intake.
    """

    source: Source
    collector: Collector
    records: int
    stop: threading.Event
    patient: bool = True
    clock: Callable[[], float] = time.monotonic
    trouble: str = ""
    _join: Joining = field(default_factory=Joining)
    _dropped: int = 0
    _refused: Mapping[str, int] = field(default_factory=Counter)
    _tell_at: float = 0.0
    _quiet_until: float = 0.0
    _drops: bool = field(init=False)  # nobody can be made to wait

    def __post_init__(self) -> None:
        self._drops = isinstance(self.source, Listening) and not self.source.pause("", 0.0)

    def run(self) -> None:
        """Work until told to stop; then take what is on its way."""
        while not self.stop.is_set():
            if self.round(POLL_SECONDS) == 0 and self.source.exhausted():
                break
        if isinstance(self.source, Listening):
            self._finish(self.source)
        self.tell(at_once=True)

    def round(self, timeout: float) -> int:
        """Take what is there, or wait so long for it; give how many records came."""
        if (quiet := self._quiet_until - self.clock()) > 0:  # a file over its quota
            self.stop.wait(min(quiet, timeout))
            return 1
        came = self._gathered(timeout)
        self.tell()
        self._hand_over(came)
        return sum(len(one.records) for one in came)

    def tell(self, *, at_once: bool = False) -> None:
        """Count what the source itself dropped and refused, at most once a second."""
        now = self.clock()
        if now < self._tell_at and not at_once:
            return
        self._tell_at = now + TELL_SECONDS
        telemetry, name = self.collector.telemetry, self.source.name
        if (dropped := self.source.dropped) > self._dropped:
            telemetry.datagrams_dropped(name, dropped - self._dropped)
            self._dropped = dropped
        if not isinstance(self.source, Listening):
            return
        refused = dict(self.source.refusals)
        for reason, count in refused.items():
            if count > self._refused.get(reason, 0):
                telemetry.senders_refused(name, reason, count - self._refused.get(reason, 0))
        self._refused = refused

    def _hand_over(self, came: list[Delivery], *, final: bool = False) -> None:
        """Hand a round over, what belongs together joined, and answer it.

        What has an answer to wait for, or cuts its own records, is left as it is.
        """
        ready = self._join(came, final=final) if isinstance(self.source, Listening) else came
        if not ready:
            return
        log.debug("journal.begin", listener=self.source.name)
        taken = self._taken(ready)
        log.debug("journal.end", listener=self.source.name)
        if taken is None:
            return
        for delivery in came:
            self.source.acknowledge(delivery)
        for peer, seconds in taken.waits.items():
            self._pause(peer, min(seconds, LONGEST_PAUSE))

    def _gathered(self, timeout: float) -> list[Delivery]:
        """Poll once with patience and then as long as more is there, up to a round's worth."""
        came: list[Delivery] = []
        size = 0
        while size < MOST_ROUND * self.records:
            delivery = self.source.poll(self.records, 0.0 if came else timeout)
            if delivery is None:
                break
            came.append(delivery)
            size += max(1, len(delivery.records))
        return came

    def _taken(self, came: list[Delivery]) -> Taken | None:
        """Hand deliveries over until they are durable; None where told to stop before."""
        while True:
            try:
                taken = self.collector.take_all(came, drops=self._drops)
            except StoreCorrupt:
                raise
            except StoreError as error:
                if not self.patient:
                    raise
                if not self.trouble:
                    log.warning("listener.paused", listener=self.source.name, error=str(error))
                self.trouble = f"{self.source.name}: paused, nothing takes what came: {error}"
                if self.stop.wait(RETRY_SECONDS):
                    count = sum(len(one.records) for one in came)
                    log.warning("records.unkept", listener=self.source.name, count=count)
                    return None
                continue
            if self.trouble:
                log.info("listener.resumed", listener=self.source.name)
                self.trouble = ""
            return taken

    def _pause(self, peer: str, seconds: float) -> None:
        if isinstance(self.source, Listening):
            self.source.pause(peer, seconds)
        else:
            self._quiet_until = self.clock() + seconds
        self.collector.telemetry.sender_paused(self.source.name, seconds)

    def _finish(self, source: Listening) -> None:
        """Let senders see that we go, and take what they have sent until then."""
        source.finish()
        until = self.clock() + FINISH_SECONDS
        while self.clock() < until and not self.source.exhausted():
            self._hand_over(self._gathered(min(POLL_SECONDS, max(0.0, until - self.clock()))))
        self._hand_over([], final=True)

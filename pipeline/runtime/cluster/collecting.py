"""The collector as a process: sources to Kafka, one thread for each thing that waits.

    a thread a listener   source -> collector -> raw, or spool while no broker keeps it
    spool                 spool -> raw, once brokers answer again
    lease                 proof that no other collector of this name writes, and where it stands
    ticker                the cluster's time, where this collector gives it; what was refused
    commands              what people ask: folder -> raw, commands
    asked                 what they ask through others: asked -> raw, commands; as messages
    reloader              changed rules, registry and pack: bundles, then batches that name them
    feeds                 threat indicators pulled into files, where some are named
    messages              what the coordination centre tells and asks, where this one gives the time

A thread that breaks ends the process with its error: nothing is acknowledged that is not kept, and
a supervisor starts it again from what stands in ``raw`` and in the spool.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

import structlog

from connectors.stores.kafka.opening import KafkaStores
from pipeline.errors import SaqshyError, StoreCorrupt, StoreError
from pipeline.ports import Listening, Source
from pipeline.runtime.cluster.asking import AskedIntake
from pipeline.runtime.collect import Collector
from pipeline.runtime.commands import Inbox
from pipeline.runtime.feeds import Feeds
from pipeline.runtime.intake import POLL_SECONDS, RETRY_SECONDS, Intake
from pipeline.runtime.logs import in_words
from pipeline.runtime.ncc_intake import MessageIntake
from pipeline.runtime.reloading import Reloader
from pipeline.runtime.sensors import BEGAN, ENDED, audit_listening

log = structlog.get_logger("saqshy.collect")


@dataclass(slots=True)
class Pace:
    """How often, in seconds, time is told and the lease renewed; ``records`` of one batch.

    ``ticks``: this collector gives the cluster its time. ``in_turn`` names the sources that are
    read one after another. ``patient``: brokers that keep nothing now are tried again.
    """

    tick_seconds: float
    lease_seconds: float
    records: int
    ticks: bool = False
    in_turn: tuple[str, ...] = ()
    patient: bool = True


@dataclass(slots=True)
class Collecting:
    """Runs sources, spool, lease, ticker, inbox, reloader and feeds until told to stop."""

    stores: KafkaStores
    sources: Sequence[Source]
    collector: Collector
    reloader: Reloader
    inbox: Inbox
    pace: Pace
    feeds: Feeds = field(default_factory=Feeds)
    messages: MessageIntake | None = None
    asked: AskedIntake | None = None
    cause: Callable[[], str] = lambda: ""  # of what brokers refuse, as the client's log has it
    _stop: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)
    _listening: list[threading.Thread] = field(default_factory=list)
    _intakes: dict[str, Intake] = field(default_factory=dict)
    _error: BaseException | None = None
    _refusal: str = ""
    _ticked: int = -1
    _told: tuple[int, int] = (0, 0)

    def start(self) -> None:
        """Open every source and start the threads; SourceError where one cannot be opened."""
        opened: list[Source] = []
        try:
            for source in self.sources:
                source.open(self.collector.resume(source.name))
                opened.append(source)
                self._intakes[source.name] = Intake(
                    source, self.collector, self.pace.records, self._stop, self.pace.patient
                )
                for trouble in source.troubles if isinstance(source, Listening) else ():
                    log.warning("listener.trouble", listener=source.name, trouble=trouble)
        except BaseException:
            for source in opened:
                source.close()
            raise
        self._tell_listening(BEGAN)
        for source in self.sources:
            if source.name not in self.pace.in_turn:
                listen = self._intakes[source.name].run
                self._listening.append(self._spawn(f"listen-{source.name}", listen))
        if self.pace.in_turn:
            self._listening.append(self._spawn("listen-files", self._listen_in_turn))
        for name, step, seconds in (
            ("spool", self._drain, POLL_SECONDS),
            ("lease", self.stores.database.renew, self.pace.lease_seconds / 2),
            ("ticker", self._tick, self.pace.tick_seconds),
            ("commands", self.inbox.take, POLL_SECONDS),
        ):
            self._spawn(name, partial(self._run, step, seconds))
        self._spawn("reloader", self._run_reloader)
        self._spawn("feeds", partial(self.feeds.run, self._stop))
        self._start_asking()

    def _start_asking(self) -> None:
        """Start what takes in what others tell and ask of us."""
        if self.messages is not None:
            self._spawn("messages", partial(self.messages.run, self._stop))
        if self.asked is not None:
            self._spawn("asked", partial(self._run, self.asked.take, POLL_SECONDS))

    def stop(self) -> None:
        """End the threads after what they have in hand, send what waits, and let go of all."""
        self._stop.set()
        for thread in self._threads:
            thread.join()
        if self.asked is not None:
            self.asked.close()
        if self._error is None:
            self._endured(partial(self.collector.tell_refusals, self.collector.clock.now()))
            self._endured(partial(self._tell_listening, ENDED))
            while self._endured(self.stores.database.drain):
                pass
            self._endured(self.stores.database.renew)
        for source in self.sources:
            source.close()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until the process stops, or that long; raise the error that ended a thread."""
        stopped = self._stop.wait(seconds)
        if self._error is not None:
            raise self._error
        return stopped

    def ended(self) -> bool:
        """Tell whether every source came to its end, and nothing waits in the spool."""
        if self._error is not None:
            raise self._error
        listening = any(thread.is_alive() for thread in self._listening)
        return not listening and not self.stores.database.waiting[0]

    def unready(self) -> str:
        """Say why nothing is taken now; "" where it is, be it into the spool."""
        if self._error is not None:
            return f"ended: {in_words(self._error)}"
        return next((one.trouble for one in self._intakes.values() if one.trouble), "")

    def troubles(self) -> list[str]:
        """Say what a person should mend: brokers, each way in, what is refused."""
        database = self.stores.database
        waiting, size = database.waiting
        found = [self._refusal] if self._refusal else []
        if waiting:
            why = self.cause() or database.trouble
            found.append(f"{waiting} parcels ({size} bytes) wait in the spool: {why}")
        found += [f"refused, the old stays in force: {self.reloader.alarm}"] * bool(
            self.reloader.alarm
        )
        found += self.collector.troubles()
        found += self.feeds.troubles()
        found += [self.messages.trouble] if self.messages and self.messages.trouble else []
        found += [self.asked.trouble] if self.asked and self.asked.trouble else []
        for intake in list(self._intakes.values()):
            found += [intake.trouble] if intake.trouble else []
            found += intake.source.troubles if isinstance(intake.source, Listening) else ()
        return found

    def _spawn(self, name: str, work: Callable[[], None]) -> threading.Thread:
        def guarded() -> None:
            with self._fatal(name):
                work()

        thread = threading.Thread(target=guarded, name=name, daemon=True)
        self._threads.append(thread)
        thread.start()
        return thread

    @contextmanager
    def _fatal(self, name: str) -> Iterator[None]:
        try:
            yield
        except BaseException as error:  # noqa: BLE001 (whatever broke a thread ends the process)
            log.error("thread.broke", thread=name, error=in_words(error))  # noqa: TRY400 (told by wait)
            ours = isinstance(error, SaqshyError | OSError)
            broke = error if ours else RuntimeError(f"thread {name} broke: {in_words(error)}")
            self._error = self._error or broke
            self._stop.set()

    def _endured(self, step: Callable[[], object]) -> bool:
        """Take a step; give whether there may be more. Brokers that refuse now are asked again."""
        try:
            more = bool(step())
        except StoreCorrupt:
            raise
        except StoreError as error:
            if not self.pace.patient:
                raise
            if not self._refusal:
                log.warning("brokers.refuse", error=str(error))
            self._refusal = str(error)
            self._stop.wait(RETRY_SECONDS)
            return False
        self._refusal = ""
        return more

    def _run(self, step: Callable[[], object], seconds: float) -> None:
        while not self._stop.is_set():
            if not self._endured(step):
                self._stop.wait(seconds)

    def _drain(self) -> bool:
        database = self.stores.database
        try:
            return database.drain()
        finally:
            if (waiting := database.waiting) != self._told:
                self._told = waiting
                self.collector.telemetry.spool(*waiting)

    def _tick(self) -> None:
        now = self.collector.clock.now()
        if not self.pace.ticks:
            self.collector.tell_refusals(now)
        elif now != self._ticked:  # a story's time stands still between its moments
            self.collector.tick()
            self._ticked = now

    def _tell_listening(self, kind: str) -> None:
        names = [source.name for source in self.sources]
        audit_listening(self.stores, kind, names, self.collector.clock.now())

    def _run_reloader(self) -> None:
        while not self._stop.is_set():
            self._endured(partial(self.reloader.run, self._stop))

    def _listen_in_turn(self) -> None:
        for name in self.pace.in_turn:
            self._intakes[name].run()

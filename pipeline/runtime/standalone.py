"""The standalone runtime: one process, one SQLite file, one thread for each thing that waits.

    a thread a listener   source -> collector -> journal
    engine                journal -> outcome, one transaction a batch
    a thread a channel    outbox -> sink -> receipt, so that a slow one holds up no other
    ticker                the time, journalled like any input
    commands              what people ask: spool folder -> journal
    reloader              changed rules, registry and pack, made beside what is in force
    web                   status page and metrics

A thread that breaks ends the process with its error: nothing is acknowledged that is not kept, and
a supervisor starts it again from the journal.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

import structlog

from pipeline.model import NoticeState
from pipeline.ports import Source, Stores
from pipeline.runtime.collect import Collector
from pipeline.runtime.commands import Inbox
from pipeline.runtime.dispatch import Dispatcher
from pipeline.runtime.engine import Engine
from pipeline.runtime.reloading import Reloader

log = structlog.get_logger("saqshy.standalone")
POLL_SECONDS = 0.2


@dataclass(slots=True)
class Standalone:
    """Runs sources, engine, dispatcher, ticker, inbox and reloader until told to stop.

    ``in_turn`` names the sources that are read one after another, in this order: read-once files,
    so that a run's order is the one that was written down. ``records`` is how many records a batch
    may hold; ``tick_seconds`` how often time is journalled.
    """

    stores: Stores
    sources: Sequence[Source]
    collector: Collector
    engine: Engine
    dispatcher: Dispatcher
    reloader: Reloader
    inbox: Inbox
    records: int
    tick_seconds: float
    in_turn: tuple[str, ...] = ()
    _stop: threading.Event = field(default_factory=threading.Event)
    _work: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)
    _listening: list[threading.Thread] = field(default_factory=list)
    _error: BaseException | None = None
    _busy: int = 0

    def start(self) -> None:
        """Open every source and start the threads; SourceError where one cannot be opened."""
        opened: list[Source] = []
        try:
            for source in self.sources:
                tail = self.stores.journal.tail(source.name, "", "")
                source.open(tail.resume if tail else "")
                opened.append(source)
        except BaseException:
            for source in opened:
                source.close()
            raise
        self.collector.arrived = self._work.set
        for source in self.sources:
            if source.name not in self.in_turn:
                listen = partial(self._listen, source)
                self._listening.append(self._spawn(f"listen-{source.name}", listen))
        if self.in_turn:
            self._listening.append(self._spawn("listen-files", self._listen_in_turn))
        self._spawn("engine", self._run_engine)
        for channel in self.dispatcher.channels:
            self._spawn(f"dispatch-{channel}", partial(self._run_dispatcher, channel))
        self._spawn("ticker", self._run_ticker)
        self._spawn("commands", self._run_inbox)
        self._spawn("reloader", partial(self.reloader.run, self._stop))

    def stop(self) -> None:
        """End the threads after what they have in hand, and close the sources."""
        self._stop.set()
        self._work.set()
        for thread in self._threads:
            thread.join()
        if self._error is None:
            self.collector.tell_refusals(self.collector.clock.now())
        for source in self.sources:
            source.close()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until the runtime stops, or that long; raise the error that ended a thread."""
        stopped = self._stop.wait(seconds)
        if self._error is not None:
            raise self._error
        return stopped

    def drained(self, *, ended: bool, delivered: bool) -> bool:
        """Tell whether what was journalled is processed; with ``delivered``, no notice waits.

        With ``ended`` also every source must have come to its end.
        """
        if self._error is not None:
            raise self._error
        if ended and any(thread.is_alive() for thread in self._listening):
            return False
        if self._busy or self.stores.journal.read(self.stores.journal.committed(), 1):
            return False
        waiting = {NoticeState.PENDING, NoticeState.FAILED}
        return not delivered or not any(
            notice.state in waiting for notice in self.stores.outbox.list()
        )

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
            log.error("thread.broke", thread=name, error=str(error))  # noqa: TRY400 (told by wait)
            self._error = self._error or error
            self._stop.set()
            self._work.set()

    def _listen(self, source: Source) -> None:
        dropped = 0
        while not self._stop.is_set():
            delivery = source.poll(self.records, POLL_SECONDS)
            if source.dropped > dropped:
                lost, dropped = source.dropped - dropped, source.dropped
                self.collector.telemetry.datagrams_dropped(source.name, lost)
            if delivery is not None:
                log.debug("journal.begin", listener=source.name)
                self.collector.take(delivery)
                log.debug("journal.end", listener=source.name)
                source.acknowledge(delivery)
            elif source.exhausted():
                return

    def _listen_in_turn(self) -> None:
        by_name = {source.name: source for source in self.sources}
        log.debug("files.begin")
        for name in self.in_turn:
            self._listen(by_name[name])
        log.debug("files.end")

    def _run_engine(self) -> None:
        while not self._stop.is_set():
            self._work.clear()
            self._busy = 1
            done = self.engine.run_pending()
            self._busy = 0
            if not done:
                self._work.wait(POLL_SECONDS)

    def _run_dispatcher(self, channel: str) -> None:
        while not self._stop.is_set():
            if not self.dispatcher.run_due(channel, self._stop.is_set):
                self._stop.wait(POLL_SECONDS)

    def _run_inbox(self) -> None:
        while not self._stop.is_set():
            if not self.inbox.take():
                self._stop.wait(POLL_SECONDS)

    def _run_ticker(self) -> None:
        while not self._stop.wait(self.tick_seconds):
            self.collector.tick()

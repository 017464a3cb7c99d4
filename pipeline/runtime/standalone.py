"""The standalone runtime: one process, one SQLite file, one thread for each thing that waits.

    a thread a listener   source -> collector -> journal, or spool while it takes nothing
    spool                 spool -> journal, once it takes again
    engine                journal -> outcome, one transaction a batch
    two threads a channel outbox -> sink -> receipt: first notices, and all others; a slow channel
                          holds up no other, and nothing a first notice; a commit wakes them
    ticker                the time, journalled like any input
    commands              what people ask: spool folder -> journal
    reloader              changed rules, registry and pack, made beside what is in force
    streams               what is owed to whom events are streamed -> outbox
    feeds                 threat indicators pulled into files, where some are named
    messages              what the coordination centre tells and asks -> journal
    web                   status page and metrics

A store that has no room or is locked is tried again while the spool and the senders wait. A thread
that breaks ends the process with its error: nothing is acknowledged that is not kept, and a
supervisor starts it again from the journal.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

import structlog

from pipeline.errors import SaqshyError, StoreCorrupt, StoreError
from pipeline.model import NoticeState
from pipeline.ports import Listening, Source, Stores
from pipeline.runtime.collect import Collector
from pipeline.runtime.commands import Inbox
from pipeline.runtime.dispatch import Dispatcher, Lane
from pipeline.runtime.engine import Engine
from pipeline.runtime.feeds import Feeds
from pipeline.runtime.intake import POLL_SECONDS, RETRY_SECONDS, Intake
from pipeline.runtime.logs import in_words
from pipeline.runtime.ncc_intake import MessageIntake
from pipeline.runtime.reloading import Reloader
from pipeline.runtime.sensors import BEGAN, ENDED, audit_listening
from pipeline.runtime.streaming import Streamer

log = structlog.get_logger("saqshy.standalone")
LONGEST_WAIT = 60.0  # seconds between attempts to record what the store does not take
IDLE_SECONDS = 0.25  # after which a lane looks for what is due again, where no commit wakes it
_Answer = TypeVar("_Answer")


@dataclass(slots=True)
class Standalone:
    """Runs sources, engine, dispatcher, ticker, inbox and reloader until told to stop.

    ``in_turn`` names the sources that are read one after another, in this order: read-once files,
    so that a run's order is the one that was written down. ``records`` is how many records a batch
    may hold; ``tick_seconds`` how often time is journalled. ``patient``: a store that takes nothing
    now is tried again; else it ends the run.
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
    patient: bool = True
    feeds: Feeds = field(default_factory=Feeds)
    streamer: Streamer | None = None
    messages: MessageIntake | None = None
    _stop: threading.Event = field(default_factory=threading.Event)
    _work: threading.Event = field(default_factory=threading.Event)
    _posted: dict[tuple[str, bool], threading.Event] = field(default_factory=dict)
    _threads: list[threading.Thread] = field(default_factory=list)
    _listening: list[threading.Thread] = field(default_factory=list)
    _intakes: dict[str, Intake] = field(default_factory=dict)
    _error: BaseException | None = None
    _refusal: str = ""  # why the store takes nothing
    _busy: int = 0

    def start(self) -> None:
        """Open every source and start the threads; SourceError where one cannot be opened."""
        while self._endured(self.collector.drain, otherwise=False):
            pass
        opened: list[Source] = []
        try:
            for source in self.sources:
                source.open(self.collector.resume(source.name))
                opened.append(source)
                self._intakes[source.name] = Intake(
                    source, self.collector, self.records, self._stop, self.patient
                )
                for trouble in source.troubles if isinstance(source, Listening) else ():
                    log.warning("listener.trouble", listener=source.name, trouble=trouble)
        except BaseException:
            for source in opened:
                source.close()
            raise
        self._endured(partial(self._tell_listening, BEGAN), otherwise=None)
        self.collector.arrived = self._work.set
        for source in self.sources:
            if source.name not in self.in_turn:
                listen = self._intakes[source.name].run
                self._listening.append(self._spawn(f"listen-{source.name}", listen))
        if self.in_turn:
            self._listening.append(self._spawn("listen-files", self._listen_in_turn))
        self._spawn("spool", self._run_spool)
        self._spawn("engine", self._run_engine)
        self._open_lanes()
        self._spawn("ticker", self._run_ticker)
        self._spawn("commands", self._run_inbox)
        self._spawn("reloader", self._run_reloader)
        self._spawn("feeds", partial(self.feeds.run, self._stop))
        self._open_links()

    def _open_links(self) -> None:
        """Start what else goes on between centres, where it is set up."""
        if self.messages is not None:
            self._spawn("messages", partial(self.messages.run, self._stop))
        if self.streamer is not None and self.streamer.channels:
            self._spawn("streams", partial(self._run_streams, self.streamer))

    def _open_lanes(self) -> None:
        self.engine.posted = self._post
        for channel in self.dispatcher.channels:
            for name, urgent in (("first", True), ("other", False)):
                posted = self._posted[channel, urgent] = threading.Event()
                lane = self.dispatcher.lane(channel, urgent=urgent)
                self._spawn(f"dispatch-{channel}-{name}", partial(self._run_lane, lane, posted))

    def stop(self) -> None:
        """End the threads after what they have in hand, and close the sources."""
        self._stop.set()
        self._work.set()
        self._post()
        self.engine.ahead.close()
        for thread in self._threads:
            thread.join()
        if self._error is None:
            self._endured(self._tell_refusals, otherwise=None)
            self._endured(partial(self._tell_listening, ENDED), otherwise=None)
            self._endured(self.engine.end, otherwise=None)
        for source in self.sources:
            source.close()
        if self.collector.spool is not None:
            self.collector.spool.close()

    def troubles(self) -> list[str]:
        """Say what a person should mend: the store, each way in, what is refused."""
        found = [self._refusal] if self._refusal else []
        found += self.collector.troubles()
        found += self.engine.ahead.troubles()
        found += self.feeds.troubles()
        found += [self.messages.trouble] if self.messages and self.messages.trouble else []
        for intake in list(self._intakes.values()):
            found += [intake.trouble] if intake.trouble else []
            found += intake.source.troubles if isinstance(intake.source, Listening) else ()
        return found

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
        if self.collector.spool is not None and self.collector.spool.waiting[0]:
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
            log.error("thread.broke", thread=name, error=in_words(error))  # noqa: TRY400 (told by wait)
            ours = isinstance(error, SaqshyError | OSError)
            broke = error if ours else RuntimeError(f"thread {name} broke: {in_words(error)}")
            self._error = self._error or broke
            self._stop.set()
            self._work.set()
            self._post()

    def _post(self) -> None:
        """Wake who delivers."""
        for posted in list(self._posted.values()):
            posted.set()

    def _endured(self, step: Callable[[], _Answer], *, otherwise: _Answer) -> _Answer:
        """Take a step; where the store takes nothing now, wait and give ``otherwise``.

        A store that is damaged, or another content under a known key, is no matter of waiting.
        """
        try:
            answer = step()
        except StoreCorrupt:
            raise
        except StoreError as error:
            if not self.patient:
                raise
            if not self._refusal:
                log.warning("store.refuses", error=str(error))
            self._refusal = str(error)
            self._stop.wait(RETRY_SECONDS)
            return otherwise
        return answer

    def _tell_refusals(self) -> None:
        self.collector.tell_refusals(self.collector.clock.now())

    def _tell_listening(self, kind: str) -> None:
        names = [source.name for source in self.sources]
        audit_listening(self.stores, kind, names, self.collector.clock.now())

    def _run_spool(self) -> None:
        while not self._stop.is_set():
            if not self._endured(self.collector.drain, otherwise=False):
                self._stop.wait(POLL_SECONDS)

    def _run_reloader(self) -> None:
        while not self._stop.is_set():
            self._endured(partial(self.reloader.run, self._stop), otherwise=None)

    def _listen_in_turn(self) -> None:
        log.debug("files.begin")
        for name in self.in_turn:
            self._intakes[name].run()
        log.debug("files.end")

    def _run_engine(self) -> None:
        while not self._stop.is_set():
            self._work.clear()
            self._busy = 1
            done = self._endured(self.engine.run_pending, otherwise=0)
            self._refusal = "" if done else self._refusal
            self._busy = 0
            if not done:
                self._work.wait(POLL_SECONDS)

    def _run_lane(self, lane: Lane, posted: threading.Event) -> None:
        step = partial(lane.step, self._stop.is_set)
        wait = IDLE_SECONDS
        while not self._stop.is_set():
            posted.clear()
            done = self._endured(step, otherwise=-1)
            # What the store does not take is kept, and offered ever more slowly.
            wait = min(2 * wait, LONGEST_WAIT) if done < 0 else IDLE_SECONDS
            if done < 0:
                self._stop.wait(wait)
            elif not done and not lane.busy:
                posted.wait(wait)
        self._endured(lane.close, otherwise=None)

    def _run_streams(self, streamer: Streamer) -> None:
        run = partial(streamer.run, self._stop, self._post)
        while not self._stop.is_set():
            self._endured(run, otherwise=None)

    def _run_inbox(self) -> None:
        while not self._stop.is_set():
            if not self._endured(self.inbox.take, otherwise=0):
                self._stop.wait(POLL_SECONDS)

    def _run_ticker(self) -> None:
        while not self._stop.wait(self.tick_seconds):
            self._endured(self._tick, otherwise=None)

    def _tick(self) -> None:
        self.collector.tick()
        self._refusal = ""  # a write that the store took

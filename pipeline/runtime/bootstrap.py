"""The only wiring: settings to a running or an offline system."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from uuid import uuid4

from prometheus_client import CollectorRegistry
from starlette.applications import Starlette

from connectors.sources.http_intake import HttpIntake
from connectors.stores.sqlite import open_sqlite
from pipeline import __version__
from pipeline.model import NANOSECONDS, Command
from pipeline.normalize import peek
from pipeline.notify import Composer, read_texts
from pipeline.notify.reminding import PageWriter
from pipeline.notify.spoken import Spoken
from pipeline.notify.undelivered import Undelivered
from pipeline.ports import Clock, CollectorStores, Sink, Source, Stores, Telemetry
from pipeline.registry import Admission, Registry
from pipeline.runtime import ways_out
from pipeline.runtime.chain import Chain
from pipeline.runtime.chains import Chains
from pipeline.runtime.checkpoint_keys import signing
from pipeline.runtime.checkpointing import checkpointing
from pipeline.runtime.clocks import SystemClock
from pipeline.runtime.collect import Collector
from pipeline.runtime.commands import Inbox
from pipeline.runtime.cores.wiring import single, who_matches
from pipeline.runtime.dispatch import Dispatcher
from pipeline.runtime.engine import Engine
from pipeline.runtime.exposition import Exposition
from pipeline.runtime.feeds import make_feeds
from pipeline.runtime.judging_anew import judgements_missed
from pipeline.runtime.knowledge import (
    AT_START,
    Knowledge,
    Shelf,
    keep_knowledge,
    last_stamp,
    observation_file,
    read_knowledge,
    taxonomy_folder,
)
from pipeline.runtime.leaving import spool_of
from pipeline.runtime.lines import broken_lines
from pipeline.runtime.losses import fit_to_start
from pipeline.runtime.ncc_wiring import make_messages
from pipeline.runtime.observing import Ahead
from pipeline.runtime.paging import DUTY, DutySink
from pipeline.runtime.quota import Quotas, limits
from pipeline.runtime.refusals import told_refusals
from pipeline.runtime.reloading import Ask, Reloader, Workshop
from pipeline.runtime.sensors import audit_sources_missed
from pipeline.runtime.silenced import meaning, span, standing
from pipeline.runtime.spooling import open_spool
from pipeline.runtime.stages import Stages
from pipeline.runtime.standalone import Standalone
from pipeline.runtime.streaming_wiring import exchanged
from pipeline.runtime.system_gauges import SystemGauges
from pipeline.runtime.telemetry import Prometheus, set_up_logging
from pipeline.runtime.term_figures import TermFigures
from pipeline.runtime.term_rows import TermRows
from pipeline.runtime.terms_tick import TermsTick
from pipeline.runtime.timed_stores import timed
from pipeline.runtime.watched import State, state_of
from pipeline.runtime.ways_in import make_source
from pipeline.runtime.ways_out import (
    CHANNELS,
    Reach,
    make_courier,
    make_gates,
    make_page,
    make_sinks,
)
from pipeline.runtime.web import serving
from pipeline.settings import Settings, StreamsSettings
from pipeline.web.status import LOOPBACK, status_app
from pipeline.web.status_page import Facts, SourceFact


@dataclass(slots=True)
class System:
    """A wired system; ``running`` starts what waits, offline use calls engine and collector."""

    settings: Settings
    stores: Stores
    collector: Collector
    engine: Engine
    dispatcher: Dispatcher
    reloader: Reloader
    runtime: Standalone
    sources: Mapping[str, Source]
    sinks: Mapping[str, Sink]
    metrics: CollectorRegistry
    clock: Clock
    began_at: int

    @property
    def registry(self) -> Registry:
        """Give today's registry."""
        return self.reloader.knowledge.registry

    def port(self, listener: str) -> int:
        """Give the port that a network listener took."""
        return int(getattr(self.sources[listener], "port", 0))

    @contextmanager
    def running(self) -> Iterator[dict[str, str]]:
        """Run everything for as long as the block runs; give the addresses by name."""
        try:
            self.engine.standing.sector = self._gauges().sector()
            self.runtime.start()
            with serving(self.settings.web, self._page) as web:
                yield {**self._addresses(), **web}
        finally:
            self.runtime.stop()
            self.close()

    def _page(self) -> Starlette:
        hosts: tuple[str, ...] = LOOPBACK
        if self.settings.web is not None:
            hosts = (*LOOPBACK, self.settings.web.address)
        self._gauges().register(self.metrics)
        exposition = Exposition(self.metrics)
        return status_app(self.stores, exposition, self._facts, self.clock.now, hosts)

    def _gauges(self) -> SystemGauges:
        regime = self.settings.law.regime
        return SystemGauges(self.engine, self.dispatcher, self.reloader, self.clock, regime)

    def _facts(self) -> Facts:
        stamp = self.reloader.knowledge.revisions
        alarm = self.reloader.alarm
        return Facts(
            centre=self.settings.centre,
            began_at=self.began_at,
            versions=(
                ("saqshy", __version__),
                ("content", stamp.content),
                ("registry", stamp.registry),
                ("law pack", stamp.pack),
                ("regime", self.settings.law.regime),
            ),
            sources=tuple(
                SourceFact(
                    name=listener.name,
                    kind=listener.kind,
                    place=self._addresses()[listener.name],
                )
                for listener in self.settings.listeners
            ),
            alarms=(
                *((f"Refused, the old stays in force: {alarm}",) if alarm else ()),
                *self.runtime.troubles(),
                *broken_lines(self.dispatcher.gates, self.clock.now()),
                *self.engine.waits.alarms(
                    self.clock.now(), self.reloader.knowledge.watching.numbers.waiting_hours
                ),
            ),
            clocks=self.engine.skews.rows(),
            silences=tuple(
                (one.id[:12], meaning(one), span(one), f"{one.role}/{one.author}", one.reason)
                for one in standing(self.stores.state)
            ),
        )

    def close(self) -> None:
        """Let go of sinks and store."""
        self.engine.ahead.close()
        for sink in self.sinks.values():
            sink.close()
        if self.runtime.messages is not None:
            self.runtime.messages.feed.close()
        self.stores.database.close()

    def _addresses(self) -> dict[str, str]:
        found = {}
        for listener in self.settings.listeners:
            if listener.path is not None:
                found[listener.name] = str(listener.path)
            elif listener.kafka is not None:
                topics = ", ".join(listener.kafka.topics)
                found[listener.name] = f"kafka://{','.join(listener.kafka.brokers)} {topics}"
            else:
                secure = listener.kind == "http" and listener.tls is not None
                scheme = "https" if secure else listener.kind.removeprefix("syslog_")
                found[listener.name] = f"{scheme}://{listener.address}:{self.port(listener.name)}"
        return found


def assemble(settings: Settings, clock: Clock) -> System:
    """Wire the standalone system; ConfigurationError with all problems, StoreError where in use.

    Content that would lose rules in force by an error does not start: what was in force last goes
    on, with an alarm.
    """
    set_up_logging(settings.log)
    read_from = state_of(watched_paths(settings))
    knowledge = read_knowledge(settings)
    sign = signing(settings.audit)
    sources = {
        one.name: make_source(one, settings.batch.record_bytes) for one in settings.listeners
    }
    stores = open_sqlite(settings.store.path)
    shelf = Shelf(stores, settings.content.cache)
    fit, found = fit_to_start(stores, shelf, knowledge)
    system = _wired(settings, clock, fit, shelf, sources, read_from)
    system.collector.spool = open_spool(settings)
    system.engine.checkpoints = checkpointing(settings, stores, sign)
    if settings.workers == 1:
        system.engine.ahead = single(settings, stores.content)
    if found:
        system.reloader.refuse(Ask(AT_START), found)
    return system


@contextmanager
def offline(settings: Settings, path: Path) -> Iterator[System]:
    """Wire a system without ways in and without deliveries over a store, and close it after."""
    set_up_logging(settings.log.model_copy(update={"level": "warning"}))
    none: dict[str, object] = {**dict.fromkeys(CHANNELS), "streams": StreamsSettings(), "peers": {}}
    without = settings.notify.model_copy(update=none)
    enrichment = settings.enrichment.model_copy(update={"taxii": (), "misp": ()})
    quiet = settings.model_copy(
        update={"listeners": (), "web": None, "notify": without, "enrichment": enrichment}
    )
    shelf = Shelf(open_sqlite(path), settings.content.cache)
    system = _wired(quiet, SystemClock(), read_knowledge(settings), shelf, {}, channels=settings)
    try:
        yield system
    finally:
        system.close()


def _wired(
    settings: Settings,
    clock: Clock,
    knowledge: Knowledge,
    shelf: Shelf,
    sources: Mapping[str, Source],
    read_from: State = (),
    channels: Settings | None = None,
) -> System:
    metrics = CollectorRegistry()
    telemetry: Telemetry = Prometheus(metrics)
    telemetry.rule_quarantined(len(knowledge.content.quarantined))
    reach = Reach(lambda: knowledge.registry, settings.notify)
    sinks = make_sinks(settings.notify, reach, Spoken(read_texts()))
    assert isinstance(shelf.stores, Stores)  # of this runtime's own file
    stores = timed(shelf.stores, telemetry)
    sinks[DUTY] = _duty(settings, stores, reach, dict(sinks))
    before = last_stamp(stores)
    keep_knowledge(stores, knowledge, clock.now())
    audit_sources_missed(stores, before, knowledge.registry, clock.now())
    shelf.put(knowledge)
    stages = make_stages(settings, channels or settings, telemetry)
    collector = make_collector(settings, knowledge, stores, clock, telemetry)
    missed = judgements_missed(stores, before, knowledge.registry, clock.now())
    _judged(sources, collector, missed)
    chains = Chains(shelf, stages)
    engine = Engine(stores, chains, clock, telemetry, terms=_terms(settings, stores, metrics))
    engine.ahead = who_matches(settings, collector, metrics)
    workshop = _workshop(settings, chains, collector, engine.ahead)
    watch = settings.content.watch_seconds
    reloader = Reloader(knowledge, read_from, workshop, stores, clock, telemetry, watch)
    reach.registry = lambda: reloader.knowledge.registry
    dispatcher = _dispatcher(settings, stores, clock, telemetry, reach, sinks)
    runtime = _runtime(settings, sources, collector, engine, dispatcher, reloader)
    runtime.messages = make_messages(settings, collector, metrics)
    runtime.streamer = exchanged(settings, engine, lambda: reloader.knowledge, metrics, sinks)
    return System(
        settings=settings,
        stores=stores,
        collector=collector,
        engine=engine,
        dispatcher=dispatcher,
        reloader=reloader,
        runtime=runtime,
        sources=sources,
        sinks=sinks,
        metrics=metrics,
        clock=clock,
        began_at=clock.now(),
    )


def _judged(sources: Mapping[str, Source], collector: Collector, missed: Iterable[Command]) -> None:
    """Judge anew what changed unseen, and have senders over HTTP told what is refused of theirs."""
    for command in missed:
        collector.command(command)
    for source in sources.values():
        if isinstance(source, HttpIntake):
            source.judge = partial(told_refusals, collector)


def _dispatcher(
    settings: Settings,
    stores: Stores,
    clock: Clock,
    telemetry: Telemetry,
    reach: Reach,
    sinks: Mapping[str, Sink],
) -> Dispatcher:
    return Dispatcher(
        stores=stores,
        courier=make_courier(settings.notify, reach, sinks),
        clock=clock,
        telemetry=telemetry,
        gates=make_gates(settings.notify),
        owner=uuid4().hex,
        page=make_page(reach, Undelivered(settings.centre, read_texts())),
    )


def _duty(settings: Settings, stores: Stores, reach: Reach, sinks: Mapping[str, Sink]) -> DutySink:
    pages = PageWriter(settings.centre, read_texts())
    taken = TermRows(stores.state).taken
    return DutySink(sinks, lambda: reach.registry().roster, taken, pages)


def _terms(settings: Settings, stores: Stores, metrics: CollectorRegistry) -> TermsTick:
    at_once = int(settings.statistics.at_once_seconds * NANOSECONDS)
    return TermsTick(stores, TermFigures(metrics), at_once)


def _runtime(
    settings: Settings,
    sources: Mapping[str, Source],
    collector: Collector,
    engine: Engine,
    dispatcher: Dispatcher,
    reloader: Reloader,
) -> Standalone:
    return Standalone(
        stores=engine.stores,
        sources=tuple(sources.values()),
        collector=collector,
        engine=engine,
        dispatcher=dispatcher,
        reloader=reloader,
        inbox=Inbox(spool_of(settings.store.path), collector, reloader.ask),
        records=settings.batch.records,
        tick_seconds=settings.tick_seconds,
        feeds=make_feeds(settings),
        in_turn=tuple(one.name for one in settings.listeners if one.path and not one.follow),
    )


def make_stages(settings: Settings, channels: Settings, telemetry: Telemetry) -> Stages:
    """Make what configures the stages of any knowledge; ``channels`` name the ways out."""
    return Stages(
        regime=settings.law.regime,
        repeat=settings.content.repeat_seconds * NANOSECONDS,
        composer=Composer(settings.centre, read_texts()),
        channels=ways_out.channels(channels.notify),
        telemetry=telemetry,
    )


def make_collector(
    settings: Settings,
    knowledge: Knowledge,
    stores: CollectorStores,
    clock: Clock,
    telemetry: Telemetry,
) -> Collector:
    """Make what admits, numbers and journals, under knowledge."""
    return Collector(
        name=settings.centre,
        stores=stores,
        admission=make_admission(settings, knowledge),
        revisions=knowledge.revisions,
        clock=clock,
        telemetry=telemetry,
        records=settings.batch.records,
        quotas=Quotas(limits(settings.listeners)),
    )


def make_admission(settings: Settings, knowledge: Knowledge) -> Admission:
    """Make what lets records in under knowledge."""
    fixed = {one.name: one.source for one in settings.listeners if one.source}
    return Admission(knowledge.registry, peek, fixed)


def watched_paths(settings: Settings) -> tuple[Path, ...]:
    """Give the files and folders from which knowledge is read."""
    content = (*settings.content.paths, taxonomy_folder(settings), observation_file(settings))
    enrichment = settings.enrichment
    feeds = (enrichment.feeds / one.name for one in enrichment.pulled)
    data = (*enrichment.geo, *enrichment.indicators, *feeds)
    overlay = (settings.law.overlay,) if settings.law.overlay else ()
    return (*content, *data, *settings.registry, settings.law.pack, *overlay)


def _workshop(
    settings: Settings, chains: Chains, collector: Collector, ahead: Ahead
) -> Workshop[Chain]:
    def prepare(known: Knowledge) -> Chain:
        chain = chains.prepared(known)
        ahead.warm(known, chain, collector.stores.journal)
        return chain

    def enforce(known: Knowledge, chain: Chain, due: Iterable[Command]) -> None:
        chains.shelf.put(known)
        chains.put(chain)
        collector.enforce(make_admission(settings, known), known.revisions, due)

    return Workshop(
        read=partial(read_knowledge, settings),
        state=partial(state_of, watched_paths(settings)),
        prepare=prepare,
        enforce=enforce,
    )

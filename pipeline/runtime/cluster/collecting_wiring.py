"""Put a collector together from the settings: its name, knowledge, stores over Kafka, sources."""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

import structlog
from prometheus_client import CollectorRegistry

from connectors.sources.http_intake import HttpIntake
from connectors.sources.kafka_trouble import TroubleLog
from connectors.stores.kafka.asked import AskedIn
from connectors.stores.kafka.opening import KafkaStores, Opening, at_home
from connectors.stores.kafka.topics import MOST_MESSAGE
from pipeline.errors import ConfigurationError, Problem, StoreCorrupt, StoreError
from pipeline.model import Command
from pipeline.ports import Clock, Source
from pipeline.runtime.bootstrap import (
    make_admission,
    make_collector,
    watched_paths,
)
from pipeline.runtime.cluster.asking import AskedIntake
from pipeline.runtime.cluster.collecting import Collecting, Pace
from pipeline.runtime.cluster.outputs import partition_of
from pipeline.runtime.cluster.working import cluster_of
from pipeline.runtime.collect import MOST_BYTES, Collector
from pipeline.runtime.commands import Inbox
from pipeline.runtime.feeds import make_feeds
from pipeline.runtime.gauges import watch_content
from pipeline.runtime.intake import RETRY_SECONDS
from pipeline.runtime.judging_anew import judgements_missed
from pipeline.runtime.knowledge import (
    AT_START,
    Knowledge,
    Shelf,
    keep_knowledge,
    last_stamp,
    read_knowledge,
)
from pipeline.runtime.leaving import spool_of
from pipeline.runtime.losses import fit_to_start
from pipeline.runtime.ncc_wiring import make_messages
from pipeline.runtime.refusals import told_refusals
from pipeline.runtime.reloading import Ask, Reloader, Workshop
from pipeline.runtime.sensors import audit_sources_missed
from pipeline.runtime.spooling import open_spool
from pipeline.runtime.telemetry import Prometheus
from pipeline.runtime.timed_stores import timed_collector
from pipeline.runtime.version_gauges import watch_versions
from pipeline.runtime.watched import State, state_of
from pipeline.runtime.ways_in import make_source
from pipeline.settings import Settings

log = structlog.get_logger("saqshy.collect")


@dataclass(slots=True)
class CollectProcess:
    """A collector's process from before brokers answer until after it ended.

    ``fresh``: a name that never collected. ``stop`` ends waiting, too.
    """

    settings: Settings
    clock: Clock
    fresh: bool = False
    patient: bool = True
    stop: threading.Event = field(default_factory=threading.Event)
    metrics: CollectorRegistry = field(default_factory=CollectorRegistry)
    running: Collecting | None = None
    reload: Callable[[Ask], None] | None = None
    _why: str = "knowledge is read"
    _log: TroubleLog = field(default_factory=TroubleLog)  # and keeps the client's lines to itself

    def unready(self) -> str:
        """Say why nothing is collected now, "" where it is."""
        return self.running.unready() if self.running is not None else self._why

    def addresses(self) -> dict[str, str]:
        """Give where each network listener listens, by name."""
        if self.running is None:
            return {}
        by_name = {one.name: one for one in self.settings.listeners}
        return {
            source.name: f"{by_name[source.name].address}:{port}"
            for source in self.running.sources
            if (port := int(getattr(source, "port", 0)))
        }

    def tell(self, troubles: Sequence[str], before: Sequence[str]) -> None:
        """Log the troubles that are new."""
        for trouble in troubles:
            if trouble not in before:
                log.warning("collector.trouble", trouble=trouble)

    @contextmanager
    def collecting(self) -> Iterator[Collecting | None]:
        """Collect for as long as the block runs; None where told to stop before it began.

        ConfigurationError with all problems, SourceError where a source does not open, StoreError
        where another process has the folder; StoreCorrupt where another has the name.
        """
        settings = fitting(self.settings)
        cluster = cluster_of(settings)
        lock, home = at_home(cluster.folder / "collect")
        self._log.attach()
        try:
            read_from = state_of(watched_paths(settings))
            knowledge = read_knowledge(settings)
            sources = [make_source(one, settings.batch.record_bytes) for one in settings.listeners]
            stores = self._opened(settings, home)
            if stores is None:
                yield None
                return
            try:
                wired = _Wired(settings, self.clock, stores, sources, self.metrics)
                running = wired.make(knowledge, read_from)
                running.pace.patient = self.patient
                running.cause = lambda: self._log.words
                self.reload = running.reloader.ask
                running.start()
                self.running = running
                try:
                    yield running
                finally:
                    running.stop()
            finally:
                stores.database.close()
        finally:
            lock.release()
            self._log.detach()

    def _opened(self, settings: Settings, home: str) -> KafkaStores | None:
        """Open the stores, as soon as brokers let us; None where told to stop before."""
        cluster = cluster_of(settings)
        name = cluster.collector or settings.centre
        spool = open_spool(settings)
        opening = Opening(cluster, name, home, spool, partition_of, self.stop.wait, self.fresh)
        while not self.stop.is_set():
            try:
                return opening()
            except StoreCorrupt:
                raise
            except StoreError as error:
                if not self.patient:
                    raise
                if str(error) != self._why:
                    log.warning("collector.waits", error=str(error))
                self._why = str(error)
                self.stop.wait(RETRY_SECONDS)
        if spool is not None:
            spool.close()
        return None


@dataclass(slots=True)
class _Wired:
    """The parts of a collector while they are put together."""

    settings: Settings
    clock: Clock
    stores: KafkaStores
    sources: list[Source]
    metrics: CollectorRegistry

    def make(self, read: Knowledge, read_from: State) -> Collecting:
        """Bring knowledge into force, or keep what was stamped last; make what runs."""
        settings, stores, clock = self.settings, self.stores, self.clock
        cluster = cluster_of(settings)
        shelf = Shelf(stores, settings.content.cache)
        knowledge, found = fit_to_start(stores, shelf, read)
        before, now = last_stamp(stores), clock.now()
        keep_knowledge(stores, knowledge, now)
        telemetry = Prometheus(self.metrics)
        named = settings.model_copy(update={"centre": cluster.collector or settings.centre})
        timed = timed_collector(stores, telemetry)
        collector = make_collector(named, knowledge, timed, clock, telemetry)
        if cluster.ticks:  # what follows from the registry is asked once in a cluster
            audit_sources_missed(stores, before, knowledge.registry, now)
            for command in judgements_missed(stores, before, knowledge.registry, now):
                collector.command(command)
        for source in self.sources:
            if isinstance(source, HttpIntake):
                source.judge = partial(told_refusals, collector)
        watch = settings.content.watch_seconds
        reloader = Reloader(
            knowledge, read_from, self._workshop(collector), stores, clock, telemetry, watch
        )
        if found:
            reloader.refuse(Ask(AT_START), found)
        watch_content(self.metrics, lambda: reloader.knowledge.content)
        watch_versions(self.metrics, lambda: reloader.knowledge.revisions, settings.law.regime)
        inbox = Inbox(spool_of(settings.store.path), collector, reloader.ask)
        return Collecting(
            stores=stores,
            sources=self.sources,
            collector=collector,
            reloader=reloader,
            inbox=inbox,
            asked=AskedIntake(AskedIn(cluster), inbox.obey) if cluster.ticks else None,
            pace=Pace(
                tick_seconds=settings.tick_seconds,
                lease_seconds=cluster.lease_seconds,
                records=settings.batch.records,
                ticks=cluster.ticks,
                in_turn=tuple(
                    one.name for one in settings.listeners if one.path and not one.follow
                ),
            ),
            feeds=make_feeds(settings),
            messages=make_messages(settings, collector, self.metrics) if cluster.ticks else None,
        )

    def _workshop(self, collector: Collector) -> Workshop[None]:
        """Make what brings knowledge into force here: workers make its stages, by its bundles."""
        settings = self.settings
        ticks = cluster_of(settings).ticks

        def enforce(known: Knowledge, _made: None, due: Iterable[Command]) -> None:
            asked = due if ticks else ()
            collector.enforce(make_admission(settings, known), known.revisions, asked)

        return Workshop(
            read=partial(read_knowledge, settings),
            state=partial(state_of, watched_paths(settings)),
            prepare=lambda _known: None,
            enforce=enforce,
        )


def fitting(settings: Settings) -> Settings:
    """Give the settings as a collector reads them; ConfigurationError where they do not fit it.

    Its spool lies in its own folder unless the settings say where.
    """
    cluster = cluster_of(settings)
    if settings.batch.record_bytes + MOST_BYTES > MOST_MESSAGE:
        most = MOST_MESSAGE - MOST_BYTES
        what = f"batch.record_bytes is more than {most}: a batch would not fit a message"
        raise ConfigurationError([Problem("settings", 0, what, f"set {most} or less")])
    path = settings.spool.path or cluster.folder / "collect" / "spool"
    return settings.model_copy(update={"spool": settings.spool.model_copy(update={"path": path})})

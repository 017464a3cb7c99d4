"""Settings to matching processes, or to none."""

from functools import partial

from prometheus_client import CollectorRegistry

from pipeline.ports import ContentStore
from pipeline.runtime.begun import Begun
from pipeline.runtime.collect import Collector
from pipeline.runtime.cores.alone import make_alone
from pipeline.runtime.cores.child import Child
from pipeline.runtime.cores.desk import Desk
from pipeline.runtime.cores.figures import Figures, watch_matching
from pipeline.runtime.cores.pool import Pool
from pipeline.runtime.cores.single import Single
from pipeline.runtime.cores.tender import Work
from pipeline.runtime.observing import Ahead, Here
from pipeline.settings import Settings


def who_matches(settings: Settings, collector: Collector, metrics: CollectorRegistry) -> Ahead:
    """Give who runs the stateless half: this process for one worker, else so many of their own.

    They start when the engine first asks.
    """
    if settings.workers < 2:
        return Here()
    figures, desk, content = Figures(), Desk(), collector.stores.content
    offered: dict[tuple[str, str], bytes] = {}
    work = Work(
        begin=partial(Child.begun, settings.log, settings.content.cache),
        bundle=lambda kind, revision: (
            offered.get((kind, revision)) or content.bundle(kind, revision)
        ),
        stamp=lambda: collector.revisions,
        telemetry=collector.telemetry,
        figures=figures,
        desk=desk,
    )
    watch_matching(metrics, figures, lambda: desk.waiting, settings.workers)
    return Pool(work, settings.workers, offered=offered)


def single(settings: Settings, content: ContentStore) -> Ahead:
    """Give the matching of one process that outlives its records; StoreError without its note.

    The note stands beside the store, which has one writer.
    """
    note = settings.store.path.with_name(f"{settings.store.path.name}.begun")
    return Single(Begun.opened(note), make_alone(settings, content))

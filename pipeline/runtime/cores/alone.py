"""One batch matched in processes of its own: what kills them is found, and left out."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import structlog

from pipeline.model import RawBatch
from pipeline.ports import ContentStore
from pipeline.runtime.chain import Observed
from pipeline.runtime.cores.child import Child
from pipeline.runtime.cores.desk import Desk
from pipeline.runtime.cores.figures import Figures
from pipeline.runtime.cores.tender import Tender, Work
from pipeline.runtime.observing import isolated
from pipeline.runtime.telemetry import Silent
from pipeline.settings import Settings

log = structlog.get_logger("saqshy.matching")


@dataclass(frozen=True, slots=True)
class Alone:
    """Matches a batch that a process died over; ``begin`` starts one, ``bundle`` gives it rules."""

    begin: Callable[[], Child]
    bundle: Callable[[str, str], bytes | None]

    def __call__(self, batch: RawBatch) -> Observed:
        """Match a batch; the records that kill become failures.

        Raises SaqshyError where that cannot be found out now: no process starts, rules are not to
        be had.
        """
        log.warning("matching.isolates", batch=batch.id, records=len(batch.records))
        desk = Desk()
        work = Work(
            begin=self.begin,
            bundle=self.bundle,
            stamp=lambda: batch.revisions,
            telemetry=Silent(),  # it is matched many times
            figures=Figures(),
            desk=desk,
        )
        tender = Tender(0, work)
        try:
            return isolated(tender, batch, "ProcessLost")
        finally:
            desk.end()
            tender.leave()


def make_alone(settings: Settings, content: ContentStore) -> Alone:
    """Make the matching of single batches from the settings."""
    begin = partial(Child.begun, settings.log, settings.content.cache)
    return Alone(begin, content.bundle)

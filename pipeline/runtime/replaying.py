"""Files through the whole pipeline, batch by batch, without network and without a clock."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from connectors.sources.archive import ArchiveSource
from pipeline.correlate import SourceTiming, patience
from pipeline.errors import ConfigurationError, Problem
from pipeline.model import NANOSECONDS, BatchKind
from pipeline.normalize import FORMATS, unknown_format
from pipeline.normalize.framing.archive import members
from pipeline.runtime.bootstrap import System
from pipeline.runtime.chain import Observed
from pipeline.runtime.ways_in import framer

LISTENER = "replay"
UNDER_WAY = 3  # batches for each matching process while the next are read; one alone has none


@dataclass(slots=True)
class Replayed:
    """What a replay did: every record is an event, a failure, withheld, refused or known.

    ``unknown`` counts records that are both: what no parser takes is a failure and an event.
    """

    records: int = 0
    refused: int = 0
    known: int = 0
    events: int = 0
    failures: int = 0
    unknown: int = 0
    withheld: int = 0
    until: int = 0  # the latest receive time

    def note(self, observed: Observed) -> None:
        """Count what became of one batch."""
        events = set(observed.indexes)
        failed = {failure.index for failure in observed.failures}
        self.events += len(events)
        self.failures += len(failed)
        self.unknown += len(events & failed)
        self.withheld += len(observed.observation.withheld)

    def __iadd__(self, other: "Replayed") -> Self:
        until = max(self.until, other.until)
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.until = until
        return self


def replay_file(
    system: System,
    path: Path,
    object_id: str | None,
    form: str,
    received_at: int | None,
    tell: Callable[[Replayed], None],
) -> Replayed:
    """Journal and process one file, or every file of an archive, as of ``received_at``.

    Where that is None, each file's own date is taken.
    With ``object_id`` every record is of that object, else each is identified by the registry.
    Raises ConfigurationError for an unknown object, SourceError where the file cannot be read.
    """
    if object_id is not None:
        fixed = {LISTENER: _source_of(system, object_id, form)}
        system.collector.admission = replace(system.collector.admission, fixed=fixed)
    settings = system.settings.batch
    if form not in FORMATS:
        raise ConfigurationError([unknown_format(form, "--format")])
    source = ArchiveSource(LISTENER, path, framer(settings.record_bytes, form), members, form)
    done = Replayed()

    system.engine.watch = lambda outcome: done.note(outcome.observed)
    system.collector.pages = False
    source.open("")
    try:
        while not source.exhausted():
            delivery = source.poll(settings.records, 0.0)
            if delivery is None:
                continue
            dated = delivery.reference_at or system.clock.now()
            at = dated if received_at is None else received_at
            done.until = max(done.until, at)
            kept = system.collector.take(delivery, at)
            done.records += len(delivery.records)
            done.refused += len(delivery.records) - kept
            while system.engine.run_pending(leave=UNDER_WAY * system.settings.workers):
                pass
            tell(done)
        while system.engine.run_pending():
            pass
        system.collector.tell_refusals(system.clock.now())
    finally:
        source.close()
    settled = done.events + done.failures - done.unknown + done.withheld
    done.known = done.records - done.refused - settled
    return done


def end_replay(system: System, until: int) -> None:
    """Decide what waits for more: nothing follows the replayed files, the last of ``until``.

    The time is the least at which nobody is waited for any more, so it follows from the data. A
    replay that brought nothing new leaves nothing to decide.
    """
    journal, known = system.stores.journal, system.reloader.knowledge
    tail = journal.tail("", "", "")
    last = journal.read(tail.sequence - 1, 1) if tail else ()
    if not last or last[0][1].kind is BatchKind.CLOCK:
        return
    sources = [
        source
        for history in known.registry.histories.values()
        for record in history.records
        for source in record.sources
    ]
    lateness = max(
        [SourceTiming().lateness, *(source.lateness_seconds * NANOSECONDS for source in sources)]
    )
    system.collector.end(until + lateness + patience(known.content) + 1)
    while system.engine.run_pending():
        pass


def _source_of(system: System, wanted: str, form: str) -> str:
    """Give "object/source" for an object: the named source, else the first of that format."""
    object_id, _, source_id = wanted.partition("/")
    records = {record.id: record for record in system.registry.objects()}
    if object_id not in records:
        known = f"known: {', '.join(records)}"
        raise ConfigurationError([Problem("--object", 0, f"no object {object_id!r}", known)])
    sources = records[object_id].sources
    fitting = [one.id for one in sources if source_id in ("", one.id)]
    if not fitting:
        known = f"known: {', '.join(one.id for one in sources)}"
        raise ConfigurationError([Problem("--object", 0, f"no source {wanted!r}", known)])
    same = [one.id for one in sources if one.format == form and one.id in fitting]
    return f"{object_id}/{(same or fitting)[0]}"

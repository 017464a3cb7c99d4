"""New stages warmed on what came last, so that the engine does not wait for them to be built."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import structlog

from pipeline.model import BatchKind, RawBatch
from pipeline.ports import Appended
from pipeline.runtime.chain import Chain
from pipeline.runtime.telemetry import Silent

log = structlog.get_logger("saqshy.warming")
BATCHES = 64  # looked at, from the journal's end
RECORDS = 1_000  # of each source, the latest
MOST = 5_000  # of all together


def warm(chain: Chain, journal: Appended) -> int:
    """Let stages observe the latest records of each source; give how many. Nothing is kept.

    Indexes are built when an event of their log source first comes: here, in the thread that
    prepares a reload. A record that breaks a stage is the engine's to find.
    """
    quiet = replace(chain, telemetry=Silent())
    seen = 0
    for part in latest(journal):
        seen += len(part.records)
        try:
            quiet.observe(part)
        except Exception as error:  # noqa: BLE001 (the engine meets it again and routes it)
            log.warning("warming.broke", batch=part.id, error=type(error).__name__)
    return seen


def latest(journal: Appended) -> Iterator[RawBatch]:
    """Give what came last of each source, the newest first, within bounds."""
    seen: Counter[tuple[str, str]] = Counter()
    tail = journal.tail("", "", "")
    found = journal.read(max(0, tail.sequence - BATCHES), BATCHES) if tail else ()
    for _, batch in reversed(found):
        source = (batch.object_id, batch.source_id)
        room = min(RECORDS - seen[source], MOST - seen.total())
        if batch.kind is BatchKind.RAW and room > 0:
            part = _part(batch, room)
            seen[source] += len(part.records)
            yield part


def _part(batch: RawBatch, most: int) -> RawBatch:
    notes = tuple(note for note in batch.notes if note.index < most)
    return replace(batch, records=batch.records[:most], notes=notes)

"""How far an object's sources have come: each one's sequence, and the watermark of all."""

from pipeline.correlate.evidence import Evidence
from pipeline.correlate.presence import ObjectRow, SourceRow, watermark
from pipeline.errors import IntegrityError
from pipeline.model import BatchKind, Observation
from pipeline.model.rows import Rows


def in_order(state: Rows, seen: Observation) -> SourceRow | None:
    """Note an observation of a source; give its row, None where it was applied already.

    A gap in a source's sequence raises IntegrityError, since the journal's order was broken.
    """
    source = state.get(SourceRow, "source", seen.source_id) or SourceRow()
    if seen.sequence <= source.sequence:
        return None
    if seen.previous != source.sequence:
        raise IntegrityError(
            f"source {seen.source_id} of {seen.object_id}: batch {seen.sequence} follows "
            f"{seen.previous}, but {source.sequence} was applied last; replay the journal"
        )
    source.sequence = seen.sequence
    # A clock that runs ahead must not make everybody else too late.
    source.newest = max(source.newest, min(seen.last_event_at, seen.received_at))
    state.put(source, "source", seen.source_id)
    return source


def passed_over(state: Rows, seen: Observation) -> None:
    """Note the place alone of an observation that is left out: its source goes on behind it."""
    source = state.get(SourceRow, "source", seen.source_id) or SourceRow()
    if seen.sequence > source.sequence:
        source.sequence = seen.sequence
        state.put(source, "source", seen.source_id)


def advance(state: Rows, whole: ObjectRow, seen: Observation, evidence: Evidence) -> int:
    """Move the watermark; give how far time has passed where nobody is waited for any more."""
    sources = [
        (row, evidence.timing(state.object_id, parts[0], seen.received_at))
        for parts, row in state.all(SourceRow, "source")
    ]
    whole.watermark = watermark(sources, whole.watermark)
    if seen.kind is not BatchKind.CLOCK or not all(row.idle for row, _ in sources):
        return whole.watermark
    return seen.received_at - max((timing.lateness for _, timing in sources), default=0)

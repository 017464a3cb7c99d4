"""Our own outages, from the journalled ticks: where none came for long, nobody was listened to.

Observation is to be constant (1(29-1)); statistics of a period in which it was not say so. The
entry stands in the administration's audit chain, where nobody can take it out again.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pipeline.correlate.silence import DEAF
from pipeline.incidents.audit import Draft
from pipeline.model import ENDING, AuditEntry, RawBatch, identity, instant, rfc3339
from pipeline.model.rows import Rows

OUTAGE = "own_outage"
ADMINISTRATION = "administration"


@dataclass(slots=True)
class TickRow:
    """When the last tick was journalled (nanoseconds)."""

    at: int = 0


TICK_ROWS: Mapping[str, type] = {"tick": TickRow}


def outage(state: Rows, batch: RawBatch) -> list[Draft]:
    """Note a tick in the administration's state; give an entry where we had not listened before."""
    if batch.source_id == ENDING:
        return []
    row = state.get(TickRow, "tick") or TickRow()
    last, row.at = row.at, max(row.at, batch.received_at)
    state.put(row, "tick")
    if not last or batch.received_at - last <= DEAF:
        return []
    return [
        Draft(
            chain=ADMINISTRATION,
            entry_id=identity(OUTAGE, last, batch.received_at),
            kind=OUTAGE,
            subject=batch.source_id,
            at=batch.received_at,
            actor="saqshy",
            detail={"since": rfc3339(last), "until": rfc3339(batch.received_at)},
        )
    ]


def outages(entries: Iterable[AuditEntry], known_at: int) -> tuple[tuple[int, int], ...]:
    """Give the outages that were known at an instant, as (since, until) in nanoseconds."""
    return tuple(
        (instant(str(one.detail["since"])), instant(str(one.detail["until"])))
        for one in entries
        if one.kind == OUTAGE and one.at <= known_at
    )

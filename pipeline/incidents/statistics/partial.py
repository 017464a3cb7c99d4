"""Why the figures of a period are not of the whole period: each reason by a name for machines.

Observation is to be constant (1(29-1)); where it was not, or could not be, the figures say so.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from pipeline.incidents.statistics.period import Period
from pipeline.model import Instant


class Reason(StrEnum):
    """What makes a period partial."""

    PERIOD_NOT_OVER = "period_not_over"
    RECORDING_BEGAN = "recording_began"  # the centre's store begins within the period, or after
    RETENTION_CUT = "retention_cut"  # what the store kept of the period was removed since
    OWN_OUTAGE = "own_outage"  # the centre itself did not listen
    PROCESSING_BEHIND = "processing_behind"  # what came of the period is not all judged yet
    MONITORING_BEGAN = "monitoring_began"  # an object came under observation within the period
    MONITORING_ENDED = "monitoring_ended"  # an object left it within the period


@dataclass(frozen=True, slots=True)
class Partial:
    """One reason: the stretch that it concerns, and for observation whose it was."""

    reason: Reason
    since: Instant
    until: Instant
    objects: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch in which an object was under observation: registered and attested open."""

    object_id: str
    begin: Instant
    end: Instant


@dataclass(frozen=True, slots=True)
class Records:
    """What the store has: since when (0: nothing at all), cut or not, and when it did not listen.

    ``outages`` are (begin, end) of our own silence, ``waiting`` when the oldest records came that
    are not judged yet (0: none wait).
    """

    since: Instant
    cut: bool = False
    outages: tuple[tuple[int, int], ...] = ()
    waiting: Instant = 0


def partials(
    period: Period, known_at: int, records: Records, watched: Iterable[Span]
) -> tuple[Partial, ...]:
    """Give every reason for which a period is partial as known at an instant; none: it is whole."""
    reasons = [*_of_the_centre(period, known_at, records), *_of_objects(period, known_at, watched)]
    return tuple(reasons)


def _of_the_centre(period: Period, known_at: int, records: Records) -> Iterator[Partial]:
    if known_at < period.end:
        yield Partial(Reason.PERIOD_NOT_OVER, max(known_at, period.begin), period.end)
    if not records.since or records.since > period.begin:
        reason = Reason.RETENTION_CUT if records.cut else Reason.RECORDING_BEGAN
        yield Partial(reason, period.begin, min(records.since or period.end, period.end))
    for begin, end in sorted(records.outages):
        if begin < period.end and end > period.begin and end <= known_at:
            yield Partial(Reason.OWN_OUTAGE, max(begin, period.begin), min(end, period.end))
    over = min(period.end, known_at)
    if 0 < records.waiting <= over:
        yield Partial(Reason.PROCESSING_BEHIND, max(records.waiting, period.begin), over)


def _of_objects(period: Period, known_at: int, watched: Iterable[Span]) -> Iterator[Partial]:
    """Gather by reason: the stretch reaches to the last beginning, or from the first ending."""
    began: dict[str, int] = {}
    ended: dict[str, int] = {}
    over = min(period.end, known_at)
    for span in _joined(watched):
        if period.begin < span.begin < over:
            began[span.object_id] = max(span.begin, began.get(span.object_id, span.begin))
        if period.begin < span.end < over:
            ended[span.object_id] = min(span.end, ended.get(span.object_id, span.end))
    if began:
        last = max(began.values())
        yield Partial(Reason.MONITORING_BEGAN, period.begin, last, tuple(sorted(began)))
    if ended:
        first = min(ended.values())
        yield Partial(Reason.MONITORING_ENDED, first, period.end, tuple(sorted(ended)))


def _joined(watched: Iterable[Span]) -> Iterator[Span]:
    """Join what touches: a new revision of a record neither ends nor begins observation."""
    held: Span | None = None
    for span in sorted(watched, key=lambda one: (one.object_id, one.begin, one.end)):
        if span.begin >= span.end:
            continue
        if held is not None and held.object_id == span.object_id and span.begin <= held.end:
            held = Span(held.object_id, held.begin, max(held.end, span.end))
            continue
        if held is not None:
            yield held
        held = span
    if held is not None:
        yield held

"""Repeats of one rule on one host: the first hit at once, the rest folded with count and span.

Two events of a rule belong to one finding when less than ``within`` lies between them in event
time; a finding is a maximal run of such events. The result follows from the set of events alone,
but that hosts which somebody makes up are not kept without bound: what goes is counted, and a
repeat of it is told as if it were the first.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from pipeline.correlate.evidence import Evidence
from pipeline.correlate.room import FREED
from pipeline.model import Finding, Json, RuleRef, finding_id
from pipeline.model.rows import Rows

KEPT_IDS = 20
MOST_SPANS = 64
SUCCESS = "success"


@dataclass(slots=True)
class Span:
    """One finding: its run of events. ``ids`` keeps the earliest as [time, event id].

    ``fields`` is what the earliest event matched on, ``outcome`` how its events ended together.
    """

    finding_id: str
    revision: int
    first: int
    last: int
    count: int
    ids: list[tuple[int, str]] = field(default_factory=list)
    fields: Json = field(default_factory=dict)
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class Hit:
    """One event that a rule fired on, with the fields it matched on, and how it ended."""

    time: int
    event_id: str
    fields: Json
    outcome: str = ""


@dataclass(slots=True)
class RepeatRow:
    """State of one (rule, host): its spans by time."""

    spans: list[Span] = field(default_factory=list)


def fold_hits(row: RepeatRow, hits: Sequence[Hit], within: int) -> list[Span]:
    """Join hits to spans; give the new and changed spans, those swallowed by a late event last.

    A new span has revision 0 and no finding id yet. A swallowed span has count 0.
    """
    touched: list[Span] = []
    for hit in sorted(hits, key=lambda hit: (hit.time, hit.event_id)):
        near = [span for span in row.spans if span.first - within < hit.time < span.last + within]
        span = near[0] if near else Span("", 0, hit.time, hit.time, 0)
        if not near:
            row.spans.append(span)
        _add(span, hit)
        _touch(touched, span)
        for other in near[1:]:
            _swallow(span, other)
            row.spans.remove(other)
            _touch(touched, other)
    if len(row.spans) > MOST_SPANS:
        row.spans.sort(key=lambda span: span.last)
        del row.spans[: len(row.spans) - MOST_SPANS]
    return sorted(touched, key=lambda span: span.count == 0)


def _touch(touched: list[Span], span: Span) -> None:
    if not any(other is span for other in touched):
        touched.append(span)


def _add(span: Span, hit: Hit) -> None:
    key = (hit.time, hit.event_id)
    if not span.ids or key < tuple(span.ids[0]):
        span.fields = hit.fields
    span.first, span.last = min(span.first, hit.time), max(span.last, hit.time)
    span.outcome = _joined(span.outcome, hit.outcome) if span.count else hit.outcome
    span.count += 1
    if len(span.ids) < KEPT_IDS or key < tuple(span.ids[-1]):
        span.ids = sorted([*span.ids, key])[:KEPT_IDS]


def _swallow(span: Span, other: Span) -> None:
    if other.ids[0] < span.ids[0]:
        span.fields = other.fields
    span.first, span.last = min(span.first, other.first), max(span.last, other.last)
    span.outcome = _joined(span.outcome, other.outcome)
    span.count += other.count
    span.ids = sorted([*span.ids, *other.ids])[:KEPT_IDS]
    other.count = 0


def _joined(one: str, other: str) -> str:
    """Join how events ended: one success is one, failure only where all failed, else unknown."""
    if SUCCESS in (one, other):
        return SUCCESS
    return one if one == other else ""


@dataclass(frozen=True, slots=True)
class Fold:
    """Fold the hits of one rule and group into findings of an object's state."""

    evidence: Evidence
    within: int  # nanoseconds

    def __call__(
        self, state: Rows, rule: RuleRef, kind: str, group: dict[str, str], hits: Sequence[Hit]
    ) -> list[Finding]:
        """Give new and amended findings; swallowed ones come retracted, naming the survivor."""
        key = (rule.id, *(part for pair in sorted(group.items()) for part in pair))
        row = state.get(RepeatRow, "repeat", *key) or RepeatRow()
        changed = fold_hits(row, hits, self.within)
        state.put(row, "repeat", *key)
        findings = []
        for span in changed:
            if span.count == 0 and span.revision == 0:
                continue  # opened and swallowed within one batch: nobody was told
            if not span.finding_id:
                span.finding_id = finding_id(rule.id, group, span.ids[0][1])
            span.revision += 1
            finding = Finding(
                id=span.finding_id,
                revision=span.revision,
                kind=kind,
                rule=rule,
                object_id=state.object_id,
                first_event_at=span.first,
                last_event_at=span.last,
                event_ids=tuple(event_id for _, event_id in span.ids),
                event_count=span.count,
                group=group,
                labels=self.evidence.labels_of(rule.id, span.outcome),
                fields=span.fields,
                trial=self.evidence.trial(state.object_id, span.first),
                retracted=span.count == 0,
                merged_into="" if span.count else _survivor(row, span),
            )
            findings.append(finding)
        return findings


def let_go(state: Rows, watermark: int, within: int) -> None:
    """Drop the runs that no event at or after the watermark can join, and rows without any."""
    for parts, row in list(state.all(RepeatRow, "repeat")):
        reached = [span for span in row.spans if span.last + within >= watermark]
        if not reached:
            state.drop("repeat", *parts)
        elif len(reached) < len(row.spans):
            row.spans = reached
            state.put(row, "repeat", *parts)


def make_room(state: Rows, most: int) -> int:
    """Let rows go where there are more than ``most``, an eighth at once; give how many went.

    Of the rules that keep most those rows go first that have the fewest events and the oldest, so
    that noise made of single events makes room at its own expense.
    """
    excess = state.count("repeat") - (most - most // FREED)
    by_rule: dict[str, list[tuple[int, int, tuple[str, ...]]]] = {}
    for parts, row in state.all(RepeatRow, "repeat"):
        worth = sum(span.count for span in row.spans), max(span.last for span in row.spans)
        by_rule.setdefault(parts[0], []).append((*worth, parts))
    for kept in by_rule.values():
        kept.sort(reverse=True)
    gone = 0
    while gone < excess:
        largest = max(by_rule.values(), key=len)
        for _ in range(min(excess - gone, 1 + len(largest) // 4)):
            state.drop("repeat", *largest.pop()[2])
            gone += 1
    return gone


def _survivor(row: RepeatRow, gone: Span) -> str:
    for span in row.spans:
        if span.first <= gone.first and gone.last <= span.last:
            return span.finding_id
    return ""

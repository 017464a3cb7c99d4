"""Correlation across objects: rules of the scope ``centre``, and what each object learns of them.

Their state lies under a key of its own that no object has. A group's events are of many objects,
each source counts for the watermark, and every affected object gets a finding of its own events
(``telling``). Objects in trial operation take no part, nor do those not attested open: their events
are no evidence against others, and they learn nothing.
"""

from dataclasses import dataclass, field, replace

from pipeline.content import Content
from pipeline.correlate import silence
from pipeline.correlate.evidence import Evidence
from pipeline.correlate.plan import OBJECT
from pipeline.correlate.presence import Attention, ObjectRow, SourceRow, SourceTiming
from pipeline.correlate.progress import advance, in_order
from pipeline.correlate.windowed import Windowed
from pipeline.model import BatchKind, Finding, Observation
from pipeline.model.rows import Rows

CENTRE = "@centre"
BETWEEN = "\x1f"


@dataclass(frozen=True, slots=True)
class Campaigns:
    """``step(state, observation)`` gives findings of any object, from the centre's own state."""

    content: Content
    evidence: Evidence
    windowed: Windowed = field(init=False)
    across: Evidence = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "windowed", Windowed(self.content, self.evidence, "centre"))
        across = replace(
            self.evidence,
            timing=self._timing,
            expected=lambda _object, _at: (),
            attention=lambda _centre, _source, _at: Attention(),
        )
        object.__setattr__(self, "across", across)

    def __bool__(self) -> bool:
        """Tell whether there is any rule of that scope."""
        return bool(self.windowed.plans)

    def step(self, state: Rows, seen: Observation) -> list[Finding]:
        """Fold an object's observation, or a tick, into the centre's state."""
        if seen.kind is BatchKind.REFUSED:
            return []
        whole = state.get(ObjectRow, "object") or ObjectRow()
        before = replace(whole)
        findings: list[Finding] = []
        if seen.kind is BatchKind.CLOCK:
            silence.tick(state, whole, self.across, seen)
        else:
            if not self._takes_part(seen):
                return []
            named = replace(seen, source_id=f"{seen.object_id}{BETWEEN}{seen.source_id}")
            named = self._entered(state, named)
            source = in_order(state, named)
            if source is None:
                return []
            silence.heard(state.object_id, named.source_id, source, self.across, seen.received_at)
            findings += self.windowed.apply(state, whole, self._own(seen).matches)
        horizon = advance(state, whole, seen, self.across)
        findings += self.windowed.settle(state, whole, horizon)
        if before != whole:
            state.put(whole, "object")
        return findings

    def _takes_part(self, seen: Observation) -> bool:
        at = seen.received_at
        return self.evidence.attested(seen.object_id, at) and not self.evidence.trial(
            seen.object_id, at
        )

    def _entered(self, state: Rows, named: Observation) -> Observation:
        """Take an object's batches from where it begins to take part."""
        row = state.get(SourceRow, "source", named.source_id)
        return replace(named, previous=row.sequence if row is not None else 0)

    def _own(self, seen: Observation) -> Observation:
        """Give the matches that feed rules of the centre, each with its object."""
        feeds = self.windowed.feeds
        return replace(
            seen,
            matches=tuple(
                replace(match, fields={**match.fields, OBJECT: seen.object_id})
                for match in seen.matches
                if match.rule_id in feeds and not self.evidence.trial(seen.object_id, match.time)
            ),
        )

    def _timing(self, _centre: str, source: str, at: int) -> SourceTiming:
        """Give a source's lateness; its silence is the object's own affair."""
        object_id, _, source_id = source.partition(BETWEEN)
        return SourceTiming(self.evidence.timing(object_id, source_id, at).lateness)

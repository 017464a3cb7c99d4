"""Observations to findings: the stateful half of detection, one step a batch."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from pipeline.content import Content
from pipeline.correlate import silence
from pipeline.correlate.evidence import Evidence
from pipeline.correlate.presence import ObjectRow, SourceRow, watermark
from pipeline.correlate.repeats import Fold, Hit, RepeatRow, let_go
from pipeline.correlate.windowed import Group, Windowed
from pipeline.correlate.windows import WindowRow
from pipeline.errors import IntegrityError
from pipeline.model import BatchKind, Finding, Observation, RuleRef
from pipeline.model.rows import Rows

ROW_TYPES: Mapping[str, type] = {
    "object": ObjectRow,
    "source": SourceRow,
    "repeat": RepeatRow,
    "window": WindowRow,
}
WITHHELD_RECORD = RuleRef("saqshy.withheld-record", "A record was withheld", "high", "1")
REFUSED_RECORDS = RuleRef("saqshy.refused-records", "Records were refused", "medium", "1")
DETECTORS = (silence.SILENT_SOURCE, WITHHELD_RECORD, REFUSED_RECORDS)
SWEEP_EVERY = 128


@dataclass(frozen=True, slots=True)
class Correlator:
    """The fold's first half: ``step(state, observation)`` gives new and amended findings.

    ``within`` is how far apart repeats of one rule may lie, in nanoseconds of event time.
    """

    content: Content
    evidence: Evidence
    within: int
    windowed: Windowed = field(init=False)
    fold: Fold = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "windowed", Windowed(self.content, self.evidence))
        object.__setattr__(self, "fold", Fold(self.evidence, self.within))

    def step(self, state: Rows, seen: Observation) -> list[Finding]:
        """Fold one observation into an object's state; give the findings it opened or amended.

        An observation whose sequence its source has had applied gives nothing; a gap in a
        source's sequence raises IntegrityError, since the journal's order was broken.
        """
        whole = state.get(ObjectRow, "object") or ObjectRow()
        before = replace(whole)
        findings: list[Finding] = []
        touched: set[tuple[str, Group]] = set()
        if seen.kind is BatchKind.CLOCK:
            findings += silence.tick(state, whole, self.evidence, seen.received_at)
        else:
            if not self._in_order(state, seen):
                return []
            findings += silence.heard(state, seen.source_id, self.evidence, seen.received_at)
            findings += self._repeats(state, seen)
            sure, touched = self.windowed.apply(state, whole, seen.matches)
            findings += sure
        self._advance(state, whole, seen.received_at)
        sweep = seen.kind is BatchKind.CLOCK or seen.sequence % SWEEP_EVERY == 0
        findings += self.windowed.settle(state, whole, touched, sweep=sweep)
        if sweep:
            let_go(state, whole.watermark, self.within)
        if before != whole:
            state.put(whole, "object")
        return findings

    def _in_order(self, state: Rows, seen: Observation) -> bool:
        source = state.get(SourceRow, "source", seen.source_id) or SourceRow()
        if seen.sequence <= source.sequence:
            return False
        if seen.previous != source.sequence:
            raise IntegrityError(
                f"source {seen.source_id} of {seen.object_id}: batch {seen.sequence} follows "
                f"{seen.previous}, but {source.sequence} was applied last; replay the journal"
            )
        source.sequence = seen.sequence
        # A clock that runs ahead must not make everybody else too late.
        source.newest = max(source.newest, min(seen.last_event_at, seen.received_at))
        state.put(source, "source", seen.source_id)
        return True

    def _repeats(self, state: Rows, seen: Observation) -> list[Finding]:
        gathered: dict[tuple[str, str], list[Hit]] = {}
        for match in seen.matches:
            if match.rule_id in self.windowed.alone:
                hit = Hit(match.time, match.event_id, match.fields)
                gathered.setdefault((match.rule_id, match.host), []).append(hit)
        findings: list[Finding] = []
        for (rule_id, host), hits in sorted(gathered.items(), key=lambda item: item[0]):
            rule = self.content.rules[rule_id]
            ref = RuleRef(rule.id, rule.title, rule.level, rule.hash)
            findings += self.fold(state, ref, "rule", {"host": host} if host else {}, hits)
        if seen.withheld:
            hits = [Hit(time, event_id, {"mark": kind}) for event_id, time, kind in seen.withheld]
            refused = seen.kind is BatchKind.REFUSED
            group = {"source": seen.source_id}
            detector = REFUSED_RECORDS if refused else WITHHELD_RECORD
            findings += self.fold(state, detector, "detector", group, hits)
        return findings

    def _advance(self, state: Rows, whole: ObjectRow, at: int) -> None:
        sources = [
            (row, self.evidence.timing(state.object_id, parts[0], at))
            for parts, row in state.all(SourceRow, "source")
        ]
        whole.watermark = watermark(sources, whole.watermark)

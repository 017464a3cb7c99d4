"""Observations to findings: the stateful half of detection, one step a batch."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from pipeline.content import Content
from pipeline.correlate import silence
from pipeline.correlate.evidence import Evidence
from pipeline.correlate.presence import ObjectRow, SourceRow
from pipeline.correlate.progress import advance, in_order
from pipeline.correlate.repeats import Fold, Hit, RepeatRow, let_go, make_room
from pipeline.correlate.room import Limits
from pipeline.correlate.window_row import TallyRow, WindowRow
from pipeline.correlate.windowed import Windowed
from pipeline.model import BatchKind, Finding, Observation, RuleRef
from pipeline.model.rows import Rows

ROW_TYPES: Mapping[str, type] = {
    "object": ObjectRow,
    "source": SourceRow,
    "repeat": RepeatRow,
    "tally": TallyRow,
    "window": WindowRow,
    "delayed": WindowRow,
}
WITHHELD_RECORD = RuleRef("saqshy.withheld-record", "A record was withheld", "high", "1")
REFUSED_RECORDS = RuleRef("saqshy.refused-records", "Records were refused", "medium", "1")
DETECTORS = (silence.SILENT_SOURCE, WITHHELD_RECORD, REFUSED_RECORDS)
SWEEP_EVERY = 128


@dataclass(frozen=True, slots=True)
class Correlator:
    """The fold's first half: ``step(state, observation)`` gives new and amended findings.

    ``within`` is how far apart repeats of one rule may lie, in nanoseconds of event time.
    ``limits`` bound what is kept of one object.
    """

    content: Content
    evidence: Evidence
    within: int
    limits: Limits = field(default_factory=Limits)
    windowed: Windowed = field(init=False)
    fold: Fold = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(
            self, "windowed", Windowed(self.content, self.evidence, "object", self.limits)
        )
        object.__setattr__(self, "fold", Fold(self.evidence, self.within))

    def step(self, state: Rows, seen: Observation) -> list[Finding]:
        """Fold one observation into an object's state; give the findings it opened or amended.

        An observation whose sequence its source has had applied gives nothing; a gap in a
        source's sequence raises IntegrityError, since the journal's order was broken.
        """
        whole = state.get(ObjectRow, "object") or ObjectRow()
        before = replace(whole)
        findings: list[Finding] = []
        if seen.kind is BatchKind.CLOCK:
            findings += silence.tick(state, whole, self.evidence, seen)
        else:
            if not in_order(state, seen):
                return []
            findings += silence.heard(state, seen.source_id, self.evidence, seen.received_at)
            findings += self._repeats(state, seen)
            findings += self.windowed.apply(state, whole, seen.matches)
        horizon = advance(state, whole, seen, self.evidence)
        sweep = seen.kind is BatchKind.CLOCK or seen.sequence % SWEEP_EVERY == 0
        findings += self.windowed.settle(state, whole, horizon)
        full = state.count("repeat") > self.limits.repeats
        if sweep or full:
            let_go(state, whole.watermark, self.within)
        if full and state.count("repeat") > self.limits.repeats:
            whole.forgotten += make_room(state, self.limits.repeats)
        if before != whole:
            state.put(whole, "object")
        return findings

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

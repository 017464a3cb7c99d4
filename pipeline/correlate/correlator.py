"""Observations to findings: the stateful half of detection, one step a batch."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from pipeline.content import Content
from pipeline.correlate import silence
from pipeline.correlate.duties_watch import (
    DUTY_DETECTORS,
    DUTY_ROWS,
    DutiesWatch,
    Owed,
    nothing_owed,
)
from pipeline.correlate.evidence import Evidence
from pipeline.correlate.kinds import KnownRow
from pipeline.correlate.novelty import NovelRow, Novelty, NoveltyRow
from pipeline.correlate.presence import ObjectRow, SourceRow
from pipeline.correlate.progress import advance, in_order
from pipeline.correlate.repeats import Fold, Hit, RepeatRow, let_go, make_room
from pipeline.correlate.room import Limits
from pipeline.correlate.volume import VOLUME_DROP, Volume
from pipeline.correlate.volume_row import VolumeRow
from pipeline.correlate.watching import Watching
from pipeline.correlate.window_row import TallyRow, WindowRow
from pipeline.correlate.windowed import Windowed
from pipeline.model import BatchKind, Finding, Observation, RuleRef
from pipeline.model.rows import Rows

ROW_TYPES: Mapping[str, type] = {
    "object": ObjectRow,
    "source": SourceRow,
    "volume": VolumeRow,
    "novelty": NoveltyRow,
    "novel": NovelRow,
    "known": KnownRow,
    "repeat": RepeatRow,
    "tally": TallyRow,
    "window": WindowRow,
    "delayed": WindowRow,
    **DUTY_ROWS,
}
WITHHELD_RECORD = RuleRef("saqshy.withheld-record", "A record was withheld", "high", "1")
REFUSED_RECORDS = RuleRef("saqshy.refused-records", "Records were refused", "medium", "1")
ATTESTATIONS = "saqshy-attestations"  # the source of pages about attestations that end
ENDING_ATTESTATION = RuleRef(
    "saqshy.ending-attestation", "The attestation of an object ends or has ended", "medium", "1"
)
DETECTORS = (
    silence.SILENT_SOURCE,
    silence.LEARNED_SILENCE,
    VOLUME_DROP,
    WITHHELD_RECORD,
    REFUSED_RECORDS,
    *DUTY_DETECTORS.values(),
)
SWEEP_EVERY = 128


@dataclass(frozen=True, slots=True)
class Correlator:
    """The fold's first half: ``step(state, observation)`` gives new and amended findings.

    ``within`` is how far apart repeats of one rule may lie, in nanoseconds of event time.
    ``limits`` bound what is kept of one object. ``watching`` has the calendar and the numbers of
    what is learned of sources. ``owed`` gives what an object owes by law at an instant.
    """

    content: Content
    evidence: Evidence
    within: int
    limits: Limits = field(default_factory=Limits)
    watching: Watching = field(default_factory=Watching)
    owed: Callable[[str, int], Sequence[Owed]] = nothing_owed
    windowed: Windowed = field(init=False)
    fold: Fold = field(init=False)
    volume: Volume = field(init=False)
    novelty: Novelty = field(init=False)
    duties: DutiesWatch = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(
            self, "windowed", Windowed(self.content, self.evidence, "object", self.limits)
        )
        object.__setattr__(self, "fold", Fold(self.evidence, self.within))
        object.__setattr__(self, "volume", Volume(self.evidence, self.watching))
        object.__setattr__(self, "novelty", Novelty(self.watching))
        duties = DutiesWatch(self.content, self.evidence, self.owed)
        object.__setattr__(self, "duties", duties)

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
            findings += self.volume.tick(state, whole, before.ticked_at, seen)
            findings += self.duties.tick(state, before.ticked_at, seen)
        else:
            source = in_order(state, seen)
            if source is None:
                return []
            findings += self._heard(state, whole, source, seen)
            findings += self._repeats(state, seen)
            self.duties.met(state, seen.matches)
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

    def _heard(
        self, state: Rows, whole: ObjectRow, source: SourceRow, seen: Observation
    ) -> list[Finding]:
        """Note that a source was heard, how much it sent, and what is new in it."""
        at = seen.received_at
        silence.note_gap(source, whole, at)
        found = silence.heard(state.object_id, seen.source_id, source, self.evidence, at)
        if seen.kind is BatchKind.RAW:
            self.volume.count(state, whole, source, seen)
            self.novelty(state, source, seen)
        return found

    def _repeats(self, state: Rows, seen: Observation) -> list[Finding]:
        gathered: dict[tuple[str, str], list[Hit]] = {}
        for match in seen.matches:
            if match.rule_id in self.windowed.alone:
                hit = Hit(match.time, match.event_id, match.fields, match.outcome)
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
            detector = ENDING_ATTESTATION if seen.source_id == ATTESTATIONS else detector
            findings += self.fold(state, detector, "detector", group, hits)
        return findings

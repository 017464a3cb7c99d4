"""The law's first detector: a source that fell silent (Informatization Law 1(29-1)).

A number of the registry holds by day and night. Where it names none, a silence is learned: several
times the second longest of the last fortnight, so that a source that rests at night or at weekends
pages nobody for it, and one long silence teaches nothing. Time of planned work, time in which the
source was not watched and time in which we were deaf ourselves is nobody's silence.
"""

from pipeline.correlate.evidence import Evidence
from pipeline.correlate.presence import Attention, ObjectRow, SourceRow, SourceTiming
from pipeline.correlate.volume_row import VolumeRow
from pipeline.model import ENDING, NANOSECONDS, Finding, Observation, RuleRef, finding_id
from pipeline.model.rows import Rows

DEAF = 600 * NANOSECONDS
SILENT_SOURCE = RuleRef("saqshy.silent-source", "A source fell silent", "medium", "1")
LEARNED_SILENCE = RuleRef(
    "saqshy.learned-silence", "A source is silent for longer than it ever is", "low", "1"
)
GAPS_KEPT = 14
LEAST_LIMIT = 3600  # seconds


def heard(
    object_id: str, source_id: str, source: SourceRow, evidence: Evidence, at: int
) -> list[Finding]:
    """Note that a source was heard at an instant; a silence that stood is amended as ended.

    The caller keeps the source's row.
    """
    source.since = source.since or at
    source.heard_at = max(source.heard_at, at)
    source.idle = False
    source.excused = 0
    return _ended(object_id, source_id, source, evidence)


def note_gap(source: SourceRow, whole: ObjectRow, at: int) -> None:
    """Note how long a source was silent that is heard now; only time in which we listened counts.

    Call before ``heard``. A silence that was told teaches nothing.
    """
    if source.heard_at and not source.silent_finding and not source.paused_at:
        listened = min(at, whole.ticked_at + DEAF)
        source.gap = max(source.gap, listened - source.heard_at - source.excused)


def learn_gap(source: SourceRow, row: VolumeRow, now: int, factor: int, days: int) -> None:
    """Keep a day's longest silence, and learn from the last fortnight's what is too long.

    What is learned moves slowly: one day counts at most twice the second longest so far.
    """
    longest = max(source.gap, now - source.heard_at - source.excused) // NANOSECONDS
    source.gap = 0
    if source.silent_finding or source.paused_at or not source.heard_at:
        return
    if source.limit:
        longest = min(longest, 2 * max(_second(row.gaps), LEAST_LIMIT))
    row.gaps = [*row.gaps, longest][-GAPS_KEPT:]
    if len(row.gaps) >= min(days, GAPS_KEPT) and now - source.since >= days * _DAY:
        source.limit = max(LEAST_LIMIT, factor * _second(row.gaps)) * NANOSECONDS


_DAY = 86_400 * NANOSECONDS


def _second(gaps: list[int]) -> int:
    return sorted(gaps)[-2] if len(gaps) > 1 else max(gaps, default=0)


def tick(state: Rows, whole: ObjectRow, evidence: Evidence, seen: Observation) -> list[Finding]:
    """Let time pass for an object's sources: idle after their lateness, silent after their limit.

    A source that the registry expects and that never sent counts from the first tick. Where no
    tick came for ``DEAF`` we did not listen ourselves: that time is nobody's silence. Nor is it
    where a replay ends: nobody was listened to.
    """
    findings: list[Finding] = []
    now = seen.received_at
    if seen.source_id == ENDING:
        _rest(state, evidence, now)
        return findings
    before = whole.ticked_at
    deaf = now - before if before and now - before > DEAF else 0
    whole.ticked_at = now
    known = {parts[0] for parts, _ in state.all(SourceRow, "source")}
    for source_id in sorted(known | set(evidence.expected(state.object_id, now))):
        source = state.get(SourceRow, "source", source_id) or SourceRow(heard_at=now)
        timing = evidence.timing(state.object_id, source_id, now)
        source.heard_at += deaf
        changed = source_id not in known or deaf > 0
        if not source.idle and now - source.heard_at > timing.lateness:
            source.idle = changed = True
        attention = evidence.attention(state.object_id, source_id, now)
        changed |= _pause(source, attention, before or now, now)
        if not attention.watched:
            findings += _ended(state.object_id, source_id, source, evidence)
        elif not source.paused_at and not source.silent_finding:
            found = _fallen(state, source_id, source, timing, evidence, now)
            findings += found
            changed |= bool(found)
        if changed:
            state.put(source, "source", source_id)
    return findings


def _pause(source: SourceRow, attention: Attention, before: int, now: int) -> bool:
    """Begin or end the time in which a silence says nothing; tell whether anything changed."""
    paused = attention.planned or not attention.watched
    if paused == bool(source.paused_at):
        return False
    if paused:
        source.paused_at = max(before, source.heard_at)
        if not attention.watched:  # registered again, it counts from then
            source.excused = source.paused_at - source.heard_at
    else:
        source.excused += now - max(source.paused_at, source.heard_at)
        source.paused_at = 0
    source.partial = True
    return True


def _fallen(
    state: Rows,
    source_id: str,
    source: SourceRow,
    timing: SourceTiming,
    evidence: Evidence,
    now: int,
) -> list[Finding]:
    learned = timing.silence is None
    limit = source.limit if timing.silence is None else timing.silence
    if (learned and not limit) or now - source.heard_at - source.excused <= limit:
        return []
    if learned:
        volume = state.get(VolumeRow, "volume", source_id)
        if volume is not None and volume.stands:
            return []  # it is told already that nothing comes
    source.learned, source.partial = learned, True
    rule = LEARNED_SILENCE if learned else SILENT_SOURCE
    opening = f"{source_id}:{source.sequence}"
    if source.excused:  # told once already, where it was not registered for a while
        opening = f"{opening}:{source.excused}"
    source.silent_finding = finding_id(rule.id, {"source": source_id}, opening)
    source.silent_revision, source.silent_since = 0, source.heard_at
    source.silent_noticed = now
    return [_silence(state.object_id, source_id, source, evidence, ended=False)]


def _rest(state: Rows, evidence: Evidence, now: int) -> None:
    """Make the sources idle that sent nothing for as long as their lateness."""
    for parts, source in list(state.all(SourceRow, "source")):
        lateness = evidence.timing(state.object_id, parts[0], now).lateness
        if not source.idle and now - source.heard_at > lateness:
            source.idle = True
            state.put(source, "source", *parts)


def _ended(object_id: str, source_id: str, source: SourceRow, evidence: Evidence) -> list[Finding]:
    """Amend a silence that stood: the source was heard, or nobody waits for it any more."""
    if not source.silent_finding:
        return []
    finding = _silence(object_id, source_id, source, evidence, ended=True)
    source.silent_finding = ""
    source.partial = True
    return [finding]


def _silence(
    object_id: str, source_id: str, source: SourceRow, evidence: Evidence, *, ended: bool
) -> Finding:
    source.silent_revision += 1
    rule = LEARNED_SILENCE if source.learned else SILENT_SOURCE
    fields: dict[str, object] = {"ended": ended}
    if source.learned:
        fields["learned_seconds"] = source.limit // NANOSECONDS
    return Finding(
        id=source.silent_finding,
        revision=source.silent_revision,
        kind="detector",
        rule=rule,
        object_id=object_id,
        first_event_at=source.silent_since,
        last_event_at=source.heard_at if ended else source.silent_noticed,
        event_ids=(),
        event_count=0,
        group={"source": source_id},
        labels=evidence.labels(rule.id),
        fields=fields,
        trial=evidence.trial(object_id, source.silent_since),
    )

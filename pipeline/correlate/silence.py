"""The law's first detector: a source that fell silent (Informatization Law 1(29-1))."""

from pipeline.correlate.evidence import Evidence
from pipeline.correlate.presence import ObjectRow, SourceRow
from pipeline.model import ENDING, NANOSECONDS, Finding, Observation, RuleRef, finding_id
from pipeline.model.rows import Rows

DEAF = 600 * NANOSECONDS
SILENT_SOURCE = RuleRef("saqshy.silent-source", "A source fell silent", "medium", "1")


def heard(state: Rows, source_id: str, evidence: Evidence, at: int) -> list[Finding]:
    """Note that a source was heard at an instant; a silence that stood is amended as ended."""
    source = state.get(SourceRow, "source", source_id) or SourceRow()
    source.heard_at = max(source.heard_at, at)
    source.idle = False
    findings = []
    if source.silent_finding:
        findings.append(_silence(state.object_id, source_id, source, evidence, ended=True))
        source.silent_finding = ""
    state.put(source, "source", source_id)
    return findings


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
    deaf = now - whole.ticked_at if whole.ticked_at and now - whole.ticked_at > DEAF else 0
    whole.ticked_at = now
    known = {parts[0] for parts, _ in state.all(SourceRow, "source")}
    for source_id in sorted(known | set(evidence.expected(state.object_id, now))):
        source = state.get(SourceRow, "source", source_id) or SourceRow(heard_at=now)
        timing = evidence.timing(state.object_id, source_id, now)
        source.heard_at += deaf
        quiet = now - source.heard_at
        changed = source_id not in known or deaf > 0
        if not source.idle and quiet > timing.lateness:
            source.idle = changed = True
        if timing.silence is not None and quiet > timing.silence and not source.silent_finding:
            opening = f"{source_id}:{source.sequence}"
            source.silent_finding = finding_id(SILENT_SOURCE.id, {"source": source_id}, opening)
            source.silent_revision, source.silent_since = 0, source.heard_at
            source.silent_noticed = now
            findings.append(_silence(state.object_id, source_id, source, evidence, ended=False))
            changed = True
        if changed:
            state.put(source, "source", source_id)
    return findings


def _rest(state: Rows, evidence: Evidence, now: int) -> None:
    """Make the sources idle that sent nothing for as long as their lateness."""
    for parts, source in list(state.all(SourceRow, "source")):
        lateness = evidence.timing(state.object_id, parts[0], now).lateness
        if not source.idle and now - source.heard_at > lateness:
            source.idle = True
            state.put(source, "source", *parts)


def _silence(
    object_id: str, source_id: str, source: SourceRow, evidence: Evidence, *, ended: bool
) -> Finding:
    source.silent_revision += 1
    return Finding(
        id=source.silent_finding,
        revision=source.silent_revision,
        kind="detector",
        rule=SILENT_SOURCE,
        object_id=object_id,
        first_event_at=source.silent_since,
        last_event_at=source.heard_at if ended else source.silent_noticed,
        event_ids=(),
        event_count=0,
        group={"source": source_id},
        labels=evidence.labels(SILENT_SOURCE.id),
        fields={"ended": ended},
        trial=evidence.trial(object_id, source.silent_since),
    )

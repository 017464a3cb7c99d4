"""What is counted of a batch's stages: sources, rules, verdicts, guard; in every runtime alike."""

from collections import Counter
from collections.abc import Callable

from pipeline.incidents import Revised
from pipeline.model import BatchKind, RawBatch, Tri
from pipeline.ports import Telemetry
from pipeline.runtime.chain import Observed
from pipeline.runtime.folded import Folded


def count_observed(telemetry: Telemetry, batch: RawBatch, observed: Observed) -> None:
    """Count what the stateless half made of a batch."""
    for failure in observed.failures:
        telemetry.failures(failure.stage, failure.code.value, 1)
    if batch.kind is not BatchKind.RAW:
        return
    failed = len(observed.failures)
    telemetry.source_read(batch.object_id, batch.source_id, len(batch.records), failed)
    hits = Counter(match.rule_id for match in observed.observation.matches)
    for rule, count in sorted(hits.items()):
        telemetry.rule_hits(rule, count)
    if observed.stopped:
        telemetry.guarded("stopped", len(observed.stopped))


def count_folded(telemetry: Telemetry, sector: Callable[[str, int], str], folded: Folded) -> None:
    """Count what the stateful half made of it; ``sector`` names an object's branch."""
    for finding in folded.findings:
        if finding.revision == 1:
            telemetry.findings(finding.kind, finding.rule.level, 1)
            if finding.suppressed:
                telemetry.suppressed(1)
    for item in folded.revised:
        incident = item.incident
        telemetry.incidents(incident.state.value, 1)
        if _opens(item):
            judged = incident.assessment
            acts = [act for act, said in sorted(judged.acts.items()) if said is Tri.YES]
            branch = sector(incident.object_id, incident.opened_at)
            telemetry.incident_opened(judged.severity, branch, acts)
    for failure in folded.failures:
        telemetry.failures(failure.stage, failure.code.value, 1)
    for notice in folded.notices:
        telemetry.notice_made(notice.leg, notice.recipient.role)
        telemetry.guarded(notice.guard.decision, 1)


def _opens(item: Revised) -> bool:
    before = item.previous
    was = before is not None and before.assessment.is_incident is Tri.YES
    return item.incident.assessment.is_incident is Tri.YES and not was

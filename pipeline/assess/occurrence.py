"""Single or serial: whether more than one failure lies within the pack's window (1(31))."""

from collections.abc import Sequence
from itertools import pairwise

from pipeline.model import Finding, Tri

SINGLE, SERIAL = "single", "serial"


def occurrence(findings: Sequence[Finding], window: int, counts: str = "failure") -> str:
    """Tell whether failures are single or serial; ``window`` in nanoseconds of event time.

    Findings whose labels say yes to ``counts`` count; where none does, all do. Of a finding with
    many events at least two lie as close together as its length divided among them.
    """
    if len(findings) == 1 and findings[0].event_count <= 1:
        return SINGLE
    failed = [one for one in findings if _says(one, counts) is Tri.YES] or list(findings)
    for finding in failed:
        gaps = finding.event_count - 1
        if gaps > 0 and finding.last_event_at - finding.first_event_at <= window * gaps:
            return SERIAL
    spans = sorted((finding.first_event_at, finding.last_event_at) for finding in failed)
    close = any(later[0] - earlier[1] <= window for earlier, later in pairwise(spans))
    return SERIAL if close else SINGLE


def _says(finding: Finding, key: str) -> Tri:
    group, _, name = key.partition(".")
    if not name:
        answer: Tri = getattr(finding.labels, group)
        return answer
    answers: dict[str, Tri] = getattr(finding.labels, group)
    return answers.get(name, Tri.UNKNOWN)

"""Findings under a silence: marked and counted, and told in the object's own audit chain.

A silence with values (``where``) covers a finding only as a whole. A group holds for all events of
a finding. A field's value speaks for one event, so every match that ever went into the finding must
have had it: one other event, and the finding is no longer covered.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from pipeline.incidents.audit import Draft
from pipeline.incidents.silences import Silence
from pipeline.model import NANOSECONDS, Finding, Json, Match, Observation, identity, rfc3339
from pipeline.model.rows import Rows

DAY = 86_400 * NANOSECONDS
MOST_OPEN = 256  # findings of one silence that may still grow; an older one is no longer covered
MOST_NAMED = 20


@dataclass(slots=True)
class SuppressedRow:
    """State of one silence at one object: what it covered so far, and what was told of it.

    ``open`` maps the latest covered findings to their events.
    """

    open: dict[str, int] = field(default_factory=dict)
    findings: int = 0
    events: int = 0
    told_findings: int = 0
    told_events: int = 0
    day: int = 0


ROWS: Mapping[str, type] = {"suppressed": SuppressedRow}


def suppress(
    state: Rows, seen: Observation, findings: Sequence[Finding], silences: Sequence[Silence]
) -> list[Finding]:
    """Mark the findings that a silence covers, and count them in an object's state.

    Detectors, withheld records and retractions are never covered. Where several silences do,
    each counts it and the first by id is named.
    """
    if not silences:
        return list(findings)
    swallowed: dict[str, list[str]] = {}
    for finding in findings:
        if finding.retracted and finding.merged_into:
            swallowed.setdefault(finding.merged_into, []).append(finding.id)
    marked = []
    for finding in findings:
        covering: list[Silence] = []
        if finding.kind != "detector" and not (finding.retracted or finding.labels.fixed_class):
            parts = (finding.id, *swallowed.get(finding.id, ()))
            covering = [one for one in silences if _covers(one, state, seen, finding, parts)]
        for each in covering:
            _count(state, each.id, finding, seen.received_at)
        marked.append(replace(finding, suppressed=covering[0].id) if covering else finding)
    return marked


def tell(state: Rows, silences: Iterable[Silence], now: int) -> list[Draft]:
    """Tell what each silence covered at an object: once a day (UTC), and when it is over.

    ``silences`` are those that stand at the tick; what is told last is forgotten.
    """
    standing = {silence.id for silence in silences}
    drafts = []
    for (name,), row in list(state.all(SuppressedRow, "suppressed")):
        over = name not in standing
        untold = (row.findings, row.events) != (row.told_findings, row.told_events)
        if untold and (over or row.day != now // DAY):
            drafts.append(_draft(state.object_id, name, row, now, over=over))
            row.told_findings, row.told_events = row.findings, row.events
            state.put(row, "suppressed", name)
        if over:
            state.drop("suppressed", name)
    return drafts


def broken_through(
    object_id: str, incident_id: str, held: Iterable[Finding], at: int
) -> list[Draft]:
    """Tell that findings under a silence are part of an incident whose verdict is yes."""
    by_silence: dict[str, list[str]] = {}
    for finding in held:
        if finding.suppressed:
            by_silence.setdefault(finding.suppressed, []).append(finding.id)
    return [
        Draft(
            chain=object_id,
            entry_id=identity("silence_broken", name, incident_id),
            kind="silence_broken",
            subject=incident_id,
            at=at,
            actor="saqshy",
            detail={"silence": name, "findings": sorted(findings)[:MOST_NAMED]},
        )
        for name, findings in sorted(by_silence.items())
    ]


def _covers(
    silence: Silence, state: Rows, seen: Observation, finding: Finding, parts: Sequence[str]
) -> bool:
    if not silence.names(finding.rule.id, finding.object_id):
        return False
    fields = {
        name: value for name, value in silence.where.items() if finding.group.get(name) != value
    }
    if not fields:
        return True
    if finding.kind != "rule" or fields.keys() & finding.group.keys():
        return False
    row = state.get(SuppressedRow, "suppressed", silence.id)
    known = row.open if row is not None else {}
    host = finding.group.get("host", "")
    so_far = all(part in known for part in parts if part != finding.id or finding.revision > 1)
    now = all(
        _has(match, fields)
        for match in seen.matches
        if match.rule_id == finding.rule.id and match.host == host
    )
    if row is not None and finding.id in known and not (so_far and now):
        del row.open[finding.id]  # one event of another kind: never covered again
        state.put(row, "suppressed", silence.id)
    return so_far and now


def _has(match: Match, fields: Mapping[str, str]) -> bool:
    return all(_values(match.fields.get(name)) == {value} for name, value in fields.items())


def _values(value: object) -> set[str]:
    if value is None:
        return set()
    return set(map(str, value)) if isinstance(value, list) else {str(value)}


def _count(state: Rows, name: str, finding: Finding, at: int) -> None:
    row = state.get(SuppressedRow, "suppressed", name) or SuppressedRow()
    if (row.findings, row.events) == (row.told_findings, row.told_events):
        row.day = at // DAY
    before = row.open.pop(finding.id, None)
    row.findings += before is None
    if before is not None or finding.revision == 1:  # what came before the silence is not its own
        row.events += max(0, finding.event_count - (before or 0))
    row.open[finding.id] = finding.event_count
    while len(row.open) > MOST_OPEN:
        del row.open[next(iter(row.open))]
    state.put(row, "suppressed", name)


def _draft(object_id: str, name: str, row: SuppressedRow, now: int, *, over: bool) -> Draft:
    detail: Json = {
        "findings": row.findings - row.told_findings,
        "events": row.events - row.told_events,
        "findings_in_all": row.findings,
        "events_in_all": row.events,
        "until": rfc3339(now),
        "over": over,
    }
    return Draft(
        chain=object_id,
        entry_id=identity("suppressed", object_id, name, now),
        kind="silence_suppressed",
        subject=name,
        at=now,
        actor="saqshy",
        detail=detail,
    )

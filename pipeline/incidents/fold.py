"""Findings to incidents: one legal incident per object and kind, a history of revisions.

A finding joins the open incident of its object with the same fold key whose events lie within the
pack's ``join_within`` of its own; else it opens one. A finding that lies within reach of two joins
them: the one opened later is merged into the earlier. Each batch gives an incident at most one
revision, and a revision is linked to the one before by hash.

Findings under a silence are folded like all others, so that none is missing where they come to
matter, but alone they make no revision while the verdict is not yes: what would have opened with
them stays hidden, and what stands open is not revised for them. The verdict yes, or a finding that
no silence covers, brings them to light.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import orjson

from pipeline.incidents.silences import ROWS as SILENCE_ROWS
from pipeline.incidents.suppression import ROWS as SUPPRESSED_ROWS
from pipeline.model import (
    Assessment,
    Finding,
    Incident,
    IncidentState,
    Tri,
    as_document,
    identity,
)
from pipeline.model.rows import Rows

HELD_PER_RULE = 32
MOST_HIDDEN = 64  # incidents of an object that silences hide; beyond, the one opened first goes
ENDED = frozenset({IncidentState.CLOSED, IncidentState.MERGED})
_OPEN = "incidents.open"


@dataclass(slots=True)
class Beyond:
    """Findings that are only counted: how many, their events, and when they were."""

    findings: int = 0
    events: int = 0
    first: int = 0
    last: int = 0

    def add(self, other: "Beyond") -> None:
        """Count others as well."""
        if other.findings:
            self.first = min(self.first or other.first, other.first)
            self.last = max(self.last, other.last)
        self.findings += other.findings
        self.events += other.events


@dataclass(slots=True)
class IncidentRow:
    """State of one incident: its latest revision and the findings in it, without their events.

    Of one rule so many findings are held; a flood of further ones (a host name made up for each
    record) says nothing new of the verdict, and is counted in ``beyond``.
    """

    incident: Incident
    findings: dict[str, Finding] = field(default_factory=dict)
    beyond: Beyond = field(default_factory=Beyond)

    def hold(self, finding: Finding) -> None:
        """Take a finding's revision in, or count it."""
        same = sum(other.rule.id == finding.rule.id for other in self.findings.values())
        if finding.id in self.findings or same < HELD_PER_RULE:
            self.findings[finding.id] = replace(finding, event_ids=(), fields={})
        else:
            new = finding.revision == 1
            first, last = finding.first_event_at, finding.last_event_at
            self.beyond.add(Beyond(int(new), finding.event_count if new else 0, first, last))


ROW_TYPES: Mapping[str, type] = {
    "incident": IncidentRow,
    **SILENCE_ROWS,
    **SUPPRESSED_ROWS,
}


@dataclass(slots=True)
class _Open:
    """An object's incidents that have not ended: by fold key, by the findings they hold, unseen.

    ``spans`` are the first and last instant of each one's events. Derived from the rows when they
    are first asked for, and kept with them.
    """

    by_key: dict[str, dict[str, IncidentRow]] = field(default_factory=dict)
    holder: dict[str, IncidentRow] = field(default_factory=dict)
    hidden: dict[str, IncidentRow] = field(default_factory=dict)
    spans: dict[str, tuple[int, int]] = field(default_factory=dict)

    @classmethod
    def of(cls, state: Rows) -> "_Open":
        """Give those of an object's rows."""
        found = state.scratch.get(_OPEN)
        if not isinstance(found, cls):
            found = state.scratch[_OPEN] = cls()
            for _, row in state.all(IncidentRow, "incident"):
                found.note(row)
        return found

    def note(self, row: IncidentRow) -> None:
        """Take in a row as it stands."""
        incident = row.incident
        if incident.state in ENDED:
            self.forget(row)
            return
        self.by_key.setdefault(incident.fold_key, {})[incident.id] = row
        for finding_id in row.findings:
            self.holder[finding_id] = row
        if row.findings:
            self.spans[incident.id] = _span(row)
        else:
            self.spans.pop(incident.id, None)
        if incident.revision:
            self.hidden.pop(incident.id, None)
        else:
            self.hidden[incident.id] = row

    def forget(self, row: IncidentRow) -> None:
        """Let go of a row that ended or is gone."""
        incident = row.incident
        self.by_key.get(incident.fold_key, {}).pop(incident.id, None)
        self.hidden.pop(incident.id, None)
        self.spans.pop(incident.id, None)
        for finding_id in row.findings:
            if self.holder.get(finding_id) is row:
                del self.holder[finding_id]

    def holding(self, finding_id: str) -> IncidentRow | None:
        """Give the incident that holds a finding; None where none does, or it has ended."""
        row = self.holder.get(finding_id)
        if row is None or finding_id not in row.findings or row.incident.state in ENDED:
            return None
        return row

    def near(self, key: str, finding: Finding, within: int) -> Iterator[IncidentRow]:
        """Give the incidents of one fold key whose events lie so near to a finding's (ns)."""
        begin, end = finding.first_event_at - within, finding.last_event_at + within
        for name, row in self.by_key.get(key, {}).items():
            span = self.spans.get(name)
            if span is not None and span[1] >= begin and span[0] <= end:
                yield row


@dataclass(frozen=True, slots=True)
class Revised:
    """A new revision of an incident beside the one before it; None for the first."""

    previous: Incident | None
    incident: Incident


@dataclass(frozen=True, slots=True)
class Fold:
    """The fold's second half: ``step(state, findings, at)`` gives new revisions of incidents.

    ``key`` gives a finding's fold key and ``join_within`` how far apart in event time (ns) its
    findings may lie, both from the pack; ``assess`` judges an object's findings at an instant.
    """

    key: Callable[[Finding], str]
    join_within: int
    assess: Callable[[str, Sequence[Finding], int], Assessment]

    def step(self, state: Rows, findings: Sequence[Finding], at: int) -> list[Revised]:
        """Fold one batch's findings, received at an instant, into an object's incidents."""
        touched: dict[str, IncidentRow] = {}
        loud: set[str] = set()
        merged: list[Revised] = []
        for finding in findings:
            row = self._row(state, finding, at)
            if row is None:
                continue
            kept, speaks = row, not finding.suppressed
            if finding.retracted:
                gone = row.findings.pop(finding.id, None)
                speaks = bool(row.incident.revision) or gone is None or not gone.suppressed
            else:
                row.hold(finding)
                reached = self._reached(state, row, finding)
                kept = min([row, *reached], key=_seniority)
                for other in (row, *reached):
                    if other is not kept:
                        ended = self._merge(state, other, kept, at)
                        merged += ended
                        touched.pop(other.incident.id, None)
                        speaks = speaks or bool(ended) or other.incident.id in loud
            if speaks:
                loud.add(kept.incident.id)
            touched[kept.incident.id] = kept
            state.put(kept, "incident", kept.incident.id)
            _Open.of(state).note(kept)
        revised = [
            self._revise(state, row, at, loud=name in loud) for name, row in sorted(touched.items())
        ]
        _forget_hidden(state)
        return [*filter(None, revised), *merged]

    def _row(self, state: Rows, finding: Finding, at: int) -> IncidentRow | None:
        """Find the incident that holds or takes the finding; open one where there is none."""
        standing = _Open.of(state)
        held = standing.holding(finding.id)
        if held is not None or finding.retracted:
            return held
        key = self.key(finding)
        near = list(standing.near(key, finding, self.join_within))
        if near:
            return min(near, key=_seniority)
        return IncidentRow(self._opened(state.object_id, finding, key, at))

    def _reached(self, state: Rows, row: IncidentRow, finding: Finding) -> list[IncidentRow]:
        near = _Open.of(state).near(row.incident.fold_key, finding, self.join_within)
        return [other for other in near if other is not row]

    def _opened(self, object_id: str, finding: Finding, key: str, at: int) -> Incident:
        return Incident(
            id=identity("incident", object_id, key, finding.id),
            revision=0,
            object_id=object_id,
            fold_key=key,
            state=IncidentState.CANDIDATE,
            opened_at=at,
            changed_at=at,
            first_event_at=finding.first_event_at,
            last_event_at=finding.last_event_at,
            event_count=0,
            finding_ids=(),
            assessment=self.assess(object_id, [finding], at),
        )

    def _revise(self, state: Rows, row: IncidentRow, at: int, *, loud: bool) -> Revised | None:
        """Give the next revision; None where only findings under a silence would make it."""
        held = sorted(row.findings.values(), key=lambda item: (item.first_event_at, item.id))
        last = row.incident
        was_yes = bool(last.revision) and last.assessment.is_incident is Tri.YES
        if not held:
            if not last.revision:
                state.drop("incident", last.id)  # nobody was told
                _Open.of(state).forget(row)
                return None
            held_state = IncidentState.CANDIDATE if last.state is IncidentState.NEW else last.state
            assessment = replace(last.assessment, is_incident=Tri.NO, route=())
            revised = replace(
                last, event_count=0, finding_ids=(), finding_count=0, state=held_state
            )
        else:
            opened = last.opened_at if last.revision else at
            assessment = self.assess(last.object_id, held, opened)
            yes = assessment.is_incident is Tri.YES
            if not (loud or yes or was_yes):
                return None
            if yes and last.state is IncidentState.CANDIDATE and last.revision:
                assessment, opened = self.assess(last.object_id, held, at), at
            revised = replace(
                last,
                state=_state(last.state, yes=yes),
                opened_at=opened,
                first_event_at=_span(row)[0],
                last_event_at=_span(row)[1],
                event_count=sum(finding.event_count for finding in held) + row.beyond.events,
                finding_ids=tuple(finding.id for finding in held),
                finding_count=len(held) + row.beyond.findings,
                trial=all(finding.trial for finding in held),
            )
        row.incident = _linked(replace(revised, assessment=assessment, changed_at=at), last)
        state.put(row, "incident", row.incident.id)
        _Open.of(state).note(row)
        return Revised(last if last.revision else None, row.incident)

    def _merge(self, state: Rows, row: IncidentRow, kept: IncidentRow, at: int) -> list[Revised]:
        """End an incident whose findings another one takes over."""
        last = row.incident
        for finding in row.findings.values():
            kept.hold(finding)
        kept.beyond.add(row.beyond)
        row.findings, row.beyond = {}, Beyond()
        if not last.revision:
            state.drop("incident", last.id)  # opened in this batch: nobody was told
            _Open.of(state).forget(row)
            return []
        ended = replace(
            last, state=IncidentState.MERGED, merged_into=kept.incident.id, changed_at=at
        )
        row.incident = _linked(ended, last)
        state.put(row, "incident", last.id)
        _Open.of(state).note(row)
        return [Revised(last, row.incident)]


def _forget_hidden(state: Rows) -> None:
    standing = _Open.of(state)
    if len(standing.hidden) <= MOST_HIDDEN:
        return
    hidden = sorted(
        standing.hidden.values(), key=lambda row: (row.incident.opened_at, row.incident.id)
    )
    for row in hidden[: len(hidden) - MOST_HIDDEN]:
        state.drop("incident", row.incident.id)
        standing.forget(row)


def _seniority(row: IncidentRow) -> tuple[bool, int, str]:
    """Order incidents by who was opened first; one of this batch comes after those that stand."""
    return (not row.incident.revision, row.incident.opened_at, row.incident.id)


def _span(row: IncidentRow) -> tuple[int, int]:
    """Give the first and the last instant of an incident's events."""
    first = min(finding.first_event_at for finding in row.findings.values())
    last = max(finding.last_event_at for finding in row.findings.values())
    return min(first, row.beyond.first or first), max(last, row.beyond.last)


def _state(state: IncidentState, *, yes: bool) -> IncidentState:
    if yes:
        return IncidentState.NEW if state is IncidentState.CANDIDATE else state
    return IncidentState.CANDIDATE if state is IncidentState.NEW else state


def _linked(incident: Incident, last: Incident) -> Incident:
    linked = replace(incident, revision=last.revision + 1, previous_hash=last.hash, hash="")
    return replace(linked, hash=revision_hash(linked))


def revision_hash(incident: Incident) -> str:
    """Hash one revision: SHA-256 over its canonical JSON without ``hash``, keys sorted."""
    document = as_document(incident)
    del document["hash"]
    return hashlib.sha256(orjson.dumps(document, option=orjson.OPT_SORT_KEYS)).hexdigest()

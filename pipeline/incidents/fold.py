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

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from pipeline.incidents.decisions import carried, machine_says, said
from pipeline.incidents.endings import ROWS as ENDED_ROWS
from pipeline.incidents.endings import came_before, note_ending
from pipeline.incidents.reopening import campaign_links, moved, takes, with_links
from pipeline.incidents.revisions import Revised, by_the_system, linked
from pipeline.incidents.silences import ROWS as SILENCE_ROWS
from pipeline.incidents.standing import ENDED, Beyond, IncidentRow, Standing, seniority
from pipeline.incidents.suppression import ROWS as SUPPRESSED_ROWS
from pipeline.model import (
    Assessment,
    Decision,
    Finding,
    Incident,
    IncidentState,
    Labels,
    Link,
    RuleRef,
    Tri,
    identity,
)
from pipeline.model.rows import Rows

MOST_HIDDEN = 64  # incidents of an object that silences hide; beyond, the one opened first goes
ROW_TYPES: Mapping[str, type] = {
    "incident": IncidentRow,
    **ENDED_ROWS,
    **SILENCE_ROWS,
    **SUPPRESSED_ROWS,
}
Judge = Callable[[str, Sequence[Finding], int, Sequence[Decision]], Assessment]


def _undecided(
    _object: str, _findings: Sequence[Finding], _at: int, _decisions: Sequence[Decision]
) -> Assessment:
    raise ValueError("persons' decisions came to a fold that was not told how to judge by them")


@dataclass(frozen=True, slots=True)
class Fold:
    """The fold's second half: ``step(state, findings, at)`` gives new revisions of incidents.

    ``key`` gives a finding's fold key and ``join_within`` how far apart in event time (ns) its
    findings may lie, both from the pack; ``assess`` judges an object's findings at an instant, and
    ``decide`` judges them under what persons decided.
    """

    key: Callable[[Finding], str]
    join_within: int
    assess: Callable[[str, Sequence[Finding], int], Assessment]
    decide: Judge = _undecided

    def step(self, state: Rows, findings: Sequence[Finding], at: int) -> list[Revised]:
        """Fold one batch's findings, received at an instant, into an object's incidents."""
        touched: dict[str, IncidentRow] = {}
        loud: set[str] = set()
        merged: list[Revised] = []
        taken: dict[str, list[Incident]] = {}
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
                kept = min([row, *reached], key=seniority)
                for other in (row, *reached):
                    if other is not kept:
                        ended = self.merge(state, other, kept, by_the_system(other.incident), at)
                        merged += ended
                        touched.pop(other.incident.id, None)
                        speaks = speaks or bool(ended) or other.incident.id in loud
                        inside = taken.pop(other.incident.id, [])
                        theirs = taken.setdefault(kept.incident.id, [])
                        theirs += [*inside, *(item.incident for item in ended)]
            if speaks:
                loud.add(kept.incident.id)
            touched[kept.incident.id] = kept
            state.put(kept, "incident", kept.incident.id)
            Standing.of(state).note(kept)
        revised = [
            self._revise(state, row, at, loud=name in loud, taken=taken.get(name, ()))
            for name, row in sorted(touched.items())
        ]
        _forget_hidden(state)
        return [*filter(None, revised), *merged]

    def judge_anew(self, state: Rows, spans: Sequence[Sequence[int]], at: int) -> list[Revised]:
        """Judge again the incidents with events in spans of time (ns, [begin, end)).

        For when the registry knows better of a time that is past. What comes out the same, but for
        the revisions that it was judged under, gives no revision; an incident that ended is judged
        too and stays ended, and one that was merged is not: its events are another's now.
        """
        revised: list[Revised] = []
        for _, row in list(state.all(IncidentRow, "incident")):
            last = row.incident
            if not last.revision or not row.findings or last.state is IncidentState.MERGED:
                continue  # one that is hidden is judged when it comes to light
            first, end = row.span()
            if not any(begin <= end and first < until for begin, until in spans):
                continue
            judged = self.judged(last, row.held(), last.opened_at).assessment
            if replace(judged, versions={}) == replace(last.assessment, versions={}):
                continue
            made = self._revise(state, row, at, loud=True)
            if made is not None:
                revised.append(made)
        return revised

    def judged(self, incident: Incident, held: Sequence[Finding], at: int) -> Incident:
        """Give an incident with the verdict on its findings under the rows in force at an instant.

        Where persons decided, what the assessment makes of it alone stands beside. One without
        findings is none, but for what persons say.
        """
        if not incident.decisions:
            assessment = (
                self.assess(incident.object_id, held, at)
                if held
                else replace(incident.assessment, is_incident=Tri.NO, route=())
            )
            return replace(incident, assessment=assessment, machine={})
        findings = held or [_nothing(incident)]
        decided = self.decide(incident.object_id, findings, at, incident.decisions)
        machine = self.assess(incident.object_id, findings, at)
        beside = machine_says(machine, said(incident.decisions))
        return replace(incident, assessment=decided, machine=beside)

    def revise(
        self, state: Rows, row: IncidentRow, begun: Incident, at: int, *, judge: bool
    ) -> Revised:
        """Give the revision that a person's step comes to: ``begun`` is what it changed.

        With ``judge`` the findings are judged anew, under what persons have decided by then.
        """
        last = row.incident
        if row.findings:
            begun = _counted(begun, row)
        if judge:
            begun = self.judged(begun, row.held(), begun.opened_at)
        return self._kept(state, row, begun, last, at)

    def merge(
        self, state: Rows, row: IncidentRow, kept: IncidentRow, begun: Incident, at: int
    ) -> list[Revised]:
        """End an incident whose findings another one takes over; the other is revised after it."""
        last = row.incident
        for finding in row.findings.values():
            kept.hold(finding)
        kept.beyond.add(row.beyond)
        kept.tasks |= row.tasks
        kept.campaigns = list(dict.fromkeys((*kept.campaigns, *row.campaigns)))
        row.findings, row.beyond, row.tasks = {}, Beyond(), {}
        if not last.revision:
            state.drop("incident", last.id)  # opened in this batch: nobody was told
            Standing.of(state).forget(row)
            return []
        ended = replace(begun, state=IncidentState.MERGED, merged_into=kept.incident.id)
        return [self._kept(state, row, ended, last, at)]

    def _row(self, state: Rows, finding: Finding, at: int) -> IncidentRow | None:
        """Find the incident that holds or takes the finding; open one where there is none."""
        standing = Standing.of(state)
        held = standing.holding(finding.id)
        if held is not None or finding.retracted:
            return held
        key = self.key(finding)
        near = list(standing.near(key, finding, self.join_within))
        if not near:
            closed = standing.closed_near(key, finding, self.join_within)
            near = [row for row in closed if takes(row.incident, finding, partial(self._alone, at))]
        if near:
            return min(near, key=seniority)
        return IncidentRow(self._opened(state, finding, key, at))

    def _alone(self, at: int, finding: Finding) -> Tri:
        return self.assess(finding.object_id, [finding], at).is_incident

    def _reached(self, state: Rows, row: IncidentRow, finding: Finding) -> list[IncidentRow]:
        if row.incident.state in ENDED:
            return []
        near = Standing.of(state).near(row.incident.fold_key, finding, self.join_within)
        return [other for other in near if other is not row]

    def _opened(self, state: Rows, finding: Finding, key: str, at: int) -> Incident:
        # A finding that goes on while the incident that it opened has left the state opens another.
        again = (finding.revision,) if finding.revision > 1 else ()
        before = came_before(state, key)
        return Incident(
            id=identity("incident", state.object_id, key, finding.id, *again),
            revision=0,
            object_id=state.object_id,
            fold_key=key,
            state=IncidentState.CANDIDATE,
            opened_at=at,
            changed_at=at,
            first_event_at=finding.first_event_at,
            last_event_at=finding.last_event_at,
            event_count=0,
            finding_ids=(),
            assessment=self.assess(state.object_id, [finding], at),
            links=(Link("recurrence", before, state.object_id),) if before else (),
        )

    def _revise(
        self,
        state: Rows,
        row: IncidentRow,
        at: int,
        *,
        loud: bool,
        taken: Sequence[Incident] = (),
    ) -> Revised | None:
        """Give the next revision; None where only findings under a silence would make it."""
        held, last = row.held(), row.incident
        if not held and not last.revision:
            state.drop("incident", last.id)  # nobody was told
            Standing.of(state).forget(row)
            return None
        was_yes = bool(last.revision) and last.assessment.is_incident is Tri.YES
        begun = campaign_links(_counted(by_the_system(last), row), row.campaigns)
        for gone in taken:
            begun = inherited(begun, gone)
        if not last.revision:
            begun = replace(begun, opened_at=at)
        made = self.judged(begun, held, begun.opened_at)
        yes = made.assessment.is_incident is Tri.YES
        if held and not (loud or yes or was_yes):
            return None
        if held and yes and last.state is IncidentState.CANDIDATE and last.revision:
            made = self.judged(replace(made, opened_at=at), held, at)
        return self._kept(state, row, moved(made, last), last, at)

    def _kept(
        self, state: Rows, row: IncidentRow, made: Incident, last: Incident, at: int
    ) -> Revised:
        row.incident = linked(replace(made, changed_at=at), last)
        state.put(row, "incident", last.id)
        Standing.of(state).note(row)
        note_ending(state, row.incident)
        return Revised(last if last.revision else None, row.incident)


def inherited(kept: Incident, gone: Incident) -> Incident:
    """Give an incident with what persons said of one that was merged into it, and the link."""
    kept = replace(
        kept,
        decisions=carried(kept, gone),
        assigned_to=kept.assigned_to or gone.assigned_to,
    )
    return with_links(kept, Link("merged", gone.id, gone.object_id))


def _counted(incident: Incident, row: IncidentRow) -> Incident:
    """Give an incident with what its row's findings count and span."""
    held = row.held()
    if not held:
        return replace(incident, event_count=0, finding_ids=(), finding_count=0)
    first, last = row.span()
    return replace(
        incident,
        first_event_at=first,
        last_event_at=last,
        event_count=sum(finding.event_count for finding in held) + row.beyond.events,
        finding_ids=tuple(finding.id for finding in held),
        finding_count=len(held) + row.beyond.findings,
        trial=all(finding.trial for finding in held),
    )


def _nothing(incident: Incident) -> Finding:
    """Give what stands in the findings' place where all were retracted: it says nothing."""
    return Finding(
        id=f"none:{incident.id}",
        revision=1,
        kind="decision",
        rule=RuleRef("saqshy.decision", "no finding is left", "", ""),
        object_id=incident.object_id,
        first_event_at=incident.first_event_at,
        last_event_at=incident.last_event_at,
        event_ids=(),
        event_count=0,
        group={},
        labels=Labels(),
        fields={},
    )


def _forget_hidden(state: Rows) -> None:
    standing = Standing.of(state)
    if len(standing.hidden) <= MOST_HIDDEN:
        return
    hidden = sorted(
        standing.hidden.values(), key=lambda row: (row.incident.opened_at, row.incident.id)
    )
    for row in hidden[: len(hidden) - MOST_HIDDEN]:
        state.drop("incident", row.incident.id)
        standing.forget(row)

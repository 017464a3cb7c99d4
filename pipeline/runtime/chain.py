"""The stages of one set of revisions, put in order: the core that both runtimes run.

observe   bytes -> events -> observation      stateless: any worker, any order
step      observation -> findings -> incidents -> notices      stateful: one object
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from pipeline.correlate import ROW_TYPES as CORRELATE_ROWS
from pipeline.correlate import (
    Campaigns,
    Correlator,
    evicted_entries,
    forgotten_repeats,
    late_matches,
)
from pipeline.incidents import ROW_TYPES as INCIDENT_ROWS
from pipeline.incidents import (
    Fold,
    IncidentRow,
    Revised,
    Silence,
    broken_through,
    suppress,
    tell,
)
from pipeline.incidents.audit import Draft
from pipeline.match import Matcher
from pipeline.model import (
    BatchKind,
    Event,
    Failure,
    FailureCode,
    Finding,
    Incident,
    Notice,
    Observation,
    RawBatch,
    Revisions,
    Tri,
)
from pipeline.model.rows import Rows
from pipeline.normalize import Normalized
from pipeline.ports import Telemetry

STATE_TYPES = {**CORRELATE_ROWS, **INCIDENT_ROWS}


@dataclass(frozen=True, slots=True)
class Observed:
    """What the stateless half made of one batch."""

    events: Sequence[Event]
    failures: Sequence[Failure]
    observation: Observation


@dataclass(frozen=True, slots=True)
class Folded:
    """What the stateful half made of one observation for one object."""

    findings: Sequence[Finding] = ()
    revised: Sequence[Revised] = ()
    notices: Sequence[Notice] = ()
    drafts: Sequence[Draft] = ()

    @property
    def incidents(self) -> list[Incident]:
        """Give the new revisions of incidents."""
        return [item.incident for item in self.revised]


@dataclass(frozen=True, slots=True)
class Chain:
    """The configured stages of one content, registry and pack.

    ``rule_errors`` is where the matcher counts, by rule, the events that it could not ask about.
    """

    revisions: Revisions
    normalizer: Callable[[RawBatch], Normalized]
    matcher: Matcher
    correlator: Correlator
    campaigns: Campaigns
    fold: Fold
    notices: Callable[[Revised], list[Notice]]
    telemetry: Telemetry
    silent_objects: tuple[str, ...] = field(default=())
    rule_errors: Counter[str] = field(default_factory=Counter)

    def observe(self, batch: RawBatch) -> Observed:
        """Turn one batch into events, failures and its observation."""
        if batch.kind is BatchKind.CLOCK:
            return Observed((), (), clock_observation(batch, ""))
        if batch.kind is BatchKind.COMMAND:
            return Observed((), (), command_observation(batch))
        if batch.kind is BatchKind.REFUSED:
            return Observed((), (), refused_observation(batch))
        started = time.perf_counter()
        normalized = self.normalizer(batch)
        between = time.perf_counter()
        self.telemetry.stage_done("normalize", len(batch.records), between - started)
        failures = list(normalized.failures)
        observation = self.matcher.observe(batch, normalized.events, failures)
        done = time.perf_counter()
        self.telemetry.stage_done("match", len(normalized.events), done - between)
        while self.rule_errors:
            self.telemetry.rule_errors(*self.rule_errors.popitem())
        return Observed(normalized.events, failures, observation)

    def step(
        self, state: Rows, observation: Observation, silences: Sequence[Silence] = ()
    ) -> Folded:
        """Fold one observation into one object's state, under the silences that stand."""
        found = self._correlated(self.correlator.step, state, observation)
        folded = self.judge(state, found, observation, silences)
        if observation.kind is not BatchKind.CLOCK:
            return folded
        told = tell(state, silences, observation.received_at)
        return replace(folded, drafts=[*folded.drafts, *told])

    def across(self, state: Rows, observation: Observation) -> dict[str, list[Finding]]:
        """Fold one observation into the centre's state; give findings by the object they are of."""
        by_object: dict[str, list[Finding]] = {}
        for finding in self._correlated(self.campaigns.step, state, observation):
            by_object.setdefault(finding.object_id, []).append(finding)
        return dict(sorted(by_object.items()))

    def judge(
        self,
        state: Rows,
        found: Sequence[Finding],
        observation: Observation,
        silences: Sequence[Silence] = (),
    ) -> Folded:
        """Fold what an observation let be found of one object into incidents and their notices."""
        started = time.perf_counter()
        at = observation.received_at
        findings = [
            replace(finding, content=self.revisions.content)
            for finding in suppress(state, observation, found, silences)
        ]
        revised = self.fold.step(state, findings, at) if findings else []
        notices = [notice for item in revised for notice in self.notices(item)]
        drafts = [*map(_incident_draft, revised), *(notice_draft(notice, at) for notice in notices)]
        drafts += _broken_through(state, revised, at)
        self.telemetry.stage_done("assess", len(findings), time.perf_counter() - started)
        return Folded(findings, revised, notices, drafts)

    def _correlated(
        self,
        step: Callable[[Rows, Observation], list[Finding]],
        state: Rows,
        observation: Observation,
    ) -> list[Finding]:
        started = time.perf_counter()
        late, evicted = late_matches(state), evicted_entries(state)
        forgotten = forgotten_repeats(state)
        found = step(state, observation)
        if missed := late_matches(state) - late:
            self.telemetry.too_late(missed)
        if gone := evicted_entries(state) - evicted:
            self.telemetry.windows_evicted(gone)
        if gone := forgotten_repeats(state) - forgotten:
            self.telemetry.repeats_forgotten(gone)
        seconds = time.perf_counter() - started
        self.telemetry.stage_done("correlate", len(observation.matches), seconds)
        return found


def clock_observation(batch: RawBatch, object_id: str) -> Observation:
    """Make the observation that a tick is to one object."""
    return Observation(
        batch_id=batch.id,
        kind=BatchKind.CLOCK,
        object_id=object_id,
        source_id=batch.source_id,
        sequence=batch.sequence,
        previous=batch.previous,
        received_at=batch.received_at,
        revisions=batch.revisions,
    )


def command_observation(batch: RawBatch) -> Observation:
    """Make the observation of a command: its place and time; what it says is the engine's."""
    return replace(clock_observation(batch, ""), kind=BatchKind.COMMAND)


def refused_observation(batch: RawBatch) -> Observation:
    """Make the observation of what was refused: reasons and the time, nothing else is known."""
    reasons = tuple(
        (f"{batch.id}-{index}", batch.received_at, reason.decode())
        for index, reason in enumerate(batch.records)
    )
    return replace(
        clock_observation(batch, batch.object_id),
        kind=BatchKind.REFUSED,
        last_event_at=batch.received_at,
        first_event_at=batch.received_at,
        withheld=reasons,
    )


def without(batch: RawBatch, poison: Sequence[int]) -> RawBatch:
    """Give the batch with the named records emptied; they are failures, not events."""
    gone = frozenset(poison)
    records = tuple(b"" if index in gone else record for index, record in enumerate(batch.records))
    return replace(batch, records=records)


def set_aside(batch: RawBatch, observed: Observed, reason: str) -> Observed:
    """Give what is left of a batch whose observation breaks the fold: its events and its place.

    Every record that a rule fired on, or that was withheld, becomes a failure beside its event.
    """
    seen = observed.observation
    fired = {match.event_id for match in seen.matches}
    indexes = sorted(
        {event.index for event in observed.events if event.id in fired}
        | {int(event_id.rpartition("-")[2]) for event_id, _, _ in seen.withheld}
    )
    failures = [*observed.failures, *(poison_failure(batch, one, reason) for one in indexes)]
    return Observed(observed.events, failures, replace(seen, matches=(), withheld=()))


def poison_failure(batch: RawBatch, index: int, reason: str) -> Failure:
    """Make the failure of a record that no stage survives."""
    return Failure(
        batch_id=batch.id,
        index=index,
        object_id=batch.object_id,
        source_id=batch.source_id,
        stage="runtime",
        code=FailureCode.POISON,
        detail=f"a stage broke on this record three times: {reason}"[:500],
        received_at=batch.received_at,
    )


def _broken_through(state: Rows, revised: Sequence[Revised], at: int) -> Iterator[Draft]:
    for item in revised:
        incident = item.incident
        row = state.get(IncidentRow, "incident", incident.id)
        if row is not None and incident.assessment.is_incident is Tri.YES:
            yield from broken_through(incident.object_id, incident.id, row.findings.values(), at)


def _incident_draft(revised: Revised) -> Draft:
    incident = revised.incident
    return Draft(
        chain=incident.object_id,
        entry_id=f"incident:{incident.id}:{incident.revision}",
        kind="incident",
        subject=incident.id,
        at=incident.changed_at,
        actor="saqshy",
        detail={
            "revision": incident.revision,
            "state": incident.state.value,
            "verdict": incident.assessment.is_incident.value,
            "hash": incident.hash,
        },
    )


def notice_draft(notice: Notice, at: int) -> Draft:
    """Make the audit entry of a notice as it stands: made, sent, answered or given up."""
    receipt = notice.receipt
    return Draft(
        chain=notice.object_id,
        entry_id=f"notice:{notice.id}:{notice.state.value}:{notice.attempts}",
        kind="notice",
        subject=notice.id,
        at=at,
        actor="saqshy",
        detail={
            "incident": notice.incident_id,
            "leg": notice.leg,
            "recipient": f"{notice.recipient.role}:{notice.recipient.party_id}",
            "state": notice.state.value,
            "attempts": notice.attempts,
            "receipt": receipt.body if receipt else None,
            "error": notice.last_error,
        },
    )

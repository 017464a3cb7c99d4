"""The stages of one set of revisions, put in order: the core that both runtimes run.

observe   bytes -> events -> observation      stateless: any worker, any order
step      observation -> findings -> incidents -> notices      stateful: one object
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
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
    let_go,
    step_detail,
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
    GuardDecision,
    Notice,
    Observation,
    RawBatch,
    Recipient,
    Revisions,
    Tri,
)
from pipeline.model.rows import Rows
from pipeline.normalize import Normalized
from pipeline.notify import Told, told_after
from pipeline.notify.digests import Digests
from pipeline.ports import Telemetry
from pipeline.runtime.folded import Folded
from pipeline.runtime.ncc_answers import MessageAnswers
from pipeline.runtime.notice_drafts import notice_draft
from pipeline.runtime.outages import TICK_ROWS
from pipeline.runtime.skews import Delays, sampled
from pipeline.runtime.spill_records import emptied, released
from pipeline.runtime.term_answers import TermAnswers

STATE_TYPES = {**CORRELATE_ROWS, **INCIDENT_ROWS, **TICK_ROWS}


@dataclass(frozen=True, slots=True)
class Observed:
    """What the stateless half made of one batch.

    ``stopped`` are the records that the second guard found: nothing of them may be kept.
    ``indexes`` are the records that became events, ``delays`` what some of these show of clocks.
    """

    events: Sequence[Event]
    failures: Sequence[Failure]
    observation: Observation
    stopped: Sequence[int] = ()
    indexes: Sequence[int] = ()
    delays: Delays = field(default_factory=dict)


def _nothing_sayable(_at: int) -> Mapping[str, tuple[str, ...]]:
    """Let persons decide nothing: no pack was given that has words for it."""
    return {}


def _nowhere(_object_id: str, _at: int) -> str:
    """Name no sector: no registry was given."""
    return "unknown"


def _held(object_id: str, at: int) -> GuardDecision:  # noqa: ARG001 (a guard's signature)
    """Hold everything: where nobody says what may be told, nothing may."""
    return GuardDecision("hold", "no registry")


@dataclass(frozen=True, slots=True)
class Chain:
    """The configured stages of one content, registry and pack.

    ``second_guard`` gives, of a batch's events and records, the indexes that must not be kept;
    ``guard`` what may be told of an object at an instant.
    ``sector`` names the branch of an object at an instant.
    ``rule_errors`` is where the matcher counts, by rule, the events that it could not ask about.
    ``sayable`` gives what persons may decide under the pack in force at an instant (``decided``),
    ``reports`` to which roles it owes which reports that persons bring about.
    """

    revisions: Revisions
    normalizer: Callable[[RawBatch], Normalized]
    matcher: Matcher
    correlator: Correlator
    campaigns: Campaigns
    fold: Fold
    notices: Callable[[Revised, Told], list[Notice]]
    telemetry: Telemetry
    second_guard: Callable[[Sequence[Event], Sequence[bytes]], Sequence[int]]
    guard: Callable[[str, int], GuardDecision] = _held
    silent_objects: tuple[str, ...] = field(default=())
    rule_errors: Counter[str] = field(default_factory=Counter)
    sayable: Callable[[int], Mapping[str, tuple[str, ...]]] = _nothing_sayable
    reports: Callable[[int], Mapping[str, tuple[str, ...]]] = _nothing_sayable
    terms: TermAnswers | None = None
    messages: MessageAnswers | None = None
    digests: Digests | None = None
    sector: Callable[[str, int], str] = _nowhere

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
        stopped = self._stopped(batch, normalized.events)
        if stopped:
            batch, normalized = emptied(batch, stopped), _left(normalized, frozenset(stopped))
        between = time.perf_counter()
        gave = len(normalized.events)
        self.telemetry.stage_done("normalize", len(batch.records), between - started, gave)
        failures = list(normalized.failures)
        observation = self.matcher.observe(batch, normalized.events, failures)
        done = time.perf_counter()
        self.telemetry.stage_done("match", gave, done - between, len(observation.matches))
        while self.rule_errors:
            self.telemetry.rule_errors(*self.rule_errors.popitem())
        events = normalized.events
        indexes = [event.index for event in events]
        return Observed(events, failures, observation, stopped, indexes, sampled(events))

    def _stopped(self, batch: RawBatch, events: Sequence[Event]) -> Sequence[int]:
        """Give the records that the second guard stops, but for those that a person released."""
        stopped = self.second_guard(events, batch.records)
        if not stopped or not batch.notes:
            return stopped
        free = released(batch)
        return [index for index in stopped if index not in free]

    def step(
        self, state: Rows, observation: Observation, silences: Sequence[Silence] = ()
    ) -> Folded:
        """Fold one observation into one object's state, under the silences that stand."""
        found = self._correlated(self.correlator.step, state, observation)
        folded = self.judge(state, found, observation, silences)
        if observation.kind is not BatchKind.CLOCK:
            return folded
        let_go(state, observation.received_at)
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
        folded = self.told(state, revised, at)
        seconds = time.perf_counter() - started
        self.telemetry.stage_done("assess", len(findings), seconds, len(revised))
        return replace(folded, findings=findings)

    def judge_anew(self, state: Rows, spans: Sequence[Sequence[int]], at: int) -> Folded:
        """Judge an object's incidents of certain spans of time (ns) again; give what changes."""
        return self.told(state, self.fold.judge_anew(state, spans, at), at)

    def told(self, state: Rows, revised: Sequence[Revised], at: int) -> Folded:
        """Give what an object's new revisions owe: notices, and entries of the audit trail."""
        notices = [notice for item in revised for notice in self._notices(state, item)]
        drafts = [*map(_incident_draft, revised), *(notice_draft(notice, at) for notice in notices)]
        drafts += _broken_through(state, revised, at)
        return Folded((), revised, notices, drafts)

    def _notices(self, state: Rows, item: Revised) -> list[Notice]:
        """Give what a revision owes, and remember beside the incident who has been told."""
        row = state.get(IncidentRow, "incident", item.incident.id)
        told = {_recipient(name): behind for name, behind in row.told.items()} if row else {}
        if row is not None:
            after = told_after(item.incident, item.previous, told)
            row.told = {f"{one.role}:{one.party_id}": behind for one, behind in after.items()}
            state.put(row, "incident", item.incident.id)
        return self.notices(item, told)

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
        self.telemetry.stage_done("correlate", len(observation.matches), seconds, len(found))
        return found


def _recipient(name: str) -> Recipient:
    role, _, party = name.partition(":")
    return Recipient(role, party)


def _left(normalized: Normalized, stopped: frozenset[int]) -> Normalized:
    return Normalized(
        [event for event in normalized.events if event.index not in stopped],
        [failure for failure in normalized.failures if failure.index not in stopped],
    )


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
        records=len(batch.records),
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
    return replace(observed, failures=failures, observation=replace(seen, matches=(), withheld=()))


def left_out(batch: RawBatch, observed: Observed, reason: str) -> Observed:
    """Give what is left of a batch that nothing can keep, whatever is taken from it: failures."""
    failures = tuple(poison_failure(batch, one, reason) for one in range(len(batch.records)))
    return replace(observed, events=(), failures=failures, indexes=())


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
        actor=incident.actor or "saqshy",
        detail={
            "revision": incident.revision,
            "state": incident.state.value,
            "verdict": incident.assessment.is_incident.value,
            "hash": incident.hash,
            **step_detail(revised),
        },
    )

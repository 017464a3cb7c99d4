"""A dry run of rules over kept events: what they would find, open and tell; nothing is kept.

The events are matched, correlated and judged twice in the order of their times: by the content in
force, and by it with the tried rules over it. The difference is what the tried rules bring. States
are in memory and go with the run. Two things differ from the day itself: events are read in the
order of their times, so that none is late, and no clock ticks, so that no source falls silent.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from heapq import merge
from itertools import chain, groupby, islice
from operator import attrgetter

import orjson

from pipeline.content import Content
from pipeline.correlate import CENTRE
from pipeline.errors import StoreCorrupt
from pipeline.match.observing import Watch
from pipeline.model import (
    Event,
    Finding,
    Incident,
    IncidentState,
    Notice,
    Observation,
    RawBatch,
    event_from,
)
from pipeline.model.rows import Rows
from pipeline.ports import EventStore
from pipeline.runtime.chain import STATE_TYPES, Chain
from pipeline.runtime.folded import Folded

RECORDS = 500
MOST_COVERED = 200_000
Place = tuple[str, str]  # object and source
EVER = 2**62  # beyond every event time, before or behind


@dataclass(frozen=True, slots=True)
class Extent:
    """Which kept events are read: of these objects, with event time in [begin, end)."""

    objects: Sequence[str]
    begin: int = -EVER
    end: int = EVER


@dataclass(slots=True)
class Side:
    """What one content makes of the events, by its own chain; the last revisions stand."""

    chain: Chain
    findings: dict[str, Finding] = field(default_factory=dict)
    incidents: dict[str, Incident] = field(default_factory=dict)
    notices: dict[str, Notice] = field(default_factory=dict)
    failures: int = 0
    _states: dict[str, Rows] = field(default_factory=dict)

    def take(self, batch: RawBatch, events: Sequence[Event]) -> Observation:
        """Match and fold one batch's events; what they were read from is not at hand."""
        watch = Watch(batch, events)
        for event in events:
            matches, errors = self.chain.matcher.examine(event)
            watch.add(matches)
            self.failures += bool(errors)
        seen = watch.observation(0)
        with self._state(batch.object_id) as state:
            self._keep(self.chain.step(state, seen))
        if self.chain.campaigns:
            with self._state(CENTRE) as centre:
                by_object = self.chain.across(centre, seen)
            for object_id, found in by_object.items():
                with self._state(object_id) as state:
                    self._keep(self.chain.judge(state, found, seen))
        return seen

    @contextmanager
    def _state(self, object_id: str) -> Iterator[Rows]:
        """Give an object's state, and forget afterwards what changed: nothing is written."""
        state = self._states.setdefault(object_id, Rows(object_id, STATE_TYPES, {}))
        yield state
        state.settled()

    def _keep(self, folded: Folded) -> None:
        self.findings.update((one.id, one) for one in folded.findings)
        self.incidents.update((one.id, one) for one in folded.incidents)
        self.notices.update((one.id, one) for one in folded.notices)


@dataclass(frozen=True, slots=True)
class TriedFinding:
    """A finding of a tried rule; ``also`` are rules in force that found all its kept events."""

    finding: Finding
    also: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TriedIncident:
    """An incident with findings of tried rules; ``before``: what it is without them, or None."""

    incident: Incident
    before: Incident | None


@dataclass(frozen=True, slots=True)
class Tried:
    """What a trial found. ``hits`` is by rule; ``notices`` are those that are due besides.

    ``failures`` are events that a tried or a standing rule failed on. ``uncompared`` counts events
    beyond the bound up to which duplicates are looked for.
    """

    events: int
    failures: int
    hits: Mapping[str, int]
    findings: Sequence[TriedFinding]
    incidents: Sequence[TriedIncident]
    notices: Sequence[Notice]
    uncompared: int


@dataclass(slots=True)
class Trial:
    """Runs tried rules beside the content in force; ``tried`` are ids of ``after``'s content."""

    before: Side
    after: Side
    tried: frozenset[str]
    _covered: dict[str, set[str]] = field(default_factory=dict)
    _hits: Counter[str] = field(default_factory=Counter)
    _uncompared: int = 0
    _watched: frozenset[str] = frozenset()
    _alone: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        content = self.after.chain.matcher.content
        self._watched = _with_members(content, self.tried)
        standing = self.before.chain.matcher.content
        self._alone = frozenset(filter(standing.speaks_alone, standing.rules))

    def __call__(self, store: EventStore, extent: Extent, tell: Callable[[int], None]) -> Tried:
        """Run over the kept events; ``tell`` is given how many were read so far."""
        read = told = 0
        sequences: Counter[Place] = Counter()
        events = _events(store, extent, together=bool(self.after.chain.campaigns))
        # A batch is a run of one source: more of it would make the others' events between late.
        for place, run in groupby(events, key=attrgetter("object_id", "source_id")):
            while part := list(islice(run, RECORDS)):
                sequences[place] += 1
                self._take(_batch(place, sequences[place], part), part)
                read += len(part)
                if read - told >= RECORDS:
                    told = read
                    tell(read)
        tell(read)
        return self._tried(read)

    def _take(self, batch: RawBatch, events: Sequence[Event]) -> None:
        known = self.before.take(batch, events)
        seen = self.after.take(batch, events)
        for match in seen.matches:
            if match.rule_id in self.tried:
                self._hits[match.rule_id] += 1
            if match.rule_id in self._watched and match.event_id not in self._covered:
                if len(self._covered) < MOST_COVERED:
                    self._covered[match.event_id] = set()
                else:
                    self._uncompared += 1
        for match in known.matches:
            if match.rule_id in self._alone and match.event_id in self._covered:
                self._covered[match.event_id].add(match.rule_id)

    def _tried(self, read: int) -> Tried:
        for finding in self.before.findings.values():
            if finding.kind == "correlation" and not finding.retracted:
                for event_id in finding.event_ids:
                    if event_id in self._covered:
                        self._covered[event_id].add(finding.rule.id)
        mine = [
            one
            for one in self.after.findings.values()
            if one.rule.id in self.tried and not one.retracted
        ]
        incidents = self._incidents(frozenset(one.id for one in mine))
        return Tried(
            events=read,
            failures=max(self.before.failures, self.after.failures),
            hits={rule_id: self._hits[rule_id] for rule_id in sorted(self._hits)},
            findings=[
                TriedFinding(one, self._also(one))
                for one in sorted(mine, key=lambda one: (one.first_event_at, one.id))
            ],
            incidents=incidents,
            notices=self._notices(incidents),
            uncompared=self._uncompared,
        )

    def _also(self, finding: Finding) -> tuple[str, ...]:
        """Name the rules in force that found events of a finding, where they found them all."""
        by = [self._covered.get(event_id, set()) for event_id in finding.event_ids]
        return tuple(sorted(set().union(*by))) if by and all(by) else ()

    def _incidents(self, mine: frozenset[str]) -> list[TriedIncident]:
        known = {
            finding_id: incident
            for incident in self.before.incidents.values()
            if incident.state is not IncidentState.MERGED
            for finding_id in incident.finding_ids
        }
        found = []
        for incident in self.after.incidents.values():
            held = incident.finding_ids
            if incident.state is IncidentState.MERGED or mine.isdisjoint(held):
                continue
            before = next((known[one] for one in held if one in known and one not in mine), None)
            found.append(TriedIncident(incident, before))
        return sorted(found, key=lambda one: (one.incident.opened_at, one.incident.id))

    def _notices(self, incidents: Sequence[TriedIncident]) -> list[Notice]:
        """Give the notices of these incidents beyond those that are due without the tried rules."""
        theirs: Counter[tuple[str, ...]] = Counter()
        counterparts = {one.before.id: one.incident.id for one in incidents if one.before}
        for notice in self.before.notices.values():
            if notice.incident_id in counterparts:
                theirs[_kind(notice, counterparts[notice.incident_id])] += 1
        touched = {one.incident.id for one in incidents}
        found = []
        for notice in sorted(self.after.notices.values(), key=lambda one: (one.due_at, one.id)):
            if notice.incident_id not in touched:
                continue
            kind = _kind(notice, notice.incident_id)
            theirs[kind] -= 1
            if theirs[kind] < 0:
                found.append(notice)
        return found


def _kind(notice: Notice, incident_id: str) -> tuple[str, ...]:
    return incident_id, notice.leg, notice.recipient.role, notice.recipient.party_id


def _with_members(content: Content, tried: frozenset[str]) -> frozenset[str]:
    """Give rules and, of correlations, all that they count, over correlations between."""
    found: set[str] = set()
    waiting = list(tried)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            if name in content.correlations:
                waiting += content.correlations[name].rules
    return frozenset(found)


def _events(store: EventStore, extent: Extent, *, together: bool) -> Iterator[Event]:
    """Give the events in the order of their times, object by object or ``together``.

    Correlations across objects need the latter: an object's earlier events would come too late.
    """
    each = [_events_of(store, object_id, extent) for object_id in extent.objects]
    return merge(*each, key=attrgetter("time")) if together else chain.from_iterable(each)


def _events_of(store: EventStore, object_id: str, extent: Extent) -> Iterator[Event]:
    for line in store.search(object_id, extent.begin, extent.end, EVER):
        try:
            yield event_from(orjson.loads(line))
        except ValueError as error:
            raise StoreCorrupt(f"a kept event of {object_id} cannot be read: {error}") from error


def _batch(place: Place, sequence: int, events: Sequence[Event]) -> RawBatch:
    object_id, source_id = place
    received_at = max(event.received_at for event in events)
    return RawBatch(
        id=f"trial-{object_id}-{source_id}-{sequence}",
        object_id=object_id,
        source_id=source_id,
        sequence=sequence,
        previous=sequence - 1,
        received_at=received_at,
        reference_at=received_at,
        format="",
        records=(),
    )

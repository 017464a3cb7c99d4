"""The statistics of a period: a pure function of histories, and the same for the same instant.

Operating regimes are kept apart (5(11)): an incident counts under the one in force at its opening.
So is trial operation (1(6-6), 39(4)): its incidents are in no figure of regular operation.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.incidents.statistics.counts import Counts, Tally
from pipeline.incidents.statistics.coverage import Coverage
from pipeline.incidents.statistics.known import Known, Verdict, known
from pipeline.incidents.statistics.legs import AtOnce, Legs, LegTally
from pipeline.incidents.statistics.partial import Partial
from pipeline.incidents.statistics.period import Period
from pipeline.incidents.statistics.spread import Spread
from pipeline.incidents.statistics.subject import Subject
from pipeline.incidents.statistics.times import TimesTally
from pipeline.model import Incident, Instant, Notice


@dataclass(frozen=True, slots=True)
class History:
    """Every revision of one incident, and its notices with their receipts; in any order."""

    revisions: Sequence[Incident]
    notices: Sequence[Notice] = ()


@dataclass(frozen=True, slots=True)
class Clock:
    """Another's duty that runs beside ours (54(2)(6), 17(2-1)(3)): shown, never ours to meet.

    ``due_at`` None: ``missing`` names the by-law that would give the number.
    """

    term: str
    duty_of: str
    basis: str
    set_by: str
    due_at: Instant | None
    missing: str = ""


@dataclass(frozen=True, slots=True)
class Clocks:
    """How often another's clock ran, and how often its time is over; whether it was met is theirs.

    ``due`` counts no clock without a number.
    """

    term: str
    duty_of: str
    basis: str
    set_by: str
    running: int
    due: int
    missing: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """One regime, regular or trial operation: what was opened in the period, by verdict.

    ``times`` are of incidents alone; ``notices`` of everything that was told, since a duty was
    owed when it was owed, whatever came of the incident.
    """

    regime: str
    trial: bool
    verdicts: Mapping[str, Counts]
    times: Mapping[str, Spread]
    notices: tuple[Legs, ...]
    clocks: tuple[Clocks, ...]


@dataclass(frozen=True, slots=True)
class Statistics:
    """The report. ``partial`` says why it is not of the whole period; empty: it is.

    ``at_once`` is the one number behind it that the law does not give, with who set it.
    """

    begin: Instant
    end: Instant
    period: str
    zone: str
    known_at: Instant
    partial: tuple[Partial, ...]
    at_once: AtOnce
    groups: tuple[Group, ...]
    coverage: tuple[Coverage, ...] = ()


AT_ONCE = AtOnce(60.0)


@dataclass(frozen=True, slots=True)
class Questions:
    """What the counts ask of others.

    ``subject`` tells of an object by its id, the first event's time and the opening's; ``clocks``
    gives the clocks of others that run for an incident; ``held`` are the notices that were held at
    an instant of the past (None: as the outbox says today).
    """

    subject: Callable[[str, int, int], Subject]
    clocks: Callable[[Incident], Sequence[Clock]] = lambda _: ()
    at_once: AtOnce = AT_ONCE
    held: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Frame:
    """What surrounds the figures: why they are partial, and the coverage."""

    partial: tuple[Partial, ...] = ()
    coverage: tuple[Coverage, ...] = ()


NO_FRAME = Frame()


def statistics(
    histories: Iterable[History],
    period: Period,
    known_at: int,
    asks: Questions,
    frame: Frame = NO_FRAME,
) -> Statistics:
    """Count what was opened in a period as it was known at an instant (nanoseconds).

    Each history comes once; their order, and the order within them, changes nothing. What holds of
    incidents is streamed: eight bytes remain of each duration.
    """
    groups: dict[tuple[str, bool], _GroupTally] = {}
    for history in histories:
        item = known(history.revisions, known_at)
        if item is None or not period.holds(item.latest.opened_at):
            continue
        key = (item.regime, item.latest.trial)
        group = groups.get(key)
        if group is None:
            group = groups[key] = _GroupTally.start(asks, known_at)
        group.add(item, history.notices, asks)
    return Statistics(
        begin=period.begin,
        end=period.end,
        period=period.name,
        zone=period.zone,
        known_at=known_at,
        partial=frame.partial,
        at_once=asks.at_once,
        groups=tuple(group.group(*key) for key, group in sorted(groups.items())),
        coverage=frame.coverage,
    )


@dataclass(slots=True)
class _GroupTally:
    """Everything of one regime, regular or trial."""

    times: TimesTally
    legs: LegTally
    known_at: Instant
    verdicts: dict[Verdict, Tally] = field(default_factory=dict)
    clocks: dict[tuple[str, ...], list[int]] = field(default_factory=dict)

    @classmethod
    def start(cls, asks: Questions, known_at: int) -> "_GroupTally":
        return cls(
            TimesTally(known_at),
            LegTally(asks.at_once, known_at, asks.held),
            known_at,
            {verdict: Tally() for verdict in Verdict},
        )

    def add(self, item: Known, notices: Sequence[Notice], asks: Questions) -> None:
        latest = item.latest
        subject = asks.subject(latest.object_id, latest.first_event_at, latest.opened_at)
        self.verdicts[item.verdict].add(latest, subject)
        self.legs.add(notices)
        if item.verdict is not Verdict.INCIDENT:
            return
        self.times.add(item, notices)
        for clock in asks.clocks(latest):
            key = (clock.term, clock.duty_of, clock.basis, clock.set_by, clock.missing)
            held = self.clocks.setdefault(key, [0, 0])
            held[0] += 1
            held[1] += clock.due_at is not None and clock.due_at <= self.known_at

    def group(self, regime: str, trial: bool) -> Group:
        return Group(
            regime=regime,
            trial=trial,
            verdicts={verdict.value: tally.counts() for verdict, tally in self.verdicts.items()},
            times=self.times.times(),
            notices=self.legs.legs(),
            clocks=tuple(
                Clocks(term, duty_of, basis, set_by, held[0], held[1], missing)
                for (term, duty_of, basis, set_by, missing), held in sorted(self.clocks.items())
            ),
        )

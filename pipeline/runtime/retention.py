"""Retention by class: what is old enough goes, unless an open incident or a legal hold needs it.

The policy is ours and not the store's, since only we know what is open and what is held.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Protocol

from pipeline.errors import ConfigurationError, Problem
from pipeline.incidents.silences import who
from pipeline.model import NANOSECONDS, Command, Finding, Incident, IncidentState, Json
from pipeline.ports.retention import Held, Kept, Period, Periods
from pipeline.settings import HoldSettings, RetentionSettings

DAY = 86_400 * NANOSECONDS
RETENTION = "retention"
ROLES = ("administrator", "duty_lead", "system")
OVER = frozenset({IncidentState.CLOSED, IncidentState.MERGED})


class History(Protocol):
    """Where incidents and their findings are read."""

    def latest(self) -> Iterator[Incident]:
        """Give the latest revision of each incident."""

    def finding(self, finding_id: str) -> Finding | None:
        """Give a finding's latest revision."""


@dataclass(frozen=True, slots=True)
class Policy:
    """How long each class is kept, in days (0: for ever), and what is held whatever its age."""

    days: Mapping[str, int]
    held: tuple[Held, ...] = ()

    def expired(self, period: Period, now: int) -> bool:
        """Tell whether a period lies wholly before what is kept."""
        return period.end <= self.before(period.kind, now)

    def before(self, kind: str, now: int) -> int:
        """Give the instant before which a class may go; none lies before the least."""
        days = self.days.get(kind, 0)
        return now - days * DAY if days else -(2**63)


@dataclass(frozen=True, slots=True)
class Gone:
    """What became, or would become, of one period."""

    period: Period
    stays: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one run did: periods that went, and events that stayed once and were freed."""

    gone: tuple[Gone, ...]
    freed: int
    open_incidents: int


def policy_of(settings: RetentionSettings) -> Policy:
    """Give the policy that is set; ConfigurationError with every hold that is none."""
    problems: list[Problem] = []
    held = [_held(one, problems) for one in settings.holds]
    if problems:
        raise ConfigurationError(problems)
    days = {"events": settings.events_days, "failures": settings.failures_days}
    return Policy(days, tuple(one for one in held if one is not None))


def apply_retention(
    policy: Policy,
    periods: Periods,
    history: History,
    now: int,
    *,
    dry: bool,
    told: Callable[[Gone], None] = lambda _: None,
) -> Outcome:
    """Let go of what is old enough, oldest first; with ``dry`` only say what would go.

    StoreError where the store fails: what went is gone, the rest stays for the next run.
    """
    expired = [period for period in periods.periods() if policy.expired(period, now)]
    kept, count = kept_by(policy, history)
    gone: list[Gone] = []
    for period in expired:
        stays = periods.bound(period, kept) if dry else periods.let_go(period, kept)
        gone.append(Gone(period, stays))
        told(gone[-1])
    freed = periods.freed(kept, policy.before("events", now), dry=dry)
    return Outcome(tuple(gone), freed, count)


def told_of(done: Outcome) -> Json:
    """Give what the audit trail has of a run: of each class how much goes, and of which days."""
    kinds: Json = {}
    for one in done.gone:
        kind = kinds.setdefault(one.period.kind, {"count": 0, "stay": 0, "first": one.period.name})
        kind["count"] += one.period.count - one.stays
        kind["stay"] += one.stays
        kind["last"] = one.period.name
    return {"classes": kinds, "freed": done.freed, "open_incidents": done.open_incidents}


def retention_problems(command: Command) -> Iterator[str]:
    """Give what stands against recording a run."""
    yield from who(command.role, command.author, command.reason, ROLES)
    if command.detail.keys() != {"classes", "freed", "open_incidents"}:
        yield "it must say of which classes how much goes"


def kept_by(policy: Policy, history: History) -> tuple[Kept, int]:
    """Give what must stay, and how many incidents are open."""
    ids: set[str] = set()
    count = 0
    for incident in history.latest():
        if incident.state in OVER:
            continue
        count += 1
        for finding in _findings(history, incident.finding_ids):
            ids.update(finding.event_ids)
    return Kept(frozenset(ids), policy.held), count


def _findings(history: History, ids: Sequence[str]) -> Iterator[Finding]:
    for one in ids:
        finding = history.finding(one)
        if finding is not None:
            yield finding


def _held(hold: HoldSettings, problems: list[Problem]) -> Held | None:
    try:
        begin, end = date.fromisoformat(hold.begin), date.fromisoformat(hold.end)
    except ValueError as error:
        problems.append(Problem("retention.holds", 0, f"{hold.reason}: {error}", "mend the day"))
        return None
    if begin >= end:
        way_out = "end is the first day that is free again"
        problems.append(Problem("retention.holds", 0, f"{hold.reason}: ends first", way_out))
        return None
    # A day of any zone: nobody should lose an hour of evidence to Greenwich.
    return Held(hold.object_id, _at(begin - timedelta(days=1)), _at(end + timedelta(days=1)))


def _at(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * NANOSECONDS

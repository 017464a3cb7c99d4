"""What was known of an incident at an instant: its revision then, its opening, what it reached.

A report of an earlier instant is made of the same revisions as it was made of then, so it comes
out the same: revisions are only ever added (Informatization Law 3(2): complete and reliable).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from pipeline.incidents.statistics.subject import UNKNOWN
from pipeline.model import Incident, IncidentState, Instant, Tri


class Verdict(StrEnum):
    """As what an incident's history counts; only the first is an incident of the law (1(31))."""

    INCIDENT = "incident"
    CANDIDATE = "candidate"  # a person has yet to decide
    NO_INCIDENT = "no_incident"  # an attempt or another finding that never was one
    FALSE_POSITIVE = "false_positive"  # it was one, or might have been, and is none
    MERGED = "merged"  # counts with the incident that took it over


_RANK: Mapping[IncidentState, int] = {
    IncidentState.CANDIDATE: 0,
    IncidentState.NEW: 1,
    IncidentState.ACKNOWLEDGED: 2,
    IncidentState.INVESTIGATING: 3,
    IncidentState.CONTAINED: 4,
    IncidentState.RESTORED: 5,
    IncidentState.CLOSED: 6,
}


@dataclass(frozen=True, slots=True)
class Known:
    """An incident as it was known: ``reached`` tells when it came to the states it stands behind.

    ``opening`` is the revision that set today's ``opened_at``: its regime is the one in force then.
    """

    latest: Incident
    opening: Incident
    verdict: Verdict
    reached: Mapping[IncidentState, Instant]

    @property
    def regime(self) -> str:
        """Give the operating regime under which it was opened (5(11))."""
        return self.opening.assessment.versions.get("regime") or UNKNOWN

    def passed(self, state: IncidentState) -> bool:
        """Tell whether it stands at or behind a state, by way of it or not."""
        return _RANK.get(self.latest.state, 0) >= _RANK[state]


def known(history: Sequence[Incident], at: int) -> Known | None:
    """Give what an incident's revisions said at an instant (nanoseconds); None: nothing yet."""
    held = sorted((one for one in history if one.changed_at <= at), key=lambda one: one.revision)
    if not held:
        return None
    latest = held[-1]
    opening = next(one for one in held if one.opened_at == latest.opened_at)
    return Known(latest, opening, _verdict(held), _reached(held))


def _verdict(held: Sequence[Incident]) -> Verdict:
    latest = held[-1]
    verdict = latest.assessment.is_incident
    if latest.state is IncidentState.MERGED:
        return Verdict.MERGED
    if verdict is Tri.YES and latest.state is not IncidentState.CANDIDATE:
        return Verdict.INCIDENT
    if latest.state is IncidentState.CLOSED or not latest.finding_ids:
        return Verdict.FALSE_POSITIVE
    if verdict is not Tri.NO:
        return Verdict.CANDIDATE
    was = any(one.assessment.is_incident is Tri.YES for one in held)
    return Verdict.FALSE_POSITIVE if was else Verdict.NO_INCIDENT


def _reached(held: Sequence[Incident]) -> dict[IncidentState, Instant]:
    """Give when each state was reached; going back takes what lies ahead away again."""
    reached: dict[IncidentState, Instant] = {}
    for one in held:
        rank = _RANK.get(one.state)
        if rank is None:
            continue
        reached = {state: at for state, at in reached.items() if _RANK[state] <= rank}
        reached.setdefault(one.state, one.changed_at)
    return reached

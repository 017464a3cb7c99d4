"""Where a document goes: the names of indices and aliases, and the index of an event."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from pipeline.model import NANOSECONDS

# Readers ask through the alias that has the kind's name; writers name the index itself. A change
# of form that old documents do not have is a new generation beside the old one.
GENERATION: Final = 1
EVENTS, FAILURES = "events", "failures"
INCIDENTS, INCIDENT_REVISIONS = "incidents", "incident-revisions"
FINDINGS, FINDING_REVISIONS = "findings", "finding-revisions"
NOTICES, AUDIT, BUNDLES = "notices", "audit", "bundles"
DAILY: Final = (EVENTS, FAILURES)  # an index a day
KINDS: Final = (
    EVENTS, FAILURES, INCIDENTS, INCIDENT_REVISIONS, FINDINGS, FINDING_REVISIONS, NOTICES, AUDIT,
    BUNDLES,
)  # fmt: skip
DAY: Final = 86_400 * NANOSECONDS
COUNTED: Final = "counted"  # the alias of incidents that count


@dataclass(frozen=True, slots=True)
class Names:
    """Index names under a prefix. ``past_days``: see ``event_index``."""

    prefix: str = "saqshy"
    past_days: int = 31

    def alias(self, kind: str) -> str:
        """Give the name under which a kind is read."""
        return f"{self.prefix}-{kind}"

    def lasting(self, kind: str) -> str:
        """Give the index into which a kind without days is written.

        One with days has it too: it stays empty, so that the alias is there from the beginning.
        """
        return f"{self.prefix}-{kind}-v{GENERATION}"

    def pattern(self, kind: str) -> str:
        """Give the pattern of the names of a kind's indices, and of nothing else."""
        return f"{self.prefix}-{kind}-{'*' if kind in DAILY else 'v*'}"

    def event_index(self, time: str, received: str) -> str:
        """Give the index of an event by its time and the time of its receipt (RFC 3339).

        The day of the event, unless that lies more than ``past_days`` before the receipt or more
        than a day behind it: then the month of the receipt. Otherwise who makes up times would open
        an index for each, until the cluster takes no more. It follows from the event alone.
        ValueError where the receipt is no time.
        """
        day, came = time[:10], date.fromisoformat(received[:10])
        if not self._near(day, came):
            return f"{self.prefix}-events-past-{received[:4]}.{received[5:7]}"
        return f"{self.prefix}-events-{day[:4]}.{day[5:7]}.{day[8:]}"

    def events_between(self, begin: int, end: int) -> Sequence[str]:
        """Give index expressions, some perhaps of none, for all events in [begin, end).

        Of indices of days those alone that lie there; all that are of no day.
        """
        first, last = begin // DAY, (end - 1) // DAY
        days = (datetime.fromtimestamp(day * 86_400, UTC) for day in range(first, last + 1))
        named = [f"{self.prefix}-events-{day:%Y.%m.%d}" for day in days]
        return [self.pattern(EVENTS), f"-{self.prefix}-{EVENTS}-2*", *named]

    def failure_index(self, received: str) -> str:
        """Give the index of a failure by the time of its batch's receipt (RFC 3339)."""
        return f"{self.prefix}-failures-{received[:4]}.{received[5:7]}.{received[8:10]}"

    def ends(self, index: str) -> int | None:
        """Give when the last day or month ends that an index is for; None for another's index."""
        for kind in DAILY:
            head = f"{self.prefix}-{kind}-"
            if index.startswith(head):
                return _end(index.removeprefix(head))
        return None

    def _near(self, day: str, received: date) -> bool:
        try:
            away = (received - date.fromisoformat(day)).days
        except ValueError:
            return False
        return -1 <= away <= self.past_days


def _end(period: str) -> int | None:
    month = period.removeprefix("past-")
    try:
        if month != period:
            begin = datetime.strptime(month, "%Y.%m").replace(tzinfo=UTC)
            end = (begin + timedelta(days=31)).replace(day=1)
        else:
            end = datetime.strptime(period, "%Y.%m.%d").replace(tzinfo=UTC) + timedelta(days=1)
    except ValueError:
        return None
    return int(end.timestamp()) * NANOSECONDS

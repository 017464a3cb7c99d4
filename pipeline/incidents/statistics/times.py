"""How long it took: to detect, to tell each role, to acknowledge, contain, restore and close.

What the law asks to be prompt (7-2(1)(2), 54(2)(2), (5)) is measured from history alone. A state
that was passed by without being entered is unknown; one that is still ahead runs on, apart.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.incidents.statistics.known import Known
from pipeline.incidents.statistics.legs import first_told
from pipeline.incidents.statistics.spread import Durations, Spread
from pipeline.model import IncidentState, Instant, Notice

DETECT = "detect"  # from the first event to the opening
NOTIFY = "notify."  # with a role: from the opening until all its parties had the first notice
STATES: Mapping[str, IncidentState] = {
    "acknowledge": IncidentState.ACKNOWLEDGED,
    "contain": IncidentState.CONTAINED,
    "restore": IncidentState.RESTORED,
    "close": IncidentState.CLOSED,
}


@dataclass(slots=True)
class TimesTally:
    """Gathers the times of incidents as they were known at an instant."""

    known_at: Instant
    _held: dict[str, Durations] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._held = {name: Durations() for name in (DETECT, *STATES)}

    def add(self, item: Known, notices: Sequence[Notice]) -> None:
        """Take the times of one incident."""
        incident = item.latest
        opened = incident.opened_at
        self._held[DETECT].add(incident.first_event_at, opened)
        for role, told in first_told(notices, incident, self.known_at).items():
            held = self._held.setdefault(NOTIFY + role, Durations())
            if told is None:
                held.runs(opened, self.known_at)
            else:
                held.add(opened, told)
        for name, state in STATES.items():
            held, at = self._held[name], item.reached.get(state)
            if at is not None:
                held.add(opened, at)
            elif item.passed(state):
                held.unknown += 1
            else:
                held.runs(opened, self.known_at)

    def times(self) -> dict[str, Spread]:
        """Give the quantiles of each measure."""
        return {name: held.spread() for name, held in sorted(self._held.items())}

"""How long things wait for a person: the alarm that SPEC 2 asks for, as gauges and on the page."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from pipeline.correlate.novelty import NoveltyRow
from pipeline.incidents import Revised
from pipeline.model import NANOSECONDS, IncidentState
from pipeline.model.rows import Rows
from pipeline.ports import Stores
from pipeline.runtime.catalogue import family

NOVEL, CANDIDATE = "novel", "candidate"
WORDS = {NOVEL: "kinds of events not seen before", CANDIDATE: "candidates"}
HOUR = 3600 * NANOSECONDS


@dataclass(slots=True)
class Waits:
    """What waits, noted as it is folded: lines of the queue by object, candidates by incident."""

    _queues: dict[str, tuple[int, int]] = field(default_factory=dict)
    _candidates: dict[str, int] = field(default_factory=dict)

    def load(self, stores: Stores) -> None:
        """Read the candidates that wait in a store; queues tell of themselves at the next tick."""
        for incident in stores.incidents.latest():
            if incident.state is IncidentState.CANDIDATE:
                self._candidates.setdefault(incident.id, incident.opened_at)

    def note(self, state: Rows) -> None:
        """Look at an object's queue."""
        row = state.get(NoveltyRow, "novelty")
        if row is not None and row.waiting:
            self._queues[state.object_id] = row.waiting, row.oldest
        else:
            self._queues.pop(state.object_id, None)

    def note_incidents(self, revised: Sequence[Revised]) -> None:
        """Look at new revisions of incidents."""
        for incident in (item.incident for item in revised):
            if incident.state is IncidentState.CANDIDATE:
                self._candidates[incident.id] = incident.opened_at
            else:
                self._candidates.pop(incident.id, None)

    def now(self) -> dict[str, tuple[int, int]]:
        """Give how many wait and since when the oldest does (0 where none), by what."""
        queues, candidates = list(self._queues.values()), list(self._candidates.values())
        return {
            NOVEL: (sum(one for one, _ in queues), min((at for _, at in queues), default=0)),
            CANDIDATE: (len(candidates), min(candidates, default=0)),
        }

    def alarms(self, at: int, hours: int) -> Iterator[str]:
        """Say what waits for longer than so many hours."""
        for what, (count, oldest) in self.now().items():
            waited = (at - oldest) // HOUR
            if count and waited >= hours:
                yield (
                    f"{count} {WORDS[what]} wait for a person, the oldest for {waited} hours: "
                    "saqshy review list"
                )


class WaitGauges(Collector):
    """How much waits for a person, and for how long the oldest has."""

    def __init__(self, waits: Waits, now: Callable[[], int]) -> None:
        self._waits = waits
        self._now = now

    def describe(self) -> Iterator[Metric]:
        """Give the families without values."""
        yield from _families()

    def collect(self) -> Iterator[Metric]:
        """Give what is known now."""
        count, age = _families()
        for what, (waiting, oldest) in self._waits.now().items():
            count.add_metric([what], waiting)
            age.add_metric([what], max(0, self._now() - oldest) / NANOSECONDS if oldest else 0)
        yield from (count, age)


def _families() -> tuple[GaugeMetricFamily, GaugeMetricFamily]:
    return family("saqshy_review_waiting"), family("saqshy_review_oldest_seconds")


def watch_waits(registry: CollectorRegistry, waits: Waits, now: Callable[[], int]) -> None:
    """Show the gauges in a registry."""
    registry.register(WaitGauges(waits, now))

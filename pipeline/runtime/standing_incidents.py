"""How many incidents stand, by state, severity, sector and act: kept up as revisions come."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from pipeline.incidents import Revised
from pipeline.model import Incident, Tri
from pipeline.ports import Stores
from pipeline.runtime.catalogue import family


def _nowhere(_object_id: str, _at: int) -> str:
    """Name no sector: nobody has said which registry is in force."""
    return "unknown"


@dataclass(slots=True)
class StandingIncidents:
    """Counts of the latest revisions: each new one takes its predecessor's place.

    What a store holds is counted an object at a time between batches, so that no start waits for
    it; of an object that is not counted yet new revisions are not either. ``sector`` names an
    object's branch; it is asked once an object, so that what was added under a name is taken away
    under the same. One thread at a time.
    """

    sector: Callable[[str, int], str] = _nowhere
    _counts: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    _acts: Counter[tuple[str, str]] = field(default_factory=Counter)
    _sectors: dict[str, str] = field(default_factory=dict)
    _left: set[str] | None = None  # objects whose incidents are not counted yet

    def load(self, stores: Stores, most: int = 16) -> None:
        """Count what stands of so many objects more."""
        if self._left is None:
            self._left = {one for one in stores.state.objects() if one and not one.startswith("@")}
        for object_id in sorted(self._left)[:most] if self._left else ():
            for incident in stores.incidents.latest(object_id):
                self._count(incident, 1)
            self._left.discard(object_id)

    def note(self, revised: Sequence[Revised]) -> None:
        """Look at new revisions."""
        for item in revised:
            if self._left and item.incident.object_id in self._left:
                continue
            if item.previous is not None:
                self._count(item.previous, -1)
            self._count(item.incident, 1)

    def now(self) -> tuple[dict[tuple[str, str, str], int], dict[tuple[str, str], int]]:
        """Give counts by (state, severity, sector), and by (act, state)."""
        return dict(self._counts), dict(self._acts)

    def _count(self, incident: Incident, by: int) -> None:
        object_id, judged = incident.object_id, incident.assessment
        if object_id not in self._sectors:
            self._sectors[object_id] = self.sector(object_id, incident.opened_at)
        state = incident.state.value
        self._counts[state, judged.severity, self._sectors[object_id]] += by
        for act, said in judged.acts.items():
            if said is Tri.YES:
                self._acts[act, state] += by


class StandingGauges(Collector):
    """The counts, read when somebody asks."""

    def __init__(self, standing: StandingIncidents) -> None:
        self._standing = standing

    def describe(self) -> Iterator[Metric]:
        """Give the families without values."""
        yield family("saqshy_incidents")
        yield family("saqshy_incidents_by_act")

    def collect(self) -> Iterator[Metric]:
        """Give what stands now."""
        counts, acts = self._standing.now()
        whole, by_act = family("saqshy_incidents"), family("saqshy_incidents_by_act")
        for labels, count in sorted(counts.items()):
            whole.add_metric(labels, count)
        for names, count in sorted(acts.items()):
            by_act.add_metric(names, count)
        yield from (whole, by_act)


def watch_standing(registry: CollectorRegistry, standing: StandingIncidents) -> None:
    """Show the gauges in a registry."""
    registry.register(StandingGauges(standing))

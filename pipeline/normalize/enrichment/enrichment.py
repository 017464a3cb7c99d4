"""All that is added to events, in one fixed order, as one revision."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.model import INDICATOR, Event
from pipeline.normalize.enrichment.data_file import DataFile
from pipeline.normalize.enrichment.delta import Step, merge


@dataclass(frozen=True, slots=True)
class Enrichment:
    """What others know of events' values; called with events, it adds to them.

    ``revision`` names the data files and switches, "" where nothing is added. ``needs`` are the
    top-level names without any of which no step adds a thing. ``registry`` tells
    that the registry's facts are wanted, which whoever holds the registry puts first.
    ``indicators`` counts those in force, ``left_out`` by name what of the feeds is no look-up.
    ``bundle`` and the ``files`` by hash are what a store keeps of it.
    """

    revision: str = ""
    steps: tuple[Step, ...] = ()
    needs: frozenset[str] = frozenset()
    registry: bool = False
    indicators: int = 0
    left_out: Mapping[str, int] = field(default_factory=dict)
    bundle: bytes = b'{"switches":[],"files":[]}'
    files: Mapping[str, DataFile] = field(default_factory=dict)

    def __call__(self, events: Sequence[Event]) -> None:
        """Add to events what is known of their values; what they have already stays."""
        idle = self.needs.isdisjoint
        for event in events:
            ecs = event.ecs
            if idle(ecs):
                continue
            for step in self.steps:
                if not step.needs.isdisjoint(ecs):
                    delta = step.enrich(event)
                    if delta:
                        merge(ecs, delta)
                        if "threat" in delta:
                            event.notes = (*event.notes, INDICATOR)

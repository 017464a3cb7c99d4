"""A Prometheus registry as the web room sees it: its text for a scrape, its samples for a page."""

from collections.abc import Iterator
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, disable_created_metrics, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4


@dataclass(frozen=True, slots=True)
class Exposition:
    """``web.status.Metrics`` over a registry."""

    registry: CollectorRegistry
    media_type: str = CONTENT_TYPE_PLAIN_0_0_4

    def __post_init__(self) -> None:
        # Else each counter brings a second series, with the time of its first count.
        disable_created_metrics()  # type: ignore[no-untyped-call] # the library has no type there

    def text(self) -> bytes:
        """Give every series in Prometheus' text format 0.0.4."""
        return generate_latest(self.registry)

    def samples(self) -> Iterator[tuple[str, tuple[str, ...], float]]:
        """Give (name, label values in their order, value) of every sample."""
        for family in self.registry.collect():
            for sample in family.samples:
                yield sample.name, tuple(sample.labels.values()), sample.value

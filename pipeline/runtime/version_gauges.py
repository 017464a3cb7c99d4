"""Which program and which revisions are in force in a process, shown beside its figures."""

from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from pipeline import __version__
from pipeline.model import Revisions
from pipeline.runtime.catalogue import family


class VersionGauge(Collector):
    """Versions, read when somebody asks; of what a process does not know the label is empty."""

    def __init__(self, revisions: Callable[[], Revisions | None], regime: str) -> None:
        self._revisions = revisions
        self._regime = regime

    def describe(self) -> Iterator[Metric]:
        """Give the family without values."""
        yield family("saqshy_versions_info")

    def collect(self) -> Iterator[Metric]:
        """Give what is in force now."""
        stamp = self._revisions()
        known = ("", "", "") if stamp is None else (stamp.content, stamp.registry, stamp.pack)
        shown = family("saqshy_versions_info")
        shown.add_metric([__version__, *known, self._regime], 1)
        yield shown


def watch_versions(
    registry: CollectorRegistry, revisions: Callable[[], Revisions | None], regime: str = ""
) -> None:
    """Show the gauge in a registry; ``regime`` is the operating regime, "" where it is not used."""
    registry.register(VersionGauge(revisions, regime))

"""What is counted of messages of the coordination centre."""

from prometheus_client import CollectorRegistry, Counter

from pipeline.runtime.catalogue import CATALOGUE


class MessageFigures:
    """Counts how often was asked, and what came, by a bounded word."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._pulls = _counter("saqshy_ncc_message_pulls_total", registry)
        self._came = _counter("saqshy_ncc_messages_total", registry)

    def pulled(self, outcome: str) -> None:
        """Count a time it was asked."""
        self._pulls.labels(outcome).inc()

    def came(self, outcome: str) -> None:
        """Count a message that came."""
        self._came.labels(outcome).inc()


def _counter(name: str, registry: CollectorRegistry) -> Counter:
    series = CATALOGUE[name]
    return Counter(name, series.help, series.labels, registry=registry)

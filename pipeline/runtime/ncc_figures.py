"""What is counted of messages of the coordination centre."""

from prometheus_client import CollectorRegistry, Counter


class MessageFigures:
    """Counts how often was asked, and what came, by a bounded word."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._pulls = Counter(
            "saqshy_ncc_message_pulls",
            "How often the coordination centre was asked for messages: answered or failed.",
            ["outcome"],
            registry=registry,
        )
        self._came = Counter(
            "saqshy_ncc_messages",
            "Messages that came from the coordination centre: taken, or why they do not enter.",
            ["outcome"],
            registry=registry,
        )

    def pulled(self, outcome: str) -> None:
        """Count a time it was asked."""
        self._pulls.labels(outcome).inc()

    def came(self, outcome: str) -> None:
        """Count a message that came."""
        self._came.labels(outcome).inc()

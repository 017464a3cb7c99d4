"""Batches of events to whom the law has them streamed: ``POST /v1/events`` over a signed line."""

from collections.abc import Callable

from connectors.sinks.peer_link import Consignment, Line, SignedLine
from pipeline.model import Notice, Receipt
from pipeline.settings import NccSettings

PATH = "/v1/events"
TYPE = "saqshy-events+jws"


def event_line(settings: NccSettings) -> SignedLine:
    """Make the line for a receiver of events; ConfigurationError with what cannot be used."""
    return SignedLine(settings, PATH, TYPE)


class EventStreamSink:
    """Deliver stretches of a stream; ``prepare`` reads and decides their events at each attempt.

    The receiver is idempotent by the batch's id: what a kill sends again is answered by the first
    receipt.
    """

    def __init__(
        self, channel: str, line: Line, prepare: Callable[[Notice, int], Consignment]
    ) -> None:
        self.channel = channel
        self._line, self._prepare = line, prepare

    def deliver(self, notice: Notice, now: int) -> Receipt:
        """Send the stretch as it may leave now, and give the receipt; errors as ``SignedLine``."""
        return self._line.send(self._prepare(notice, now))

    def close(self) -> None:
        """Close the line; safe to call twice."""
        self._line.close()

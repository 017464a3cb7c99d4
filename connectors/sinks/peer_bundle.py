"""Bundles to another operations centre: ``POST /v1/bundles`` over a signed line."""

from collections.abc import Callable
from dataclasses import replace

from connectors.sinks.peer_link import Consignment, Line, SignedLine
from pipeline.model import Notice, Receipt
from pipeline.settings import NccSettings

PATH = "/v1/bundles"
TYPE = "saqshy-bundle+jws"


def bundle_line(settings: NccSettings) -> SignedLine:
    """Make the line to a peer's receiver; ConfigurationError with what cannot be used."""
    return SignedLine(settings, PATH, TYPE)


class PeerSink:
    """Deliver what a peer is given; ``prepare`` writes it at each attempt."""

    def __init__(
        self, channel: str, line: Line, prepare: Callable[[Notice, int], Consignment]
    ) -> None:
        self.channel = channel
        self._line, self._prepare = line, prepare

    def deliver(self, notice: Notice, now: int) -> Receipt:
        """Send the bundle and give the receipt; errors as ``SignedLine``.

        The receipt names the bundle, whose id follows from its content.
        """
        return replace(self._line.send(self._prepare(notice, now)), notice_id=notice.id)

    def close(self) -> None:
        """Close the line; safe to call twice."""
        self._line.close()

"""What comes in: sources of records, listeners, feeds of indicators."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from pipeline.model import (
    RecordNote,
)


@dataclass(frozen=True, slots=True)
class Delivery:
    """Records that a source hands over together: one peer, one order, framed and untouched.

    ``peer`` is who sent them as the transport knows it (an address, a certificate's name, a path).
    ``resume`` is where the source continues after them (opaque; "" where it cannot go back).
    ``fingerprint`` identifies the stretch of a file ("" for a network source). ``reference_at``
    is a file's own date in nanoseconds, 0 where the receive time serves. ``preamble`` is what a
    file says once for all of the records (column names). ``certificates`` is what the sender's
    verified certificate says of it: its names, and ``sha256:`` with its fingerprint. ``proven`` is
    the ``object/source`` for which the sender's token stands, "" where each record is identified.
    ``whole``: it is answered, or has a place to go back to, so that nothing of it may wait for what
    comes next.
    """

    source: str
    peer: str
    records: tuple[bytes, ...]
    notes: tuple[RecordNote, ...] = ()
    resume: str = ""
    fingerprint: str = ""
    reference_at: int = 0
    format: str = ""
    preamble: bytes = b""
    certificates: tuple[str, ...] = ()
    proven: str = ""
    whole: bool = False


class Source(Protocol):
    """Where records come from. Not polled, it reads nothing: that is how it is paused.

    ``dropped`` counts records that came and could not be held, where the protocol cannot pause.
    """

    name: str

    @property
    def dropped(self) -> int:
        """Give how many records were dropped since ``open``."""

    def open(self, resume: str) -> None:
        """Start, after the position of the last journalled delivery; SourceError where not."""

    def poll(self, limit: int, timeout: float) -> Delivery | None:
        """Give up to ``limit`` records, waiting up to ``timeout`` seconds; None: nothing came."""

    def acknowledge(self, delivery: Delivery) -> None:
        """Take note that the delivery is durable: answer the sender where the protocol can."""

    def exhausted(self) -> bool:
        """Tell whether nothing can ever come again (a file read once to its end)."""

    def close(self) -> None:
        """Stop and let go of sockets and files; safe to call twice."""


@runtime_checkable
class Listening(Protocol):
    """What a source that listens on a network can beside: be gentle with senders, and tell.

    ``refusals`` counts by reason whom it did not let in since ``open``; ``troubles`` says what
    hinders it now, each with what would mend it.
    """

    @property
    def refusals(self) -> Mapping[str, int]:
        """Give how many senders were refused since ``open``, by reason."""

    @property
    def troubles(self) -> Sequence[str]:
        """Say what a person should mend, one sentence each; empty where all is well."""

    def pause(self, peer: str, seconds: float) -> bool:
        """Read nothing of a peer for so long; False where the protocol makes nobody wait."""

    def finish(self) -> None:
        """Let in nobody more; ``poll`` gives what is on its way, then ``exhausted`` holds."""


@dataclass(frozen=True, slots=True)
class FeedPage:
    """Part of a feed as it was handed over; ``cursor`` is where to go on behind it (opaque)."""

    data: bytes
    cursor: str


class IndicatorFeed(Protocol):
    """Where threat indicators are pulled from."""

    name: str

    def pull(self, cursor: str) -> Iterator[FeedPage]:
        """Give what was added behind a cursor ("" for all), oldest first; SourceError where not."""

    def close(self) -> None:
        """Let go of connections; safe to call twice."""


@dataclass(frozen=True, slots=True)
class CentreMessage:
    """A message of the coordination centre as it came: its place, the whole, and what it says.

    ``content`` is None where its signature does not verify.
    """

    cursor: str
    jws: str
    content: bytes | None


class MessageFeed(Protocol):
    """Where the coordination centre's messages are pulled from."""

    name: str

    def pull(self, cursor: str) -> Iterator[CentreMessage]:
        """Give what lies behind a cursor ("" for all), oldest first; SourceError where not."""

    def close(self) -> None:
        """Let go of connections; safe to call twice."""

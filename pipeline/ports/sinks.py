"""What goes out: one notice, one receipt."""

from typing import Protocol

from pipeline.model import (
    Notice,
    Receipt,
)


class Sink(Protocol):
    """One channel to recipients; idempotent by notice id."""

    channel: str

    def deliver(self, notice: Notice, now: int) -> Receipt:
        """Deliver and give the receipt; DeliveryDelayed or DeliveryRefused where not."""

    def close(self) -> None:
        """Let go of connections."""

"""The stateless half in the engine's own process, but for what that process died over before."""

from collections.abc import Callable
from dataclasses import dataclass

from pipeline.model import BatchKind, RawBatch
from pipeline.runtime.begun import Begun
from pipeline.runtime.chain import Chain, Observed
from pipeline.runtime.observing import Here, observe


@dataclass(frozen=True, slots=True)
class Single(Here):
    """Matches here and notes it in ``begun``; ``alone`` matches what a process died over."""

    begun: Begun
    alone: Callable[[RawBatch], Observed]

    def observed(self, chain: Chain, position: int, batch: RawBatch) -> Observed:  # noqa: ARG002 (the protocol's)
        """Run the stateless half of a batch."""
        if batch.kind is not BatchKind.RAW:
            return observe(chain, batch)
        if batch.id in self.begun.died_over:
            return self.alone(batch)
        with self.begun(batch.id):
            return observe(chain, batch)

    def close(self) -> None:
        """Let go of the note."""
        self.begun.close()

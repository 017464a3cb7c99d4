"""A batch that a worker died over: its partition waits while it is matched in processes apart."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

import structlog

from pipeline.model import RawBatch
from pipeline.runtime.begun import Begun
from pipeline.runtime.chain import Chain, Observed
from pipeline.runtime.observing import observe

log = structlog.get_logger("saqshy.worker")


@dataclass(slots=True)
class Isolating:
    """Matches batches here, noted in ``begun``, and ``alone`` what a process died over.

    ``lacks`` is the loop's, ``observed`` may be called beside it. What was found is kept, since a
    partition may go and come sooner than one batch is matched.
    """

    begun: Begun
    alone: Callable[[RawBatch], Observed]
    pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "isolating"))
    _found: dict[str, "Future[Observed]"] = field(default_factory=dict)

    def lacks(self, place: str, batch: RawBatch) -> str:
        """Say that a batch is not matched yet that must not be matched here; "" where it may be."""
        if batch.id not in self.begun.died_over:
            return ""
        found = self._found.get(batch.id)
        if found is None:
            found = self._found[batch.id] = self.pool.submit(self.alone, batch)
        if not found.done():
            return f"{place}: a process died over this batch: it is matched apart"
        error = found.exception()
        if error is None:
            return ""
        del self._found[batch.id]  # the next look tries again
        return f"{place}: a process died over this batch, and it cannot be matched apart: {error}"

    def observed(self, chain: Chain, batch: RawBatch) -> Observed:
        """Give what a batch comes to."""
        found = self._found.get(batch.id)
        if found is not None:
            return found.result()
        with self.begun(batch.id):
            return observe(chain, batch)

"""The stateless half in the cluster: a message of ``raw`` to what it sends on.

Any worker, any partition, any order. Events and failures go to the indexer, one small observation
to the fold of its object. A tick goes to every fold, once for each partition of ``raw`` that it
came through; a command to the folds that it concerns.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from connectors.stores.kafka.topics import (
    Failed,
    pack_events,
    pack_failures,
    pack_observation,
    pack_posted_batch,
)
from pipeline.model import BatchKind, RawBatch, Revisions, event_lines
from pipeline.runtime.chain import Chain, Observed
from pipeline.runtime.cluster.addressing import addressed
from pipeline.runtime.cluster.outputs import Output, outcome_outputs, partition_of
from pipeline.runtime.counting import count_observed
from pipeline.runtime.folded import Folded
from pipeline.runtime.observing import observe
from pipeline.runtime.skews import Skews
from pipeline.runtime.spill_records import emptied, spill_drafts


@dataclass(frozen=True, slots=True)
class Matching:
    """Reads batches; ``folds`` is the number of partitions of ``observations``.

    ``observing`` gives what a batch of records comes to.
    """

    chains: Callable[[Revisions], Chain]
    folds: int
    skews: Skews = field(default_factory=Skews)
    observing: Callable[[Chain, RawBatch], Observed] = observe

    def __call__(self, batch: RawBatch, collector: str, place: tuple[int, int]) -> list[Output]:
        """Give what a batch sends on; ``place`` is its partition and offset in ``raw``."""
        if batch.kind is BatchKind.CLOCK:
            posted = pack_posted_batch(batch, collector, place[0])
            return [Output("observations", b"", posted, fold) for fold in range(self.folds)]
        if batch.kind is BatchKind.COMMAND:
            return [
                Output("observations", b"", pack_posted_batch(part, collector, place[0]), fold)
                for fold, part in addressed(batch, self.folds)
            ]
        return self._observed(batch, collector, place)

    def _observed(self, batch: RawBatch, collector: str, place: tuple[int, int]) -> list[Output]:
        chain = self.chains(batch.revisions)
        observed = self.observing(chain, batch)
        count_observed(chain.telemetry, batch, observed)
        self.skews.note(batch.received_at, observed.delays)
        key, fold = batch.object_id.encode(), partition_of(batch.object_id, self.folds)
        outputs = []
        if observed.events:
            lines = event_lines(sorted(observed.events, key=lambda event: event.index))
            outputs += [Output("events", batch.id.encode(), part) for part in pack_events(lines)]
        if observed.failures:
            failed = Failed(f"raw/{place[0]}/{place[1]}", tuple(observed.failures))
            outputs.append(Output("failures", batch.id.encode(), pack_failures(failed)))
        kept = emptied(batch, observed.stopped) if observed.stopped else batch
        told = Folded(drafts=tuple(spill_drafts(kept)))
        outputs += outcome_outputs(batch.id, batch.received_at, told, self.folds)
        posted = pack_observation(observed.observation, collector, place[0])
        return [*outputs, Output("observations", key, posted, fold)]

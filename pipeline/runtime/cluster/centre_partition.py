"""Correlation across objects in the cluster: messages of ``centre`` to findings for each object.

Folds send what feeds rules of the centre, in each source's order, and ticks once they have come to
pass there. What is found goes back to the fold of its object.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from connectors.stores.kafka.topics import Across, Posted, pack_across
from pipeline.correlate import CENTRE
from pipeline.model import Finding, Observation, Revisions
from pipeline.ports import StateStore
from pipeline.runtime.chain import Chain, clock_observation
from pipeline.runtime.cluster.arrival import come_to_pass, held, released
from pipeline.runtime.cluster.fold_partition import TYPES
from pipeline.runtime.cluster.outputs import Output, partition_of
from pipeline.runtime.folding import ADMINISTRATION, Folding

MOST_TOLD = 1_000_000  # messages to objects by one message of the centre


@dataclass(slots=True)
class CentrePartition:
    """Folds what ``folds`` partitions say across objects; used as ``FoldPartition`` is."""

    folds: int
    chains: Callable[[Revisions], Chain]
    state: StateStore
    folding: Folding = field(init=False)

    def __post_init__(self) -> None:
        self.folding = Folding(self.state, types=TYPES)

    def __call__(self, posted: Posted, offset: int) -> list[Output]:
        """Fold one message that stands at an offset; give what is to be sent."""
        rows = self.folding.rows(ADMINISTRATION)
        seen: list[Observation] = []
        if posted.observation is not None:
            if not held(rows, "", posted.observation, posted.via):
                seen.append(posted.observation)
        else:
            assert posted.batch is not None
            clock = f"{posted.collector}/{posted.batch.source_id}"
            for batch in come_to_pass(rows, clock, posted.batch, posted.via, self.folds):
                seen.append(clock_observation(batch, CENTRE))
                seen += (one for _, one in released(rows, clock, batch.sequence))
        self.folding.save(rows)
        found = (
            (one, object_id, findings)
            for one in seen
            for object_id, findings in self.folding.across(self.chains(one.revisions), one).items()
        )
        return [
            self._told(one, object_id, findings, offset * MOST_TOLD + number)
            for number, (one, object_id, findings) in enumerate(found, 1)
        ]

    def settled(self) -> None:
        """Note that what was folded is on its way into the state's log."""
        self.folding.settled()

    def forget(self) -> None:
        """Let go of what was folded in memory: it is not what is stored."""
        self.folding.forget()

    def _told(
        self, seen: Observation, object_id: str, findings: Sequence[Finding], number: int
    ) -> Output:
        """Tell an object's fold; what the centre says bears numbers that only grow."""
        place = replace(seen, object_id=object_id, matches=(), sequence=number, previous=0)
        across = pack_across(Across(place, tuple(findings)), CENTRE)
        partition = partition_of(object_id, self.folds)
        return Output("observations", object_id.encode(), across, partition)

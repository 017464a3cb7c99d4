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
from pipeline.runtime.cluster.arrival import (
    come_to_pass,
    held,
    left_behind,
    oldest_tick,
    passed,
    released,
)
from pipeline.runtime.cluster.fold_partition import TYPES
from pipeline.runtime.cluster.gaps import Source
from pipeline.runtime.cluster.outputs import Output, failure_outputs, partition_of
from pipeline.runtime.counting import count_folded
from pipeline.runtime.folded import Folded
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
        """Fold one message that stands at an offset; give what is to be sent.

        Raises TooFull where too much waits.
        """
        rows = self.folding.rows(ADMINISTRATION)
        seen: list[Observation] = []
        if posted.observation is not None:
            if not held(rows, "", posted.observation, posted.via):
                seen.append(posted.observation)
        else:
            assert posted.batch is not None
            clock = f"{posted.collector}/{posted.batch.source_id}"
            for batch in come_to_pass(rows, clock, posted.batch, posted.via, self.folds):
                seen += (one for _, one in left_behind(rows, clock, batch))
                seen.append(clock_observation(batch, CENTRE))
                seen += (one for _, one in released(rows, clock, batch.sequence))
        self.folding.save(rows)
        outputs: list[Output] = []
        for one in seen:
            chain = self.chains(one.revisions)
            by_object, failures = self.folding.across(chain, one)
            for object_id, findings in by_object.items():
                number = offset * MOST_TOLD + len(outputs) + 1
                outputs.append(self._told(one, object_id, findings, number))
            count_folded(chain.telemetry, chain.sector, Folded(failures=failures))
            outputs += failure_outputs("centre/0", failures)
        return outputs

    def stands(self, _source: Source) -> int:
        """Give 0: what folds send has no turn here."""
        return 0

    def passed(self, clock: str) -> int:
        """Give the last tick of a clock that came to pass."""
        return passed(self.folding.rows(ADMINISTRATION), clock)

    def waits(self) -> tuple[str, int] | None:
        """Give the first tick that waits to come through everywhere; None where none does."""
        return oldest_tick(self.folding.rows(ADMINISTRATION))

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

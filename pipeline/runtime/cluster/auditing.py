"""Settings to an auditor of a cluster: over Elasticsearch and Kafka, which it only reads.

It looks at what people see. What notifiers and workers have told and indexers have not written
yet is on its way: a discrepancy counts once it has stood for a while, and where indexers are
behind for longer than that there is nothing to judge, which is said.
"""

import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from connectors.stores.auditor_state import AuditorState
from connectors.stores.elasticsearch.store import open_elastic
from connectors.stores.elasticsearch.trace import ElasticTrace
from connectors.stores.kafka.admin import Administration
from connectors.stores.kafka.content import KafkaContentStore
from connectors.stores.kafka.reading import Reading
from connectors.stores.kafka.topics import Topics
from connectors.stores.kafka.trail import KafkaTrail
from pipeline.errors import StoreError
from pipeline.model import NANOSECONDS
from pipeline.ports import Clock
from pipeline.runtime.auditor import Auditor, Settling
from pipeline.runtime.auditor_checkpoints import CheckpointLook
from pipeline.runtime.auditor_process import AuditorProcess
from pipeline.runtime.auditor_wiring import allowance, process_of, verifying
from pipeline.runtime.cluster.indexing_wiring import wanted
from pipeline.runtime.cluster.standing import ElasticStanding
from pipeline.settings import ClusterSettings, Settings

SETTLE_SECONDS = 30.0  # an indexer's bulk, a refresh, and what is tried again in between
BEHIND_SECONDS = 60.0
_READ = ("outcomes", "notices", "audit")
Ends = Mapping[tuple[str, int], tuple[int, int]]
"""Up to where indexers have written, and where the topic ends, by topic and partition."""


@dataclass(slots=True)
class Indexed:
    """Raise StoreError where indexers have not written what was there ``seconds`` ago."""

    ends: Callable[[], Ends]
    seconds: float = BEHIND_SECONDS
    elapsed: Callable[[], float] = time.monotonic
    _seen: deque[tuple[float, Ends]] = field(default_factory=deque)

    def __call__(self) -> None:
        """Look where the topics end, and at what has become of what was there a while ago."""
        now, found = self.elapsed(), self.ends()
        self._seen.append((now, found))
        while len(self._seen) > 1 and self._seen[1][0] <= now - self.seconds:
            self._seen.popleft()
        then, before = self._seen[0]
        if then > now - self.seconds:
            return
        behind = sum(max(0, end - found.get(at, (0, 0))[0]) for at, (_, end) in before.items())
        if behind:
            raise StoreError(
                f"{behind} message(s) that were told {now - then:.0f} s ago are not in"
                " Elasticsearch yet: see that indexers run (saqshy cluster status)"
            )


def make_cluster_auditor(
    settings: Settings,
    state: Path | None = None,
    *,
    settle: float = SETTLE_SECONDS,
    overdue: bool = True,
) -> Auditor:
    """Make an auditor of a cluster; ConfigurationError where a section is absent.

    ``state`` is its memory, if not the settings'; ``overdue`` as in ``make_auditor``. StoreError
    where no broker answers.
    """
    cluster, elastic = wanted(settings)
    topics, memory = Topics(cluster.prefix), AuditorState(state or settings.auditor.state)
    behind = BEHIND_SECONDS if state is None else settle  # who looks once looks twice at most
    every = int(settings.audit.checkpoint_minutes * 60 * NANOSECONDS) if overdue else 0
    known = {chain: number for chain, (number, _) in memory.ends().items()}
    trail = KafkaTrail(cluster, topics)
    trace = ElasticTrace(open_elastic(elastic), trail, known, int(memory.mark("audit") or 0))
    return Auditor(
        trace,
        KafkaContentStore(cluster, topics),
        memory,
        allowance(settings),
        settings.auditor.in_turn,
        CheckpointLook(
            trace,
            trace,
            memory,
            verifying(settings.audit),
            every,
        ),
        Settling(settle, Indexed(lambda: _ends(cluster, topics), behind)),
    )


def make_cluster_process(settings: Settings, clock: Clock) -> AuditorProcess:
    """Make the whole process, which counts the incidents that stand; errors as above."""
    cluster, elastic = wanted(settings)
    process = process_of(make_cluster_auditor(settings), settings, clock)
    process.standing = ElasticStanding(
        open_elastic(elastic),
        KafkaContentStore(cluster, Topics(cluster.prefix)),
        process.auditor.state.in_force,
    )
    return process


def _ends(cluster: ClusterSettings, topics: Topics) -> Ends:
    """Ask the brokers."""
    with closing(Administration(cluster)) as administration, Reading(cluster) as reading:
        committed = administration.committed(cluster.group("indexer"))
        return {
            (name, number): (committed.get((name, number), 0), end)
            for name in map(topics, _READ)
            for number, (_, end) in enumerate(reading.bounds(name))
        }

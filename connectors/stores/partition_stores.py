"""The stores of one partition: outbox, incidents, audit chains and state, bound by its log."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from connectors.stores.memory import open_memory
from connectors.stores.partition_checkpoints import PartitionCheckpoints
from connectors.stores.partition_database import PartitionDatabase, PartitionState
from connectors.stores.partition_outbox import PartitionOutbox
from connectors.stores.partition_records import PartitionAudit, PartitionIncidents
from connectors.stores.partition_rows import Ordered, Write
from connectors.stores.partition_unsent import PartitionUnsent
from pipeline.ports import Stores


@dataclass(frozen=True, slots=True)
class PartitionStores:
    """``stores`` for whoever decides; the rest for whoever runs the partition."""

    stores: Stores
    database: PartitionDatabase
    outbox: PartitionOutbox
    incidents: PartitionIncidents
    unsent: PartitionUnsent


def open_partition(
    disk: Ordered,
    keep: Callable[[Sequence[Write]], None],
    mine: Callable[[str], bool] | None = None,
) -> PartitionStores:
    """Read a partition from its disk; ``keep`` has its log keep writes before anybody sees them.

    ``mine`` tells which audit chains are written here. Claims of those who had it before are ended.
    Journal, events, dead letters and bundles are none of a partition's, and stand empty in memory.
    """
    database = PartitionDatabase(disk, keep)
    unsent = PartitionUnsent(database)
    outbox = PartitionOutbox(database, unsent)
    outbox.free()
    incidents = PartitionIncidents(database)
    chains = PartitionAudit(database, unsent, mine) if mine else PartitionAudit(database, unsent)
    stores = replace(
        open_memory(),
        database=database,
        state=PartitionState(database),
        incidents=incidents,
        outbox=outbox,
        audit=chains,
        checkpoints=PartitionCheckpoints(database, unsent),
    )
    return PartitionStores(stores, database, outbox, incidents, unsent)

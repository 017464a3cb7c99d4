"""What was written to the stores in memory, for whoever beside their writer only reads."""

from collections.abc import Sequence
from contextlib import AbstractContextManager

from connectors.stores.memory import MemoryAuditStore, MemoryIncidentStore
from connectors.stores.memory_outbox import MemoryOutbox
from connectors.stores.tables import MemoryDatabase
from pipeline.model import AuditEntry, Incident, Notice, from_json
from pipeline.model.checkpoint import Checkpoint
from pipeline.ports import Added, CheckpointStore, Stores

_TOLD = ("incident", "notice")


class MemoryTrace:
    """``ports.Trace`` and ``ports.CheckpointTrace`` on stores in memory; TypeError on others.

    Marks count the rows of a place as they were added.
    """

    def __init__(self, stores: Stores) -> None:
        database, incidents, outbox, audit = (
            stores.database,
            stores.incidents,
            stores.outbox,
            stores.audit,
        )
        if not (
            isinstance(database, MemoryDatabase)
            and isinstance(incidents, MemoryIncidentStore)
            and isinstance(outbox, MemoryOutbox)
            and isinstance(audit, MemoryAuditStore)
        ):
            raise TypeError("these stores are not in memory")
        self._database: MemoryDatabase = database
        self._incidents: MemoryIncidentStore = incidents
        self._outbox: MemoryOutbox = outbox
        self._audit: MemoryAuditStore = audit
        self._checkpoints: CheckpointStore = stores.checkpoints

    def still(self) -> AbstractContextManager[None]:
        """Let everything read inside be as of one instant."""
        return self._database.still()

    def added(self, place: str, after: int, limit: int) -> Sequence[Added]:
        """Give rows of a place behind a mark, as they were added."""
        rows: list[tuple[str, AuditEntry | None]]
        if place == "audit":
            entries = [from_json(AuditEntry, data) for _, data in self._audit.entries.snapshot()]
            rows = [(_incident_of(entry), entry) for entry in entries]
        elif place == "incidents":
            rows = [(name, None) for _, name in self._incidents.added.snapshot()]
        else:
            notices = self._outbox.notices.snapshot()
            rows = [(from_json(Notice, data).incident_id, None) for _, data in notices]
        marked = enumerate(rows[after : after + limit], after + 1)
        return [Added(mark, name, entry) for mark, (name, entry) in marked]

    def written(self, incident_id: str) -> tuple[Sequence[Incident], Sequence[Notice]]:
        """Give an incident's revisions, oldest first, and its notices by creation and id."""
        return self._incidents.history(incident_id), list(self._outbox.list(incident_id))

    def told(self, subject: str) -> Sequence[AuditEntry]:
        """Give the audit trail's entries about an incident or a notice, by number."""
        begins = tuple(f"{kind}:{subject}:" for kind in _TOLD)
        return [entry for entry in self._audit.read() if entry.entry_id.startswith(begins)]

    def checkpoints(self, after: int, limit: int) -> Sequence[Checkpoint]:
        """Give up to ``limit`` checkpoints behind a number, in order."""
        return list(self._checkpoints.read(after))[:limit]

    def entry(self, chain: str, number: int) -> AuditEntry | None:
        """Give the entry at a place of the audit trail; None where there is none."""
        data = self._audit.entries.get((chain, number))
        return None if data is None else from_json(AuditEntry, data)

    def close(self) -> None:
        """Hold nothing: the stores are their owner's to close; safe to call twice."""


def _incident_of(entry: AuditEntry) -> str:
    if entry.kind == "incident":
        return entry.subject
    return str(entry.detail.get("incident", "")) if entry.kind == "notice" else ""

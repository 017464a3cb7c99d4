"""What a partition committed and others have not been told yet, in the order of its commits."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from connectors.stores.partition_database import PartitionDatabase, after, named

Kind: TypeAlias = Literal["notices", "audit", "drafts", "checkpoints"]
KINDS: tuple[Kind, ...] = get_args(Kind)
_TABLE = "unsent"


@dataclass(frozen=True, slots=True)
class Unsent:
    """One thing to tell, as JSON: a notice, an entry, a draft for another's chain, a checkpoint."""

    place: bytes
    kind: str
    data: bytes


class PartitionUnsent:
    """Rows that stand until somebody has told them; written in the transaction that made them."""

    def __init__(self, database: PartitionDatabase) -> None:
        self._database = database
        last = [one.place for kind in KINDS for one in self.read(kind)]
        self._number = max((int(place.rpartition(b"\x00")[2]) for place in last), default=0)

    def put(self, kind: Kind, data: bytes) -> None:
        """Note something to tell."""
        with self._database.transaction():
            self._number += 1
            self._database.put(named(_TABLE, kind, f"{self._number:020d}"), data)

    def read(self, kind: str, limit: int = 0) -> list[Unsent]:
        """Give up to ``limit`` (0: all) of what is to be told, the oldest first."""
        prefix = named(_TABLE, kind, "")
        found = self._database.items(prefix, after(prefix), limit)
        return [Unsent(key, kind, data) for key, data in found]

    def sent(self, told: Sequence[Unsent]) -> None:
        """Let go of what was told."""
        with self._database.transaction():
            for one in told:
                self._database.put(one.place, None)

"""The bundles that a receiver keeps, each once, and whose each object is."""

from collections.abc import Sequence
from dataclasses import dataclass

from connectors.stores.compression import expand, squeeze
from connectors.stores.received_file import ReceivedFile

SCHEMA = """
CREATE TABLE IF NOT EXISTS bundles (
    sequence INTEGER PRIMARY KEY,
    bundle_id TEXT NOT NULL UNIQUE,
    peer TEXT NOT NULL,
    content BLOB NOT NULL,
    received_at INTEGER NOT NULL,
    receipt TEXT NOT NULL,
    deliveries INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS bundle_objects (
    object_id TEXT PRIMARY KEY,
    peer TEXT NOT NULL
) STRICT, WITHOUT ROWID;
"""
_COLUMNS = "sequence, bundle_id, peer, content, received_at, receipt, deliveries"


@dataclass(frozen=True, slots=True)
class KeptBundle:
    """One bundle as kept."""

    sequence: int
    bundle_id: str
    peer: str
    content: bytes
    received_at: int
    receipt: str
    deliveries: int


class ReceivedBundles:
    """Bundles by arrival; safe to use from several threads."""

    def __init__(self, file: ReceivedFile) -> None:
        self._file = file

    def take(
        self, said: tuple[str, str, Sequence[str]], content: bytes, at: int, receipt: str
    ) -> KeptBundle | None:
        """Keep a bundle durably, or find the first under its id; None where it is another's.

        ``said``: its id, its peer, and the ids of the objects that belong to who sent them first.
        """
        (bundle_id, peer, owned), block = said, squeeze(content)
        with self._file.writing() as file:
            query = "SELECT peer FROM bundle_objects WHERE object_id = ?"
            owners = (file.execute(query, (one,)).fetchone() for one in owned)
            if any(row is not None and row[0] != peer for row in owners):
                return None
            file.executemany(
                "INSERT INTO bundle_objects VALUES (?, ?) ON CONFLICT (object_id) DO NOTHING",
                [(one, peer) for one in owned],
            )
            file.execute(
                "INSERT INTO bundles (bundle_id, peer, content, received_at, receipt, deliveries)"
                " VALUES (?, ?, ?, ?, ?, 0) ON CONFLICT (bundle_id) DO NOTHING",
                (bundle_id, peer, block, at, receipt),
            )
            file.execute(
                "UPDATE bundles SET deliveries = deliveries + 1 WHERE bundle_id = ?", (bundle_id,)
            )
            row = file.execute(
                f"SELECT {_COLUMNS} FROM bundles WHERE bundle_id = ?",  # noqa: S608 (a constant)
                (bundle_id,),
            ).fetchone()
        kept = _bundle(row)
        return kept if kept.peer == peer and kept.content == content else None

    def listed(self, after: int, limit: int) -> Sequence[KeptBundle]:
        """Give bundles behind a sequence number, by arrival."""
        with self._file.reading() as file:
            rows = file.execute(
                f"SELECT {_COLUMNS} FROM bundles"  # noqa: S608 (a constant)
                " WHERE sequence > ? ORDER BY sequence LIMIT ?",
                (after, limit),
            ).fetchall()
        return [_bundle(row) for row in rows]


def _bundle(row: tuple[int, str, str, bytes, int, str, int]) -> KeptBundle:
    return KeptBundle(row[0], row[1], row[2], expand(row[3]), row[4], row[5], row[6])

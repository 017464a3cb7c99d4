"""The batches of event streams that a receiver keeps, each once, and where a stream has a gap."""

from collections.abc import Sequence
from dataclasses import dataclass

from connectors.stores.compression import expand, squeeze
from connectors.stores.received_file import ReceivedFile

SCHEMA = """
CREATE TABLE IF NOT EXISTS stream_batches (
    sequence INTEGER PRIMARY KEY,
    batch_id TEXT NOT NULL UNIQUE,
    stream TEXT NOT NULL,
    begin_at TEXT NOT NULL,
    end_at TEXT NOT NULL,
    count INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    content BLOB NOT NULL,
    received_at INTEGER NOT NULL,
    receipt TEXT NOT NULL,
    gap INTEGER NOT NULL,
    deliveries INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS stream_batches_of ON stream_batches (stream, sequence);
"""
_COLUMNS = (
    "sequence, batch_id, stream, begin_at, end_at, count, sha256, received_at, receipt, gap,"
    " deliveries"
)


@dataclass(frozen=True, slots=True)
class Stretch:
    """What a batch says of itself: id, stream, from where to where, how many events."""

    batch_id: str
    stream: str
    begin: str
    end: str
    count: int
    sha256: str


@dataclass(frozen=True, slots=True)
class KeptBatch:
    """One batch as kept. ``gap``: it does not begin where the one before it ended."""

    sequence: int
    stretch: Stretch
    received_at: int
    receipt: str
    gap: bool
    deliveries: int


class ReceivedStreams:
    """Batches by arrival; safe to use from several threads."""

    def __init__(self, file: ReceivedFile) -> None:
        self._file = file

    def take(
        self, said: tuple[str, str, str, str, int, str], content: bytes, at: int, receipt: str
    ) -> KeptBatch:
        """Keep a batch durably, or find the first one under its id, and give what stands there.

        ``said``: a ``Stretch``'s fields in their order; ``at``: now, nanoseconds.
        """
        block, stretch = squeeze(content), Stretch(*said)
        with self._file.writing() as file:
            last = file.execute(
                "SELECT end_at FROM stream_batches WHERE stream = ? ORDER BY sequence DESC LIMIT 1",
                (stretch.stream,),
            ).fetchone()
            gap = last is not None and last[0] != stretch.begin
            file.execute(
                "INSERT INTO stream_batches (batch_id, stream, begin_at, end_at, count, sha256,"
                " content, received_at, receipt, gap, deliveries)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0) ON CONFLICT (batch_id) DO NOTHING",
                (
                    stretch.batch_id, stretch.stream, stretch.begin, stretch.end, stretch.count,
                    stretch.sha256, block, at, receipt, gap,
                ),
            )  # fmt: skip
            file.execute(
                "UPDATE stream_batches SET deliveries = deliveries + 1 WHERE batch_id = ?",
                (stretch.batch_id,),
            )
            row = file.execute(
                f"SELECT {_COLUMNS} FROM stream_batches WHERE batch_id = ?",  # noqa: S608 (a constant)
                (stretch.batch_id,),
            ).fetchone()
        return _batch(row)

    def listed(self, after: int, limit: int) -> Sequence[KeptBatch]:
        """Give batches behind a sequence number, by arrival."""
        with self._file.reading() as file:
            rows = file.execute(
                f"SELECT {_COLUMNS} FROM stream_batches"  # noqa: S608 (a constant)
                " WHERE sequence > ? ORDER BY sequence LIMIT ?",
                (after, limit),
            ).fetchall()
        return [_batch(row) for row in rows]

    def content(self, batch_id: str) -> bytes | None:
        """Give a batch's content as it came; None where it is unknown."""
        with self._file.reading() as file:
            row = file.execute(
                "SELECT content FROM stream_batches WHERE batch_id = ?", (batch_id,)
            ).fetchone()
        return expand(row[0]) if row else None


def _batch(row: tuple[int, str, str, str, str, int, str, int, str, int, int]) -> KeptBatch:
    return KeptBatch(row[0], Stretch(*row[1:7]), row[7], row[8], bool(row[9]), row[10])

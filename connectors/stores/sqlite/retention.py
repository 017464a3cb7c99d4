"""Letting go of old events and dead letters in a SQLite file, beside the process that writes it.

A period is a day of event time (of receipt, with dead letters). A batch's events go with the day of
their last one: those that must stay are written back as a smaller block, all others are overwritten
with zeros. Work is done batch by batch, so that the writer waits for one of them and no longer.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import orjson

from connectors.stores.sqlite.carriers import SqliteCarriers
from connectors.stores.sqlite.database import SqliteDatabase, open_beside
from connectors.stores.sqlite.journal import SqliteJournal
from pipeline.model import NANOSECONDS, instant
from pipeline.model.carried import Carried
from pipeline.ports.retention import Held, Kept, Period

DAY = 86_400 * NANOSECONDS
EVENTS, FAILURES = "events", "failures"
_DAYS = {
    EVENTS: f"""SELECT last_at / {DAY} AS day, sum(count), sum(length(data)) FROM event_blocks
        GROUP BY day""",  # noqa: S608 (a constant)
    FAILURES: f"""SELECT received_at / {DAY} AS day, count(*), sum(length(data)) FROM failures
        GROUP BY day""",  # noqa: S608 (a constant)
}
_NAMES = {
    EVENTS: "SELECT batch_id FROM event_blocks WHERE last_at >= ? AND last_at < ?",
    FAILURES: "SELECT id FROM failures WHERE received_at >= ? AND received_at < ?",
}


class SqlitePeriods:
    """``ports.retention.Periods`` on a SQLite file."""

    def __init__(self, path: Path) -> None:
        self._database: SqliteDatabase = open_beside(path)
        self._carriers = SqliteCarriers(self._database, SqliteJournal(self._database))

    def close(self) -> None:
        """Let go of the file; safe to call twice."""
        self._database.close()

    def periods(self) -> Sequence[Period]:
        """Give every day that is kept, the oldest first."""
        found = [
            Period(kind, f"{kind}-{_day(day)}", (day + 1) * DAY, count, size)
            for kind, query in _DAYS.items()
            for day, count, size in self._database.all(query)
        ]
        return sorted(found, key=lambda period: (period.end, period.name))

    def bound(self, period: Period, kept: Kept) -> int:
        """Give how many of a day's documents must stay."""
        return sum(self._staying(name, kept) for name in self._of(period)) if _events(period) else 0

    def let_go(self, period: Period, kept: Kept) -> int:
        """Delete a day's documents but for those that must stay; give how many stay."""
        stay = 0
        for name in self._of(period):
            if not _events(period):
                self._carriers.rewrite(FAILURES, _none, name)
                continue
            stay += self._staying(name, kept)
            self._carriers.rewrite(EVENTS, lambda row: _left(row, kept), name)
        return stay

    def freed(self, kept: Kept, before: int, *, dry: bool) -> int:  # noqa: ARG002 (the port's)
        """Give 0: what stayed stands in its own day, which the next run looks at again."""
        return 0

    def _of(self, period: Period) -> list[str]:
        rows = self._database.all(_NAMES[period.kind], period.end - DAY, period.end)
        return [name for (name,) in rows]

    def _staying(self, name: str, kept: Kept) -> int:
        rows = self._carriers.rows(EVENTS, name)
        return sum(len(list(_stays(row, kept))) for row in rows)


def _events(period: Period) -> bool:
    return period.kind == EVENTS


def _none(_row: Carried) -> bytes | None:
    """Leave nothing of a row."""
    return None


def _left(row: Carried, kept: Kept) -> bytes | None:
    lines = list(_stays(row, kept))
    return b"\n".join(lines) if lines else None


def _stays(row: Carried, kept: Kept) -> Iterator[bytes]:
    for line in row.data.split(b"\n"):
        document = orjson.loads(line)
        own = document["saqshy"]
        if f"{row.of}-{own['index']}" in kept.event_ids or any(
            _held(one, own["object_id"], instant(document["@timestamp"])) for one in kept.held
        ):
            yield line


def _held(held: Held, object_id: str, at: int) -> bool:
    return held.object_id in ("", object_id) and held.begin <= at < held.end


def _day(number: int) -> str:
    return datetime.fromtimestamp(number * 86_400, UTC).strftime("%Y.%m.%d")

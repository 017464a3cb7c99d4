"""Notices between the decision and the receipt."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import orjson
from pydantic import ValidationError

from connectors.stores.sqlite.database import Row, SqliteDatabase
from connectors.stores.sqlite.search_rows import put_rows
from pipeline.model import Notice, NoticeState, from_json, to_json
from pipeline.ports import WHATEVER, Turn
from pipeline.ports.searching import Kind

_PUT = """INSERT INTO notices (id, incident_id, state, lane, due_at, created_at, next_attempt_at,
    channel, role, party, revision, attempts, data)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING"""
_CHANGE = """UPDATE notices SET state = ?, next_attempt_at = ?, channel = ?, attempts = ?, data = ?,
    head = head AND ? WHERE id = ? AND state = ? AND attempts = ? AND channel = ?"""
# Of one incident and recipient the first of those that wait bears ``head``, and no other notice.
_HEAD = """UPDATE notices SET head = NOT head
    WHERE incident_id = :incident AND role = :role AND party = :party
    AND state IN ('pending', 'failed') AND head <> (id = (SELECT id FROM notices
        WHERE incident_id = :incident AND role = :role AND party = :party
        AND state IN ('pending', 'failed')
        ORDER BY revision, created_at, due_at, id LIMIT 1))"""
# A claim ends with its lease; one that reaches further than any lease is of a clock put back.
_DUE = """SELECT id, data, (SELECT lost + 1 FROM claims WHERE claims.id = one.id)
    FROM notices AS one WHERE head = 1
    AND (next_attempt_at <= :now OR (attempts > 0 AND next_attempt_at > :now + :longest))
    AND NOT EXISTS (SELECT 1 FROM claims WHERE claims.id = one.id
        AND until > :now AND until <= :now + :lease)
    AND (:channel IS NULL OR channel = :channel)
    AND (:lane IS NULL OR lane = :lane)
    AND party NOT IN (SELECT value FROM json_each(:barred))
    ORDER BY lane, due_at, created_at, id LIMIT :limit"""
_OF_CHANNEL = _DUE.replace("(:channel IS NULL OR channel = :channel)", "channel = :channel")
_OF_LANE = _OF_CHANNEL.replace("(:lane IS NULL OR lane = :lane)", "lane = :lane")
_CLAIM = """INSERT INTO claims VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE
    SET owner = excluded.owner, until = excluded.until, lost = excluded.lost"""
_LET_GO = "DELETE FROM claims WHERE id = ?"
_WAITS = frozenset({NoticeState.PENDING, NoticeState.FAILED})
_ONE = "SELECT data FROM notices WHERE id = ?"
_KNOWN = "SELECT id FROM notices WHERE id IN (SELECT value FROM json_each(?))"
_ALL = "SELECT data FROM notices ORDER BY created_at, id"
_OF = "SELECT data FROM notices WHERE incident_id = ? ORDER BY created_at, id"
_LAST = "SELECT data FROM notices ORDER BY created_at DESC, id DESC LIMIT ?"
_LAST_OF = """SELECT data FROM notices WHERE incident_id = ?
    ORDER BY created_at DESC, id DESC LIMIT ?"""


class SqliteOutbox:
    """``ports.Outbox`` on a SQLite file."""

    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database
        self._freed = False

    def put(self, notices: Sequence[Notice]) -> None:
        """Keep new notices; a known one stays as it stands."""
        rows = [
            (
                notice.id,
                notice.incident_id,
                notice.state.value,
                0 if notice.urgent else 1,
                notice.due_at,
                notice.created_at,
                notice.next_attempt_at,
                notice.channel,
                notice.recipient.role,
                notice.recipient.party_id,
                notice.revision,
                notice.attempts,
                to_json(notice),
            )
            for notice in notices
        ]
        lines = {_line(notice): None for notice in notices if notice.state in _WAITS}
        with self._database.writing() as connection:
            ids = orjson.dumps([notice.id for notice in notices]).decode()
            known = {one for (one,) in connection.execute(_KNOWN, (ids,))}
            connection.executemany(_PUT, rows)
            connection.executemany(_HEAD, map(_named, lines))
            new = {one.id: one for one in reversed(notices) if one.id not in known}
            put_rows(self._database, Kind.NOTICES, ((one, None, new[one]) for one in new))

    def due(
        self, now: int, limit: int, channel: str | None = None, turn: Turn = WHATEVER
    ) -> Sequence[Notice]:
        """Give pending and failed notices whose next attempt is not after ``now``.

        Of one incident and recipient only the earliest that is pending or failed. First notices
        first, then by due time, creation and id.
        """
        asked = {
            "now": now,
            "limit": limit,
            "channel": channel,
            "lane": None if turn.urgent is None else int(not turn.urgent),
            "barred": orjson.dumps(turn.barred).decode(),
            "lease": turn.lease,
            "longest": turn.longest_wait,
        }
        query = _DUE if channel is None else _OF_CHANNEL if turn.urgent is None else _OF_LANE
        if not turn.owner:
            with self._database.reading() as connection:
                rows = connection.execute(query, asked).fetchall()
            return [self._notice(data) for _, data, _ in rows]
        self._free()
        with self._database.reading() as connection:  # nothing due: no transaction for nothing
            if connection.execute(query, {**asked, "limit": 1}).fetchone() is None:
                return []
        until = now + turn.lease
        with self._database.writing() as connection:
            rows = connection.execute(query, asked).fetchall()
            claims = [(one, turn.owner, until, lost or 0) for one, _, lost in rows]
            connection.executemany(_CLAIM, claims)
        return [self._counted(self._notice(data), lost or 0) for _, data, lost in rows]

    def change(self, before: Notice, after: Notice) -> bool:
        """Keep a notice's new state, where it still stands as ``before`` says; end its claim."""
        waits = after.state in _WAITS
        values = (
            after.state.value,
            after.next_attempt_at,
            after.channel,
            after.attempts,
            to_json(after),
            waits and before.state in _WAITS,
            before.id,
            before.state.value,
            before.attempts,
            before.channel,
        )
        with self._database.transaction():
            if self._database.run(_CHANGE, values) != 1:
                return False
            self._database.run(_LET_GO, (before.id,))
            put_rows(self._database, Kind.NOTICES, [(before.id, before.created_at, after)])
            if waits is not (before.state in _WAITS):
                self._database.run(_HEAD, _named(_line(before)))
            return True

    def get(self, notice_id: str) -> Notice | None:
        """Give one notice."""
        row = self._database.one(_ONE, notice_id)
        return self._notice(row[0]) if row else None

    def list(self, incident_id: str | None = None, last: int | None = None) -> Iterator[Notice]:
        """Give notices by creation and id; ``last``: only so many, from the end."""
        of = () if incident_id is None else (incident_id,)
        rows: Iterator[Row]
        if last is None:
            rows = self._database.rows(_OF if of else _ALL, *of)
        else:
            rows = reversed(self._database.all(_LAST_OF if of else _LAST, *of, last))
        for (data,) in rows:
            yield self._notice(data)

    def _free(self) -> None:
        """End the claims found at opening: the store's lock says that their owner died."""
        if self._freed:
            return
        with self._database.writing() as connection:
            if not self._freed:  # asked again under the lock: another thread may have claimed since
                connection.execute("UPDATE claims SET until = 0")
                self._freed = True

    @staticmethod
    def _counted(notice: Notice, lost: int) -> Notice:
        if not lost:
            return notice
        tried = replace(notice.tried, unrecorded=notice.tried.unrecorded + lost)
        return replace(notice, tried=tried)

    def _notice(self, data: bytes) -> Notice:
        try:
            return from_json(Notice, data)
        except ValidationError as error:
            raise self._database.damaged("a notice", error) from error


def _line(notice: Notice) -> tuple[str, str, str]:
    return notice.incident_id, notice.recipient.role, notice.recipient.party_id


def _named(line: tuple[str, str, str]) -> dict[str, str]:
    return dict(zip(("incident", "role", "party"), line, strict=True))

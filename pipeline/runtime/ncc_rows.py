"""Where records of the coordination centre's messages are kept: rows of no object, found by time.

A record is a row, each of its revisions another; what has a time to be looked at is found by that
time, so that a tick costs what is due.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.model import from_json, to_json
from pipeline.model.rows import Rows
from pipeline.notify.ncc_record import Record, Revision
from pipeline.ports import StateStore

MESSAGES = "@messages"
"""The name under which these rows stand in the state store."""
_RECORD, _REVISION, _LOOK = "message", "revision", "look"
_AFTER = "~"  # behind every digit and quote
_WIDTH = 20


@dataclass(frozen=True, slots=True)
class MessageRows:
    """Reads and writes the rows in a state store; call inside a transaction to write."""

    state: StateStore

    def get(self, message_id: str) -> Record | None:
        """Give a record; None where there is none."""
        key = Rows.key(_RECORD, message_id)
        found = self.state.between(MESSAGES, key, f"{key} ", 1)
        return from_json(Record, found[0][1]) if found else None

    def all(self, page: int = 500) -> Iterator[Record]:
        """Give every record, by id."""
        for data in self._range(f'["{_RECORD}","', f'["{_RECORD}"{_AFTER}', page):
            yield from_json(Record, data)

    def history(self, message_id: str) -> list[Revision]:
        """Give a record's revisions, oldest first."""
        begin = f'["{_REVISION}","{message_id}","'
        found = self._range(begin, f"{begin}{_AFTER}", 500)
        return [from_json(Revision, data) for data in found]

    def due(self, now: int, most: int) -> list[str]:
        """Give the messages to look at by an instant, those that wait longest first."""
        begin, end = f'["{_LOOK}","', f'["{_LOOK}","{_digits(now)}{_AFTER}'
        found = self.state.between(MESSAGES, begin, end, most)
        return [key.rpartition('","')[2].removesuffix('"]') for key, _ in found]

    def put(self, record: Record, revision: Revision | None, before: Record | None) -> None:
        """Keep a record and the revision that made it; ``before`` is what stood there."""
        changes: dict[str, bytes | None] = {}
        if before is not None and before.look_at:
            changes[Rows.key(_LOOK, _digits(before.look_at), before.id)] = None
        if record.look_at:
            changes[Rows.key(_LOOK, _digits(record.look_at), record.id)] = b""
        changes[Rows.key(_RECORD, record.id)] = to_json(record)
        if revision is not None:
            name = Rows.key(_REVISION, record.id, str(revision.number).zfill(6))
            changes[name] = to_json(revision)
        self.state.save(MESSAGES, changes)

    def _range(self, begin: str, end: str, page: int) -> Iterator[bytes]:
        while True:
            found = self.state.between(MESSAGES, begin, end, page)
            yield from (data for _, data in found)
            if len(found) < page:
                return
            begin = found[-1][0] + " "


def _digits(instant: int) -> str:
    return str(instant).zfill(_WIDTH)

"""Notices between the decision and the receipt, in memory."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from connectors.stores.tables import MemoryDatabase, Table
from pipeline.model import Notice, NoticeState, from_json, to_json
from pipeline.ports import WHATEVER, Turn

_WAITING = frozenset({NoticeState.PENDING, NoticeState.FAILED})
_Line: TypeAlias = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class _Claim:
    owner: str = ""
    until: int = 0
    unrecorded: int = 0


class MemoryOutbox:
    """``ports.Outbox`` in memory."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database
        self.notices: Table[str, bytes] = Table(database)
        self._claims: Table[str, _Claim] = Table(database)

    def put(self, notices: Sequence[Notice]) -> None:
        """Keep new notices; a known one stays as it stands."""
        with self._database.transaction():
            for notice in notices:
                if notice.id not in self.notices:
                    self.notices[notice.id] = to_json(notice)

    def due(
        self, now: int, limit: int, channel: str | None = None, turn: Turn = WHATEVER
    ) -> Sequence[Notice]:
        """Give pending and failed notices whose next attempt is not after ``now``.

        Of one incident and recipient only the earliest that is pending or failed. First notices
        first, then by due time, creation and id.
        """
        with self._database.transaction():
            heads: dict[_Line, Notice] = {}
            for notice in sorted(filter(_waits, self._all()), key=_place):
                heads.setdefault(_line(notice), notice)
            ready = [
                notice
                for notice in heads.values()
                if channel in {None, notice.channel} and self._ready(notice, now, turn)
            ]
            ready.sort(key=lambda one: (not one.urgent, one.due_at, one.created_at, one.id))
            return [self._claimed(one, now, turn) if turn.owner else one for one in ready[:limit]]

    def change(self, before: Notice, after: Notice) -> bool:
        """Keep a notice's new state, where it still stands as ``before`` says; end its claim."""
        with self._database.transaction():
            stands = self.get(before.id)
            if stands is None or _state(stands) != _state(before):
                return False
            self.notices[before.id] = to_json(after)
            self._claims[before.id] = _Claim(unrecorded=after.tried.unrecorded)
            return True

    def get(self, notice_id: str) -> Notice | None:
        """Give one notice."""
        data = self.notices.get(notice_id)
        return from_json(Notice, data) if data else None

    def list(self, incident_id: str | None = None, last: int | None = None) -> Iterator[Notice]:
        """Give notices by creation and id; ``last``: only so many, from the end."""
        chosen = [notice for notice in self._all() if incident_id in {None, notice.incident_id}]
        chosen.sort(key=lambda notice: (notice.created_at, notice.id))
        yield from chosen if last is None else chosen[max(len(chosen) - last, 0) :]

    def _ready(self, notice: Notice, now: int, turn: Turn) -> bool:
        until = self._claims.get(notice.id, _Claim()).until
        wait = notice.next_attempt_at - now
        return (
            turn.urgent in {None, notice.urgent}
            and notice.recipient.party_id not in turn.barred
            and not now < until <= now + turn.lease
            and (wait <= 0 or (notice.attempts > 0 and wait > turn.longest_wait))
        )

    def _claimed(self, notice: Notice, now: int, turn: Turn) -> Notice:
        before = self._claims.get(notice.id, _Claim())
        unrecorded = before.unrecorded + bool(before.owner)
        self._claims[notice.id] = _Claim(turn.owner, now + turn.lease, unrecorded)
        return replace(notice, tried=replace(notice.tried, unrecorded=unrecorded))

    def _all(self) -> Iterator[Notice]:
        return (from_json(Notice, data) for _, data in self.notices.snapshot())


def _waits(notice: Notice) -> bool:
    return notice.state in _WAITING


def _line(notice: Notice) -> _Line:
    return notice.incident_id, notice.recipient.role, notice.recipient.party_id


def _place(notice: Notice) -> tuple[int, int, int, str]:
    return notice.revision, notice.created_at, notice.due_at, notice.id


def _state(notice: Notice) -> tuple[NoticeState, int, str]:
    return notice.state, notice.attempts, notice.channel

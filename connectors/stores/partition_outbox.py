"""Notices of one partition between the decision and the receipt.

In memory is only what waits, by line (incident and recipient), of which the earliest alone is ever
due; everything else is read by its key. Each new state is noted to be told.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TypeAlias

from connectors.stores.partition_database import PartitionDatabase, after, named
from connectors.stores.partition_unsent import PartitionUnsent
from pipeline.model import Notice, NoticeState, from_json, to_json
from pipeline.ports import WHATEVER, Turn

_WAITING = frozenset({NoticeState.PENDING, NoticeState.FAILED})
_Line: TypeAlias = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Claim:
    """Who has a notice in hand until when, and how many attempts before were never recorded."""

    owner: str = ""
    until: int = 0
    unrecorded: int = 0


class PartitionOutbox:
    """``ports.Outbox`` of a partition."""

    def __init__(self, database: PartitionDatabase, unsent: PartitionUnsent) -> None:
        self._database, self._unsent = database, unsent
        self._lines: dict[_Line, dict[str, Notice]] = {}
        self._heads: dict[_Line, Notice] = {}
        self._claims: dict[str, Claim] = {}
        self._touched: set[_Line] = set()
        self._claimed_now: set[str] = set()
        database.undone.append(self._undone)
        database.done.append(self._settled)
        for key, _ in database.items(*_all("waiting")):
            _, incident, role, party, name = key.decode("utf-8", "surrogatepass").split("\x00")
            notice = self.get(name)
            assert notice is not None, name
            self._lines.setdefault((incident, role, party), {})[name] = notice
        for line in self._lines:
            self._rank(line)

    def put(self, notices: Sequence[Notice]) -> None:
        """Keep new notices; a known one stays as it stands."""
        with self._database.transaction():
            for notice in notices:
                if self._database.get(named("notice", notice.id)) is None:
                    self._database.put(named("of", notice.incident_id, notice.id), b"")
                    self._keep(notice)
                elif self._database.get(named("seeded", notice.id)) is not None:
                    self._database.put(named("seeded", notice.id), None)

    def seed(self, notices: Sequence[Notice]) -> None:
        """Take notices over as they stand elsewhere: ``new`` until they are put; nobody is told."""
        with self._database.transaction():
            for notice in notices:
                self._database.put(named("seeded", notice.id), b"")
                self._database.put(named("of", notice.incident_id, notice.id), b"")
                self._database.put(named("notice", notice.id), to_json(notice))
                if notice.state in _WAITING:
                    self._database.put(named("waiting", *_line(notice), notice.id), b"")

    def new(self, notice_id: str) -> bool:
        """Tell whether a notice was never put here."""
        known = self._database.get(named("notice", notice_id)) is not None
        return not known or self._database.get(named("seeded", notice_id)) is not None

    def due(
        self, now: int, limit: int, channel: str | None = None, turn: Turn = WHATEVER
    ) -> Sequence[Notice]:
        """Give pending and failed notices whose next attempt is not after ``now``.

        Of one incident and recipient only the earliest that is pending or failed. First notices
        first, then by due time, creation and id.
        """
        with self._database.transaction():
            ready = [
                notice
                for notice in self._heads.values()
                if channel in {None, notice.channel} and self._ready(notice, now, turn)
            ]
            ready.sort(key=lambda one: (not one.urgent, one.due_at, one.created_at, one.id))
            return [self._taken(one, now, turn) if turn.owner else one for one in ready[:limit]]

    def change(self, before: Notice, after: Notice) -> bool:
        """Keep a notice's new state, where it still stands as ``before`` says; end its claim."""
        with self._database.transaction():
            stands = self.get(before.id)
            if stands is None or _state(stands) != _state(before):
                return False
            if stands != after:
                self._keep(after)
            self._claim(before.id, Claim(unrecorded=after.tried.unrecorded))
            return True

    def get(self, notice_id: str) -> Notice | None:
        """Give one notice."""
        data = self._database.get(named("notice", notice_id))
        return from_json(Notice, data) if data else None

    def list(self, incident_id: str | None = None, last: int | None = None) -> Iterator[Notice]:
        """Give notices by creation and id; ``last``: only so many, from the end."""
        if incident_id is None:
            rows = [data for _, data in self._database.items(*_all("notice"))]
            chosen = [from_json(Notice, data) for data in rows]
        else:
            keys = self._database.items(*_all("of", incident_id))
            names = [key.decode("utf-8", "surrogatepass").rpartition("\x00")[2] for key, _ in keys]
            chosen = [one for one in map(self.get, names) if one is not None]
        chosen.sort(key=lambda notice: (notice.created_at, notice.id))
        yield from chosen if last is None else chosen[max(len(chosen) - last, 0) :]

    def channels(self) -> set[str]:
        """Give the channels that notices wait for."""
        with self._database.turn:
            return {one.channel for line in self._lines.values() for one in line.values()}

    def waiting(self) -> int:
        """Give how many notices wait."""
        with self._database.turn:
            return sum(map(len, self._lines.values()))

    def free(self) -> None:
        """End all claims: who made them has this partition no more; each was perhaps an attempt."""
        with self._database.transaction():
            for line in list(self._lines.values()):
                for name in line:
                    claim = self._claim_of(name)
                    if claim.owner:
                        self._claim(name, replace(claim, until=0))

    def _keep(self, notice: Notice) -> None:
        line = _line(notice)
        data = to_json(notice)
        self._database.put(named("notice", notice.id), data)
        self._unsent.put("notices", data)
        waits = notice.state in _WAITING
        self._touched.add(line)
        held = self._lines.setdefault(line, {})
        if waits != (notice.id in held):
            self._database.put(named("waiting", *line, notice.id), b"" if waits else None)
        if waits:
            held[notice.id] = notice
        else:
            held.pop(notice.id, None)
        self._rank(line)

    def _rank(self, line: _Line) -> None:
        held = self._lines.get(line)
        if held:
            self._heads[line] = min(held.values(), key=_place)
        else:
            self._heads.pop(line, None)
            self._lines.pop(line, None)

    def _ready(self, notice: Notice, now: int, turn: Turn) -> bool:
        wait = notice.next_attempt_at - now
        return (
            turn.urgent in {None, notice.urgent}
            and notice.recipient.party_id not in turn.barred
            and (wait <= 0 or (notice.attempts > 0 and wait > turn.longest_wait))
            and not now < self._claim_of(notice.id).until <= now + turn.lease
        )

    def _taken(self, notice: Notice, now: int, turn: Turn) -> Notice:
        before = self._claim_of(notice.id)
        unrecorded = before.unrecorded + bool(before.owner)
        self._claim(notice.id, Claim(turn.owner, now + turn.lease, unrecorded))
        return replace(notice, tried=replace(notice.tried, unrecorded=unrecorded))

    def _claim_of(self, notice_id: str) -> Claim:
        claim = self._claims.get(notice_id)
        if claim is None:
            data = self._database.get(named("claim", notice_id))
            claim = self._claims[notice_id] = from_json(Claim, data) if data else Claim()
        return claim

    def _claim(self, notice_id: str, claim: Claim) -> None:
        none = claim == Claim()
        if none and self._claim_of(notice_id) == claim:
            return
        self._claimed_now.add(notice_id)
        self._database.put(named("claim", notice_id), None if none else to_json(asdict(claim)))
        self._claims[notice_id] = claim

    def _undone(self) -> None:
        """Read anew what a failed transaction changed in memory."""
        for name in self._claimed_now:
            self._claims.pop(name, None)
        for line in self._touched:
            found = self._database.rows.items(*_all("waiting", *line))
            names = [key.decode("utf-8", "surrogatepass").rpartition("\x00")[2] for key, _ in found]
            rows = [self._database.rows.get(named("notice", name)) for name in names]
            self._lines[line] = {
                name: from_json(Notice, data)
                for name, data in zip(names, rows, strict=True)
                if data
            }
            self._rank(line)
        self._settled()

    def _settled(self) -> None:
        """Note that everything so far is committed."""
        self._touched.clear()
        self._claimed_now.clear()


def _all(*parts: str) -> tuple[bytes, bytes]:
    prefix = named(*parts, "")
    return prefix, after(prefix)


def _line(notice: Notice) -> _Line:
    return notice.incident_id, notice.recipient.role, notice.recipient.party_id


def _place(notice: Notice) -> tuple[int, int, int, str]:
    return notice.revision, notice.created_at, notice.due_at, notice.id


def _state(notice: Notice) -> tuple[NoticeState, int, str]:
    return notice.state, notice.attempts, notice.channel

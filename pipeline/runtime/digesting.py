"""Digests by the journalled time: what waits for a recipient's next letter, and the letter itself.

What waits stands in the outbox, to leave by itself in time; kept beside it are rows (state of no
object, ``DIGESTS``) by when a letter may take it, so that a tick reads what is due and no more.
Letter, rows and audit entries are of the engine's one transaction. When the letter is delivered
its notices are told as well, in the transaction that keeps its receipt; while it is not they go
by themselves, so that nothing waits for a letter that does not come.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from pipeline.incidents.audit import Draft
from pipeline.model import ENDING, GuardDecision, Notice, NoticeState, RawBatch, from_json, to_json
from pipeline.model.rows import Rows
from pipeline.notify.digests import (
    DIGEST,
    Digests,
    Together,
    Waiting,
    inside,
    together,
    told_within,
)
from pipeline.ports import Outbox, Stores
from pipeline.runtime.folded import Folded
from pipeline.runtime.notice_drafts import notice_draft

NAME = "@digests"
"""The name under which the rows stand in the state store."""
MOST = 500  # rows that one tick begins with; the next goes on
_DUE, _WAITS = "due", "waits"
_WIDTH = 20
_AFTER = "~"  # behind every digit and quote
Guard: TypeAlias = Callable[[str, int], GuardDecision]
_LEFT = (NoticeState.SENT, NoticeState.ACKNOWLEDGED)


@dataclass(frozen=True, slots=True)
class Digesting:
    """Keeps what waits, and makes letters of it; inside the engine's transaction."""

    stores: Stores

    def follow(self, digests: Digests | None, parts: Sequence[Folded]) -> None:
        """Note which new notices wait; what goes at once takes along what waits before it."""
        if digests is None:
            return
        for part in parts:
            for notice in part.notices:
                waiting = digests.patience.waiting(notice)
                if waiting is not None:
                    self._put(waiting)
                elif digests.patience.wish(notice.recipient) is not None:
                    self._hasten(notice)

    def tick(self, digests: Digests | None, guard: Guard, batch: RawBatch) -> Folded:
        """Make the letters that leave by a tick; ``guard`` says what may be told of an object."""
        if digests is None or batch.source_id == ENDING:
            return Folded()
        now = batch.received_at
        made: list[Notice] = []
        for line in self._due(now):
            for letter in together(self._waiting(line), now):
                made += self._made(digests, letter, guard(line[0], now), now)
        return Folded(notices=made, drafts=[notice_draft(one, now) for one in made])

    def _made(
        self, digests: Digests, letter: Together, guard: GuardDecision, now: int
    ) -> list[Notice]:
        """Give the letter of what still waits; where there is none to be, let it go by itself."""
        for one in letter.notices:
            self._drop(one)
        found = [self.stores.outbox.get(one.id) for one in letter.notices]
        held = [one for one in found if one is not None and _waits(one, now)]
        wish = digests.patience.wish(held[0].recipient) if held else None
        if len(held) > 1 and guard.decision == "open" and wish is not None:
            made = digests.write(held, wish, letter.at)
            if made is not None:
                return [made]
        for notice in held:
            self.stores.outbox.change(notice, replace(notice, next_attempt_at=now))
        return []

    def _hasten(self, notice: Notice) -> None:
        """Let what waits of the same incident and recipient go before one that may not."""
        now = notice.created_at
        for one in self.stores.outbox.list(notice.incident_id):
            before = one.recipient == notice.recipient and _place(one) < _place(notice)
            if before and _waits(one, now):
                self.stores.outbox.change(one, replace(one, next_attempt_at=now))

    def _due(self, now: int) -> list[tuple[str, str, str]]:
        """Give (object, role, party) of what may leave by now, each once."""
        begin, end = f'["{_DUE}","', f'["{_DUE}","{_digits(now)}{_AFTER}'
        rows = self.stores.state.between(NAME, begin, end, MOST)
        found = [from_json(Waiting, data) for _, data in rows]
        return list(dict.fromkeys((one.object_id, one.role, one.party_id) for one in found))

    def _waiting(self, line: tuple[str, str, str]) -> list[Waiting]:
        key = Rows.key(_WAITS, *line).removesuffix("]")
        return [from_json(Waiting, data) for data in self._between(f"{key},", f"{key},{_AFTER}")]

    def _between(self, begin: str, end: str) -> Iterator[bytes]:
        while rows := self.stores.state.between(NAME, begin, end, MOST):
            yield from (data for _, data in rows)
            begin = rows[-1][0] + " "

    def _put(self, one: Waiting) -> None:
        self.stores.state.save(NAME, dict.fromkeys(_keys(one), to_json(one)))

    def _drop(self, one: Waiting) -> None:
        self.stores.state.save(NAME, dict.fromkeys(_keys(one)))


def _place(notice: Notice) -> tuple[int, int, int, str]:
    """Give a notice's place among those of one incident and recipient, as the outbox has it."""
    return notice.revision, notice.created_at, notice.due_at, notice.id


def _waits(notice: Notice, now: int) -> bool:
    """Tell whether a notice has not begun to go by itself."""
    untried = notice.state is NoticeState.PENDING and not notice.attempts
    return untried and notice.next_attempt_at > now


def _keys(one: Waiting) -> tuple[str, str]:
    return (
        Rows.key(_DUE, _digits(one.leave), one.id),
        Rows.key(_WAITS, one.object_id, one.role, one.party_id, one.id),
    )


def _digits(instant: int) -> str:
    return str(max(instant, 0)).zfill(_WIDTH)


def within(outbox: Outbox, digest: Notice, at: int) -> list[Draft]:
    """Keep the notices of a digest that left as told; give their audit entries.

    One that has begun to go by itself meanwhile stands by its own attempts.
    """
    drafts: list[Draft] = []
    if digest.kind != DIGEST or digest.state not in _LEFT:
        return drafts
    for one in filter(None, map(outbox.get, inside(digest))):
        told = told_within(one, digest)
        if told is not None and _waits(one, at) and outbox.change(one, told):
            drafts.append(notice_draft(told, at))
    return drafts

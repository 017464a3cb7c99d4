"""What may wait, until when, and which of it goes as one letter: pure, by the recipient's wish.

A first notice never waits, nor does a correction, what the guard does not let leave whole, or what
goes over a line that machines read. Of the rest each notice waits for the recipient's next digest,
and no longer than until ``GATHERED`` before it is due; what is not told by ``ALONE`` before it is
due goes by itself. So a digest makes nothing late, and what waits stands in the outbox all along.

Which notices make one letter follows from when they were made and may leave, and not from when
somebody looked: a tick after an hour of downtime puts together what a tick a second would have.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from operator import attrgetter

from pydantic import ValidationError

from pipeline.model import (
    NANOSECONDS,
    GuardDecision,
    Notice,
    NoticeState,
    Receipt,
    Recipient,
    identity,
    notice_id,
)
from pipeline.notify.payload import Digest, Gathered, Inside, document, read_payload
from pipeline.notify.texts import LANGUAGES, Texts
from pipeline.registry import Registry
from pipeline.registry.parties import GATHERING, DigestWish

DIGEST = "digest"
"""The leg, and the kind, of a letter that holds several notices."""
WAITING_KINDS = frozenset({"update", "final"})
MINUTE = 60 * NANOSECONDS
GATHERED = 10 * MINUTE
"""A digest leaves so long before the first of its notices is due."""
ALONE = 5 * MINUTE
"""So long before it is due a notice that is still here leaves by itself."""
MOST = 50  # notices in one letter
_DAYS = 40  # no holidays are longer


@dataclass(frozen=True, slots=True)
class Waiting:
    """A notice that waits: ``leave`` is when it may go in a digest, ``alone`` when by itself."""

    id: str
    object_id: str
    incident_id: str
    role: str
    party_id: str
    channel: str
    created_at: int
    leave: int
    alone: int
    group: str = ""  # of which its letter is: "" the object, else the incident, or it alone


@dataclass(frozen=True, slots=True)
class Together:
    """What leaves at an instant: several notices as one letter, or one by itself."""

    at: int
    notices: tuple[Waiting, ...]


@dataclass(frozen=True, slots=True)
class Patience:
    """Which notices may wait, and until when, by the wishes that the registry holds.

    ``rests`` tells days of rest; ``lines`` are roles with a line of their own, which never get
    digests.
    """

    registry: Registry
    rests: Callable[[date], bool]
    lines: frozenset[str] = frozenset()

    def __call__(self, notice: Notice) -> Notice:
        """Give a new notice as it is kept: with the time until which it may wait, if it may."""
        waiting = self.waiting(notice)
        return notice if waiting is None else replace(notice, next_attempt_at=waiting.alone)

    def waiting(self, notice: Notice) -> Waiting | None:
        """Give how long a new notice may wait; None where it goes at once."""
        wish = self.wish(notice.recipient)
        if wish is None or not _may_wait(notice):
            return None
        leave = min(next_letter(wish, notice.created_at, self.rests), notice.due_at - GATHERED)
        if leave <= notice.created_at:
            return None
        groups = {"object": "", "incident": notice.incident_id, "none": notice.id}
        return Waiting(
            id=notice.id,
            object_id=notice.object_id,
            incident_id=notice.incident_id,
            role=notice.recipient.role,
            party_id=notice.recipient.party_id,
            channel=notice.channel,
            created_at=notice.created_at,
            leave=leave,
            alone=leave if wish.group_by == "none" else notice.due_at - ALONE,
            group=groups[wish.group_by],
        )

    def wish(self, recipient: Recipient) -> DigestWish | None:
        """Give what a recipient wishes; None where it wishes nothing, or gets no digests."""
        party = self.registry.party(recipient.party_id)
        return None if party is None or recipient.role in self.lines else party.digest


def _may_wait(notice: Notice) -> bool:
    return (
        notice.kind in WAITING_KINDS
        and notice.channel in GATHERING
        and notice.state is NoticeState.PENDING
        and notice.guard.decision == "open"
        and notice.payload.get("details_available") is True
    )


def next_letter(wish: DigestWish, at: int, rests: Callable[[date], bool]) -> int:
    """Give the first instant not before ``at`` (ns) at which a letter may leave by a wish."""
    zone = wish.tzinfo
    day = datetime.fromtimestamp(at // NANOSECONDS, UTC).astimezone(zone).date()
    step = wish.minutes * MINUTE
    for _ in range(_DAYS):
        if not (wish.business_days and rests(day)):
            begin = _instant(wish, day, wish.begins)
            end = (
                _instant(wish, day + timedelta(days=1), time()) - 1
                if wish.ends is None
                else _instant(wish, day, wish.ends)
            )
            slot = begin + max(0, -((begin - at) // step)) * step
            if slot <= end:
                return slot
        day += timedelta(days=1)
    return at


def _instant(wish: DigestWish, day: date, moment: time) -> int:
    local = datetime.combine(day, moment, wish.tzinfo)
    return int(local.timestamp()) * NANOSECONDS


def together(waiting: Sequence[Waiting], now: int) -> list[Together]:
    """Give what leaves by an instant of what waits for one recipient, in order of time.

    A letter leaves when the first of its notices must, with all that were made by then.
    """
    ordered = sorted(waiting, key=lambda one: (one.channel, one.group, one.created_at, one.id))
    letters = [
        letter
        for _, alike in groupby(ordered, key=attrgetter("channel", "group"))
        for letter in _letters(list(alike))
    ]
    found = (letter for letter in letters if letter.at <= now)
    return sorted(found, key=lambda one: (one.at, one.notices[0].id))


def _letters(waiting: Sequence[Waiting]) -> Iterator[Together]:
    held: list[Waiting] = []
    at = 0
    for one in waiting:
        if held and (one.created_at > at or len(held) == MOST):
            yield Together(at, tuple(held))
            held = []
        at = min(at, one.leave) if held else one.leave
        held.append(one)
    if held:
        yield Together(at, tuple(held))


@dataclass(frozen=True, slots=True)
class DigestWriter:
    """Write the letter of several notices for one centre, in its words."""

    centre: str
    texts: Texts

    def __call__(self, notices: Sequence[Notice], wish: DigestWish, at: int) -> Notice | None:
        """Give the letter of notices to one recipient about one object; None where it cannot be.

        Its id follows from theirs. It is due when the first of them is.
        """
        first = notices[0]
        subject = identity(DIGEST, *sorted(one.id for one in notices))
        language = wish.language or first.language
        try:
            payload = Digest(
                digest="incident" if wish.group_by == "incident" else "object",
                incident_id=subject,
                object=str(first.payload["object"]),
                at=at,
                centre=self.centre,
                notices=tuple(_inside(one) for one in notices),
                text=tuple(
                    self._text(notices, one)
                    for one in sorted(LANGUAGES, key=lambda one: one != language)
                ),
            )
        except (ValidationError, KeyError):
            return None  # they go by themselves
        return Notice(
            id=notice_id(subject, DIGEST, 0, first.recipient),
            incident_id=subject,
            revision=1,
            leg=DIGEST,
            ordinal=0,
            recipient=first.recipient,
            channel=first.channel,
            language=language,
            created_at=at,
            due_at=min(one.due_at for one in notices),
            basis="policy",
            set_by="policy",
            guard=GuardDecision("open", first.guard.rule),
            payload=document(payload),
            object_id=first.object_id,
            kind=DIGEST,
        )

    def _text(self, notices: Sequence[Notice], language: str) -> Gathered:
        said = self.texts
        spoken = [
            next(one for one in notice.payload["text"] if one["language"] == language)
            for notice in notices
        ]
        count, code = len(notices), str(notices[0].payload["object"])
        head = said.count(language, DIGEST, "head", count, centre=self.centre)
        parts = [
            f"{number}. {one['subject']}\n{one['body']}"
            for number, one in enumerate(spoken, start=1)
        ]
        return Gathered(
            language=language,
            subject=said.count(language, DIGEST, "subject", count, object=code),
            body="\n\n".join((head, *parts)),
        )


def _inside(notice: Notice) -> Inside:
    content = read_payload(notice.payload)
    return Inside.model_validate(
        {
            "notice": notice.id,
            "incident_id": notice.incident_id,
            "revision": notice.revision,
            "leg": notice.leg,
            "due_at": notice.due_at,
            "payload": content,
        }
    )


@dataclass(frozen=True, slots=True)
class Digests:
    """What one registry and pack answer about digests."""

    patience: Patience
    write: DigestWriter


def told_within(notice: Notice, digest: Notice) -> Notice | None:
    """Give a notice as told by a digest that left; None where the digest's receipt is missing.

    Its receipt is the digest's word, under the notice's own id, and names the digest.
    """
    receipt = digest.receipt
    if receipt is None:
        return None
    body = {
        "kind": receipt.body.get("kind", ""),
        "within": digest.id,
        "letter": receipt.body.get("sha256", ""),
    }
    mine = Receipt(
        notice_id=notice.id,
        recipient=f"{notice.recipient.role}:{notice.recipient.party_id}",
        received_at=receipt.received_at,
        body=body,
        duplicate=receipt.duplicate,
    )
    return replace(notice, state=digest.state, receipt=mine, last_error="")


def inside(digest: Notice) -> tuple[str, ...]:
    """Give the ids of the notices that a digest holds."""
    return tuple(str(one["notice"]) for one in digest.payload.get("notices", ()))

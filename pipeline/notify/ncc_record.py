"""What is kept of a message of the coordination centre: its record, and how far it has come.

A record changes by revisions, each with who, when and why, and hash-linked to the one before. What
people and messages do makes a revision; whether the notices have left and were receipted stands in
the outbox, and is read beside the record::

    received ─▶ forwarded ─▶ acknowledged ─▶ done
                all left     each recipient  a person says so
                             took note
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import orjson

from pipeline.model import Instant, Json, Notice, NoticeState, as_document
from pipeline.notify.ncc_forwarding import ADVISORY

RECEIVED, FORWARDED, ACKNOWLEDGED, DONE = "received", "forwarded", "acknowledged", "done"
_LEFT = (NoticeState.SENT, NoticeState.ACKNOWLEDGED)


@dataclass(frozen=True, slots=True)
class Told:
    """To whom a message is passed on, for which object, by which notice."""

    object_id: str
    role: str
    party_id: str
    notice: str


@dataclass(frozen=True, slots=True)
class Revision:
    """One step of a record: what was done, by whom, when, why, and what it brought."""

    message: str
    number: int
    at: Instant
    step: str  # received | acknowledged | done
    actor: str
    reason: str
    entry: Json
    previous_hash: str = ""
    hash: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """A message as it stands. ``content`` is the signed document, ``jws`` the whole of it.

    ``unknown`` are objects that it names and the registry does not have; ``acknowledged`` says by
    party when that took note, by a person's word; ``done_at`` is 0 while it is open. ``look_at``:
    when to look at its time again, 0 where there is nothing to look for.
    """

    id: str
    kind: str
    content: str
    jws: str
    sha256: str
    received_at: Instant
    due_at: Instant | None
    told: tuple[Told, ...]
    unknown: tuple[str, ...] = ()
    acknowledged: dict[str, Instant] = field(default_factory=dict)
    done_at: Instant = 0
    look_at: Instant = 0
    revision: int = 0
    hash: str = ""


def revised(record: Record, step: str, at: Instant, who: tuple[str, str], entry: Json
            ) -> tuple[Record, Revision]:  # fmt: skip
    """Give a record's next revision; ``who``: actor and reason."""
    made = Revision(
        record.id, record.revision + 1, at, step, who[0], who[1], entry, previous_hash=record.hash
    )
    made = replace(made, hash=revision_hash(made))
    return replace(record, revision=made.number, hash=made.hash), made


def revision_hash(revision: Revision) -> str:
    """Give the SHA-256 (hexadecimal) over all of a revision but its hash."""
    document = as_document(revision)
    del document["hash"]
    return hashlib.sha256(orjson.dumps(document, option=orjson.OPT_SORT_KEYS)).hexdigest()


def stands(record: Record, notices: Iterable[Notice]) -> str:
    """Tell how far a message has come; ``notices`` are those of the outbox under its id."""
    if record.done_at:
        return DONE
    mine = [one for one in notices if one.leg == ADVISORY]
    took_note = [
        one.state is NoticeState.ACKNOWLEDGED or one.recipient.party_id in record.acknowledged
        for one in mine
    ]
    if mine and all(took_note):
        return ACKNOWLEDGED
    left = [one.state in _LEFT or noted for one, noted in zip(mine, took_note, strict=True)]
    return FORWARDED if mine and all(left) else RECEIVED

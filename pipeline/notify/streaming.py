"""Streams of events: which stretch is due, and what of each event leaves.

A stream belongs to one recipient and runs along the journal, so that what comes late is streamed
when it comes. A notice names a stretch of it, and the next one begins where that one ends, once it
is acknowledged: the outbox is the durable cursor. The events themselves are read and decided anew
at every attempt, so that nothing is kept twice and nothing leaves that may not leave any more.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import orjson

from pipeline.model import (
    GuardDecision,
    Instant,
    Json,
    Notice,
    Recipient,
    identity,
    notice_id,
    rfc3339,
)
from pipeline.notify.payload import Stretch, document
from pipeline.notify.texts import LANGUAGES

EVENT_STREAM = "event_stream"
FORMAT = "saqshy-events-1"
MOST_CONTENT = 32 * 1024 * 1024  # bytes of a batch's content
LEAST_EVENT = 2 * 1024  # bytes that each event of a batch may have
_ENVELOPE = ("received_at", "time_confidence", "format")


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A place in the journal: everything before record ``index`` of batch ``position`` is done."""

    position: int = 1
    index: int = 0

    def __str__(self) -> str:
        return f"{self.position}.{self.index}"

    @classmethod
    def of(cls, text: str) -> "Place":
        """Read a place as it is written; ValueError where it is none."""
        position, dot, index = text.partition(".")
        if not (dot and position.isdecimal() and index.isdecimal()):
            raise ValueError(f"{text!r} is no place in a stream")
        return cls(int(position), int(index))


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much a batch may hold: records, and their bytes as they came."""

    records: int
    size: int


@dataclass(frozen=True, slots=True)
class Stretched:
    """A stretch that grows: where it ends, how many records of how many bytes it holds.

    ``since`` is when its first record was received, 0 while it holds none; ``full``: no more fits.
    """

    end: Place
    records: int = 0
    size: int = 0
    since: Instant = 0
    full: bool = False

    def over(self, position: int) -> "Stretched":
        """Pass a batch of which nothing belongs to the stream."""
        return Stretched(Place(position + 1), self.records, self.size, self.since)

    def grown(
        self, position: int, lengths: Sequence[int], received_at: Instant, bounds: Bounds
    ) -> "Stretched":
        """Take in a batch, given its records' lengths, as far as it fits: one record always does.

        A batch that has been begun goes on where the stretch ends.
        """
        first = self.end.index if self.end.position == position else 0
        records, size = self.records, self.size
        since = self.since or (received_at if first < len(lengths) else 0)
        for index in range(first, len(lengths)):
            more = size + lengths[index]
            if records and (records >= bounds.records or more > bounds.size):
                return Stretched(Place(position, index), records, size, since, full=True)
            records, size = records + 1, more
        full = records >= bounds.records or size >= bounds.size
        return Stretched(Place(position + 1), records, size, since, full=full)


@dataclass(frozen=True, slots=True)
class Ground:
    """On which ground a stream flows, and through which channel."""

    channel: str
    basis: str
    set_by: str


def stream_id(recipient: Recipient) -> str:
    """Give the id of a recipient's stream, under which its notices stand in the outbox."""
    return identity(EVENT_STREAM, recipient.role, recipient.party_id)


def newest(notices: Iterable[Notice]) -> Notice | None:
    """Give the last of a stream's notices; pages about one of them stand under its id, too."""
    own = (one for one in notices if one.leg == EVENT_STREAM)
    return max(own, key=lambda one: one.revision, default=None)


def stretch_of(notice: Notice) -> tuple[Place, Place]:
    """Give from where to where a stream's notice goes; ValidationError where it is none."""
    payload = Stretch.model_validate(notice.payload)
    return Place.of(payload.begin), Place.of(payload.end)


def stream_notice(
    recipient: Recipient, last: Notice | None, stretch: Stretched, ground: Ground, at: Instant
) -> Notice:
    """Make the notice of the next stretch behind the last one (None: the stream's first).

    A clock that was put back must not put it before the last one in the outbox.
    """
    stream = stream_id(recipient)
    at = max(at, last.created_at + 1) if last is not None else at
    begin = stretch_of(last)[1] if last is not None else Place()
    number = last.revision + 1 if last is not None else 1
    payload = Stretch(
        incident_id=stream, begin=str(begin), end=str(stretch.end), records=stretch.records
    )
    return Notice(
        id=notice_id(f"{stream}@{begin}", EVENT_STREAM, number, recipient),
        incident_id=stream,
        revision=number,
        leg=EVENT_STREAM,
        ordinal=number,
        recipient=recipient,
        channel=ground.channel,
        language=LANGUAGES[0],
        created_at=at,
        due_at=at,
        basis=ground.basis,
        set_by=ground.set_by,
        guard=GuardDecision("open", "each event is decided as it leaves"),
        payload=document(payload),
        kind=EVENT_STREAM,
    )


def told_event(event: Json, code: str, fields: frozenset[str], room: int) -> bytes:
    """Write what of an event's document leaves: its place in time and origin, and allowed fields.

    ``code`` is the object's as its owner knows it. ``fields`` are ECS names; nothing else of the
    event leaves. Where that takes more than ``room`` bytes the fields stay, and it says so.
    """
    own = event["saqshy"]
    head: Json = {
        "id": f"{own['batch']}-{own['index']}",
        "@timestamp": event["@timestamp"],
        "object": code,
        "source": own["source_id"],
        **{name: own[name] for name in _ENVELOPE},
    }
    told: Json = {}
    _pick(event, _tree(fields), told)
    line = orjson.dumps({**head, "fields": told, "cut": False}, option=orjson.OPT_SORT_KEYS)
    if len(line) <= room:
        return line
    return orjson.dumps({**head, "fields": {}, "cut": True}, option=orjson.OPT_SORT_KEYS)


def room_of(records: int) -> int:
    """Give how many bytes each of so many events may have."""
    return max(LEAST_EVENT, MOST_CONTENT // max(1, records))


def stream_content(notice: Notice, centre: str, events: Sequence[bytes]) -> bytes:
    """Write a batch as it leaves: a head in JSON, and a line for each event."""
    payload = Stretch.model_validate(notice.payload)
    head = {
        "format": FORMAT,
        "id": notice.id,
        "stream": notice.incident_id,
        "number": notice.revision,
        "begin": payload.begin,
        "end": payload.end,
        "count": len(events),
        "recipient": {"role": notice.recipient.role, "party_id": notice.recipient.party_id},
        "created_at": rfc3339(notice.created_at),
        "basis": notice.basis,
        "set_by": notice.set_by,
        "centre": centre,
    }
    return b"\n".join((orjson.dumps(head, option=orjson.OPT_SORT_KEYS), *events)) + b"\n"


def digest(content: bytes) -> str:
    """Give the hash that receipts of a batch name: SHA-256 of its content, hexadecimal."""
    return hashlib.sha256(content).hexdigest()


@lru_cache(maxsize=256)
def _tree(fields: frozenset[str]) -> Json:
    """Give field names as a tree of their parts; a leaf is the name, under an empty part."""
    tree: Json = {}
    for name in fields:
        below = tree
        for part in name.split("."):
            below = below.setdefault(part, {})
        below[""] = name
    return tree


def _pick(held: Mapping[str, Any], tree: Json, told: Json) -> None:
    """Take what stands under names of the tree; the event is walked, which has few fields."""
    for part, value in held.items():
        below = tree.get(part)
        if below is None:
            continue
        if isinstance(value, dict):
            _pick(value, below, told)
        elif "" in below and _plain(value):
            told[below[""]] = value


def _plain(value: object) -> bool:
    """Tell a value, or a list of values: an object may hold what no list allows."""
    if isinstance(value, list):
        return bool(value) and all(map(_single, value))
    return _single(value)


def _single(value: object) -> bool:
    return isinstance(value, str | int | float | bool)

"""Bundles of content, registry and pack in a compacted topic, in pieces that any message takes.

A bundle is whole once all of its pieces are there and give its SHA-256. The pieces' places are
remembered and not the pieces: data files may have hundreds of megabytes.
"""

import hashlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import orjson

from connectors.stores.kafka.carrier import Message
from connectors.stores.kafka.frames import Unread, framed, unframed
from connectors.stores.kafka.reading import Read, Reading
from connectors.stores.kafka.topics import Topics
from pipeline.errors import StoreCorrupt
from pipeline.settings import ClusterSettings

PIECE = 900_000  # bytes


@dataclass(frozen=True, slots=True)
class Piece:
    """One part of a bundle: the how manieth of how many, and the whole's SHA-256."""

    part: int
    parts: int
    sha256: str
    data: bytes


@dataclass(slots=True)
class _Places:
    """Where a bundle's parts stand, by part; all of the same SHA-256."""

    sha256: str
    parts: int
    offsets: dict[int, int] = field(default_factory=dict)


def bundle_messages(topics: Topics, kind: str, revision: str, data: bytes) -> Iterator[Message]:
    """Give the messages of a bundle."""
    digest = hashlib.sha256(data).hexdigest()
    parts = max(1, -(-len(data) // PIECE))
    for part in range(parts):
        head = orjson.dumps([part, parts, digest])
        value = framed(head + b"\n" + data[part * PIECE : (part + 1) * PIECE])
        yield Message(topics("bundles"), value, f"{kind}/{revision}/{part:06d}".encode(), 0)


def unpack_piece(value: bytes | None) -> Piece | Unread:
    """Read a message of ``bundles``."""
    return unframed(value, _piece)


class KafkaContentStore:
    """``ports.ContentStore`` over the topic; ``send`` takes the messages of a new bundle.

    Who only reads gives none. Safe to call from several threads.
    """

    def __init__(
        self,
        settings: ClusterSettings,
        topics: Topics,
        send: Callable[[list[Message]], None] | None = None,
    ) -> None:
        self._settings, self._topics, self._send = settings, topics, send
        self._topic = topics("bundles")
        self._known: dict[tuple[str, str], _Places] = {}
        self._next = 0
        self._lock = threading.Lock()

    def put_bundle(self, kind: str, revision: str, data: bytes) -> None:
        """Keep a bundle; a revision names its content, so a known one is left as it is."""
        if self._send is None:
            raise TypeError("this store of bundles was opened to be read")
        with self._lock:
            if self._whole(kind, revision) is not None:
                return
        self._send(list(bundle_messages(self._topics, kind, revision, data)))

    def bundle(self, kind: str, revision: str) -> bytes | None:
        """Give a bundle's bytes; None where it is not there, or not all of it yet.

        StoreCorrupt where its parts do not give what they should; StoreError where no broker
        answers.
        """
        with self._lock, Reading(self._settings) as reading:
            if self._whole(kind, revision) is None:
                self._catch_up(reading)
            places = self._whole(kind, revision)
            if places is None:
                return None
            found = self._read(reading, places)
            if found is None:  # compaction took older copies: newer ones stand behind them
                self._known.clear()
                self._next = 0
                self._catch_up(reading)
                places = self._whole(kind, revision)
                found = self._read(reading, places) if places is not None else None
            return found

    def _whole(self, kind: str, revision: str) -> _Places | None:
        places = self._known.get((kind, revision))
        return places if places is not None and len(places.offsets) == places.parts else None

    def _catch_up(self, reading: Reading) -> None:
        (begin, end) = reading.bounds(self._topic)[0]
        if not begin <= self._next <= end:  # the topic was made anew
            self._known.clear()
            self._next = begin
        for message in reading.messages(self._topic, [max(begin, self._next)], [end]):
            self._note(message)
        self._next = end

    def _note(self, message: Read) -> None:
        piece = unpack_piece(message.value)
        named = (message.key or b"").decode("utf-8", "replace").split("/")
        if isinstance(piece, Unread) or len(named) != 3:
            return
        key = (named[0], named[1])
        places = self._known.get(key)
        if places is None or places.sha256 != piece.sha256:
            places = self._known[key] = _Places(piece.sha256, piece.parts)
        places.offsets[piece.part] = message.offset

    def _read(self, reading: Reading, places: _Places) -> bytes | None:
        """Give a whole bundle; None where a part stands no longer at its place."""
        data = []
        for part in range(places.parts):
            at = places.offsets[part]
            message = next(iter(reading.messages(self._topic, [at], [at + 1])), None)
            piece = unpack_piece(message.value) if message is not None else None
            if not isinstance(piece, Piece) or (piece.part, piece.sha256) != (part, places.sha256):
                return None
            data.append(piece.data)
        whole = b"".join(data)
        if hashlib.sha256(whole).hexdigest() != places.sha256:
            raise StoreCorrupt(f"the topic {self._topic} gives a bundle that is not what it says")
        return whole


def _piece(data: bytes) -> Piece:
    line, _, rest = data.partition(b"\n")
    part, parts, digest = orjson.loads(line)
    if not (type(part) is int and type(parts) is int and 0 <= part < parts):
        raise ValueError("is no part of a bundle")
    if not isinstance(digest, str):
        raise TypeError("names no SHA-256")
    return Piece(part, parts, digest, rest)

"""Requests that wait until their records are durable: between the server's thread and the poll.

A request is answered when the last of its records was acknowledged. Requests take turns, so that
one large bulk keeps nobody waiting; small ones of one sender go together into one delivery.
"""

import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from pipeline.model import RecordNote
from pipeline.ports import Delivery


@dataclass(slots=True, eq=False)
class Lot:
    """The records of one request, on their way to the journal.

    ``ids`` holds the sender's own ids, one a record, or nothing: with them the same records sent
    again are the same batch. ``preambles`` are runs of records under one header: (first record,
    header). ``refused`` says why a record was not kept; ``end`` is how many records count, less
    than all once the rest was withdrawn. ``told`` is called when all of these are settled.
    """

    peer: str
    records: list[bytes]
    proven: str = ""
    certificates: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    notes: Mapping[int, RecordNote] = field(default_factory=dict)
    preambles: tuple[tuple[int, bytes], ...] = ((0, b""),)
    told: Callable[[], None] = lambda: None
    refused: dict[int, str] = field(default_factory=dict)
    taken: int = 0
    settled: int = 0
    end: int = field(init=False)

    def __post_init__(self) -> None:
        self.end = len(self.records)

    def run(self, index: int) -> tuple[bytes, int]:
        """Give the header over a record, and where another one begins."""
        preamble, stop = b"", self.end
        for first, header in self.preambles:
            if first > index:
                stop = first
                break
            preamble = header
        return preamble, stop

    def goes_with(self, other: "Lot") -> bool:
        """Tell whether both may share a delivery."""
        return (
            not (self.ids or other.ids)
            and self.peer == other.peer
            and self.proven == other.proven
            and self.certificates == other.certificates
            and self.run(self.taken)[0] == other.run(other.taken)[0]
        )


@dataclass(frozen=True, slots=True)
class _Span:
    lot: Lot
    begin: int
    end: int


class Waiting:
    """The queue of one listener; every method may be called from any thread."""

    def __init__(self, name: str, form: str) -> None:
        self._name = name
        self._form = form
        self._queue: deque[Lot] = deque()
        self._given: dict[int, tuple[Delivery, list[_Span]]] = {}
        self._arrived = threading.Condition()
        self._closed = False

    def put(self, lot: Lot) -> bool:
        """Let a lot wait for its turn; False after ``close``."""
        with self._arrived:
            if self._closed:
                return False
            self._queue.append(lot)
            self._arrived.notify()
            return True

    def withdraw(self, lot: Lot) -> None:
        """Take out of a lot what no poll has taken yet; ``lot.end`` is then where it ends."""
        with self._arrived:
            if lot.taken < lot.end:
                self._queue.remove(lot)
                lot.end = lot.taken

    def poll(self, limit: int, timeout: float) -> Delivery | None:
        """Give the next records, at most ``limit``, of one sender; None: nothing came in time."""
        with self._arrived:
            if not self._arrived.wait_for(lambda: self._queue, timeout):
                return None
            first = self._queue[0]
            preamble, _ = first.run(first.taken)
            spans = [self._span(limit)]
            room = limit - (spans[0].end - spans[0].begin)
            while room and self._queue and self._queue[0].goes_with(first):
                if self._queue[0].run(self._queue[0].taken)[0] != preamble:
                    break
                spans.append(self._span(room))
                room -= spans[-1].end - spans[-1].begin
            delivery = self._delivery(spans, preamble)
            self._given[id(delivery)] = (delivery, spans)
            return delivery

    def acknowledge(self, delivery: Delivery, refused: Mapping[int, str]) -> None:
        """Settle the records of a delivery; ``refused`` says of each one not kept why."""
        with self._arrived:
            _, spans = self._given.pop(id(delivery), (delivery, []))
            at = 0
            done = []
            for span in spans:
                for index in range(span.begin, span.end) if refused else ():
                    reason = refused.get(at + index - span.begin)
                    if reason is not None:
                        span.lot.refused[index] = reason
                at += span.end - span.begin
                span.lot.settled += span.end - span.begin
                if span.lot.settled == span.lot.end:
                    done.append(span.lot)
        for lot in done:
            lot.told()

    @property
    def closed(self) -> bool:
        """Tell whether nothing is taken in any more."""
        return self._closed

    @property
    def empty(self) -> bool:
        """Tell whether nothing waits for a poll."""
        with self._arrived:
            return not self._queue

    def close(self) -> None:
        """Take in nothing more and let go of all that waits: what was not settled ends here."""
        with self._arrived:
            self._closed = True
            left = list(self._queue)
            left += [span.lot for _, spans in self._given.values() for span in spans]
            self._queue.clear()
            self._given.clear()
            for lot in left:
                lot.end = lot.settled
        for lot in left:
            lot.told()

    def _span(self, room: int) -> _Span:
        lot = self._queue.popleft()
        begin, stop = lot.taken, lot.run(lot.taken)[1]
        lot.taken = min(begin + room, stop)
        if lot.taken < lot.end:
            self._queue.append(lot)
        return _Span(lot, begin, lot.taken)

    def _delivery(self, spans: list[_Span], preamble: bytes) -> Delivery:
        records: list[bytes] = []
        notes: list[RecordNote] = []
        for span in spans:
            for index in range(span.begin, span.end) if span.lot.notes else ():
                note = span.lot.notes.get(index)
                if note is not None:
                    place = len(records) + index - span.begin
                    notes.append(RecordNote(place, note.kind, note.detail))
            records += span.lot.records[span.begin : span.end]
        lot = spans[0].lot
        return Delivery(
            source=self._name,
            peer=lot.peer,
            records=tuple(records),
            notes=tuple(notes),
            fingerprint=_fingerprint(spans[0]) if lot.ids else "",
            format=self._form,
            preamble=preamble,
            certificates=lot.certificates,
            proven=lot.proven,
            whole=True,
        )


def _fingerprint(span: _Span) -> str:
    """Identify records by the sender's ids and their bytes, as they stand together."""
    digest = sha256(b"http")
    for index in range(span.begin, span.end):
        name = span.lot.ids[index].encode("utf-8", "surrogatepass")
        record = span.lot.records[index]
        digest.update(b"%d %d\n%b%b" % (len(name), len(record), name, record))
    return digest.hexdigest()

"""The history of an object in two times: since when something holds, and since when we know it.

A revision says what held from ``valid_from`` on; ``recorded_at`` is when it was learned. Of two
revisions about one instant the one learned later stands, so that a late-recorded revision of a past
span is laid over what was recorded before for that span. A revision without ``valid_to`` holds
until the next begins that was known when it was recorded; one with ``valid_to`` holds to its end.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter

from pipeline.registry.moments import LATEST
from pipeline.registry.records import ObjectRecord

Piece = tuple[int, int, ObjectRecord]
_recorded = attrgetter("recorded_at")


@dataclass(frozen=True, slots=True)
class History:
    """What is known last of one object, by spans of time, and every revision behind it.

    ``begins``, ``ends`` and ``records`` are parallel and sorted, spans do not meet; a revision of
    which parts were overlaid may stand in several of them. ``revisions`` is everything that was
    ever recorded, in the order of recording.
    """

    begins: tuple[int, ...]
    ends: tuple[int, ...]
    records: tuple[ObjectRecord, ...]
    revisions: tuple[ObjectRecord, ...]

    def at(self, instant: int) -> ObjectRecord | None:
        """Give the revision in force at an instant; None before the first and in a gap."""
        place = bisect_right(self.begins, instant) - 1
        return self.records[place] if place >= 0 and instant < self.ends[place] else None

    def spans(self) -> Iterable[Piece]:
        """Give each revision with the instants between which it is in force."""
        return zip(self.begins, self.ends, self.records, strict=True)

    def known(self, at: int) -> "History":
        """Give the history as it was known at an instant."""
        if not self.revisions or at >= self.revisions[-1].recorded_at:
            return self
        return history(one for one in self.revisions if one.recorded_at <= at)


def history(revisions: Iterable[ObjectRecord]) -> History:
    """Make the history of one object of its revisions, in any order."""
    ordered = tuple(sorted(revisions, key=lambda one: (one.recorded_at, one.valid_from)))
    if len(ordered) == 1 and not ordered[0].withdrawn:
        only = ordered[0]
        if only.valid_from < only.valid_to:
            return History((only.valid_from,), (only.valid_to,), ordered, ordered)
    shown = [piece for piece in pieces_of(ordered) if not piece[2].withdrawn]
    return History(
        tuple(begin for begin, _, _ in shown),
        tuple(end for _, end, _ in shown),
        tuple(record for _, _, record in shown),
        ordered,
    )


def pieces_of(revisions: Iterable[ObjectRecord]) -> list[Piece]:
    """Give the spans of the revisions of one object, those of a withdrawal too."""
    pieces: list[Piece] = []
    ordered = sorted(revisions, key=lambda one: (one.recorded_at, one.valid_from))
    for _, group in groupby(ordered, _recorded):
        pieces = _laid_over(pieces, list(group))
    return pieces


def histories_of(objects: Iterable[ObjectRecord]) -> dict[str, History]:
    """Gather revisions into histories, by id."""
    by_id: dict[str, list[ObjectRecord]] = {}
    for record in objects:
        by_id.setdefault(record.id, []).append(record)
    return {object_id: history(by_id[object_id]) for object_id in sorted(by_id)}


def _laid_over(pieces: list[Piece], group: list[ObjectRecord]) -> list[Piece]:
    """Lay revisions that were recorded together over what was known before; sorted by begin."""
    known = sorted({*(begin for begin, _, _ in pieces), *(one.valid_from for one in group)})
    own = sorted({one.valid_from for one in group})
    added = []
    for record in group:
        begin = record.valid_from
        bounded = record.valid_to != LATEST
        among = own if bounded else known
        after = bisect_right(among, begin)
        end = min(record.valid_to, among[after] if after < len(among) else LATEST)
        if begin < end:
            added.append((begin, end, record))
    kept = [part for piece in pieces for part in _left(piece, added)] if pieces else []
    return sorted([*kept, *added], key=lambda piece: piece[0])


def _left(piece: Piece, over: list[Piece]) -> Iterator[Piece]:
    """Give what is left of a piece beside others, which are sorted and do not meet."""
    begin, end, record = piece
    for their_begin, their_end, _ in over:
        if their_end <= begin or end <= their_begin:
            continue
        if begin < their_begin:
            yield begin, their_begin, record
        begin = their_end
    if begin < end:
        yield begin, end, record

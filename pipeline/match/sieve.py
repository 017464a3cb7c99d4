"""Events of a batch read by columns, so that the work on each is done by few calls for all.

Most events of a stream repeat what was seen before in all that rules read. What is read here is
what ``Speech.met`` and ``Reading.recalled`` would say of each event by itself.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from pipeline.match.keywords import VERBATIM, RawTest
from pipeline.match.reading import Reading, Seen, Verdict
from pipeline.match.speech import Keying, Speech
from pipeline.model import Event

_SURE = ({str}, {int})  # of other kinds of values, and of a mix, 1, 1.0 and true are equal keys
_TOGETHER = 32  # so many records are one text of which a scan asks whether a keyword is in it

Sifted = tuple[Event, Reading, tuple[Any, ...], Verdict | None]


def sieve(
    speech: Speech, events: Sequence[Event], records: Sequence[bytes], left: list[Event]
) -> Iterator[list[Sifted]]:
    """Give events of one format with reading and values, and the verdict where it is remembered.

    An event of which nothing matches for sure is not given. Those that can only be asked one by
    one, and those that may hold a keyword, are added to ``left``.
    """
    keyings = speech.keyings
    if not keyings:
        left += events
        return
    groups = list(_by_route(keyings[0], events, left))
    noisy = _noisy(groups, records)
    for readings, members in groups:
        waiting = members
        if noisy:
            left += (event for event in members if event.index in noisy)
            waiting = [event for event in members if event.index not in noisy]
        for reading in readings:
            others: list[Event] = []
            yield _read(reading, waiting, others)
            waiting = others
        left += waiting


def _read(reading: Reading, events: Sequence[Event], others: list[Event]) -> list[Sifted]:
    """Give those of one form that are new or that match; ``others`` are of another form."""
    pick, absent, resting = reading.pick, reading.absent, reading.resting
    memo = reading.memo or {}
    found: list[Sifted] = []
    for event in events:
        native = event.native
        seen: Seen | None = None
        try:
            values = pick(native)
            if not resting:
                seen = memo.get(values)
        except KeyError:  # a name is not there
            others.append(event)
            continue
        except TypeError:  # a list is no key as it stands
            seen = reading.seen(values)
        if absent and not native.keys().isdisjoint(absent):
            others.append(event)
        elif seen is None or (seen.checks and not seen.fits(values)):
            found.append((event, reading, values, None))
        elif seen.verdict:
            found.append((event, reading, values, seen.verdict))
    reading.learn(len(events) - len(others))
    return found


def _by_route(
    keying: Keying, events: Sequence[Event], left: list[Event]
) -> Iterator[tuple[list[Reading], list[Event]]]:
    keys = _keys(keying, events)
    kinds = (set(map(type, column)) for column in zip(*filter(None, keys), strict=True))
    if any(kind not in _SURE for kind in kinds):
        left += events
        return
    groups: dict[tuple[Any, ...], list[Event]] = {}
    absent = tuple(keying.absent)
    for event, key in zip(events, keys, strict=True):
        if key is None:
            left.append(event)
            continue
        native = event.native
        for name in absent:
            if name in native:
                left.append(event)
                break
        else:
            if key in groups:
                groups[key].append(event)
            else:
                groups[key] = [event]
    for key, members in groups.items():
        types, known = keying.known.get(key, ((), []))
        readings = list(filter(_able, known)) if types in ((), tuple(map(type, key))) else []
        if readings:
            yield readings, members
        else:
            left += members


def _keys(keying: Keying, events: Sequence[Event]) -> Sequence[tuple[Any, ...] | None]:
    """Give the events' keys; None for one that lacks a name of it."""
    natives = [event.native for event in events]
    try:
        return list(map(keying.pick, natives))
    except KeyError:
        names = keying.names
        return [
            keying.pick(native) if all(name in native for name in names) else None
            for native in natives
        ]


def _able(reading: Reading) -> bool:
    return reading.memo is not None and not reading.lookups


def _noisy(
    groups: Iterable[tuple[list[Reading], list[Event]]], records: Sequence[bytes]
) -> set[int]:
    """Give the indexes of the events whose records may hold a keyword that rules seek."""
    by_test: dict[RawTest, list[int]] = {}
    noisy: set[int] = set()
    for readings, members in groups:
        loud = readings[0].loud  # the same for all: they are of one route
        if loud is None:
            continue
        if members[0].format in VERBATIM:
            quiet = by_test.setdefault(loud, [])
            quiet += [event.index for event in members if not event.notes]
            noisy.update(event.index for event in members if event.notes)
        else:
            noisy.update(event.index for event in members)
    for loud, indexes in by_test.items():
        for at in range(0, len(indexes), _TOGETHER):
            part = indexes[at : at + _TOGETHER]
            if loud(b"\n".join([records[index] for index in part])):
                noisy.update(index for index in part if loud(records[index]))
    return noisy

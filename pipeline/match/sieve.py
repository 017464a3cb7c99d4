"""Events of a batch read by columns, so that the work on each is done by few calls for all.

Most events of a stream repeat what was seen before in all that rules read. What is read here is
what ``Speech.met`` and ``Reading.recalled`` would say of each event by itself.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from pipeline.match.keywords import VERBATIM, RawTest
from pipeline.match.reading import Reading, Verdict
from pipeline.match.speech import Keying, Speech
from pipeline.model import Event

_SURE = ({str}, {int})  # of other kinds of values, and of a mix, 1, 1.0 and true are equal keys
_TOGETHER = 32  # so many records are one text of which a scan asks whether a keyword is in it

Sifted = tuple[Event, Reading, tuple[Any, ...], Verdict | None]


def sieve(
    speech: Speech, events: Sequence[Event], records: Sequence[bytes], left: list[Event]
) -> Iterator[Sifted]:
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
        for event in members:
            if noisy and event.index in noisy:
                left.append(event)
                continue
            native = event.native
            for reading in readings:
                try:
                    values = reading.pick(native)
                    seen = reading.memo.get(values)  # type: ignore[union-attr]  # such have one
                except (KeyError, TypeError):  # of another form, or a list, which is no key
                    continue
                if reading.absent and not native.keys().isdisjoint(reading.absent):
                    continue
                if seen is None or (seen.checks and not seen.fits(values)):
                    yield event, reading, values, None
                elif seen.verdict:
                    yield event, reading, values, seen.verdict
                break
            else:
                left.append(event)


def _by_route(
    keying: Keying, events: Sequence[Event], left: list[Event]
) -> Iterator[tuple[list[Reading], list[Event]]]:
    try:
        keys = list(map(keying.pick, [event.native for event in events]))
    except KeyError:  # an event of another kind among them
        left += events
        return
    if any(set(map(type, column)) not in _SURE for column in zip(*keys, strict=True)):
        left += events
        return
    groups: dict[tuple[Any, ...], list[Event]] = {}
    absent = keying.absent
    for event, key in zip(events, keys, strict=True):
        if absent and not event.native.keys().isdisjoint(absent):
            left.append(event)
        elif key in groups:
            groups[key].append(event)
        else:
            groups[key] = [event]
    for key, members in groups.items():
        types, readings = keying.known.get(key, ((), []))
        if readings and types in ((), tuple(map(type, key))) and all(map(_able, readings)):
            yield readings, members
        else:
            left += members


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

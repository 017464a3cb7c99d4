"""What belongs together and came apart over a network: joined before it is batched.

A batch may be read on any worker, so the lines of one event of the Linux audit system, or the parts
of a message of PostgreSQL, become one record here, peer by peer. Lines of an event that was not
seen to end wait for the next round, for a second at most; those of a delivery that is whole do not.
A document that carries several records comes apart.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from pipeline.model import RecordNote
from pipeline.normalize.collecting import gathered
from pipeline.normalize.framing.wrapped import unwrapped_delivery
from pipeline.ports import Delivery

WAIT_SECONDS = 1.0
MOST_PEERS = 4096  # whose lines wait at the same time
_Key: TypeAlias = tuple[str, str, tuple[str, ...], str]


@dataclass(slots=True)
class _Waiting:
    delivery: Delivery  # whose lines they are; its records are older ones
    lines: tuple[bytes, ...]
    since: float


@dataclass(slots=True)
class Joining:
    """Joins the deliveries of one listener, round by round; ``clock`` gives seconds."""

    clock: Callable[[], float] = time.monotonic
    _waiting: dict[_Key, _Waiting] = field(default_factory=dict)

    def __call__(self, came: Sequence[Delivery], *, final: bool = False) -> list[Delivery]:
        """Give the round's deliveries, one a peer, and those that waited long enough.

        ``final``: nothing waits for another round.
        """
        if not came and not self._waiting:
            return []
        now = self.clock()
        rounds: dict[_Key, list[Delivery]] = {}
        found: list[Delivery] = []
        for given in came:
            delivery = unwrapped_delivery(given)
            if delivery.whole:
                alone = gathered(delivery.records, delivery.notes, final=True)
                found += _given(delivery, alone.records, alone.notes)
            else:
                rounds.setdefault(_key(delivery), []).append(delivery)
        for key, parts in rounds.items():
            found += self._joined(key, parts, now, final=final)
        for key, held in list(self._waiting.items()):
            if final or now - held.since >= WAIT_SECONDS:
                del self._waiting[key]
                found += _given(held.delivery, gathered(held.lines).records, ())
        return found

    def _joined(
        self, key: _Key, parts: list[Delivery], now: float, *, final: bool
    ) -> list[Delivery]:
        held = self._waiting.pop(key, None)
        notes: list[RecordNote] = []
        records: list[bytes] = []
        for part in parts:
            notes += [replace(note, index=note.index + len(records)) for note in part.notes]
            records += part.records
        at_once = final or len(self._waiting) >= MOST_PEERS
        carried = held.lines if held is not None else ()
        result = gathered(records, notes, carried, final=at_once)
        if result.carried:
            since = (
                held.since if held is not None and set(held.lines) & set(result.carried) else now
            )
            self._waiting[key] = _Waiting(parts[0], result.carried, since)
        return _given(parts[0], result.records, result.notes)


def _key(delivery: Delivery) -> _Key:
    return (delivery.peer, delivery.format, delivery.certificates, delivery.proven)


def _given(
    like: Delivery, records: tuple[bytes, ...], notes: tuple[RecordNote, ...]
) -> list[Delivery]:
    return [replace(like, records=records, notes=notes)] if records else []

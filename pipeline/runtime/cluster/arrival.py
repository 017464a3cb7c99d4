"""In which order messages come to pass: a source's by their sequence, ticks behind all before them.

Matchers work side by side, so a source's observations may arrive early, or twice. A tick comes once
through every partition that carries input, behind what was journalled there before it; it comes to
pass when it has come through all, and what lies behind it in its partition waits for that. A tick
whose clock ended while it went out is retired by those of the next clock. All of this is state,
written with what it lets happen.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from pipeline.model import NANOSECONDS, Observation, RawBatch, pack_batch, unpack_batch
from pipeline.model.rows import Rows

MOST_EARLY = 20_000  # observations of one source that wait for one before them
MOST_HELD = 20_000  # observations that wait for a tick
RETIRED_AFTER = 120 * NANOSECONDS  # between a tick that waits and one of another clock that passed


@dataclass(slots=True)
class PositionRow:
    """Up to which sequence a source's messages came to pass, and how many wait behind a gap."""

    sequence: int = 0
    early: int = 0


@dataclass(slots=True)
class EarlyRow:
    """An observation that came before its turn."""

    observation: Observation


@dataclass(slots=True)
class BarrierRow:
    """Of one clock: the last tick through each partition, and the last that came to pass.

    ``at`` is the time of its last tick.
    """

    through: dict[str, int] = field(default_factory=dict)
    passed: int = 0
    at: int = 0


@dataclass(slots=True)
class TickRow:
    """A tick that has not come through everywhere yet: its batch, as text."""

    batch: str


@dataclass(slots=True)
class HeldRow:
    """An observation that came behind a tick which has not come to pass: of which clock, which."""

    collector: str
    observation: Observation
    clock: str
    behind: int


@dataclass(slots=True)
class HoldRow:
    """How many observations were ever held, and how many are."""

    last: int = 0
    count: int = 0


ARRIVAL_ROWS = {
    "position": PositionRow,
    "early": EarlyRow,
    "barrier": BarrierRow,
    "waiting_tick": TickRow,
    "held": HeldRow,
    "hold": HoldRow,
}


class TooEarly(Exception):
    """So many observations of a source wait for one before them that no more are kept."""


class TooFull(TooEarly):
    """So many observations wait for ticks that no more are kept: for which tick of which clock."""

    def __init__(self, clock: str, behind: int, count: int) -> None:
        super().__init__(f"{count} wait for ticks, the next for tick {behind} of {clock}")
        self.clock, self.behind = clock, behind


def in_turn(
    state: Rows, collector: str, seen: Observation, *, held: bool = False
) -> Iterator[Observation]:
    """Give the observations of a source whose turn it is, by one that arrived; none if it waits.

    Raises TooEarly where it would have to wait behind too many, but for one that was ``held``: the
    state has it already.
    """
    key = (collector, seen.source_id)
    row = state.get(PositionRow, "position", *key) or PositionRow()
    if seen.sequence <= row.sequence:
        return
    if seen.previous > row.sequence:
        _put_by(state, key, row, seen, most=row.early + 1 if held else MOST_EARLY)
        return
    turn: Observation | None = seen
    while turn is not None:
        row.sequence = turn.sequence
        yield turn
        turn = _next(state, key, row)
    state.put(row, "position", *key)


def _put_by(
    state: Rows, key: tuple[str, str], row: PositionRow, seen: Observation, *, most: int
) -> None:
    name = f"{seen.previous:020d}"
    if state.get(EarlyRow, "early", *key, name) is not None:
        return
    if row.early >= most:
        raise TooEarly(f"{seen.object_id}/{seen.source_id}: {row.early} wait behind {row.sequence}")
    row.early += 1
    state.put(EarlyRow(seen), "early", *key, name)
    state.put(row, "position", *key)


def _next(state: Rows, key: tuple[str, str], row: PositionRow) -> Observation | None:
    if not row.early:
        return None
    name = f"{row.sequence:020d}"
    waiting = state.get(EarlyRow, "early", *key, name)
    if waiting is None:
        return None
    state.drop("early", *key, name)
    row.early -= 1
    return waiting.observation


def first_time(state: Rows, sender: str, source: str, sequence: int) -> bool:
    """Tell whether a message comes for the first time, and note it; they come in their order."""
    row = state.get(PositionRow, "position", sender, source) or PositionRow()
    if sequence <= row.sequence:
        return False
    row.sequence = sequence
    state.put(row, "position", sender, source)
    return True


def come_to_pass(state: Rows, clock: str, batch: RawBatch, via: int, ways: int) -> list[RawBatch]:
    """Note a tick that came through a partition, of so many; give the ticks that come to pass."""
    row = state.get(BarrierRow, "barrier", clock) or BarrierRow()
    if batch.sequence <= row.through.get(str(via), 0):
        return []
    row.through[str(via)] = batch.sequence
    row.at = max(row.at, batch.received_at)
    passed = min(row.through.values()) if len(row.through) >= ways else row.passed
    name = f"{batch.sequence:020d}"
    if batch.sequence > row.passed and state.get(TickRow, "waiting_tick", clock, name) is None:
        state.put(TickRow(_text(batch)), "waiting_tick", clock, name)
    due = []
    for parts, tick in list(state.all(TickRow, "waiting_tick")) if passed > row.passed else ():
        if parts[0] == clock and int(parts[1]) <= passed:
            due.append(_batch(tick.batch))
            state.drop("waiting_tick", *parts)
    row.passed = max(row.passed, passed)
    state.put(row, "barrier", clock)
    return due


def left_behind(state: Rows, clock: str, batch: RawBatch) -> Iterator[tuple[str, Observation]]:
    """Retire the ticks of other clocks that one of a clock left behind; give what waited for them.

    Whoever gave them ended while they went out: by a tick that came through every partition, and
    is so much later, it is known that they will not. They do not come to pass: time has.
    """
    gone: dict[str, int] = {}
    for (other, name), tick in list(state.all(TickRow, "waiting_tick")):
        late = batch.received_at - _batch(tick.batch).received_at >= RETIRED_AFTER
        if late and other != clock:
            gone[other] = max(int(name), gone.get(other, 0))
            state.drop("waiting_tick", other, name)
    for other, number in gone.items():
        row = state.get(BarrierRow, "barrier", other) or BarrierRow()
        row.passed = max(row.passed, number)
        state.put(row, "barrier", other)
        yield from released(state, other, number)


def newest_clock(state: Rows, via: int | None = None) -> str | None:
    """Give the clock that was heard last; with ``via`` of those whose tick came by it and waits."""
    found = [
        (barrier.at, clock)
        for (clock,), barrier in state.all(BarrierRow, "barrier")
        if via is None or barrier.through.get(str(via), 0) > barrier.passed
    ]
    return max(found)[1] if found else None


def oldest_tick(state: Rows) -> tuple[str, int] | None:
    """Give the clock and the number of the first tick that waits; None where none does."""
    first = next(iter(state.all(TickRow, "waiting_tick")), None)
    return (first[0][0], int(first[0][1])) if first is not None else None


def held(state: Rows, collector: str, seen: Observation, via: int) -> bool:
    """Keep an observation back that came behind a tick which has not come to pass; tell whether.

    Raises TooFull where too many are kept already.
    """
    clock = newest_clock(state, via)
    if clock is None:
        return False
    barrier = state.get(BarrierRow, "barrier", clock) or BarrierRow()
    behind = barrier.through[str(via)]
    row = state.get(HoldRow, "hold") or HoldRow()
    if row.count >= MOST_HELD:
        raise TooFull(clock, behind, row.count)
    row.last, row.count = row.last + 1, row.count + 1
    state.put(row, "hold")
    state.put(HeldRow(collector, seen, clock, behind), "held", f"{row.last:020d}")
    return True


def passed(state: Rows, clock: str) -> int:
    """Give the last tick of a clock that came to pass."""
    row = state.get(BarrierRow, "barrier", clock)
    return row.passed if row is not None else 0


def released(state: Rows, clock: str, sequence: int) -> Iterator[tuple[str, Observation]]:
    """Give what waited for a tick that is past, with its collector, as it arrived."""
    row = state.get(HoldRow, "hold")
    if row is None or not row.count:
        return
    for parts, one in list(state.all(HeldRow, "held")):
        if one.clock == clock and one.behind <= sequence:
            state.drop("held", *parts)
            row.count -= 1
            yield one.collector, one.observation
    state.put(row, "hold")


def _text(batch: RawBatch) -> str:
    return pack_batch(batch).decode()  # a tick's one record is a time, as text


def _batch(text: str) -> RawBatch:
    return unpack_batch(text.encode())

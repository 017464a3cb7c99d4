"""When what people ask comes to pass: in its order, and behind what they had seen.

Commands come through one partition of ``raw``, observations through all. A person asks about what
was there: so a command waits for the ticks before it, as observations do, and one about an
incident, or a revision, that is not known yet waits for the tick behind it as well. In a replay,
where one partition may be read far ahead of another, it meets what it met the first time.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from pipeline.model import RawBatch, pack_batch, unpack_batch
from pipeline.model.rows import Rows
from pipeline.runtime.cluster.arrival import RETIRED_AFTER, BarrierRow, newest_clock

MOST_ASKED = 20_000  # commands that wait; what is more does not
_BYTES = "latin-1"  # of a batch as text: every byte is a letter


@dataclass(slots=True)
class AskedRow:
    """A command that waits for a tick of a clock; ``last``: it waits for no other."""

    collector: str
    batch: str
    clock: str
    behind: int
    last: bool = False


@dataclass(slots=True)
class QueueRow:
    """How many commands were ever put by, and how many wait."""

    number: int = 0
    count: int = 0


ASKED_ROWS = {"asked": AskedRow, "asked_queue": QueueRow}


def put_by(
    state: Rows, collector: str, batch: RawBatch, via: int, known: Callable[[RawBatch], bool]
) -> bool:
    """Keep a command back that came by a partition; False where it may come to pass now.

    ``known`` tells whether what it is about is there.
    """
    queue = state.get(QueueRow, "asked_queue") or QueueRow()
    if queue.count >= MOST_ASKED:
        return False
    waits = _before(state, via)
    if waits is None and (queue.count or not known(batch)):
        waits = _after(state, via)
    if waits is None:
        return False
    clock, behind, last = waits
    text = pack_batch(batch).decode(_BYTES)
    queue.number, queue.count = queue.number + 1, queue.count + 1
    state.put(queue, "asked_queue")
    row = AskedRow(collector, text, clock, behind, last)
    state.put(row, "asked", f"{queue.number:020d}")
    return True


def come_up(
    state: Rows, known: Callable[[RawBatch], bool], at: int
) -> Iterator[tuple[str, RawBatch]]:
    """Give the commands whose turn has come, with their collectors, in the order they came in.

    At the instant ``at`` (ns) of a tick: for clocks that were not heard for long nothing waits.
    """
    queue = state.get(QueueRow, "asked_queue")
    if queue is None or not queue.count:
        return
    for parts, row in list(state.all(AskedRow, "asked")):
        barrier = state.get(BarrierRow, "barrier", row.clock)
        lives = barrier is not None and at - barrier.at < RETIRED_AFTER
        passed = barrier.passed if barrier is not None and lives else row.behind
        if passed < row.behind:
            return
        batch = unpack_batch(row.batch.encode(_BYTES))
        if not row.last and not known(batch):
            state.put(replace(row, behind=passed + 1, last=True), "asked", *parts)
            return
        state.drop("asked", *parts)
        queue.count -= 1
        state.put(queue, "asked_queue")
        yield row.collector, batch


def _before(state: Rows, via: int) -> tuple[str, int, bool] | None:
    """Give the tick that came through a partition and has not come to pass."""
    clock = newest_clock(state, via)
    if clock is None:
        return None
    barrier = state.get(BarrierRow, "barrier", clock) or BarrierRow()
    return clock, barrier.through[str(via)], False


def _after(state: Rows, via: int) -> tuple[str, int, bool] | None:
    """Give the next tick; None where there is no clock."""
    clock = newest_clock(state)
    if clock is None:
        return None
    barrier = state.get(BarrierRow, "barrier", clock) or BarrierRow()
    return clock, barrier.through.get(str(via), barrier.passed) + 1, True

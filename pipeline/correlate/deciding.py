"""When windows qualify: at once where only more data can come to it, else at the watermark.

An event in the order of time costs what its measure costs: a constant, or the logarithm of the
window for percentiles. An event out of order is looked at with its neighbours within ``timespan``,
once a batch, and only where so many entries lie there that a window could hold.
"""

from collections.abc import Iterator

from pipeline.correlate.plan import Plan
from pipeline.correlate.window_row import Sweep, WindowRow, from_instant

KEPT_SWEEP = 16  # a row with fewer entries is swept afresh: that costs less than to remember


def prompt_ends(
    row: WindowRow, plan: Plan, sweep: Sweep | None, first: int, last: int
) -> tuple[list[int], Sweep | None]:
    """Give the ends that qualify among those that entries in [first, last] have touched.

    Also gives the sweep to go on with, where there is one.
    """
    entries, need, timespan = row.entries, plan.need, plan.timespan
    if len(entries) < need:
        return [], None
    start = from_instant(row, first)
    if plan.counts:
        return _counted(row, plan, start, last + timespan), None
    if need > 1 and start < len(entries) - need:
        around = from_instant(row, last + timespan) - from_instant(row, first - timespan + 1)
        if around < need:
            return [], sweep
    if plan.kinds > 1 and len(entries) < KEPT_SWEEP and _kinds(row) < plan.kinds:
        return [], None
    if sweep is None or (sweep.high and entries[sweep.high - 1][0] > first):
        late = sweep
        sweep = Sweep(plan.measure(), from_instant(row, first - timespan + 1))
    else:
        late = None
    ends = []
    at = start
    while at < len(entries) and entries[at][0] < last + timespan:
        end = entries[at][0]
        sweep.advance(entries, end, timespan)
        if sweep.measure.holds():
            ends.append(end)
        at = sweep.high
    if at < len(entries):  # later ends are as they were, and so is the sweep that stands there
        return ends, late
    return ends, sweep if len(entries) >= KEPT_SWEEP else None


def _kinds(row: WindowRow) -> int:
    """Give how many different rules the entries stand for."""
    kinds = 0
    for entry in row.entries:
        kinds |= entry[2]  # type: ignore[operator] # of these rules entries keep bits
    return kinds.bit_count()


def _counted(row: WindowRow, plan: Plan, start: int, stop: int) -> list[int]:
    """Give the ends at which at least ``need`` entries lie in the window, without sweeping."""
    entries, need, timespan = row.entries, plan.need, plan.timespan
    ends: list[int] = []
    at = max(start, need - 1)
    while at < len(entries) and entries[at][0] < stop:
        end = entries[at][0]
        chain = next((one for one in row.chains if one.first_end <= end <= one.last_end), None)
        if chain is not None and not plan.heard:
            at = max(at, from_instant(row, chain.last_end + 1))
            continue
        if entries[at - need + 1][0] > end - timespan and ends[-1:] != [end]:
            ends.append(end)
        at += 1
    return ends


def settled_ends(
    row: WindowRow, plan: Plan, sweep: Sweep | None, mark: int
) -> tuple[list[tuple[int, int]], Sweep | None]:
    """Decide every window that ends before the watermark and is not decided yet.

    Gives (place of its event, end) of those that qualify, and the sweep to go on with.
    """
    entries, timespan = row.entries, plan.timespan
    found: list[tuple[int, int]] = []
    for at in _instants(row, plan, mark):
        end = entries[at][0] + plan.shift
        if sweep is None:
            sweep = Sweep(plan.measure(), from_instant(row, end - timespan + 1))
        sweep.advance(entries, end, timespan)
        if sweep.measure.holds():
            found.append((at, end))
    row.settled = mark
    return found, sweep


def next_end(row: WindowRow, plan: Plan) -> int | None:
    """Give the end of the first window that is not decided yet."""
    at = next(_instants(row, plan, None), None)
    return None if at is None else row.entries[at][0] + plan.shift


def _instants(row: WindowRow, plan: Plan, mark: int | None) -> Iterator[int]:
    """Give the place of each instant whose window ends in [settled, mark) and is looked at."""
    entries, shift, anchors = row.entries, plan.shift, plan.anchors
    last = None
    for at in range(from_instant(row, row.settled - shift), len(entries)):
        time = entries[at][0]
        if mark is not None and time + shift >= mark:
            return
        if anchors:
            mask = entries[at][2]
            if not isinstance(mask, int) or not mask & anchors:
                continue
        if time != last:
            last = time
            yield at

"""Circuit breakers and limits: pure functions of their lines and of time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model import NANOSECONDS
from pipeline.notify import Backoff, Breaker, Limit, Line
from pipeline.notify.breaker import CLOSED, HALF_OPEN, OPEN
from tests.notify.made import BASE

BREAKER = Breaker(failures=3, wait=Backoff(2, 60), probe_seconds=1.0)
SECOND = NANOSECONDS


def failed(times: int, at: int = BASE) -> Line:
    line = Line()
    for _ in range(times):
        line = BREAKER.failed("ncc", line, at)
    return line


def test_a_line_opens_after_so_many_failures_in_a_row() -> None:
    """Fewer failures bar nobody; from then on others wait, and each failure makes it longer."""
    assert BREAKER.state(failed(2), BASE) == CLOSED
    assert BREAKER.state(failed(3), BASE) == OPEN
    assert BREAKER.bars(failed(3), BASE, urgent=False)
    assert failed(8).open_until > failed(3).open_until
    assert BREAKER.state(failed(3), failed(3).open_until) == HALF_OPEN


def test_half_open_lets_one_through() -> None:
    """When the wait is over one notice goes, and the others wait for what becomes of it."""
    line = failed(3)
    now = line.open_until
    assert not BREAKER.bars(line, now, urgent=False)
    line = BREAKER.entered(line, now)
    assert BREAKER.bars(line, now, urgent=False)
    assert not BREAKER.bars(line, now + SECOND, urgent=False)  # where nothing became of it
    assert BREAKER.state(BREAKER.failed("ncc", line, now), now) == OPEN


def test_a_first_notice_knocks_at_once_and_not_too_often() -> None:
    """The fact must go: it may knock at an open line, once in a probe's time."""
    line = failed(3)
    assert not BREAKER.bars(line, BASE, urgent=True)
    line = BREAKER.entered(line, BASE)
    assert BREAKER.bars(line, BASE, urgent=True)
    assert BREAKER.bars(line, BASE + SECOND - 1, urgent=True)
    assert not BREAKER.bars(line, BASE + SECOND, urgent=True)


@given(times=st.integers(0, 100), jump=st.integers(-(10**18), 10**18), urgent=st.booleans())
def test_no_clock_bars_a_line_for_longer_than_its_wait(
    times: int, jump: int, *, urgent: bool
) -> None:
    """However a clock jumps, a line is asked again within the longest wait."""
    line = BREAKER.entered(failed(times), BASE)
    now = BASE + jump
    later = now + BREAKER.wait.longest
    assert not (BREAKER.bars(line, now, urgent=urgent) and BREAKER.bars(line, later, urgent=urgent))


def test_waits_differ_between_lines_and_not_between_runs() -> None:
    """Lines that fail together are not asked again together; the same line waits the same."""
    one = BREAKER.failed("a", failed(2), BASE).open_until
    assert one == BREAKER.failed("a", failed(2), BASE).open_until
    assert one != BREAKER.failed("b", failed(2), BASE).open_until


@pytest.mark.parametrize(
    ("a_minute", "taken", "after", "barred"),
    [
        (60, 2, 0, False),
        (60, 3, 0, True),
        (60, 3, 1, False),
        (60, 3, -3600, True),
        (0, 99, 0, False),
        (6, 3, 9, True),
        (6, 3, 10, False),
    ],
)
def test_limits(a_minute: float, taken: int, after: int, *, barred: bool) -> None:
    """A burst, then so many a minute; a clock that was put back gives nothing."""
    limit = Limit(a_minute=a_minute, burst=3)
    bucket = None
    for _ in range(taken):
        bucket = limit.taken(bucket, BASE)
    assert limit.bars(bucket, BASE + after * SECOND) is barred

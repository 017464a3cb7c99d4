"""Waits between attempts."""

from hypothesis import given
from hypothesis import strategies as st

from pipeline.model import NANOSECONDS
from pipeline.notify import Backoff

IDS = st.text("0123456789abcdef", min_size=32, max_size=32)
BACKOFFS = st.builds(
    Backoff,
    first_seconds=st.floats(0.001, 60),
    most_seconds=st.floats(60, 86_400),
    attempts=st.integers(1, 10_000),
)


@given(BACKOFFS, IDS, st.integers(1, 100_000))
def test_a_wait_is_half_to_all_of_the_doubled_step(
    backoff: Backoff, notice_id: str, attempts: int
) -> None:
    """A wait lies between half of the capped, doubled step and all of it, however many attempts."""
    step = backoff.most_seconds
    if attempts < 60:
        step = min(step, backoff.first_seconds * 2 ** (attempts - 1))
    wait = backoff.after(notice_id, attempts) / NANOSECONDS
    assert step / 2 - 1e-6 <= wait <= step + 1e-6


@given(BACKOFFS, IDS, st.integers(1, 100_000))
def test_a_wait_never_exceeds_the_cap(backoff: Backoff, notice_id: str, attempts: int) -> None:
    """Neither a delay nor a refusal waits longer than the cap, and neither returns at once."""
    for wait in (backoff.after(notice_id, attempts), backoff.slowly(notice_id, attempts)):
        assert 0 < wait <= backoff.most_seconds * NANOSECONDS


@given(BACKOFFS, IDS, st.integers(1, 1000))
def test_a_wait_is_deterministic(backoff: Backoff, notice_id: str, attempts: int) -> None:
    """The same notice waits as long after a restart as it did before."""
    again = Backoff(backoff.first_seconds, backoff.most_seconds, backoff.attempts)
    assert backoff.after(notice_id, attempts) == again.after(notice_id, attempts)


def test_notices_do_not_come_back_together() -> None:
    """A thousand notices that failed together are spread over half of the step."""
    waits = sorted(Backoff().after(f"{number:032x}", 5) for number in range(1000))
    quarter = 16 * NANOSECONDS // 8
    spread = [sum(8e9 + n * quarter <= wait < 8e9 + (n + 1) * quarter for wait in waits)
              for n in range(4)]  # fmt: skip
    assert all(150 < share < 350 for share in spread)


@given(BACKOFFS, st.integers(0, 20_000))
def test_attempts_are_bounded(backoff: Backoff, attempts: int) -> None:
    """Attempts are spent when as many were made as allowed, and not before."""
    assert backoff.spent(attempts) is (attempts >= backoff.attempts)

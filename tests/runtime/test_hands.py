"""Hands: shares of parties, what is put back, what breaks one."""

import threading
from collections.abc import Callable

import pytest

from pipeline.model import Notice, Recipient
from pipeline.runtime.hands import Attempted, Hands
from tests.notify.made import notice


def hands(does: Callable[[Notice], None], most: int = 4) -> Hands:
    """Make hands that do to each notice what a test says."""

    def attempt(one: Notice) -> Attempted:
        does(one)
        return Attempted(one, one, 0, 0.0)

    return Hands(attempt, most)


def to(party: str, count: int, first: int = 1) -> list[Notice]:
    """Make so many notices to one party."""
    recipient = Recipient("holder", party)
    return [notice(number, recipient=recipient) for number in range(first, first + count)]


def until(made: Hands, so: Callable[[], bool]) -> None:
    """Let hands work until something is so."""
    for _ in range(2_000):
        if so():
            return
        made.run(0.01)
    pytest.fail("it never came to that")


def test_everything_has_its_outcome_once() -> None:
    """A quick channel's queue is worked off within one run, however few hands take part."""
    made = hands(lambda _: None)
    made.add(to("a", 300))
    made.run(20)
    assert [one.before for one in made.outcomes()] == to("a", 300)
    assert (made.held, made.outcomes()) == (0, [])
    made.close()


def test_outcomes_that_nobody_asked_for_are_still_held() -> None:
    """What came back after a run ended is not forgotten: it counts until somebody asks for it."""
    free, finished = threading.Event(), threading.Event()

    def slow(_: Notice) -> None:
        assert free.wait(20)
        finished.set()

    made = hands(slow)
    made.add(to("a", 1))
    made.run(0.01)
    free.set()
    assert finished.wait(20)
    made.close()
    assert made.held == 1
    assert len(made.outcomes()) == 1
    assert made.held == 0


def test_a_party_has_its_share_and_no_more() -> None:
    """With all but one hand on one party, its other notices are parked and another's go out."""
    free = threading.Event()

    def slow(one: Notice) -> None:
        if one.recipient.party_id == "slow":
            assert free.wait(20)

    made = hands(slow)
    made.add(to("slow", 6))
    until(made, lambda: made.crowded() == ["slow"] and not made.ready)
    assert (made.held, made.ready, made.free) == (6, 0, 1)
    made.add(to("quick", 5, first=50))
    until(made, lambda: made.held == 6 + 5 and not made.ready and made.free == 1)
    assert [one.before for one in made.outcomes()] == to("quick", 5, first=50)
    free.set()
    made.run(20)
    assert sorted(one.before.id for one in made.outcomes()) == sorted(
        one.id for one in to("slow", 6)
    )
    made.close()


def test_what_is_in_no_hand_can_be_put_back() -> None:
    """Parked and waiting notices are given back by their age; what is in a hand is not."""
    free = threading.Event()
    made = hands(lambda _: None if free.wait(20) else pytest.fail("stuck"), most=2)
    made.add(to("a", 3))
    until(made, lambda: made.free == 1)
    assert made.put_back(60.0) == []
    assert made.put_back() == to("a", 3)[1:]
    assert made.held == 1
    free.set()
    made.run(20)
    made.close()
    assert made.held == 1  # its outcome


def test_what_breaks_a_hand_is_raised() -> None:
    """An error that is no outcome reaches whoever runs the hands, and no hand goes on."""
    seen: list[str] = []

    def breaks(one: Notice) -> None:
        seen.append(one.id)
        raise ZeroDivisionError

    made = hands(breaks)
    made.add(to("a", 50))
    with pytest.raises(ZeroDivisionError):
        made.run(20)
    made.close()
    assert len(seen) <= 4

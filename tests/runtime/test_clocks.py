"""The clocks: the machine's runs, the story's stands until it is moved."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pipeline.runtime.clocks import StoryClock, SystemClock, ToldClock

BEGIN = 1_760_000_000_000_000_000


def test_system_clock_is_the_machines() -> None:
    """Now is the machine's time in nanoseconds, and waiting lets it pass."""
    clock = SystemClock()
    before = time.time_ns()
    clock.wait(0.01)
    assert before + 10_000_000 <= clock.now() <= time.time_ns()


def test_story_stands_still() -> None:
    """However long a thread waits, the story's time does not move by itself."""
    clock = StoryClock(BEGIN, scale=0.001)
    before = time.monotonic()
    clock.wait(10)
    assert 0.01 <= time.monotonic() - before < 5
    assert clock.now() == BEGIN


def test_story_moves_forward_only() -> None:
    """A moment comes when the player says so; one that is past changes nothing."""
    clock = StoryClock(BEGIN)
    clock.advance_to(BEGIN + 5)
    clock.advance_to(BEGIN + 3)
    assert clock.now() == BEGIN + 5


def test_story_without_pauses() -> None:
    """With a scale of nought a wait takes no time."""
    before = time.monotonic()
    StoryClock(BEGIN, scale=0).wait(3600)
    assert time.monotonic() - before < 60


def test_story_runs_on() -> None:
    """After the story its time flows on from where it stood, and nobody moves it any more."""
    clock = StoryClock(BEGIN)
    clock.advance_to(BEGIN + 5)
    clock.run_on()
    first = clock.now()
    SystemClock().wait(0.002)
    clock.run_on()
    clock.advance_to(BEGIN + 10**18)
    assert BEGIN + 5 <= first < first + 2_000_000 <= clock.now() < BEGIN + 10**12


def test_story_of_several_threads() -> None:
    """Threads that move the story at once leave it at the latest moment."""
    clock = StoryClock(BEGIN)

    def move(begin: int) -> None:
        for moment in range(begin, 4000, 4):
            clock.advance_to(BEGIN + moment)

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(move, range(4))) == [None] * 4
    assert clock.now() == BEGIN + 3999


def test_impossible_scale() -> None:
    """Time cannot be made to run backwards."""
    with pytest.raises(ValueError, match="cannot take -1"):
        StoryClock(BEGIN, scale=-1)


def test_another_process_is_told_the_story_s_time(tmp_path: Path) -> None:
    """Whoever reads the file knows the same moment, and flows on when the story does."""
    clock = StoryClock(BEGIN, told=tmp_path / "clock.json")
    other = ToldClock(tmp_path / "clock.json")
    assert other.now() == BEGIN
    clock.advance_to(BEGIN + 5)
    assert other.now() == BEGIN + 5
    clock.run_on()
    before = clock.now()
    told = other.now()
    assert before <= told <= clock.now()

"""The clocks: the machine's, a story's, whose time a player moves, and a story's told by a file."""

import threading
import time
from dataclasses import dataclass
from pathlib import Path

import orjson


class SystemClock:
    """The machine's time in UTC (``ports.Clock``)."""

    def now(self) -> int:
        """Give nanoseconds since the epoch, UTC."""
        return time.time_ns()

    def wait(self, seconds: float) -> None:
        """Sleep that long."""
        time.sleep(seconds)


class StoryClock:
    """A story's time (``ports.Clock``): it stands still until a player moves it on.

    So whatever happens between two moments of the story happens at the first of them, in every
    run. ``scale`` is how many real seconds a second of the story takes in ``wait``. When the story
    is over, ``run_on`` lets the time flow, or what waits for a later time would wait for ever.
    Other processes are ``told`` the time in a file, after it has come here (``ToldClock``).
    """

    def __init__(self, start: int, scale: float = 1.0, told: Path | None = None) -> None:
        if scale < 0:
            raise ValueError(f"a second of the story cannot take {scale} seconds")
        self._at = start
        self._scale = scale
        self._told = told
        self._flowing_since: int | None = None
        self._guard = threading.Lock()
        self._tell()

    def now(self) -> int:
        """Give nanoseconds since the epoch, UTC, in the story."""
        with self._guard:
            if self._flowing_since is None:
                return self._at
            return self._at + time.monotonic_ns() - self._flowing_since

    def advance_to(self, at: int) -> None:
        """Let this moment of the story come; a moment that is past changes nothing."""
        with self._guard:
            if self._flowing_since is None:
                self._at = max(self._at, at)
                self._tell()

    def run_on(self) -> None:
        """Let the story's time flow on from where it stands, a second a second."""
        with self._guard:
            if self._flowing_since is None:
                self._flowing_since = time.monotonic_ns()
                self._tell()

    def _tell(self) -> None:
        if self._told is not None:
            partly = self._told.with_suffix(".part")
            partly.write_bytes(orjson.dumps({"at": self._at, "flowing": self._flowing_since}))
            partly.replace(self._told)

    def wait(self, seconds: float) -> None:
        """Sleep for the scaled time. Only the player moves the story: several threads may wait."""
        time.sleep(seconds * self._scale)


@dataclass(frozen=True, slots=True)
class ToldClock:
    """A story's time as another process on this machine tells it in a file.

    What is read is never ahead of the story: its own process knows each moment first.
    """

    path: Path

    def now(self) -> int:
        """Give nanoseconds since the epoch, UTC, in the story; OSError where nobody tells it."""
        told = orjson.loads(self.path.read_bytes())
        flowing = told["flowing"]
        passed = 0 if flowing is None else time.monotonic_ns() - flowing
        return int(told["at"]) + passed

    def wait(self, seconds: float) -> None:
        """Sleep that long: only the story's own process moves its time."""
        time.sleep(seconds)


def clock_of(told: Path | None) -> SystemClock | ToldClock:
    """Give the machine's time, or a story's where a file tells it."""
    return SystemClock() if told is None else ToldClock(told)

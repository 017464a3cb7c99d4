"""Play the story over real sockets and files: what a night of arrivals does to a running system."""

import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.model import NANOSECONDS
from pipeline.runtime.clocks import StoryClock
from pipeline.runtime.story import Step, Story, expand, narration

WAIT_SECONDS = 10.0
PAUSE = 0.002


@dataclass(frozen=True, slots=True)
class Place:
    """Where a listener takes records: a UDP or TCP port on this machine, or a file."""

    port: int = 0
    path: Path | None = None


@dataclass(slots=True)
class Player:
    """Sends each record of a story when its time comes, and lets the clock follow.

    The clock moves on with each tick and each line of narration, and only when everything sent
    until then was seen and processed. ``seen`` tells how many records the collector has taken or
    refused, ``tell`` shows a line of narration, ``tick_seconds`` is how often, in the story's
    time, the time is journalled; ``patience`` is how many seconds what was sent may take to be seen
    and processed; ``stopping`` ends the story early.
    """

    story: Story
    places: dict[str, Place]
    clock: StoryClock
    seen: Callable[[], int]
    settled: Callable[[], bool]
    tick: Callable[[], None]
    tell: Callable[[str], None]
    stopping: Callable[[], bool]
    tick_seconds: float = 180.0
    patience: float = WAIT_SECONDS
    sent: int = 0
    lost: int = 0
    _streams: dict[str, socket.socket] = field(default_factory=dict)

    def play(self, seconds: float) -> None:
        """Play the whole story within about that many seconds; 0 takes no pauses at all."""
        steps = list(expand(self.story))
        told = list(narration(self.story))
        begins, ends = steps[0].at, steps[-1].at
        started, next_tick = time.monotonic(), begins
        base = self.seen()
        try:
            for step in steps:
                if self.stopping():
                    return
                while next_tick <= step.at:
                    self._reach(next_tick, base)
                    self.tick()
                    next_tick += int(self.tick_seconds * NANOSECONDS)
                while told and told[0].at <= step.at:
                    self._reach(told[0].at, base)
                    self.tell(told.pop(0).texts["en"])
                share = (step.at - begins) / max(1, ends - begins)
                ahead = started + share * seconds - time.monotonic()
                if ahead > PAUSE:
                    time.sleep(ahead)
                self._send(step)
            self._reach(ends, base)
            for one in told:
                self.tell(one.texts["en"])
        finally:
            for stream in self._streams.values():
                stream.close()

    def _reach(self, at: int, base: int) -> None:
        """Wait until all that was sent is seen and processed, then let the story's time come."""
        end = time.monotonic() + self.patience
        while self._unseen(base) and time.monotonic() < end and not self.stopping():
            time.sleep(PAUSE)
        self.lost = max(self.lost, self.sent - (self.seen() - base))
        while not self.settled() and time.monotonic() < end and not self.stopping():
            time.sleep(PAUSE)
        self.clock.advance_to(at)

    def _unseen(self, base: int) -> bool:
        return self.seen() - base < self.sent - self.lost

    def _send(self, step: Step) -> None:
        place = self.places[step.listener]
        self.sent += 1
        if place.path is not None:
            with place.path.open("ab") as file:
                file.write(step.payload + b"\n")
        elif step.channel == "udp":
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagram:
                datagram.sendto(step.payload, ("127.0.0.1", place.port))
        else:
            if step.listener not in self._streams:
                address = ("127.0.0.1", place.port)
                self._streams[step.listener] = socket.create_connection(address, timeout=5)
            framed = b"%d %s" % (len(step.payload), step.payload)
            self._streams[step.listener].sendall(framed)

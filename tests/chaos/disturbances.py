"""What befalls a town: one thing after another by chance, each for a bounded time, then mended."""

import os
import random
import signal
import subprocess
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from shutil import which

from tests.chaos.brokers import Brokers
from tests.chaos.processes import Process
from tests.chaos.town import SESSION_SECONDS, Town

DISK_MEGABYTES = 24
WRITE_MICROSECONDS = 20_000  # by which each write takes longer on a slow disk


@dataclass
class Disturbances:
    """Draws what happens; ``done`` counts it by name, ``left_out`` says what could not be done."""

    town: Town
    brokers: Brokers
    chance: random.Random
    done: Counter[str] = field(default_factory=Counter)
    left_out: list[str] = field(default_factory=list)

    def run(self, rounds: int, pause: float) -> None:
        """Do so many, with a while between two; each kind comes before any comes again."""
        kinds = self.kinds()
        deck: list[str] = []
        for _ in range(rounds):
            if not deck:
                deck = sorted(kinds)
                self.chance.shuffle(deck)
            name = deck.pop()
            with (self.town.folder / "happened.txt").open("a", encoding="utf-8") as told:
                told.write(f"{datetime.now(UTC):%H:%M:%S} {name}\n")
            kinds[name]()
            self.done[name] += 1
            self._wait(self.chance.uniform(0.5, 1.5) * pause)
            self.brokers.wait()

    def kinds(self) -> dict[str, Callable[[], None]]:
        """Give everything that may happen on this machine."""
        found: dict[str, Callable[[], None]] = {
            "kill of the collector": lambda: self._named("collector").kill(),
            "kill of a worker": lambda: self._worker().kill(),
            "kill of the notifier": lambda: self._named("notifier").kill(),
            "kill of the indexer": lambda: self._named("indexer").kill(),
            "kill of a broker": lambda: self._broker().kill(),
            "kill of Elasticsearch": self._store_killed,
            "pause of a worker": lambda: self._paused(self._worker()),
            "pause of the notifier": lambda: self._paused(self._named("notifier")),
            "pause of a broker": lambda: self._paused(self._broker()),
            "rebalance storm": self._storm,
            "restart of all": self._all,
            "network cut": lambda: self._cut(silent=False),
            "network silence": lambda: self._cut(silent=True),
            "network silence of sessions": lambda: self._cut(silent=True, sessions=(3.0, 4.0)),
            "slow disk of a broker": lambda: self._slow(self._broker()),
            "slow disk of a worker": lambda: self._slow(self._worker()),
            "full disk of a worker": self._full,
        }
        if which("strace") is None:
            self.left_out.append("slow disk: no strace on this machine")
            found = {name: do for name, do in found.items() if "slow" not in name}
        if self.town.plan.disk is None:
            self.left_out.append("full disk: no right to mount a small one")
            del found["full disk of a worker"]
        return found

    def _wait(self, seconds: float) -> None:
        threading.Event().wait(seconds)

    def _named(self, name: str) -> Process:
        return self.town.processes[name]

    def _worker(self) -> Process:
        return self._named(f"worker {self.chance.randint(1, self.town.plan.workers)}")

    def _broker(self) -> Process:
        return self.chance.choice(self.brokers.each).process

    def _paused(self, process: Process) -> None:
        process.pause()
        try:
            self._wait(self.chance.uniform(0.3, 1.8) * SESSION_SECONDS)
        finally:
            process.resume()

    def _storm(self) -> None:
        for _ in range(4):
            self._worker().kill()
            self._wait(self.chance.uniform(0.5, 4))

    def _all(self) -> None:
        for process in self.town.processes.values():
            process.kill()

    def _store_killed(self) -> None:
        server = self.town.server
        assert server is not None
        server.kill()
        self._wait(self.chance.uniform(1, 5))
        server.start()

    def _cut(self, *, silent: bool, sessions: tuple[float, float] = (0.3, 2.0)) -> None:
        wires = [one.wire for one in self.brokers.each]
        for wire in wires if self.chance.random() < 0.5 else [self.chance.choice(wires)]:
            wire.silence() if silent else wire.cut()
        self._wait(self.chance.uniform(*sessions) * SESSION_SECONDS)
        for wire in wires:
            wire.mend()

    def _slow(self, process: Process) -> None:
        if not process.pid:
            return
        calls = "write,pwrite64,writev,fsync,fdatasync"
        command = [
            "strace", "-f", "-q", "-o", "/dev/null", "-e", f"trace={calls}",
            "-e", f"inject={calls}:delay_enter={WRITE_MICROSECONDS}", "-p", str(process.pid),
        ]  # fmt: skip
        slow = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        self._wait(10)
        slow.send_signal(signal.SIGINT)  # it lets go of the process, and ends
        try:
            slow.wait(10)
        except subprocess.TimeoutExpired:
            slow.kill()
            slow.wait()

    def _full(self) -> None:
        disk = self.town.plan.disk
        assert disk is not None
        ballast = disk / "ballast"
        with suppress(OSError), ballast.open("wb", buffering=0) as file:
            while True:
                os.write(file.fileno(), bytes(64 * 1024))
        self._wait(10)
        ballast.unlink()


@contextmanager
def small_disk(folder: Path) -> Iterator[Path | None]:
    """Give a disk of few megabytes for as long as the block runs; None without the right to."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MEGABYTES}m", "saqshy-chaos", str(folder)]
    if which("mount") is None or subprocess.run(mount, capture_output=True, check=False).returncode:
        yield None
        return
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=False)

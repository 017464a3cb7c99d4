"""A process of the cluster that may be killed and stopped, and is started again as by systemd."""

import os
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from shutil import which

AGAIN_SECONDS = 1.0  # after which a supervisor starts what ended
LOOK_SECONDS = 0.1


@dataclass
class Process:
    """One process by its command. ``wanted``: its supervisor starts it again when it ended."""

    name: str
    command: Sequence[str]
    log: Path
    wanted: bool = False
    ended: Counter[int] = field(default_factory=Counter)  # by status: a signal's is negative
    before: Callable[[], None] = lambda: None  # of each start
    _made: subprocess.Popen[bytes] | None = None
    _since: float = 0.0
    _guard: threading.RLock = field(default_factory=threading.RLock)

    def start(self) -> None:
        """Start it, and want it."""
        with self._guard:
            self.wanted = True
            self._launch()

    def kill(self) -> None:
        """End it as a power failure would; its supervisor starts it again."""
        self._signal(signal.SIGKILL)

    def pause(self) -> None:
        """Stop it where it stands."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def end(self, patience: float = 0.0) -> None:
        """End it for good, within so many seconds by itself."""
        with self._guard:
            self.wanted = False
            made, self._made = self._made, None
        if made is None or made.poll() is not None:
            return
        if patience:
            made.send_signal(signal.SIGCONT)
            made.terminate()
            with suppress(subprocess.TimeoutExpired):
                self.ended[made.wait(patience)] += 1
                return
        made.kill()
        made.wait()

    def look(self) -> None:
        """Start it again where it ended a while ago."""
        with self._guard:
            if not self.wanted or self._made is None:
                return
            status = self._made.poll()
            if status is None:
                self._since = 0.0
            elif not self._since:
                self.ended[status] += 1
                self._since = time.monotonic()
            elif time.monotonic() - self._since > AGAIN_SECONDS:
                self._launch()

    @property
    def pid(self) -> int:
        """Give its id; 0 where it does not run."""
        with self._guard:
            runs = self._made is not None and self._made.poll() is None
            return self._made.pid if runs and self._made is not None else 0

    @property
    def last_words(self) -> str:
        """Give the end of its log."""
        if not self.log.exists():
            return f"{self.name}: no log"
        return f"{self.name}:\n{self.log.read_text(errors='replace')[-1500:]}"

    def _launch(self) -> None:
        self.before()
        with self.log.open("ab") as log:
            # Should the tests themselves be killed, nothing of theirs is left behind.
            last = ["setpriv", "--pdeathsig", "KILL"] if which("setpriv") else []
            self._made = subprocess.Popen(
                [*last, *self.command], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                cwd=self.log.parent, env={**os.environ},
            )  # fmt: skip
        self._since = 0.0

    def _signal(self, number: signal.Signals) -> None:
        with self._guard:
            if self._made is not None and self._made.poll() is None:
                self._made.send_signal(number)


@contextmanager
def supervised(processes: Sequence[Process]) -> Iterator[None]:
    """Start again what ends, for as long as the block runs."""
    over = threading.Event()
    failed: list[BaseException] = []

    def watch() -> None:
        try:
            while not over.wait(LOOK_SECONDS):
                for one in processes:
                    one.look()
        except BaseException as error:  # noqa: BLE001 (told by the test's own thread)
            failed.append(error)

    watching = threading.Thread(target=watch, name="supervisor", daemon=True)
    watching.start()
    try:
        yield
    finally:
        over.set()
        watching.join()
    assert not failed, failed

"""The processes of a cluster on one machine: started, asked whether they are ready, ended."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from prometheus_client.parser import text_string_to_metric_families

from pipeline.errors import SaqshyError, StoreError

COMMAND = (sys.executable, "-m", "pipeline.runtime.cli")
PATIENCE = 300.0  # seconds: a busy machine takes its time
ENDING = 60.0
TAIL = 2000  # characters of a log


@dataclass(slots=True)
class Running:
    """One process: what it says of itself is in ``log``."""

    name: str
    process: "subprocess.Popen[bytes]"
    log: Path
    metrics: str = ""

    def address(self, name: str) -> str:
        """Give an address that the process told at its start; "" before."""
        for line in self.log.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith(f"{name}: "):
                return line.partition(": ")[2].strip()
        return ""

    def ready(self) -> bool:
        """Tell whether it is ready; StoreError where it has ended."""
        if self.process.poll() is not None:
            said = self.log.read_text(encoding="utf-8", errors="replace")[-TAIL:]
            raise StoreError(f"{self.name} ended ({self.process.returncode}):\n{said}")
        self.metrics = self.metrics or self.address("metrics")
        if not self.metrics:
            return False
        try:
            answer = httpx.get(f"{self.metrics.removesuffix('/metrics')}/readyz", timeout=2)
        except httpx.HTTPError:
            return False
        return answer.status_code == httpx.codes.OK

    def figure(self, name: str) -> dict[tuple[str, ...], float]:
        """Give a metric's samples by the values of their labels."""
        text = httpx.get(self.metrics, timeout=5).text
        return {
            tuple(sample.labels.values()): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
            if sample.name == name
        }

    def end(self) -> None:
        """End the process as a supervisor does; StoreError where it does not end by itself."""
        self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(ENDING)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise StoreError(f"{self.name} did not end within {ENDING:.0f} s") from None
        if status:
            said = self.log.read_text(encoding="utf-8", errors="replace")[-TAIL:]
            raise StoreError(f"{self.name} ended with {status}:\n{said}")


@contextmanager
def process(name: str, *arguments: str, log: Path) -> Iterator[Running]:
    """Run a command of ours until the block ends, and end it cleanly; killed where the block fails.

    The arguments are those of the command line.
    """
    with log.open("wb") as told:
        made = subprocess.Popen(  # noqa: S603 (our own command)
            [*COMMAND, *arguments], stdin=subprocess.DEVNULL, stdout=told, stderr=told
        )
    running = Running(name, made, log)
    try:
        yield running
        running.end()
    finally:
        made.kill()
        made.wait()


def wait_ready(processes: Sequence[Running]) -> None:
    """Wait until all are ready; StoreError where one ends or takes too long."""
    end = time.monotonic() + PATIENCE
    left = list(processes)
    while left := [one for one in left if not one.ready()]:
        if time.monotonic() > end:
            names = ", ".join(f"{one.name} (see {one.log})" for one in left)
            raise StoreError(f"not ready within {PATIENCE:.0f} s: {names}")
        threading.Event().wait(0.1)


def done(*arguments: str) -> str:
    """Run a command of ours to its end; give what it said. SaqshyError where it fails."""
    made = subprocess.run(  # noqa: S603 (our own command)
        [*COMMAND, *arguments], capture_output=True, text=True, check=False
    )
    if made.returncode:
        raise SaqshyError(f"saqshy {' '.join(arguments)} failed:\n{made.stdout}{made.stderr}")
    return made.stdout + made.stderr

"""One matching process as its parent holds it: frames both ways, each with a time to be done by."""

import fcntl
import os
import selectors
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from pipeline.errors import SaqshyError
from pipeline.runtime.cores import wire
from pipeline.settings import LogSettings

PROGRAM = "pipeline.runtime.cores.process"
ENDING_SECONDS = 5.0
_PIECE = 1024 * 1024


class Lost(SaqshyError):
    """A matching process ended, or did not answer in time: ``why`` is killed or hung."""

    def __init__(self, why: str, message: str) -> None:
        super().__init__(message)
        self.why = why


@dataclass(slots=True)
class Child:
    """A process and its pipes; for one thread. Raises Lost wherever the process fails."""

    process: "subprocess.Popen[bytes]"
    _came: bytearray = field(default_factory=bytearray)

    @classmethod
    def begun(cls, log: LogSettings, cache: Path, program: str = PROGRAM) -> "Child":
        """Start a process; Lost where the system refuses one. ``program`` is a module's name."""
        # Secrets of the settings may stand in the environment: who reads for strangers needs none.
        environment = {name: one for name, one in os.environ.items() if "SAQSHY__" not in name}
        command = [sys.executable, "-P", "-m", program]
        try:
            process = subprocess.Popen(  # noqa: S603 (our own program)
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                bufsize=0,
                env={**environment, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            )
        except OSError as error:
            raise Lost("killed", f"no matching process starts: {error.strerror}") from error
        child = cls(process)
        for pipe in (process.stdin, process.stdout):
            assert pipe is not None
            os.set_blocking(pipe.fileno(), False)
            _widen(pipe.fileno())
        setup = {"log": log.model_dump(mode="json"), "cache": str(cache)}
        try:
            child.send(wire.frame(wire.SETUP, orjson.dumps(setup)), ENDING_SECONDS)
        except Lost:
            child.kill()
            raise
        return child

    @property
    def alive(self) -> bool:
        """Tell whether the process runs."""
        return self.process.poll() is None

    def send(self, data: bytes, seconds: float) -> None:
        """Write a frame, within so many seconds."""
        pipe = self.process.stdin
        assert pipe is not None
        left, until = memoryview(data), time.monotonic() + seconds
        with selectors.DefaultSelector() as ready:
            ready.register(pipe, selectors.EVENT_WRITE)
            while left:
                if not ready.select(max(0.0, until - time.monotonic())):
                    raise Lost("hung", f"matching process {self.process.pid} reads nothing")
                try:
                    left = left[os.write(pipe.fileno(), left[:_PIECE]) :]
                except OSError as error:
                    raise self.lost() from error

    def receive(self, seconds: float) -> tuple[bytes, bytes] | None:
        """Give the next frame's tag and body; None where none came within so many seconds."""
        pipe = self.process.stdout
        assert pipe is not None
        until = time.monotonic() + seconds
        with selectors.DefaultSelector() as ready:
            ready.register(pipe, selectors.EVENT_READ)
            while (found := self._frame()) is None:
                if not ready.select(max(0.0, until - time.monotonic())):
                    return None
                piece = os.read(pipe.fileno(), _PIECE)
                if not piece:
                    raise self.lost()
                self._came += piece
        return found

    def end(self) -> None:
        """End the process: it is told by the end of its input, and killed where it does not go."""
        process = self.process
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
        try:
            process.wait(ENDING_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """Kill the process, which may be stopped or stuck."""
        process = self.process
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()

    def _frame(self) -> tuple[bytes, bytes] | None:
        """Take a whole frame out of what came."""
        came = self._came
        if len(came) < wire.HEAD.size:
            return None
        tag, size = wire.HEAD.unpack_from(came)
        end = wire.HEAD.size + size
        if len(came) < end:
            return None
        body = bytes(memoryview(came)[wire.HEAD.size : end])
        del came[:end]
        return tag, body

    def lost(self) -> Lost:
        """Say how the process ended."""
        try:
            code: object = self.process.wait(ENDING_SECONDS)
        except subprocess.TimeoutExpired:
            code = "none"
        return Lost("killed", f"matching process {self.process.pid} ended (exit code {code})")


def _widen(pipe: int) -> None:
    """Let a pipe hold a whole batch, which then needs few turns, where there are such pipes."""
    if sys.platform == "linux":
        with suppress(OSError):  # who has too many of them keeps small ones (fcntl(2))
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIECE)

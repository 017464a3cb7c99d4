"""Java services on this machine: fetched once, started on free ports, ended with us."""

import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.errors import StoreError
from pipeline.runtime.configuration import bundled

NOT_HERE = 3  # how a fetch script ends where it can do nothing
SOURCES = "it is made from the project's sources: run it in a checkout of the project"


@dataclass(slots=True)
class Service:
    """A Java process; ``log`` keeps what it says, ``end`` is how many seconds it has to end."""

    name: str
    command: Sequence[str]
    folder: Path
    log: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    process: "subprocess.Popen[bytes] | None" = None

    def start(self, answers: Callable[[], bool], patience: float) -> None:
        """Start, and wait until ``answers``; StoreError where it ends or takes too long."""
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(  # noqa: S603 (a command of ours)
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                env={**os.environ, **self.environment},
            )
        end = time.monotonic() + patience
        while self.process.poll() is None and time.monotonic() < end:
            if answers():
                return
            threading.Event().wait(0.2)
        self.stop()
        raise StoreError(f"{self.name} did not start; see {self.log}")

    def stop(self, patience: float = 30.0) -> None:
        """End the process, orderly at first; safe to call twice."""
        process, self.process = self.process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def fetched(service: str, version: str) -> Path:
    """Give the folder of a service's files, fetched from Maven Central where they are absent.

    StoreError where they cannot be had on this machine.
    """
    script = deployed("dev", "services", service, "fetch.sh")
    root = Path(os.environ.get("SAQSHY_SERVICES", script.parents[4] / "var" / "services"))
    folder = root / f"{service}-{version}"
    done = subprocess.run([script, folder], capture_output=True, text=True, check=False)  # noqa: S603 (ours)
    if done.returncode or shutil.which("java") is None:
        said = done.stderr.strip().splitlines() or ["there is no java"]
        way_out = "install JDK 17, Maven and unzip" if done.returncode == NOT_HERE else said[0]
        raise StoreError(f"{service} {version} cannot be had here ({said[-1]}): {way_out}")
    return folder


def deployed(*parts: str) -> Path:
    """Give a file of the project's folder deploy; StoreError where there is no such folder."""
    path = bundled("").resolve().parent.joinpath("deploy", *parts)
    if not path.exists():
        raise StoreError(f"{path} is not there: {SOURCES}")
    return path


def free_ports(count: int) -> tuple[int, ...]:
    """Give ports of the loopback address that nobody listens on now."""
    with ExitStack() as stack:
        held = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return tuple(one.getsockname()[1] for one in held)


def kept(folder: Path, passwords: Mapping[str, str]) -> dict[str, Path]:
    """Write each user's password into a file of its own, for this user alone; give the files."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    files = {}
    for name, password in passwords.items():
        files[name] = folder / f"{name}.password"
        files[name].touch(mode=0o600)
        files[name].write_text(f"{password}\n", encoding="utf-8")
    return files

"""Real senders beside the test: rsyslog and syslog-ng as ordinary children with files of their own.

What they read is a file of lines; where they send is a collector in this process over a store of
its own, which can be stopped and started again on the same port.
"""

import shutil
import socket
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from connectors.sources import SyslogTcp, SyslogUdp
from connectors.stores.sqlite import open_sqlite
from pipeline.model import BatchKind, Revisions
from pipeline.normalize import peek
from pipeline.ports import Stores
from pipeline.registry import Admission
from pipeline.runtime.clocks import SystemClock
from pipeline.runtime.collect import Collector
from pipeline.runtime.intake import Intake
from pipeline.runtime.telemetry import Silent
from pipeline.settings import ListenerSettings
from tests.connectors.sources.certificates import Authority, Pair
from tests.registry.making import record, registry, source

PATIENCE = 60.0  # seconds, for a sender to connect again and send what waits


def free_port(kind: socket.SocketKind) -> int:
    """Give a port that nobody has now."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(holds: Callable[[], bool], seconds: float, look: float = 0.05) -> bool:
    """Wait until something holds, or so long; ``look`` is how often, in seconds."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            return False
        threading.Event().wait(look)
    return True


@dataclass
class Collecting:
    """A listener and a collector over a store; ``settings.port`` stays over restarts."""

    settings: ListenerSettings
    stores: Stores
    certificates: tuple[str, ...] = ()
    collector: Collector = field(init=False)
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None
    _source: SyslogTcp | SyslogUdp | None = None

    def __post_init__(self) -> None:
        match = {"certificates": list(self.certificates)} if self.certificates else {}
        known = registry(record(sources=[source("edge", **(match or {"listeners": ["edge"]}))]))
        self.collector = Collector(
            "t", self.stores, Admission(known, peek), Revisions(), SystemClock(), Silent()
        )

    def start(self) -> None:
        """Listen and collect in a thread."""
        kind = SyslogUdp if self.settings.kind == "syslog_udp" else SyslogTcp
        self._source = kind(self.settings)
        self._source.open("")
        self._stop = threading.Event()
        intake = Intake(self._source, self.collector, 500, self._stop)
        self._thread = threading.Thread(target=intake.run)
        self._thread.start()

    def stop(self) -> None:
        """Finish as a running system does, and close."""
        if self._thread is not None and self._source is not None:
            self._stop.set()
            self._thread.join()
            self._source.close()
            self._thread = None

    @property
    def port(self) -> int:
        """Give the port that was taken."""
        assert self._source is not None
        return self._source.port

    @property
    def dropped(self) -> int:
        """Give what the kernel dropped."""
        assert self._source is not None
        return self._source.dropped

    @property
    def lines(self) -> list[str]:
        """Give what was journalled as text, in order."""
        found: list[str] = []
        after = 0
        while rows := self.stores.journal.read(after, 100):
            for after, batch in rows:  # noqa: B007 (the last position is where to go on)
                if batch.kind is BatchKind.RAW:
                    found += [one.decode() for one in batch.records]
        return found

    @property
    def numbers(self) -> Counter[int]:
        """Give how often each number came."""
        return Counter(int(line.rpartition("number=")[2]) for line in self.lines)

    def until(self, holds: Callable[[], bool]) -> bool:
        """Wait until something holds."""
        return wait_until(holds, PATIENCE)


@contextmanager
def collecting(
    folder: Path, settings: ListenerSettings, certificates: tuple[str, ...] = ()
) -> Iterator[Collecting]:
    """Run a collector; stopped in the end."""
    stores = open_sqlite(folder / "store.db")
    made = Collecting(settings, stores, certificates)
    made.start()
    try:
        yield made
    finally:
        made.stop()
        stores.database.close()


@dataclass
class Sender:
    """A sender that follows a file; ``write`` appends numbered lines to it."""

    name: str
    folder: Path
    command: list[str]
    next: int = 0
    process: subprocess.Popen[bytes] | None = None

    @property
    def file(self) -> Path:
        """The file that it reads."""
        return self.folder / "in.log"

    def write(self, count: int) -> None:
        """Append so many lines."""
        with self.file.open("a", encoding="utf-8") as file:
            for number in range(self.next, self.next + count):
                file.write(f"gateway ашық number={number}\n")
        self.next += count

    def start(self) -> None:
        """Start it."""
        log = (self.folder / f"{self.name}.log").open("wb")
        with log:
            self.process = subprocess.Popen(self.command, stdout=log, stderr=log, cwd=self.folder)

    def stop(self) -> None:
        """End it, by its own process."""
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    @property
    def said(self) -> str:
        """Give what it logged about itself."""
        return (self.folder / f"{self.name}.log").read_text(errors="replace")


def rsyslog(folder: Path, action: str, more: str = "") -> Sender:
    """Set up rsyslog with one omfwd action; skips where it is not installed."""
    program = _installed("rsyslogd")
    config = folder / "rsyslog.conf"
    (folder / "in.log").touch()
    config.write_text(
        f"""
global(workDirectory="{folder}" net.enableDNS="off" parser.permitSlashInProgramName="on" {more})
module(load="imfile")
input(type="imfile" file="{folder}/in.log" tag="app:" ruleset="out" facility="auth")
ruleset(name="out") {{
  action(type="omfwd" target="127.0.0.1" template="RSYSLOG_SyslogProtocol23Format"
         action.resumeRetryCount="-1" action.resumeInterval="1" {action})
}}
""",
        encoding="utf-8",
    )
    pid = str(folder / "rsyslog.pid")
    return Sender("rsyslog", folder, [program, "-n", "-f", str(config), "-i", pid])


def syslog_ng(folder: Path, destination: str) -> Sender:
    """Set up syslog-ng with one destination; skips where it is not installed."""
    program = _installed("syslog-ng")
    config = folder / "syslog-ng.conf"
    (folder / "in.log").touch()
    config.write_text(
        f"""@version: 3.38
options {{ time-reopen(1); use-dns(no); keep-hostname(yes); }};
source lines {{
  file("{folder}/in.log" flags(no-parse) follow-freq(0.2) program-override("app"));
}};
destination out {{ {destination} }};
log {{ source(lines); destination(out); flags(flow-control); }};
""",
        encoding="utf-8",
    )
    files = [
        f"--{name}={folder}/syslog-ng.{suffix}"
        for name, suffix in (("persist-file", "persist"), ("pidfile", "pid"), ("control", "ctl"))
    ]
    return Sender("syslog-ng", folder, [program, "-F", "--no-caps", f"--cfgfile={config}", *files])


@dataclass(frozen=True)
class Papers:
    """A test's authority, the collector's certificate and the sender's."""

    authority: Authority
    collector: Pair
    sender: Pair


def papers(folder: Path) -> Papers:
    """Make certificates for a test."""
    authority = Authority(folder / "pki")
    return Papers(
        authority, authority.issue("localhost", "localhost"), authority.issue("gateway.example")
    )


def _installed(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found

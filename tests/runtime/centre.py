"""A whole system over a folder of rules that a test may edit, driven batch by batch."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from pipeline.model import NANOSECONDS, AuditEntry, Finding, Notice, instant
from pipeline.ports import Delivery
from pipeline.runtime.bootstrap import System, assemble
from pipeline.runtime.clocks import StoryClock
from pipeline.runtime.configuration import bundled, read_settings
from pipeline.runtime.engine import Outcome

AT = instant("2026-03-02T20:45:00+05:00")
RULE = "detection/linux/sshd_failed_password.yml"
CORRELATION = "correlation/password_spraying.yml"
FAILED = (
    "<86>1 2026-03-02T20:{minute:02d}:{second:02d}.000+05:00 bank-gw01 sshd 9 - - "
    "Failed password for invalid user u{second} from {address} port {port} ssh2"
)
ENTERED = (
    "<86>1 2026-03-02T20:{minute:02d}:59.000+05:00 bank-gw01 sshd 9 - - "
    "Accepted password for s.tulegen from {address} port 4999 ssh2"
)
OUTSIDE = "203.0.113.45"


def failures(minute: int, count: int = 12, address: str = OUTSIDE) -> list[bytes]:
    """Give failed logons on as many accounts from one address, a second apart."""
    return [
        FAILED.format(minute=minute, second=n, address=address, port=4000 + n).encode()
        for n in range(count)
    ]


def entry(minute: int, address: str = OUTSIDE) -> bytes:
    """Give the logon that succeeds at the end of a minute."""
    return ENTERED.format(minute=minute, address=address).encode()


def overwrite(store: Path) -> None:
    """Overwrite a store's files where they lie, as a dying disk does."""
    for suffix in ("", "-wal", "-shm"):
        path = store.with_name(f"{store.name}{suffix}")
        with path.open("r+b") as file:
            file.write(b"x" * path.stat().st_size)


@dataclass
class Centre:
    """One system; time stands still unless the test moves it."""

    folder: Path
    system: System
    clock: StoryClock
    outcomes: list[Outcome] = field(default_factory=list)
    _sent: int = 0

    def edit(self, name: str, change: Callable[[str], str]) -> None:
        """Change the text of a file."""
        path = self.folder / name
        path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")

    def journal(self, records: list[bytes]) -> None:
        """Have one delivery of syslog journalled, and not processed."""
        self._sent += 1
        taken = self.system.collector.take(
            Delivery("wire", "192.0.2.1", tuple(records), format="syslog", resume=str(self._sent))
        )
        assert taken == len(records)

    def drain(self) -> None:
        """Process everything that is journalled."""
        while self.system.engine.run_pending():
            pass

    def take(self, records: list[bytes]) -> None:
        """Journal and process one delivery."""
        self.journal(records)
        self.drain()

    def tick(self, minutes: float = 0.0) -> None:
        """Let that much time pass, and process the tick at its end."""
        self.clock.advance_to(self.clock.now() + int(minutes * 60 * NANOSECONDS))
        self.system.collector.tick()
        self.drain()

    def findings(self) -> list[Finding]:
        """Give every revision of every finding that was committed, in order."""
        return [
            finding
            for outcome in self.outcomes
            for part in outcome.folded
            for finding in part.findings
        ]

    def notices(self) -> list[Notice]:
        """Give the notices of the outbox."""
        return list(self.system.stores.outbox.list())

    def audit(self, kind: str) -> list[AuditEntry]:
        """Give the audit entries of a kind."""
        return [one for one in self.system.stores.audit.read() if one.kind == kind]


def prepare(folder: Path, **changes: object) -> Path:
    """Write rules, registry, pack and settings into a folder; give the settings."""
    for name in ("detection", "correlation", "objects", "law", "taxonomies"):
        if not (folder / name).exists():
            shutil.copytree(bundled(name), folder / name)
    document: dict[str, object] = {
        "store": {"path": "saqshy.db"},
        "registry": ["objects"],
        "content": {
            "paths": ["detection", "correlation"],
            "taxonomy": "taxonomies/sigma",
            "cache": "cache",
            "watch_seconds": 0.05,
        },
        "law": {"pack": "law/kz"},
        "listeners": [{"name": "wire", "kind": "syslog_tcp", "port": 0}],
        "notify": {"folder": {"path": "outgoing"}, "retry_seconds": 0.05},
        "web": None,
        "log": {"level": "error"},
        **changes,
    }
    config = folder / "saqshy.yml"
    config.write_text(yaml.safe_dump(document), encoding="utf-8")
    return config


@contextmanager
def centre(folder: Path, at: int = AT, **changes: object) -> Iterator[Centre]:
    """Assemble a system over a folder, and close it at the end; no thread is started."""
    clock = StoryClock(at)
    system = assemble(read_settings(prepare(folder, **changes)), clock)
    made = Centre(folder, system, clock)
    system.engine.watch = made.outcomes.append
    try:
        yield made
    finally:
        system.close()

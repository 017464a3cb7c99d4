"""A running system whose store is held by another program: it goes on, and loses nothing."""

import re
import signal
import socket
import sqlite3
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.integration.running import PATIENCE, Running, records, running, write_settings
from tests.integration.senders import wait_until

LOGON = (
    "<86>1 2026-03-02T20:40:00.000+05:00 bank-gw01 sshd 9 - - "
    "Failed password for invalid user u{0} from 203.0.113.45 port 4000 ssh2\n"
)


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold the store's lock, as a careless backup would."""
    with closing(sqlite3.connect(folder / "saqshy.db", isolation_level=None, timeout=30)) as other:
        other.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            other.execute("ROLLBACK")


def told(system: Running, path: str) -> str:
    """Give a page of the running system."""
    address = system.addresses["status page"].rstrip("/") + path
    with urllib.request.urlopen(address, timeout=30) as answer:
        return str(answer.read().decode())


def spooled(system: Running) -> float:
    """Give how many deliveries wait in the spool."""
    found = re.search(r"^saqshy_spool_deliveries ([\d.e+]+)$", told(system, "/metrics"), re.M)
    return float(found[1]) if found else 0.0


@pytest.mark.parametrize(
    "killed",
    [pytest.param(False, id="goes-on"), pytest.param(True, id="killed", marks=pytest.mark.proof)],
)
def test_a_locked_store_loses_nothing(tmp_path: Path, killed: bool) -> None:
    """Records that come while the store is locked are spooled, shown, and journalled once."""
    config = write_settings(
        tmp_path, [{"name": "tcp", "kind": "syslog_tcp"}], web={"port": 0}, tick_seconds=2
    )
    sent = [LOGON.format(number).encode() for number in range(60)]
    with running(config, listeners=3) as system:
        with socket.create_connection(("127.0.0.1", system.port("tcp"))) as sender:
            sender.sendall(b"".join(sent[:20]))
            assert wait_until(lambda: len(records(tmp_path)) == 20, PATIENCE)
            with held(tmp_path):
                sender.sendall(b"".join(sent[20:40]))
                assert wait_until(lambda: spooled(system) > 0, PATIENCE)
                assert "wait in the spool" in told(system, "/")
                assert "locked" in told(system, "/")
                before = spooled(system)
                sender.sendall(b"".join(sent[40:]))
                assert wait_until(lambda: spooled(system) > before, PATIENCE)
                if killed:
                    system.end(signal.SIGKILL)
        if not killed:
            assert wait_until(lambda: len(records(tmp_path)) == 60, PATIENCE)
            assert system.process.poll() is None
    if killed:
        with running(config, listeners=3):
            assert wait_until(lambda: len(records(tmp_path)) == 60, PATIENCE)
    assert records(tmp_path) == [one.rstrip(b"\n") for one in sent]
    assert list((tmp_path / "saqshy.db.spool").glob("*.spool")) == []

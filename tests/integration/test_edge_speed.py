"""How much the collector's edge takes: a sender in another process, the durable journal behind."""

import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipeline.settings import ListenerSettings
from tests.integration.senders import collecting, wait_until

pytestmark = pytest.mark.proof

_SENDER = """
import socket, sys, time
kind, port, count, rate = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
text = b"<86>1 2026-03-02T20:40:00.%03d+05:00 gw sshd 9 - - Failed password for u%d from 10.0.0.4"
messages = [text % (n % 1000, n) for n in range(count)]
kinds = {"tcp": socket.SOCK_STREAM, "udp": socket.SOCK_DGRAM}
senders = [socket.socket(socket.AF_INET, kinds[kind]) for _ in range(4 if kind == "tcp" else 1)]
for one in senders:
    one.connect(("127.0.0.1", port))
begun = time.perf_counter()
if kind == "tcp":
    for at in range(0, count, 50):
        part = b"".join(b"%d %s" % (len(one), one) for one in messages[at : at + 50])
        senders[at // 50 % 4].sendall(part)
else:
    for at, one in enumerate(messages):
        senders[0].send(one)
        while at % 50 == 0 and time.perf_counter() - begun < at / rate:
            pass
for one in senders:
    one.close()
print(time.perf_counter() - begun)
"""


@dataclass(frozen=True)
class Measured:
    """Messages a second as sent and as journalled, and how many came and were dropped."""

    sent: float
    kept: float
    came: int
    dropped: int


def measured(folder: Path, kind: str, count: int, rate: int) -> Measured:
    """Send so many messages from another process, at most at a rate where it is not 0."""
    settings = ListenerSettings.model_validate({"name": "edge", "kind": f"syslog_{kind}"})
    with collecting(folder, settings) as collected:
        port, seen = collected.port, collected.collector
        command = [sys.executable, "-c", _SENDER, kind, str(port), str(count), str(rate)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as sender:
            assert wait_until(lambda: seen.seen > 0, 60, 0.001)
            begun = time.perf_counter()
            output, _ = sender.communicate()
        assert wait_until(lambda: seen.seen + collected.dropped >= count, 60, 0.005)
        kept = seen.seen / (time.perf_counter() - begun)
        return Measured(count / float(output), kept, len(collected.lines), collected.dropped)


def test_tcp_to_the_durable_journal(tmp_path: Path) -> None:
    """50,000 messages a second and more over TCP, and none is lost (issue 5)."""
    found = measured(tmp_path, "tcp", 500_000, 0)
    assert found.came == 500_000
    assert found.kept >= 50_000, found


def test_udp_to_the_durable_journal(tmp_path: Path) -> None:
    """30,000 messages a second over UDP keep up with their sender; lost is what is counted."""
    found = measured(tmp_path, "udp", 300_000, 30_000)
    assert found.came + found.dropped == 300_000
    assert found.dropped <= 3_000, found
    assert found.kept >= 0.9 * found.sent, found

"""A supervisor that waits is told when the process works."""

import socket
from pathlib import Path

import pytest

from pipeline.runtime.supervisor import tell_ready


@pytest.mark.parametrize("bare", [False, True], ids=["a file", "a name without a file"])
def test_a_supervisor_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bare: bool) -> None:
    """Its socket gets READY=1, whatever kind of address it has."""
    name = f"saqshy-{tmp_path.name}" if bare else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as supervisor:
        supervisor.bind(f"\0{name}" if bare else name)
        supervisor.settimeout(10)
        monkeypatch.setenv("NOTIFY_SOCKET", f"@{name}" if bare else name)
        tell_ready()
        assert supervisor.recv(100) == b"READY=1"


def test_without_a_supervisor_nothing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody waits nothing is opened and nothing fails; a socket that is gone is told."""
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    tell_ready()
    monkeypatch.setenv("NOTIFY_SOCKET", "/nowhere/notify")
    with pytest.raises(OSError, match="No such file"):
        tell_ready()

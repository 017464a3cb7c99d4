"""The command `saqshy ncc serve`."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner

from connectors.sinks.ncc_https import NccSink
from pipeline.runtime.cli.ncc import ncc
from pipeline.runtime.pki import Pki
from pipeline.runtime.receiver import bind
from tests.notify.made import BASE, notice


def test_a_taken_port_ends_with_three(tmp_path: Path) -> None:
    """A port in use gives exit code 3 and a message that names it."""
    with bind("127.0.0.1", 0) as taken:
        port = str(taken.getsockname()[1])
        result = CliRunner().invoke(ncc, ["serve", "--dir", str(tmp_path), "--port", port])
    assert result.exit_code == 3
    assert f"port {port}" in result.stderr


def test_a_broken_folder_ends_with_two(tmp_path: Path) -> None:
    """A folder whose keys are broken gives exit code 2 and the file's name."""
    (tmp_path / "pki").mkdir()
    (tmp_path / "pki" / "ca.pem").write_text("x")
    result = CliRunner().invoke(ncc, ["serve", "--dir", str(tmp_path), "--port", "0"])
    assert result.exit_code == 2
    assert "lacks receiver.pem" in result.stderr


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "terminate"])
def test_it_serves_until_it_is_ended(tmp_path: Path, ending: signal.Signals) -> None:
    """Started as a process it says where it listens, takes notices, and keeps them when ended."""
    code = "from pipeline.runtime.cli.ncc import ncc; ncc()"
    command = [sys.executable, "-c", code, "serve", "--dir", str(tmp_path), "--port", "0", "--json"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    ) as process:
        assert process.stdout is not None
        said = orjson.loads(process.stdout.readline())
        sink = NccSink(Pki(Path(said["pki"])).ncc_settings(said["url"]))
        receipt = sink.deliver(notice(), BASE)
        sink.close()
        process.send_signal(ending)
        process.wait(20)
    assert receipt.notice_id == notice().id
    assert (tmp_path / "received.db").stat().st_size > 0

"""`saqshy peers serve` as its own process: bundles of known centres, and nothing else."""

import json
import signal
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from pipeline.runtime.cli.app import app
from pipeline.runtime.pki import Pki, development_pki

SERVE = [sys.executable, "-W", "ignore", "-m", "pipeline.runtime.cli", "peers", "serve"]


@pytest.fixture
def pki(tmp_path: Path) -> Pki:
    """Give the keys of the place where bundles are taken."""
    return development_pki(tmp_path / "taken" / "pki", datetime.now(UTC))


@contextmanager
def serving(folder: Path, *options: str) -> Iterator[dict[str, Any]]:
    """Run it for as long as the block runs, and have it end cleanly; give what it says."""
    command = [*SERVE, "--dir", str(folder), "--port", "0", "--json", *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=folder.parent)
    assert process.stdout is not None
    with process.stdout:
        try:
            yield json.loads(process.stdout.readline())
            process.send_signal(signal.SIGINT)
            assert process.wait(30) == 0
        finally:
            process.kill()
            process.wait()


def test_bundles_are_asked_for_a_known_signature_and_nothing_else_is_taken(
    tmp_path: Path, pki: Pki
) -> None:
    """Over mutual TLS an unsigned bundle is refused, and there is no way for notices."""
    key = pki.centre_verifying
    trusted = ssl.create_default_context(cafile=pki.ca)
    trusted.load_cert_chain(pki.centre, pki.centre_key)
    with (
        serving(tmp_path / "taken", "--peer", f"centre-b={key}") as said,
        httpx.Client(verify=trusted, base_url=said["url"]) as client,
    ):
        bundle = client.post("/v1/bundles", content=b"{}")
        notice = client.post("/v1/notices", content=b"{}")
    assert said["peers"] == ["centre-b"]
    assert (bundle.status_code, notice.status_code) == (401, 404)


@pytest.mark.parametrize("said", ["centre-b", "=key.pem", "a/b=key.pem", "centre-b=absent.pem"])
def test_a_peer_that_is_not_named_with_its_key_ends_the_start(tmp_path: Path, said: str) -> None:
    """What is no NAME=FILE is told with the way out, and nothing is opened."""
    done = CliRunner().invoke(app, ["peers", "serve", "--peer", said, "--dir", str(tmp_path / "d")])
    assert done.exit_code == 2
    assert "--peer" in done.stderr
    assert not (tmp_path / "d").exists()

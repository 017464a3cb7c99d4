"""A real Prometheus for the tests: Debian's, on a free port, over targets that a test names."""

import json
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

ABSENT = "prometheus is not installed"
PATIENCE = 120.0


@contextmanager
def prometheus(
    folder: Path, targets: Sequence[str], rules: str = "", every: str = "1s"
) -> Iterator[httpx.Client]:
    """Run Prometheus over targets (host:port) as the job saqshy; give a client of its API."""
    if shutil.which("prometheus") is None:
        pytest.skip(ABSENT)
    folder.mkdir()
    (folder / "rules.yml").write_text(rules or "groups: []\n", encoding="utf-8")
    (folder / "targets.json").write_text(json.dumps([{"targets": [*targets]}]), encoding="utf-8")
    (folder / "prometheus.yml").write_text(
        f"global: {{scrape_interval: {every}, evaluation_interval: {every}}}\n"
        "rule_files: [rules.yml]\n"
        "scrape_configs:\n"
        "  - job_name: saqshy\n"
        "    file_sd_configs: [{files: [targets.json], refresh_interval: 1s}]\n",
        encoding="utf-8",
    )
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
    command = [
        "prometheus", "--config.file", str(folder / "prometheus.yml"),
        "--storage.tsdb.path", str(folder / "data"), "--log.level", "error",
        "--web.listen-address", f"127.0.0.1:{port}",
    ]  # fmt: skip
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
            until(lambda: _ready(client) or process.poll() is not None, "Prometheus answers")
            assert process.poll() is None, (folder / "log").read_text()
            yield client
    finally:
        process.kill()
        process.wait()


def until(holds: object, what: str, seconds: float = PATIENCE) -> None:
    """Wait until something holds; AssertionError where it never does."""
    assert callable(holds)
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"never: {what}"
        threading.Event().wait(0.1)


def scraped(client: httpx.Client, targets: int) -> bool:
    """Tell whether every target has been scraped with success."""
    given = client.get("/api/v1/query", params={"query": 'up{job="saqshy"} == 1'}).json()
    return len(given["data"]["result"]) == targets


def _ready(client: httpx.Client) -> bool:
    try:
        return client.get("/-/ready").status_code == 200
    except httpx.HTTPError:
        return False

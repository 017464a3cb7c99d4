"""A real Elasticsearch for the tests: fetched once from Maven Central, started on free ports.

One server serves a whole session: security on, TLS by our development PKI, users with the roles of
``deploy/elasticsearch/roles.yml``. Its cluster has a name of its own, which is compared before
anything is written: that a port answers does not mean that it is this server.
"""

import os
import shutil
import signal
import ssl
import subprocess
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from connectors.stores.elasticsearch.store import ElasticStore, open_elastic
from connectors.stores.elasticsearch.templates import apply
from pipeline.runtime.local.elastic import (
    command,
    environment,
    hand_over,
    lay_out,
    write_users,
)
from pipeline.runtime.local.java import free_ports
from pipeline.runtime.pki import Pki, development_pki
from pipeline.settings import ElasticsearchSettings
from tests.patience import Patience

ROOT = Path(__file__).parents[2]
FETCH = ROOT / "deploy" / "dev" / "services" / "elasticsearch" / "fetch.sh"
FOLDER = Path(os.environ.get("SAQSHY_SERVICES", ROOT / "var" / "services")) / "elasticsearch-8.19.5"
HOME = FOLDER / "elasticsearch"
PATIENCE = 120.0  # seconds
PASSWORD = "tests-only"
USERS = {
    "admin": "saqshy_admin",
    "indexer": "saqshy_indexer",
    "web": "saqshy_web",
    "auditor": "saqshy_auditor",
    "statistics": "saqshy_statistics",
    "dashboards": "saqshy_dashboards",
    "keeper": "saqshy_keeper",
    "root": "superuser",
}
ABSENT = "no Elasticsearch can be had on this machine"


@dataclass
class Server:
    """One server with one node; ``url`` is its HTTPS address, ``pki`` its CA."""

    folder: Path
    pki: Pki
    cluster: str
    ports: tuple[int, ...]
    settings: tuple[str, ...] = ()
    process: subprocess.Popen[bytes] | None = None
    uuid: str = ""
    _begun: float = field(default=0.0)

    @property
    def url(self) -> str:
        """Its HTTPS address."""
        return f"https://127.0.0.1:{self.ports[0]}"

    @property
    def repository(self) -> Path:
        """The folder that snapshots may go to."""
        return self.folder / "snapshots"

    def as_user(self, name: str, **over: object) -> ElasticsearchSettings:
        """Give the settings of a client that asks as that user."""
        password = self.folder / f"{name}.password"
        if not password.exists():
            password.write_text(f"{PASSWORD}\n", encoding="utf-8")
        values = {
            "urls": (self.url,),
            "user": name,
            "password_file": password,
            "ca": self.pki.ca,
            "replicas": 0,
            "timeout_seconds": 30.0,
        }
        return ElasticsearchSettings.model_validate({**values, **over})

    def start(self) -> None:
        """Start, and wait until this very server answers."""
        self._begun = time.monotonic()
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                # Should the tests themselves be killed, the launcher goes too, and its server.
                command(HOME, self.folder, "KILL"),
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                cwd=self.folder, env={**os.environ, **environment(self.folder)},
            )  # fmt: skip
        patience = Patience(PATIENCE)
        while self.process.poll() is None and not patience.over():
            if self._answers():
                return
            threading.Event().wait(0.2)
        text = self._log.read_text()[-3000:]
        self.kill()
        raise AssertionError(f"Elasticsearch did not start:\n{text}")

    def kill(self) -> None:
        """End the server as a power failure would."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End the server as an operator would."""
        self._end(signal.SIGTERM)

    def pause(self, *, going_on: bool = False) -> None:
        """Stop the server where it stands (SIGSTOP), or let it go on."""
        os.kill(self._pid(), signal.SIGCONT if going_on else signal.SIGSTOP)

    def remove(self) -> None:
        """End the server and remove its folder."""
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _end(self, number: signal.Signals) -> None:
        if self.process is None:
            return
        with suppress(OSError, ValueError):  # the launcher ends with the server that it started
            os.kill(self._pid(), number)
        if not self._pid_file.exists():
            self.process.kill()
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None
        self._pid_file.unlink(missing_ok=True)

    def _pid(self) -> int:
        return int(self._pid_file.read_text())

    @property
    def _pid_file(self) -> Path:
        return self.folder / "tmp" / "pid"

    @property
    def _log(self) -> Path:
        return self.folder / "server.log"

    def _answers(self) -> bool:
        try:
            with httpx.Client(verify=_trusting(self.pki), auth=("root", PASSWORD)) as client:
                found = client.get(f"{self.url}/_cluster/health", timeout=5)
                if found.status_code != 200:
                    return False
                state = client.get(f"{self.url}/_cluster/state/metadata", timeout=5).json()
        except httpx.HTTPError:
            return False
        health = found.json()
        assert health["cluster_name"] == self.cluster, f"another server listens on {self.url}"
        if health["status"] == "red" or "cluster_uuid" not in state:
            return False
        assert self.uuid in {"", state["cluster_uuid"]}, "it does not have its data any more"
        self.uuid = state["cluster_uuid"]
        return True

    def lay_out(self) -> None:
        """Write configuration, users and roles, all of it for the user that the server runs as."""
        (self.folder / "snapshots").mkdir()
        snapshots = f"path.repo: {self.folder}/snapshots"
        lay_out(self.folder, self.pki, self.cluster, self.ports, (snapshots, *self.settings))
        write_users(self.folder / "config", USERS, dict.fromkeys(USERS, PASSWORD))
        hand_over(self.folder)


def _trusting(pki: Pki) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=pki.ca)


def make_server(*settings: str) -> Server:
    """Make a server that is laid out and not started yet; ``settings`` are lines of its own."""
    folder = Path(tempfile.mkdtemp(prefix="saqshy-elasticsearch-"))  # pytest's own is root's alone
    pki = development_pki(folder / "pki", datetime.now(UTC))
    server = Server(folder, pki, f"saqshy-{uuid.uuid4().hex}", free_ports(2), settings)
    server.lay_out()
    return server


def fetch() -> None:
    """Fetch the server's files; skips where they cannot be had here."""
    if HOME.is_dir() and shutil.which("java"):
        return
    done = subprocess.run([str(FETCH), str(FOLDER)], capture_output=True, text=True, check=False)
    if done.returncode == 3:
        pytest.skip(ABSENT)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="session")
def elastic() -> Iterator[Server]:
    """Give the session's server."""
    fetch()
    server = make_server()
    try:
        server.start()
        yield server
    finally:
        server.remove()


@pytest.fixture
def elastic_store(elastic: Server) -> Iterator[ElasticStore]:
    """Give an empty store as an administrator uses it; what is written is shown at once."""
    store = empty_store(elastic)
    yield store
    store.close()


def empty_store(server: Server) -> ElasticStore:
    """Remove all that tests left behind, and make the indices anew."""
    settings = server.as_user("root")
    store = open_elastic(settings, refresh=True)
    store.client.indices.refresh(index="saqshy*")
    there = store.client.indices.stats(index="saqshy*", metric="docs", expand_wildcards="all")
    used = [
        name
        for name, stats in there["indices"].items()
        if any(stats["primaries"]["docs"].values()) or not name.endswith("-v1")
    ]
    if used:  # an empty one costs as much to make anew as ten tests to run
        store.client.indices.delete(index=",".join(used))
    apply(store.client, store.documents.names, settings)
    return store

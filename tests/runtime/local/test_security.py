"""Each process with its own user over TLS: what is refused at its start is said, with a way out."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from pipeline.runtime.local.cluster import LocalCluster, local_services
from pipeline.runtime.pki import development_pki
from tests.connectors import elastic_server, kafka_broker

COMMAND = [sys.executable, "-W", "ignore", "-m", "pipeline.runtime.cli"]
PATIENCE = 240.0  # seconds
TIMEOUT = 10  # seconds that a command waits for brokers
pytestmark = pytest.mark.proof


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCluster]:
    """Give Kafka and Elasticsearch with rights, topics and templates, and no process of ours."""
    kafka_broker.fetch()
    elastic_server.fetch()
    home = tmp_path_factory.mktemp("services")
    told = home / "clock.json"
    told.write_text('{"at": 0, "flowing": null}', encoding="utf-8")
    with local_services(home, lambda _said: None) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give an authority that signed nothing here."""
    return development_pki(tmp_path_factory.mktemp("stranger") / "pki", datetime.now(UTC)).ca


def settings(
    services: LocalCluster, folder: Path, role: str, section: str, changes: Mapping[str, object]
) -> Path:
    """Write the settings of a role with something wrong in one section."""
    document = yaml.safe_load(services.settings(role).read_text(encoding="utf-8"))
    document["cluster"] |= {"timeout_seconds": TIMEOUT, "folder": str(folder / "state")}
    document["cluster"]["port"] = None
    document[section] |= dict(changes)
    path = folder / "saqshy.yml"
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    return path


def ended(*arguments: str) -> tuple[int, str]:
    """Run a command that ends by itself; give its status and the last of what it said."""
    done = subprocess.run(
        [*COMMAND, *arguments], capture_output=True, text=True, check=False, timeout=PATIENCE
    )
    return done.returncode, done.stderr.splitlines()[-1] if done.stderr else ""


def said(folder: Path, words: str, *arguments: str) -> bool:
    """Run a process that waits for what is refused; tell whether it says so before it is ended."""
    log = folder / "said.log"
    with log.open("wb") as told:
        process = subprocess.Popen([*COMMAND, *arguments], stdout=told, stderr=told)
    try:
        for _ in range(int(PATIENCE)):
            if words in log.read_text(encoding="utf-8", errors="replace"):
                return True
            with suppress(subprocess.TimeoutExpired):
                process.wait(1)
                return words in log.read_text(encoding="utf-8", errors="replace")
    finally:
        process.kill()
        process.wait()
    return False


@pytest.mark.parametrize(
    ("role", "command"),
    [("admin", ("cluster", "status")), ("worker", ("worker",)), ("notifier", ("notifier",)),
     ("collect", ("collect", "--once"))],
    ids=["cluster status", "worker", "notifier", "collect"],
)  # fmt: skip
@pytest.mark.parametrize("wrong", ["password", "authority"])
def test_a_wrong_link_is_refused_by_name(
    services: LocalCluster,
    stranger: Path,
    tmp_path: Path,
    role: str,
    command: tuple[str, ...],
    wrong: str,
) -> None:
    """Address, what is not accepted, and which setting to correct are told; the status is 3."""
    false = tmp_path / "false.password"
    false.write_text("false\n", encoding="utf-8")
    changes = {"password": {"password_file": str(false)}, "authority": {"ca": str(stranger)}}[wrong]
    words = {
        "password": "user or password are not accepted: correct",
        "authority": "certificate is not accepted: correct ca",
    }[wrong]
    config = settings(services, tmp_path, role, "cluster", changes)
    status, told = ended(*command, "--config", str(config))
    assert status == 3
    assert services.places.broker.address in told
    assert words in told


@pytest.mark.parametrize(
    ("role", "command"),
    [("watch", ("worker",)), ("watch", ("notifier",)), ("watch", ("cluster", "apply")),
     ("worker", ("cluster", "rights"))],
    ids=["worker", "notifier", "cluster apply", "cluster rights"],
)  # fmt: skip
def test_a_missing_right_is_named(
    services: LocalCluster, tmp_path: Path, role: str, command: tuple[str, ...]
) -> None:
    """Who asks for what its role does not have is told what its user needs."""
    config = settings(services, tmp_path, role, "cluster", {"partitions": 9})
    status, told = ended(*command, "--config", str(config))
    assert status in {1, 3}
    assert "give it" in told


@pytest.mark.parametrize("wrong", ["password", "authority"])
def test_an_indexer_says_what_elasticsearch_refuses(
    services: LocalCluster, stranger: Path, tmp_path: Path, wrong: str
) -> None:
    """Kafka holds meanwhile: the indexer waits, and says why."""
    false = tmp_path / "false.password"
    false.write_text("false\n", encoding="utf-8")
    changes = {"password": {"password_file": str(false)}, "authority": {"ca": str(stranger)}}[wrong]
    words = {"password": "correct elasticsearch.user", "authority": "certificate"}[wrong]
    config = settings(services, tmp_path, "indexer", "elasticsearch", changes)
    assert said(tmp_path, words, "indexer", "--config", str(config))

"""`saqshy backup`, `restore` and `retention`: of a file, and of a cluster's indices."""

import gc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml
from typer.testing import CliRunner, Result

from connectors.stores.elasticsearch.store import ElasticStore
from connectors.stores.kafka.topics import unpack_command
from connectors.stores.sqlite import open_sqlite
from pipeline.incidents.audit import Draft
from pipeline.model import Command, from_json, instant
from pipeline.runtime.chainer import audited
from pipeline.runtime.cli.app import app
from pipeline.runtime.leaving import spool_of
from tests.connectors.elastic_server import Server
from tests.connectors.kafka_broker import Broker
from tests.connectors.stores.kafka.rig import Rig
from tests.connectors.stores.nouns import at, batch, event, failure, incident

OLD = instant("2026-01-01T10:00:00Z")
KEPT = {"events_days": 10, "failures_days": 10}


def saqshy(config: Path, *words: object) -> Result:
    """Run a command over settings."""
    given = [*map(str, words), "--config", str(config)]
    return CliRunner().invoke(app, given, env={"COLUMNS": "220"})


def one(result: Result) -> dict[str, Any]:
    """Give the one line that a command wrote."""
    assert result.exit_code == 0, result.output
    said: dict[str, Any] = orjson.loads(result.stdout)
    return said


def written(folder: Path, **sections: object) -> Path:
    """Write settings of a store in a folder, with a retention."""
    config = folder / "saqshy.yml"
    document = {"store": {"path": "saqshy.db"}, "retention": KEPT, **sections}
    config.write_text(yaml.safe_dump(document), encoding="utf-8")
    return config


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Leave a store with an old event and dead letter, an incident and an entry of the trail."""
    stores = open_sqlite(tmp_path / "saqshy.db")
    kept = batch(1, received_at=OLD)
    stores.journal.append("wire", [kept])
    stores.events.add(kept, [event(kept, 0, OLD)])
    stores.incidents.put_incidents([incident(1)])
    stores.dead_letters.put([failure(1, received_at=OLD)])
    with stores.database.transaction():
        draft = Draft("power-7", "e1", "note", "power-7", at(1), "system", {})
        audited(stores.audit, [draft])
    stores.database.close()
    return written(tmp_path)


@pytest.mark.parametrize("name", ["backup", "restore", "retention"])
def test_help_has_an_example(name: str) -> None:
    """Each command says how it is used."""
    done = CliRunner().invoke(app, [name, "--help"], env={"COLUMNS": "220"})
    assert (done.exit_code, f"Example: saqshy {name}" in done.output) == (0, True)


def test_a_file_is_backed_up_and_brought_back(config: Path) -> None:
    """A backup proves itself, is looked at, and comes back into an empty place or aside."""
    folder = config.parent
    made = one(saqshy(config, "backup", folder / "copy", "--json"))
    assert (made["entries"], made["folder"]) == (1, str(folder / "copy"))
    looked = one(saqshy(config, "backup", folder / "copy", "--verify", "--json"))
    assert looked == made
    other = folder / "other.db"
    back = one(saqshy(config, "restore", folder / "copy", "--store", other, "--json"))
    assert (back["entries"], other.is_file()) == (1, True)
    again = saqshy(config, "restore", folder / "copy", "--replace")
    assert (again.exit_code, "is kept as" in again.stderr) == (0, True), again.output


REFUSED = {
    "a folder that is there": (["backup", "."], 2),
    "no store": (["backup", "copy", "--store", "none.db"], 3),
    "no backup": (["restore", "none", "--store", "new.db"], 3),
    "no backup to verify": (["backup", "none", "--verify"], 3),
    "over a store": (["restore", "copy"], 3),
    "nobody asks": (["retention", "--as", "nobody"], 2),
}


@pytest.mark.parametrize(("words", "status"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_refused_changes_nothing(
    config: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], status: int
) -> None:
    """Wrong folders, stores in the way and unnamed askers end the command with words."""
    monkeypatch.chdir(config.parent)
    if words[:2] == ["restore", "copy"]:
        one(saqshy(config, "backup", "copy", "--json"))
    before = (config.parent / "saqshy.db").read_bytes()
    found = saqshy(config, *words)
    assert found.exit_code == status, found.output
    assert found.stdout == ""
    assert found.stderr
    assert (config.parent / "saqshy.db").read_bytes() == before


def test_retention_of_a_file_is_recorded_before_it_is_done(config: Path) -> None:
    """A dry run tells the same and changes nothing; what goes is left for the audit trail first."""
    dry = one(saqshy(config, "retention", "--dry-run", "--json"))
    assert (dry["dry_run"], {one["kind"] for one in dry["periods"]}) == (
        True, {"events", "failures"},
    )  # fmt: skip
    spool = spool_of(config.parent / "saqshy.db")
    assert not spool.exists()
    done = one(saqshy(config, "retention", "--json"))
    assert done["periods"] == dry["periods"]
    (left,) = [from_json(Command, path.read_bytes()) for path in spool.glob("*.json")]
    assert (left.name, left.role) == ("retention", "system")
    assert one(saqshy(config, "retention", "--json"))["periods"] == []


@pytest.fixture
def cluster(
    tmp_path: Path, kafka: Broker, elastic: Server, elastic_store: ElasticStore
) -> Iterator[tuple[Path, Rig]]:
    """Give settings that name a cluster with an old event and dead letter, and its topics."""
    rig = Rig(kafka, tmp_path).apply()
    kept = batch(1, received_at=OLD)
    elastic_store.events.add(kept, [event(kept, 0, OLD)])
    elastic_store.dead_letters.put([failure(1, received_at=OLD)])
    keeper = elastic.as_user("keeper").model_dump(mode="json", exclude_none=True)
    link = rig.settings.model_dump(mode="json", exclude_none=True)
    yield written(tmp_path, cluster=link, elasticsearch=keeper), rig
    gc.collect()  # the client leaves sockets to the collector: here, where no test is blamed


def test_retention_of_a_cluster_is_recorded_at_the_brokers(cluster: tuple[Path, Rig]) -> None:
    """What goes of the indices is asked of a collector to record before it goes."""
    config, rig = cluster
    dry = one(saqshy(config, "retention", "--dry-run", "--json"))
    assert {one["kind"] for one in dry["periods"]} == {"events", "failures"}
    assert rig.read("asked") == []
    assert one(saqshy(config, "retention", "--json"))["periods"] == dry["periods"]
    (asked,) = [unpack_command(one.value) for one in rig.read("asked")]
    assert isinstance(asked, Command)
    assert (asked.name, asked.actor) == ("retention", "system/retention")
    assert one(saqshy(config, "retention", "--json"))["periods"] == []
    assert not list(config.parent.glob("saqshy.db*"))


def test_a_clusters_indices_are_backed_up_and_brought_back(
    cluster: tuple[Path, Rig], elastic: Server, elastic_store: ElasticStore
) -> None:
    """A snapshot is taken, looked at, and comes back only where none of our indices stands."""
    config, place = cluster[0], elastic.repository / "nightly" / "one"
    client = elastic_store.client
    try:
        made = one(saqshy(config, "backup", place, "--json"))
        assert (made["snapshot"], made["indices"] > 5) == ("one", True)
        again = saqshy(config, "backup", place)
        assert (again.exit_code, "is there already" in again.stderr) == (2, True), again.output
        looked = one(saqshy(config, "backup", place, "--verify", "--json"))
        assert looked["indices"] == made["indices"]
        absent = saqshy(config, "restore", place.with_name("two"))
        assert (absent.exit_code, "no such snapshot" in absent.stderr) == (2, True), absent.output
        aside = saqshy(config, "restore", place, "--replace")
        assert (aside.exit_code, "not put aside" in aside.stderr) == (2, True), aside.output
        stands = saqshy(config, "restore", place)
        assert (stands.exit_code, "of our indices" in stands.stderr) == (1, True), stands.output
        there = client.indices.get_alias(index="saqshy-*")
        client.indices.delete(index=",".join(there))
        back = one(saqshy(config, "restore", place, "--json"))
        assert (back["indices"], back["entries"]) == (made["indices"], 0)
        assert elastic_store.events.count() == 1
    finally:
        client.snapshot.delete(repository="saqshy", snapshot="*")


def test_a_snapshots_name_is_a_name(cluster: tuple[Path, Rig]) -> None:
    """What Elasticsearch would not take as a name is wrong usage."""
    found = saqshy(cluster[0], "backup", "/backup/Tonight")
    assert (found.exit_code, "is no name of a snapshot" in found.stderr) == (2, True), found.output

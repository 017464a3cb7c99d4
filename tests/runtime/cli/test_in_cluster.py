"""Commands whose settings name a cluster: they read it, act through it, and name what they cannot.

The same settings with `--store` read the file of which the cluster's services hold a copy.
"""

import gc
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml
from typer.testing import CliRunner, Result

from connectors.stores.elasticsearch.documents import entry_id
from connectors.stores.elasticsearch.store import ElasticStore
from connectors.stores.kafka.topics import unpack_command
from connectors.stores.sqlite import open_sqlite
from pipeline.errors import ConfigurationError, StoreError
from pipeline.model import Command, Tri, instant
from pipeline.runtime.cli.app import app
from pipeline.runtime.clocks import StoryClock
from pipeline.runtime.cluster.auditing import make_cluster_process
from pipeline.runtime.cluster.looking import cluster_kept
from pipeline.runtime.configuration import read_settings
from pipeline.runtime.handing import awaited
from pipeline.runtime.pki import development_pki
from pipeline.runtime.web_ground import PARTS_FOR, Parts, opened_ground
from pipeline.web.acts import answers_named
from tests.connectors.elastic_server import Server, empty_store
from tests.connectors.kafka_broker import Broker
from tests.connectors.stores.kafka.rig import Rig
from tests.connectors.stores.nouns import entry as trail_entry
from tests.connectors.stores.nouns import failure
from tests.runtime.centre import centre, entry, failures
from tests.runtime.mirrored import indexed, told
from tests.runtime.test_judging_anew import LATE, listed

OFFER = "A list is for sale"
BY = ["--as", "duty_lead/d.askar", "--reason", "what we need it for"]
READER = ["--as", "duty_lead/d.askar", "--basis", "order 12 of the ministry"]


@dataclass(frozen=True)
class Copied:
    """A store, the settings that name the cluster, and what the cluster's services are."""

    store: Path
    config: Path
    rig: Rig
    elastic: ElasticStore
    incident: str

    def asked(self) -> list[Command]:
        """Give the commands that wait for a collector."""
        found = [unpack_command(one.value) for one in self.rig.read("asked")]
        return [one for one in found if isinstance(one, Command)]


@pytest.fixture(scope="module")
def copied(
    tmp_path_factory: pytest.TempPathFactory, kafka: Broker, elastic: Server
) -> Iterator[Copied]:
    """Let a system work on a file until its clean end, and copy what it kept into a cluster."""
    folder = tmp_path_factory.mktemp("copied")
    pki = development_pki(folder / "pki", datetime(2026, 3, 2, 4, tzinfo=UTC))
    with centre(folder, audit={"signing_key": str(pki.audit_signing)}) as one:
        one.edit("objects/objects.yml", listed)
        assert one.system.reloader.reload(LATE).outcome == "in_force"
        one.take([*failures(40), entry(40)])
        one.tick(6)
        one.system.engine.end()
        one.system.stores.dead_letters.put([failure(1)])
    rig = Rig(kafka, folder).apply()
    store = empty_store(elastic)
    indexed(folder / "saqshy.db", store)
    told(folder / "saqshy.db", rig)
    config = folder / "saqshy.yml"
    named = yaml.safe_load(config.read_text(encoding="utf-8"))
    named["cluster"] = rig.settings.model_dump(mode="json", exclude_none=True)
    named["elasticsearch"] = elastic.as_user("root").model_dump(mode="json", exclude_none=True)
    named["store"]["path"] = "nowhere.db"
    config.write_text(yaml.safe_dump(named), encoding="utf-8")
    kept = open_sqlite(folder / "saqshy.db", readonly=True)
    (incident,) = kept.incidents.latest()
    kept.database.close()
    yield Copied(folder / "saqshy.db", config, rig, store, incident.id)
    store.close()
    gc.collect()  # the client leaves sockets to the collector: here, where no test is blamed


def saqshy(copied: Copied, *words: str, file: bool = False) -> Result:
    """Run a command over the cluster, or (``file``) over the store."""
    more = ["--store", str(copied.store)] if file else []
    given = [*words, "--config", str(copied.config), *more]
    return CliRunner().invoke(app, given, env={"COLUMNS": "220"})


def lines(result: Result) -> list[Any]:
    """Read NDJSON, in an order of its own."""
    return sorted(map(orjson.loads, result.stdout.splitlines()), key=str)


SAME = {
    "incidents": ["incidents", "list", "--candidates", "--json"],
    "incidents by query": ["incidents", "list", "--query", "object_id: kz-bank", "--json"],
    "notices": ["notices", "list", "--json"],
    "notices by query": ["notices", "list", "--query", "leg: first", "--json"],
    "events": ["events", "list", *READER, "--json"],
    "events by query": ["events", "list", *READER, "--query", "event.outcome: failure", "--json"],
    "dead letters": ["dead-letters", "list", "--json"],
    "trail": ["audit", "verify", "--json"],
    "checkpoints": ["audit", "checkpoints", "--json"],
    "export": ["audit", "export"],
    "export of one": ["audit", "export", "--chain", "kz-bank"],
    "owed": ["audit", "notices", "--at", "2026-03-02T20:50:00+05:00", "--settle", "0.1", "--json"],
    "terms": ["terms", "list", "--all", "--json"],
    "duty": ["duty", "show", "--json"],
    "statistics": [
        "statistics",
        "show",
        "--month",
        "2026-03",
        "--known-at",
        "2026-04-01T00:00:00Z",
        "--json",
    ],
    "compliance": ["statistics", "compliance", "--json"],
    "peers": ["peers", "list", "--json"],
}


@pytest.mark.parametrize("words", SAME.values(), ids=SAME.keys())
def test_a_cluster_answers_as_a_file(copied: Copied, words: list[str]) -> None:
    """What the cluster keeps is told as the file's, exit code and all; no file is made for it."""
    expected, found = saqshy(copied, *words, file=True), saqshy(copied, *words)
    assert expected.exit_code in {0, 1}, expected.output
    assert (lines(found), found.exit_code) == (lines(expected), expected.exit_code), found.output
    assert not copied.config.with_name("nowhere.db").exists()


@pytest.mark.parametrize("what", ["show", "timeline"])
def test_one_incident_of_a_cluster(copied: Copied, what: str) -> None:
    """An incident is shown by the beginning of its id, with its why."""
    words = ["incidents", what, copied.incident[:8], *(["--why"] if what == "show" else [])]
    expected, found = saqshy(copied, *words, file=True), saqshy(copied, *words)
    assert (found.exit_code, found.stdout) == (0, expected.stdout), found.output


def test_what_was_removed_from_a_cluster_is_found(copied: Copied) -> None:
    """A notice that history owes and nobody finds is told once it has stood; the exit code is 1."""
    index = copied.elastic.documents.names.lasting("notices")
    (gone, *_) = copied.elastic.notices.list(copied.incident)
    copied.elastic.client.delete(index=index, id=gone.id, refresh=True)
    try:
        words = ["--incident", copied.incident, "--settle", "0.1", "--json"]
        found = saqshy(copied, "audit", "notices", *words)
    finally:
        copied.elastic.notices.put([gone])
    alarms = [one["alarm"] for one in lines(found) if "alarm" in one]
    assert found.exit_code == 1, found.output
    assert {(one["kind"], one["what"]) for one in alarms} >= {("missing", "removed")}
    assert "looked at again" in found.stderr


STEPS = {
    "ack": (["incidents", "ack"], "incident_acknowledge"),
    "note": (["incidents", "note", "--text", "The owner was called."], "incident_note"),
    "duty": (["duty", "ack"], "duty_ack"),
}


@pytest.mark.parametrize(("words", "name"), STEPS.values(), ids=STEPS.keys())
def test_an_act_waits_for_a_collector(copied: Copied, words: list[str], name: str) -> None:
    """A step goes to the topic of the console's steps, and nothing to a spool folder here."""
    found = saqshy(copied, *words, copied.incident[:8], *BY, "--wait", "0")
    assert (found.exit_code, "waits: no running system" in found.stderr) == (1, True), found.output
    asked = copied.asked()[-1]
    assert (asked.name, asked.actor) == (name, "duty_lead/d.askar")
    assert asked.detail["incident"] == copied.incident
    assert not list(copied.config.parent.glob("nowhere*"))


@pytest.mark.parametrize("part", ["", ":2", ":nobody"], ids=["whole", "a partition", "nobody"])
def test_what_came_of_an_act_is_found(copied: Copied, part: str) -> None:
    """The entry of the whole system, or of the partition that obeyed, is the answer."""
    name = f"made{part.removeprefix(':')}"
    made = trail_entry(1, f"chain-{name}", entry_id=f"command:{name}{part}")
    copied.elastic.audit.append([made])
    try:
        settings = read_settings(copied.config)
        assert awaited(settings, None, lambda kept: kept.entry(name, ""), 0.0) == made
        assert awaited(settings, None, lambda kept: kept.entry("other", ""), 0.0) is None
    finally:
        index = copied.elastic.documents.names.lasting("audit")
        copied.elastic.client.delete(index=index, id=entry_id(made.chain, 1), refresh=True)


ELSEWHERE = {
    "silences": (["silences", "list"], "the cluster's partitions keep this"),
    "messages": (["ncc", "messages", "list"], "the cluster's partitions keep this"),
    "review": (["review", "list"], "saqshy incidents list --candidates"),
    "review accept": (["review", "accept", "3f0a", *BY], "saqshy incidents list --candidates"),
    "replay": (["dead-letters", "replay"], "saqshy cluster rebuild"),
    "purge": (["spill", "purge", "b-1", *BY], "saqshy retention"),
    "proof": (["spill", "verify", "b-1"], "saqshy retention"),
    "report": (
        [
            "report",
            "--offline",
            "--object",
            "kz-bank",
            "--kind",
            "operator",
            "--what",
            OFFER,
            *BY,
        ],
        "without it the brokers take the report",
    ),
    "evidence": (
        ["incidents", "evidence", "INCIDENT", "FILE", "--description", "x", "--keep", *BY],
        "recorded by its hash",
    ),
}


@pytest.mark.parametrize(("words", "way_out"), ELSEWHERE.values(), ids=ELSEWHERE.keys())
def test_what_a_cluster_does_not_do_from_here_is_said(
    copied: Copied, words: list[str], way_out: str
) -> None:
    """It is wrong usage with a way out, never an empty answer."""
    named = {"INCIDENT": copied.incident, "FILE": str(copied.config)}
    found = saqshy(copied, *(named.get(one, one) for one in words))
    assert (found.exit_code, found.stdout) == (2, ""), found.output
    assert way_out in found.stderr


def test_records_as_they_came_are_not_made_up(copied: Copied) -> None:
    """Whoever asks a cluster for what the journal held is told where that is."""
    with (
        cluster_kept(read_settings(copied.config)) as kept,
        pytest.raises(ConfigurationError, match="the topic raw"),
    ):
        list(kept.stores.carriers.rows("journal"))


def test_a_clusters_auditor_counts_what_stands(copied: Copied, tmp_path: Path) -> None:
    """Incidents by act, sector, severity and state are among its figures, and it keeps them up."""
    settings = read_settings(copied.config)
    beside = {name: tmp_path / name for name in ("state", "heartbeats", "pages")}
    own = settings.auditor.model_copy(update={**beside, "every_seconds": 0.05})
    process = make_cluster_process(
        settings.model_copy(update={"auditor": own}), StoryClock(instant("2026-03-02T15:52:00Z"))
    )
    try:
        process.run(iter([False, True]).__next__)
        (found,) = copied.elastic.incidents.latest()
        own_acts = {act for act, said in found.assessment.acts.items() if said is Tri.YES}
        labels = {"state": found.state.value, "severity": found.assessment.severity}
        read = process.metrics.get_sample_value
        assert read("saqshy_incidents", {**labels, "sector": "banking"}) == 1
        for act in own_acts:
            state = {"act": act, "state": found.state.value}
            assert read("saqshy_incidents_by_act", state) == 1
        assert own_acts
    finally:
        process.close()


def test_half_a_cluster_is_no_answer(copied: Copied) -> None:
    """Settings with brokers alone are told what is absent; an empty file is never read instead."""
    document = yaml.safe_load(copied.config.read_text(encoding="utf-8"))
    del document["elasticsearch"]
    config = copied.config.with_name("half.yml")
    config.write_text(yaml.safe_dump(document), encoding="utf-8")
    before = len(copied.asked())
    for words in (["incidents", "list"], ["reload", *BY]):
        found = CliRunner().invoke(app, [*words, "--config", str(config)])
        told = "elasticsearch is absent" in found.stderr
        assert (found.exit_code, told) == (2, True), found.output
    assert len(copied.asked()) == before


def test_the_number_of_partitions_is_the_topics(copied: Copied) -> None:
    """It is asked of the brokers, again after a minute, and remembered while none answers."""
    settings = read_settings(copied.config)
    with opened_ground(settings, None, lambda: 0) as ground:
        assert ground.parts() == copied.rig.partitions
    elapsed, said = [0.0], [3]

    def ask() -> int:
        if not said:
            raise StoreError("no broker answers")
        return said[0]

    parts = Parts(ask, lambda: elapsed[0])
    assert parts() == 3
    said.clear()
    elapsed[0] = PARTS_FOR
    assert parts() == 3
    said.append(200)
    elapsed[0] = 2 * PARTS_FOR
    assert f"command:a:{199}" in answers_named("a", parts())
    said.clear()
    with pytest.raises(StoreError):
        Parts(ask)()

"""`saqshy indexer` and `saqshy retention` at the command line."""

from pathlib import Path

import orjson
from typer.testing import CliRunner

from pipeline.runtime.cli.app import app
from pipeline.settings import ElasticsearchSettings
from tests.connectors.elastic_server import Server, empty_store
from tests.connectors.stores.nouns import at, batch, event

RUN = CliRunner()


def test_templates_are_written(tmp_path: Path) -> None:
    """With --templates the index templates are written as files, and nothing is asked."""
    done = RUN.invoke(app, ["indexer", "--templates", str(tmp_path / "made")])
    assert done.exit_code == 0, done.output
    made = orjson.loads((tmp_path / "made" / "saqshy-audit.template.json").read_bytes())
    assert made["index_patterns"] == ["saqshy-audit-v*"]


def test_an_absent_section_is_told(tmp_path: Path) -> None:
    """Without Elasticsearch in the settings the command ends with 2 and says what to add."""
    config = tmp_path / "saqshy.yml"
    config.write_text("centre: OCIB\n", encoding="utf-8")
    done = RUN.invoke(app, ["indexer", "--config", str(config)])
    assert done.exit_code == 2
    assert "elasticsearch" in done.output


def test_an_absent_store_is_told(tmp_path: Path) -> None:
    """Without Elasticsearch it is the store on this machine: where none is, it is named."""
    config = tmp_path / "saqshy.yml"
    config.write_text("centre: OCIB\n", encoding="utf-8")
    done = RUN.invoke(app, ["retention", "--config", str(config)])
    assert done.exit_code == 3
    assert "saqshy.db" in done.output


def written(folder: Path, settings: ElasticsearchSettings) -> Path:
    config = folder / "saqshy.yml"
    own = settings.model_dump(mode="json", include={"urls", "user", "password_file", "ca"})
    document = {"elasticsearch": own, "retention": {"events_days": 30}}
    config.write_bytes(orjson.dumps(document))
    return config


def test_without_brokers_retention_only_tells(elastic: Server, tmp_path: Path) -> None:
    """A dry run names the day; where nobody could record what goes, nothing does."""
    store = empty_store(elastic)
    store.events.add(batch(1), [event(batch(1), 0, at(1))])
    asked = ["retention", "--config", str(written(tmp_path, elastic.as_user("keeper"))), "--json"]
    told = RUN.invoke(app, [*asked, "--dry-run"])
    assert told.exit_code == 0, told.output
    (period,) = orjson.loads(told.stdout)["periods"]
    assert (period["name"], period["count"]) == ("saqshy-events-2025.10.09", 1)
    refused = RUN.invoke(app, asked)
    assert refused.exit_code == 2
    assert "cluster" in refused.output
    assert store.events.count() == 1
    store.close()


def test_no_answer_is_three(elastic: Server, tmp_path: Path) -> None:
    """An Elasticsearch that does not answer ends the command with 3."""
    absent = elastic.as_user("keeper", urls=("https://127.0.0.1:1",))
    done = RUN.invoke(app, ["retention", "--config", str(written(tmp_path, absent))])
    assert done.exit_code == 3
    assert "is it up" in done.output

"""`saqshy bench search`: a small store is made, asked, and told of."""

from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner

from connectors.stores.blocks import pack_events
from pipeline.runtime.cli.app import app
from pipeline.runtime.cli.bench_search_live import live
from pipeline.runtime.cli.bench_search_made import BEGIN, Written, batch_of, events_of, more
from pipeline.runtime.cli.bench_search_readers import beside_readers


def test_a_small_store_is_measured(tmp_path: Path) -> None:
    """Every question has its percentiles beside its goal, over as many rows as asked for."""
    store = tmp_path / "x.db"
    sizes = ["--incidents", "300", "--events", "1500", "--rounds", "2", "--file", str(store)]
    done = CliRunner().invoke(app, ["bench", "search", "--json", *sizes])
    assert done.exit_code in {0, 1}, done.output
    told = orjson.loads(done.stdout.splitlines()[0])
    assert (told["incidents"], told["events"]) == (300, 1500)
    assert all(one["p50"] <= one["p95"] <= one["p99"] for one in told["questions"].values())
    assert done.exit_code == bool(told["missed"])
    asked = ["--rounds", "2", "--file", str(store), "--report", str(tmp_path)]
    again = CliRunner().invoke(app, ["bench", "search", *asked])
    assert "newest incidents" in again.stdout
    (report,) = tmp_path.glob("search-*-sqlite.md")
    assert "| newest incidents |" in report.read_text("utf-8")


@pytest.mark.parametrize("size", [1, 40, 500])
def test_events_are_written_as_the_pipeline_writes_them(size: int) -> None:
    """The block made from a form is the one that a batch's events are packed into."""
    for batch in (batch_of(0, BEGIN), batch_of(77, BEGIN + 1), more(3)[0]):
        expected = pack_events(batch.id, batch.object_id, events_of(batch, size))
        assert Written.of(size)(batch) == expected


def test_elasticsearch_must_be_in_the_settings(tmp_path: Path) -> None:
    """Without an Elasticsearch in the settings the command says which settings it lacks."""
    config = tmp_path / "saqshy.yml"
    config.write_text("log: {level: warning}\n")
    asked = ["bench", "search", "--store", "elasticsearch", "--config", str(config)]
    done = CliRunner().invoke(app, asked)
    assert done.exit_code == 2
    assert "name no elasticsearch" in done.output


@pytest.mark.proof
def test_readers_cost_is_told(tmp_path: Path) -> None:
    """Readers ask while events are kept, and what that costs is a ratio of both."""
    store = tmp_path / "x.db"
    sizes = ["--incidents", "300", "--events", "1500", "--rounds", "2", "--file", str(store)]
    assert CliRunner().invoke(app, ["bench", "search", *sizes]).exit_code in {0, 1}
    told = beside_readers(store, 5, 3)
    assert isinstance(told["requests"], int)
    assert told["requests"] > 0
    assert isinstance(told["slowed"], float)


@pytest.mark.proof
def test_a_live_list_is_listened_to(tmp_path: Path) -> None:
    """Every commit is heard in the list, by a viewer over HTTP."""
    store = tmp_path / "x.db"
    sizes = ["--incidents", "300", "--events", "1500", "--rounds", "2", "--file", str(store)]
    asked = ["bench", "search", "--json", "--live", "3", *sizes]
    done = CliRunner().invoke(app, asked)
    assert done.exit_code in {0, 1}, done.output
    told = orjson.loads(done.stdout.splitlines()[0])["live"]
    assert told["commits"] == 3
    assert 0 < told["p50"] <= told["most"]
    assert len(live(store, 2)) == 2

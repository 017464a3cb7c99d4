"""`saqshy bench search`: a small store is made, asked, and told of."""

from pathlib import Path

import orjson
from typer.testing import CliRunner

from pipeline.runtime.cli.app import app


def test_a_small_store_is_measured(tmp_path: Path) -> None:
    """Every question has its median and p95 beside its goal, over as many rows as asked for."""
    store = tmp_path / "x.db"
    sizes = ["--incidents", "300", "--events", "1500", "--rounds", "2", "--store", str(store)]
    done = CliRunner().invoke(app, ["bench", "search", "--json", *sizes])
    assert done.exit_code in {0, 1}, done.output
    told = orjson.loads(done.stdout.splitlines()[0])
    assert (told["incidents"], told["events"]) == (300, 1500)
    assert all(one["median_ms"] <= one["p95_ms"] for one in told["questions"].values())
    assert done.exit_code == bool(told["missed"])
    again = CliRunner().invoke(app, ["bench", "search", "--rounds", "2", "--store", str(store)])
    assert "newest incidents" in again.stdout

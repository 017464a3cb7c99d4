"""`saqshy bench pipeline`: with matching in processes of its own, and with workers of a cluster."""

from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner

from pipeline.runtime.cli.app import app
from tests.connectors.kafka_broker import Broker
from tests.runtime.centre import failures, prepare

RUN = CliRunner()
pytestmark = pytest.mark.usefixtures("logs_kept")


@pytest.fixture
def given(tmp_path: Path) -> list[str]:
    """Give the arguments of a benchmark on a file of 600 records."""
    records = [one for minute in range(50) for one in failures(minute)]
    file = tmp_path / "records.log"
    file.write_bytes(b"".join(one + b"\n" for one in records))
    return ["bench", "pipeline", str(file), "--config", str(prepare(tmp_path)), "--json"]


@pytest.mark.proof
def test_processes_are_measured_beside_one(given: list[str]) -> None:
    """Both ways are timed in turns, by the wall and in seconds of a core, nothing is lost."""
    more = ["--object", "kz-bank", "--workers", "2", "--rounds", "1"]
    done = RUN.invoke(app, [*given, *more])
    assert done.exit_code == 0, done.output
    (result,) = [orjson.loads(line) for line in done.stdout.splitlines()]
    assert (result["events"], result["workers"]) == (600, 2)
    assert len(result["cpu_seconds_matching"]) == len(result["memory_mb_matching"]) == 2
    assert all(one > 0 for one in (result["ratio_best"], result["ratio_by_cpu_seconds"]))


@pytest.mark.proof
def test_a_worker_is_measured_beside_one_machine(given: list[str], kafka: Broker) -> None:
    """A real worker folds the whole stream, in topics that are gone afterwards; so is its delay."""
    more = ["--cluster", "--broker", kafka.plain, "--case", "0", "--case", "7"]
    done = RUN.invoke(app, [*given, *more])
    assert done.exit_code == 0, done.output
    cost, delay = [orjson.loads(line) for line in done.stdout.splitlines()]
    assert cost["case"] == "one worker"
    assert cost["us_per_event"] > 0
    assert delay["outcomes"] > 0
    assert 0 < delay["seconds_p50"] <= delay["seconds_p99"] <= delay["seconds_most"]

"""`saqshy bench notify`, on loads that are small enough for a test."""

import json

import pytest
from typer.testing import CliRunner

from pipeline.runtime.cli.app import app


@pytest.mark.parametrize(
    ("options", "told"),
    [
        pytest.param(
            ["--part", "first", "--rate", "100", "--seconds", "1", "--findings", "10"],
            {"first_findings": 100, "first_notices": 20, "lost": 0},
            id="ten incidents of ten findings, each told to two parties",
        ),
        pytest.param(
            ["--part", "tick", "--incidents", "300", "--ticks", "3"],
            {"tick_incidents": 300, "lost": 0},
            id="ticks",
        ),
        pytest.param(
            ["--part", "recovery", "--pending", "400"],
            {"recovery_notices": 400, "lost": 0},
            id="recovery",
        ),
    ],
)
def test_each_part_tells_its_figures(options: list[str], told: dict[str, object]) -> None:
    """Each part delivers everything and tells times, load and memory beside its goal."""
    done = CliRunner().invoke(app, ["bench", "notify", "--json", *options])
    assert done.exit_code == 0, done.stderr
    result = json.loads(done.stdout)
    assert told.items() <= result.items()
    assert any(name.endswith("_seconds") or "milliseconds_p99" in name for name in result)
    assert result["peak_memory_mb"] > 0
    assert "cores" in result["machine"]

"""The benchmark of the fold: every event is accounted for."""

import orjson
from typer.testing import CliRunner

from pipeline.runtime.cli.app import app


def test_every_event_is_in_a_window_of_each_rule_that_it_feeds() -> None:
    """A small run loses nothing, finds something and says what it measured."""
    words = [
        "bench",
        "correlate",
        "--groups",
        "2000",
        "--events",
        "4000",
        "--rounds",
        "2",
        "--json",
    ]
    ran = CliRunner().invoke(app, words)
    assert ran.exit_code == 0, ran.output
    told = orjson.loads(ran.stdout)
    assert (told["correlation_rules"], told["lost"]) == (50, 0)
    assert told["open_groups"] >= 2000
    assert told["findings"] > 0
    assert told["rules_fed_by_an_event"] > 1
    low, high = told["events_per_cpu_second_spread"]
    assert 0 < low <= told["events_per_cpu_second_median"] <= high

"""Tests of `saqshy bench assess`: it measures what it says, remembered and not."""

import orjson
from typer.testing import CliRunner

from pipeline.runtime.cli.bench import bench
from pipeline.runtime.configuration import bundled


def test_it_reports_both_ways_for_one_and_two_findings() -> None:
    """Median, spread and rate stand beside the goal, for every pack."""
    for pack in ("kz", "nis2"):
        folder = str(bundled("law") / pack)
        words = ["assess", "--cases", "100", "--rounds", "2", "--pack", folder, "--json"]
        done = CliRunner().invoke(bench, words)
        assert done.exit_code == 0, done.output
        found = orjson.loads(done.stdout)
        assert found["goal_microseconds"] == 60
        for name in ("1_findings_remembered", "1_findings_cold", "2_findings_remembered",
                     "2_findings_cold"):  # fmt: skip
            figures = found[name]
            least, median = figures["microseconds_least"], figures["microseconds_median"]
            assert 0 < least <= median <= figures["microseconds_most"]
            assert figures["per_second"] > 0

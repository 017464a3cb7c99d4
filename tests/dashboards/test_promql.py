"""The reader of expressions sees what the catalogue lacks."""

import pytest

from tests.dashboards.promql import faults


@pytest.mark.parametrize(
    ("expr", "legend", "found"),
    [
        ("sum by (stage) (rate(saqshy_stage_items_total[5m]))", "{{stage}}", 0),
        ("histogram_quantile(0.9, sum by (le) (saqshy_stage_duration_seconds_bucket))", "", 0),
        ("saqshy_invented_total", "", 1),
        ('saqshy_stage_items_total{invented="x"}', "", 1),
        ("sum by (invented) (saqshy_stage_items_total)", "", 1),
        ("saqshy_stage_items_total", "{{invented}}", 1),
        ("saqshy_stage_duration_seconds", "", 1),
    ],
)
def test_unknown_series_and_labels_are_seen(expr: str, legend: str, found: int) -> None:
    """A series or label that no process shows is found, also in a legend."""
    assert len(list(faults(expr, legend))) == found

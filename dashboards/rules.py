"""Rules: what they find, what they cost, and which are noise."""

from dashboards.panels import Board, Elastic, Panel, Prom, above, series, stat
from dashboards.sources import FINDINGS

BOARD = Board(
    name="rules",
    rows=(
        (
            "now",
            (
                stat("in_force", "sum(saqshy_rules_in_force)"),
                stat("quarantined", "max(saqshy_rules_quarantined)", steps=above(1, 10)),
                stat(
                    "errors", "sum(increase(saqshy_rule_errors_total[$__range])) or vector(0)",
                    steps=above(1, 100),
                ),
                stat("suppressed", "sum(increase(saqshy_findings_suppressed_total[$__range]))"),
                stat(
                    "noise",
                    "sum(saqshy_rule_hits_total) / sum(saqshy_findings_total)",
                ),
                stat(
                    "false_share",
                    "sum(saqshy_findings_total) / sum(saqshy_incidents_opened_total)",
                ),
            ),
        ),
        (
            "hits",
            (
                Panel(
                    "most_hits",
                    "bars",
                    (Prom("topk(20, sum by (rule) (saqshy_rule_hits_total))", "{{rule}}", True),),
                    width=12,
                    height=10,
                ),
                Panel(
                    "findings_by_rule",
                    "bars",
                    (Elastic(FINDINGS, by="rule.title"),),
                    width=12,
                    height=10,
                ),
                series(
                    "hit_rate",
                    Prom(
                        "topk(10, sum by (rule) (rate(saqshy_rule_hits_total[$__rate_interval])))",
                        "{{rule}}",
                    ),
                    unit="ops",
                ),
                series("levels", Elastic(FINDINGS, by="rule.level", over_time="auto")),
                Panel("kinds", "bars", (Elastic(FINDINGS, by="kind"),)),
            ),
        ),
        (
            "cost",
            (
                Panel(
                    "most_time",
                    "bars",
                    (
                        Prom(
                            "topk(20, sum by (rule) (saqshy_rule_test_seconds_total))",
                            "{{rule}}",
                            True,
                        ),
                    ),
                    "s",
                    width=12,
                    height=10,
                ),
                Panel(
                    "dearest",
                    "bars",
                    (
                        Prom(
                            "topk(20, sum by (rule) (saqshy_rule_test_seconds_total)"
                            " / sum by (rule) (saqshy_rule_tests_total))",
                            "{{rule}}",
                            True,
                        ),
                    ),
                    "s",
                    width=12,
                    height=10,
                ),
            ),
        ),
    ),
)  # fmt: skip

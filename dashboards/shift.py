"""Shift: what is happening, and what is due."""

from dashboards.panels import Board, Elastic, Panel, Prom, above, series, stat
from dashboards.sources import INCIDENTS, NOTICES

OPEN = 'state=~"new|acknowledged|investigating|contained"'
BOARD = Board(
    name="shift",
    begin="now-12h",
    refresh="30s",
    rows=(
        (
            "now",
            (
                stat("open", f"sum(saqshy_incidents{{{OPEN}}}) or vector(0)", steps=above(1, 10)),
                stat(
                    "candidates",
                    'max(saqshy_review_waiting{what="candidate"}) or vector(0)',
                    steps=above(1, 20),
                ),
                stat("overdue", "sum(saqshy_terms_overdue) or vector(0)", steps=above(1, 1)),
                stat(
                    "due_in",
                    "min(saqshy_notices_due_in_seconds)",
                    "s",
                    steps=((-1e9, "red"), (0, "orange"), (3600, "green")),
                ),
                stat(
                    "silent", 'sum(saqshy_sources{standing="silent"}) or vector(0)',
                    steps=above(1, 3),
                ),
                stat("alarms", "sum(saqshy_auditor_alarms) or vector(0)", steps=above(1, 1)),
            ),
        ),
        (
            "coming",
            (
                series("opened", Elastic(INCIDENTS, by="assessment.severity", over_time="auto")),
                series(
                    "findings",
                    Prom(
                        "sum by (level) (increase(saqshy_findings_total[$__rate_interval]))",
                        "{{level}}",
                    ),
                ),
                series(
                    "waiting",
                    Prom("max by (what) (saqshy_review_oldest_seconds)", "{{what}}"),
                    unit="s",
                ),
            ),
        ),
        (
            "queue",
            (
                Panel(
                    "newest",
                    "table",
                    (Elastic(INCIDENTS, "NOT state:(closed OR merged)", documents=50),),
                    width=14,
                    height=10,
                    columns=(
                        "opened_at", "id", "object_id", "state", "assessment.severity",
                        "assessment.is_incident", "assessment.rsit",
                    ),
                    link="incidents",
                ),
                Panel(
                    "undelivered",
                    "table",
                    (Elastic(NOTICES, "state:(pending OR failed OR held OR dead)", documents=50),),
                    width=10,
                    height=10,
                    columns=("due_at", "incident_id", "leg", "recipient.role", "state"),
                    link="incidents",
                ),
            ),
        ),
    ),
)  # fmt: skip

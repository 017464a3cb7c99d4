"""Notices and terms: what was owed, what was met in time, and what arrived."""

from dashboards.panels import Board, Elastic, Panel, Prom, above, below, series, stat
from dashboards.sources import NOTICES

BOARD = Board(
    name="notices",
    begin="now-7d",
    rows=(
        (
            "proof",
            (
                stat(
                    "on_time",
                    '(sum(increase(saqshy_terms_met_total{late="no"}[$__range])) or vector(0)) /'
                    " (sum(increase(saqshy_terms_met_total[$__range]))"
                    " + sum(increase(saqshy_terms_missed_total[$__range])))",
                    "percentunit",
                    steps=below(1.0, 0.99),
                ),
                stat("overdue", "sum(saqshy_terms_overdue) or vector(0)", steps=above(1, 1)),
                stat("running", "sum(saqshy_terms_open_incidents)"),
                stat(
                    "oldest", "max(saqshy_notices_oldest_waiting_seconds)", "s",
                    steps=above(300, 3600),
                ),
                stat(
                    "lines", "sum(saqshy_delivery_lines_not_closed) or vector(0)",
                    steps=above(1, 3),
                ),
                stat("alarms", "sum(saqshy_auditor_alarms) or vector(0)", steps=above(1, 1)),
            ),
        ),
        (
            "terms",
            (
                series(
                    "met",
                    Prom(
                        "sum by (leg, late) (increase(saqshy_terms_met_total[$__rate_interval]))",
                        "{{leg}} late={{late}}",
                    ),
                    width=6,
                ),
                series(
                    "missed",
                    Prom(
                        "sum by (leg, duty_of)"
                        " (increase(saqshy_terms_missed_total[$__rate_interval]))",
                        "{{leg}} {{duty_of}}",
                    ),
                    width=6,
                ),
                series(
                    "spare",
                    Prom(
                        "histogram_quantile(0.05, sum by (le, leg)"
                        " (increase(saqshy_term_spare_seconds_bucket[$__range])))",
                        "{{leg}}",
                    ),
                    unit="s",
                    width=6,
                ),
                series(
                    "reminders",
                    Prom(
                        "sum by (to) (increase(saqshy_reminders_total[$__rate_interval]))", "{{to}}"
                    ),
                    width=6,
                ),
            ),
        ),
        (
            "delivery",
            (
                series(
                    "receipts",
                    Prom(
                        "histogram_quantile(0.95, sum by (le, channel)"
                        " (increase(saqshy_receipt_delay_seconds_bucket[$__range])))",
                        "{{channel}}",
                    ),
                    unit="s",
                ),
                series(
                    "states",
                    Prom(
                        "sum by (channel, state)"
                        " (increase(saqshy_notice_states_total[$__rate_interval]))",
                        "{{channel}} {{state}}",
                    ),
                ),
                series(
                    "attempts",
                    Prom(
                        "sum by (channel, outcome)"
                        " (increase(saqshy_delivery_attempts_total[$__rate_interval]))",
                        "{{channel}} {{outcome}}",
                    ),
                ),
                Panel(
                    "waiting",
                    "bars",
                    (
                        Prom(
                            "sum by (channel, state) (saqshy_notices_waiting)",
                            "{{channel}} {{state}}",
                            now=True,
                        ),
                    ),
                ),
                Panel(
                    "guard",
                    "bars",
                    (
                        Prom(
                            "sum by (decision) (saqshy_guard_decisions_total)",
                            "{{decision}}",
                            now=True,
                        ),
                    ),
                ),
                Panel("roles", "bars", (Elastic(NOTICES, by="recipient.role"),)),
            ),
        ),
        (
            "each",
            (
                series("legs", Elastic(NOTICES, by="leg", over_time="auto"), width=10),
                Panel(
                    "delivered",
                    "table",
                    (Elastic(NOTICES, "state:(sent OR acknowledged)", documents=100),),
                    width=14,
                    columns=(
                        "created_at", "due_at", "receipt.received_at", "leg", "recipient.role",
                        "channel", "state", "incident_id",
                    ),
                    link="incidents",
                ),
            ),
        ),
    ),
)  # fmt: skip

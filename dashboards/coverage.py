"""Sources and coverage: who is heard, how much, how late, and what was lost on the way in."""

from dashboards.panels import Board, Elastic, Panel, Prom, Variable, above, series, stat
from dashboards.sources import EVENTS

OF = 'object_id=~"$object"'
IN_STORE = "saqshy.object_id:/${object:pipe}/"  # a pattern, as the choice of all is one
BOARD = Board(
    name="sources",
    variables=(
        Variable("object", "label_values(saqshy_source_last_seen_timestamp_seconds, object_id)"),
    ),
    rows=(
        (
            "standing",
            (
                stat("heard", 'sum(saqshy_sources{standing="heard"})'),
                stat(
                    "silent", 'sum(saqshy_sources{standing="silent"}) or vector(0)',
                    steps=above(1, 3),
                ),
                stat(
                    "watermark", "max(saqshy_watermark_delay_seconds)", "s", steps=above(900, 3600)
                ),
                stat(
                    "refused", "sum(increase(saqshy_records_refused_total[$__range])) or vector(0)",
                    steps=above(1, 1000),
                ),
                stat(
                    "dropped",
                    "sum(increase(saqshy_datagrams_dropped_total[$__range])) or vector(0)",
                    steps=above(1, 1),
                ),
                stat("spool", "sum(saqshy_spool_bytes)", "bytes", steps=above(1, 1e9)),
            ),
        ),
        (
            "silence",
            (
                Panel(
                    "last_seen",
                    "bars",
                    (
                        Prom(
                            "sort_desc(time()"
                            f" - saqshy_source_last_seen_timestamp_seconds{{{OF}}})",
                            "{{object_id}}/{{source_id}}",
                            now=True,
                        ),
                    ),
                    "s",
                    width=12,
                    height=10,
                    steps=above(900, 3600),
                ),
                Panel(
                    "skew",
                    "bars",
                    (
                        Prom(
                            f"saqshy_source_clock_skew_seconds{{{OF}}}",
                            "{{object_id}}/{{source_id}}",
                            now=True,
                        ),
                    ),
                    "s",
                    width=12,
                    height=10,
                ),
            ),
        ),
        (
            "volume",
            (
                series(
                    "rate",
                    Prom(
                        "topk(20, sum by (object_id, source_id)"
                        f" (rate(saqshy_source_records_total{{{OF}}}[$__rate_interval])))",
                        "{{object_id}}/{{source_id}}",
                    ),
                    unit="rps",
                    width=12,
                ),
                series(
                    "failed",
                    Prom(
                        "sum by (object_id, source_id)"
                        f" (rate(saqshy_source_failures_total{{{OF}}}[$__rate_interval]))",
                        "{{object_id}}/{{source_id}}",
                    ),
                    unit="rps",
                    width=12,
                ),
                series(
                    "datasets",
                    Elastic(EVENTS, IN_STORE, "event.dataset", over_time="auto"),
                    width=16,
                ),
                Panel(
                    "events_by_source",
                    "bars",
                    (Elastic(EVENTS, IN_STORE, by="saqshy.source_id"),),
                ),
            ),
        ),
        (
            "losses",
            (
                series(
                    "refusals",
                    Prom(
                        "sum by (listener, reason)"
                        " (rate(saqshy_records_refused_total[$__rate_interval]))",
                        "{{listener}} {{reason}}",
                    ),
                    unit="rps",
                ),
                series(
                    "drops",
                    Prom(
                        "sum by (listener)"
                        " (rate(saqshy_datagrams_dropped_total[$__rate_interval])) or vector(0)",
                        "{{listener}}",
                    ),
                    Prom(
                        "sum by (object_id, source_id)"
                        " (rate(saqshy_source_dropped_total[$__rate_interval])) or vector(0)",
                        "{{object_id}}/{{source_id}}",
                    ),
                    unit="rps",
                ),
                series(
                    "late",
                    Prom("sum(rate(saqshy_matches_too_late_total[$__rate_interval]))"),
                    unit="ops",
                ),
            ),
        ),
    ),
)  # fmt: skip

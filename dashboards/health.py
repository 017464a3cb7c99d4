"""Pipeline health: every stage in, out, failed and its time; lag, stores, versions."""

from dashboards.panels import Board, Panel, Prom, above, series, stat

BOARD = Board(
    name="health",
    begin="now-3h",
    refresh="30s",
    rows=(
        (
            "now",
            (
                stat("up", 'min(up{job="saqshy"})', steps=((0, "red"), (1, "green"))),
                stat(
                    "store", "min(saqshy_store_up)", steps=((0, "red"), (1, "green"))
                ),
                stat("lag", "sum(saqshy_lag_records)", steps=above(10_000, 1_000_000)),
                stat(
                    "oldest", "max(saqshy_oldest_unprocessed_seconds)", "s", steps=above(60, 300)
                ),
                stat("dead", "sum(saqshy_dead_letters)", steps=above(1, 1000)),
                stat("refused", "max(saqshy_reload_refused)", steps=above(1, 1)),
            ),
        ),
        (
            "stages",
            (
                series(
                    "taken",
                    Prom(
                        "sum by (stage) (rate(saqshy_stage_items_total[$__rate_interval]))",
                        "{{stage}}",
                    ),
                    unit="ops",
                ),
                series(
                    "given",
                    Prom(
                        "sum by (stage) (rate(saqshy_stage_outputs_total[$__rate_interval]))",
                        "{{stage}}",
                    ),
                    unit="ops",
                ),
                series(
                    "failed",
                    Prom(
                        "sum by (stage, code) (rate(saqshy_failures_total[$__rate_interval]))"
                        " or vector(0)",
                        "{{stage}} {{code}}",
                    ),
                    unit="ops",
                ),
                series(
                    "time",
                    Prom(
                        "histogram_quantile(0.95, sum by (le, stage)"
                        " (rate(saqshy_stage_duration_seconds_bucket[$__rate_interval])))",
                        "{{stage}}",
                    ),
                    unit="s",
                ),
                series(
                    "behind",
                    Prom("max(saqshy_lag_seconds)", "seconds"),
                    Prom("max(saqshy_watermark_delay_seconds)", "watermark"),
                    unit="s",
                ),
                series("batches", Prom("sum(saqshy_lag_batches)")),
            ),
        ),
        (
            "stores",
            (
                series(
                    "transactions",
                    Prom(
                        "histogram_quantile(0.95, sum by (le)"
                        " (rate(saqshy_store_transaction_seconds_bucket[$__rate_interval])))",
                        "p95",
                    ),
                    unit="s",
                ),
                series(
                    "refusals",
                    Prom(
                        "sum by (reason) (rate(saqshy_store_refusals_total[$__rate_interval]))"
                        " or vector(0)",
                        "{{reason}}",
                    ),
                    unit="ops",
                ),
                series("kept", Prom("sum(saqshy_events_kept)")),
                series("state", Prom("sum by (kind) (saqshy_state_rows)", "{{kind}}")),
                series(
                    "evicted",
                    Prom(
                        "sum(rate(saqshy_window_entries_evicted_total[$__rate_interval]))",
                        "windows",
                    ),
                    Prom("sum(rate(saqshy_repeats_forgotten_total[$__rate_interval]))", "repeats"),
                    unit="ops",
                ),
                Panel(
                    "versions",
                    "table",
                    (Prom("saqshy_versions_info", now=True),),
                    columns=("version", "content", "registry", "pack", "regime", "instance"),
                ),
            ),
        ),
        (
            "cluster",
            (
                series("topics", Prom("sum by (topic) (saqshy_topic_lag_messages)", "{{topic}}")),
                series(
                    "topics_age", Prom("max by (topic) (saqshy_topic_lag_seconds)", "{{topic}}"),
                    unit="s",
                ),
                series(
                    "indexed",
                    Prom(
                        "sum by (result) (rate(saqshy_indexer_items_total[$__rate_interval]))",
                        "{{result}}",
                    ),
                    unit="ops",
                ),
                series(
                    "index_time",
                    Prom(
                        "histogram_quantile(0.95, sum by (le)"
                        " (rate(saqshy_indexer_batch_seconds_bucket[$__rate_interval])))",
                        "p95",
                    ),
                    unit="s",
                ),
                series(
                    "index_lag", Prom("sum by (topic) (saqshy_indexer_lag_messages)", "{{topic}}")
                ),
                series(
                    "index_age", Prom("max by (topic) (saqshy_indexer_lag_seconds)", "{{topic}}"),
                    unit="s",
                ),
                series("ready", Prom("min by (instance) (saqshy_ready)", "{{instance}}")),
            ),
        ),
        (
            "web",
            (
                series(
                    "requests",
                    Prom(
                        "sum by (status) (rate(saqshy_web_requests_total[$__rate_interval]))",
                        "{{status}}",
                    ),
                    unit="reqps",
                ),
                series(
                    "answers",
                    Prom(
                        "histogram_quantile(0.95, sum by (le, route)"
                        " (rate(saqshy_web_request_seconds_bucket[$__rate_interval])))",
                        "{{route}}",
                    ),
                    unit="s",
                ),
                series(
                    "logins",
                    Prom(
                        "sum by (reason) (rate(saqshy_web_logins_refused_total[$__rate_interval]))",
                        "{{reason}}",
                    ),
                    unit="ops",
                ),
            ),
        ),
    ),
)  # fmt: skip

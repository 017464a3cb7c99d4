"""The table of all time series: names, kinds, labels, and label values known beforehand."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from pipeline.model import FailureCode, IncidentState

# Label values that are known beforehand; any other is "other".
KNOWN: Mapping[str, frozenset[str]] = {
    "code": frozenset(code.value for code in FailureCode),
    "state": frozenset(state.value for state in IncidentState),
    "kind": frozenset({"rule", "correlation", "detector"}),
    "level": frozenset({"informational", "low", "medium", "high", "critical"}),
    "leg": frozenset({"first", "update", "correction", "final", "advisory", "event_stream"}),
    "outcome": frozenset(
        {"acknowledged", "sent", "delayed", "refused", "held", "in_force", "unchanged"}
    ),
}


@dataclass(frozen=True, slots=True)
class Series:
    """One time series: its name, what it is, and its labels in order."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    help: str
    labels: tuple[str, ...] = ()


SERIES: Mapping[str, Series] = {
    series.name: series
    for series in (
        Series("saqshy_journal_batches_total", "counter", "Batches made durable.", ("listener",)),
        Series("saqshy_journal_records_total", "counter", "Records made durable.", ("listener",)),
        Series("saqshy_journal_bytes_total", "counter", "Bytes made durable.", ("listener",)),
        Series(
            "saqshy_records_refused_total",
            "counter",
            "Records of an unknown source or an unattested object, not stored.",
            ("listener", "reason"),
        ),
        Series(
            "saqshy_datagrams_dropped_total",
            "counter",
            "Records that kernel or listener could not hold.",
            ("listener",),
        ),
        Series(
            "saqshy_senders_refused_total",
            "counter",
            "Connections that were not let in.",
            ("listener", "reason"),
        ),
        Series(
            "saqshy_senders_paused_seconds_total",
            "counter",
            "Time that senders over their quota were made to wait.",
            ("listener",),
        ),
        Series("saqshy_spool_deliveries", "gauge", "Deliveries that wait for the journal."),
        Series("saqshy_spool_bytes", "gauge", "Bytes of the spool on its disk."),
        Series(
            "saqshy_matches_too_late_total",
            "counter",
            "Matches beyond their source's lateness, not counted in windows.",
        ),
        Series(
            "saqshy_window_entries_evicted_total",
            "counter",
            "Entries of correlation windows let go for want of room.",
        ),
        Series(
            "saqshy_repeats_forgotten_total",
            "counter",
            "Hosts whose repeats of a rule were let go for want of room.",
        ),
        Series("saqshy_stage_items_total", "counter", "Items that a stage took.", ("stage",)),
        Series(
            "saqshy_stage_duration_seconds", "histogram", "Time of a stage for a batch.", ("stage",)
        ),
        Series(
            "saqshy_failures_total",
            "counter",
            "Records that went to the dead letters.",
            ("stage", "code"),
        ),
        Series("saqshy_findings_total", "counter", "Findings opened.", ("kind", "level")),
        Series(
            "saqshy_incident_revisions_total",
            "counter",
            "Revisions of incidents by the state that they brought.",
            ("state",),
        ),
        Series("saqshy_notices_total", "counter", "Notices made.", ("leg", "role")),
        Series(
            "saqshy_delivery_attempts_total",
            "counter",
            "Attempts to deliver a notice.",
            ("channel", "outcome"),
        ),
        Series(
            "saqshy_delivery_duration_seconds", "histogram", "Time of an attempt.", ("channel",)
        ),
        Series(
            "saqshy_delivery_repeated_total",
            "counter",
            "Notices sent that may have gone out before, since a kill left their claim unrecorded.",
            ("channel",),
        ),
        Series("saqshy_findings_suppressed_total", "counter", "Findings opened under a silence."),
        Series(
            "saqshy_reloads_total",
            "counter",
            "Reloads of rules, registry and pack.",
            ("outcome",),
        ),
        Series("saqshy_reload_duration_seconds", "histogram", "Time of a reload."),
        Series(
            "saqshy_reload_refused",
            "gauge",
            "1 while what the files hold is refused and the old stays in force.",
        ),
        Series(
            "saqshy_rule_errors_total",
            "counter",
            "Events that a rule could not be asked about.",
            ("rule",),
        ),
        Series("saqshy_rules_quarantined", "gauge", "Rules left out of the content in force."),
        Series("saqshy_lag_batches", "gauge", "Batches journalled and not yet processed."),
        Series("saqshy_lag_seconds", "gauge", "Age of the batch processed last."),
    )
}

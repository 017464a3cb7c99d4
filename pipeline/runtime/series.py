"""The table of the series that are counted as things happen, and the bounds of their labels."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from pipeline.model import FailureCode, IncidentState, NoticeState
from pipeline.registry.enumerations import Sector

# Label values that are known beforehand; any other is "other".
KNOWN: Mapping[str, frozenset[str]] = {
    "code": frozenset(code.value for code in FailureCode),
    "state": frozenset(state.value for of in (IncidentState, NoticeState) for state in of),
    "sector": frozenset({*get_args(Sector), "unknown"}),
    "decision": frozenset({"open", "stub", "hold", "stopped"}),
    "kind": frozenset({"rule", "correlation", "detector"}),
    "level": frozenset({"informational", "low", "medium", "high", "critical"}),
    "leg": frozenset(
        {"first", "update", "correction", "final", "advisory", "event_stream", "page", "digest"}
        | {"reminder"}
    ),
    "outcome": frozenset(
        {"acknowledged", "sent", "delayed", "refused", "held", "in_force", "unchanged"}
    ),
}
RUN, COLLECTOR, WORKER, NOTIFIER = "run", "collector", "worker", "notifier"
INDEXER, AUDITOR, WEB = "indexer", "auditor", "web"
_INTAKE, _STAGES, _TELLING = (RUN, COLLECTOR), (RUN, WORKER), (RUN, NOTIFIER)


@dataclass(frozen=True, slots=True)
class Series:
    """One time series: its name, what it is, and its labels in order.

    ``shown_by`` names the processes in which it says something: the standalone ``run``, those of
    the cluster, the ``auditor``, and what serves console and API (``web``).
    """

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    help: str
    labels: tuple[str, ...] = ()
    shown_by: tuple[str, ...] = (RUN,)


def _counter(
    name: str, help_: str, labels: tuple[str, ...] = (), by: tuple[str, ...] = (RUN,)
) -> Series:
    return Series(name, "counter", help_, labels, by)


def _gauge(
    name: str, help_: str, labels: tuple[str, ...] = (), by: tuple[str, ...] = (RUN,)
) -> Series:
    return Series(name, "gauge", help_, labels, by)


def _seconds(
    name: str, help_: str, labels: tuple[str, ...] = (), by: tuple[str, ...] = (RUN,)
) -> Series:
    return Series(name, "histogram", help_, labels, by)


_TAKEN = (
    _counter("saqshy_journal_batches_total", "Batches made durable.", ("listener",), _INTAKE),
    _counter("saqshy_journal_records_total", "Records made durable.", ("listener",), _INTAKE),
    _counter("saqshy_journal_bytes_total", "Bytes made durable.", ("listener",), _INTAKE),
    _counter(
        "saqshy_records_refused_total",
        "Records of an unknown source or an unattested object, not stored.",
        ("listener", "reason"),
        _INTAKE,
    ),
    _counter(
        "saqshy_datagrams_dropped_total",
        "Records that kernel or listener could not hold.",
        ("listener",),
        _INTAKE,
    ),
    _counter(
        "saqshy_source_dropped_total",
        "Records of a source over its quota that came where nobody can be made to wait: gone.",
        ("object_id", "source_id"),
        _INTAKE,
    ),
    _counter(
        "saqshy_senders_refused_total",
        "Connections that were not let in.",
        ("listener", "reason"),
        _INTAKE,
    ),
    _counter(
        "saqshy_senders_paused_seconds_total",
        "Time that senders over their quota were made to wait.",
        ("listener",),
        _INTAKE,
    ),
    _gauge("saqshy_spool_deliveries", "Deliveries that wait for the journal.", (), _INTAKE),
    _gauge("saqshy_spool_bytes", "Bytes of the spool on its disk.", (), _INTAKE),
    _seconds(
        "saqshy_store_transaction_seconds",
        "Time of a transaction of the store, with what is computed inside it; of a worker's or"
        " notifier's state until the brokers keep it.",
        (),
        (RUN, COLLECTOR, WORKER, NOTIFIER),
    ),
    _counter(
        "saqshy_store_refusals_total",
        "Transactions that the store did not take: full, busy, broken or corrupt.",
        ("reason",),
        _INTAKE,
    ),
)
_WORKED = (
    _counter(
        "saqshy_source_records_total",
        "Records of a source that were read; sources beyond 2048 are counted as other.",
        ("object_id", "source_id"),
        _STAGES,
    ),
    _counter(
        "saqshy_source_failures_total",
        "Records of a source that went to the dead letters.",
        ("object_id", "source_id"),
        _STAGES,
    ),
    _counter(
        "saqshy_matches_too_late_total",
        "Matches beyond their source's lateness, not counted in windows.",
        (),
        _STAGES,
    ),
    _counter(
        "saqshy_window_entries_evicted_total",
        "Entries of correlation windows let go for want of room.",
        (),
        _STAGES,
    ),
    _counter(
        "saqshy_repeats_forgotten_total",
        "Hosts whose repeats of a rule were let go for want of room.",
        (),
        _STAGES,
    ),
    _counter("saqshy_stage_items_total", "Items that a stage took.", ("stage",), _STAGES),
    _counter("saqshy_stage_outputs_total", "Items that a stage gave.", ("stage",), _STAGES),
    _seconds("saqshy_stage_duration_seconds", "Time of a stage for a batch.", ("stage",), _STAGES),
    _counter(
        "saqshy_failures_total",
        "Records that went to the dead letters.",
        ("stage", "code"),
        _STAGES,
    ),
    _counter("saqshy_rule_hits_total", "Events that a rule matched.", ("rule",), _STAGES),
    _counter(
        "saqshy_rule_errors_total",
        "Events that a rule could not be asked about.",
        ("rule",),
        _STAGES,
    ),
    _gauge("saqshy_lag_batches", "Batches journalled and not yet processed."),
    _gauge(
        "saqshy_lag_records",
        "Records journalled and not yet processed: batches that wait, by the mean of those done.",
    ),
    _gauge("saqshy_lag_seconds", "Age of the batch processed last."),
)
_DECIDED = (
    _counter("saqshy_findings_total", "Findings opened.", ("kind", "level"), _STAGES),
    _counter("saqshy_findings_suppressed_total", "Findings opened under a silence.", (), _STAGES),
    _counter(
        "saqshy_incident_revisions_total",
        "Revisions of incidents by the state that they brought.",
        ("state",),
        _STAGES,
    ),
    _counter(
        "saqshy_incidents_opened_total",
        "Incidents that came to be; candidates count once they are incidents.",
        ("severity", "sector"),
        _STAGES,
    ),
    _counter(
        "saqshy_incident_acts_total",
        "Acts of the law that newly opened incidents bear; one may bear several.",
        ("act",),
        _STAGES,
    ),
    _counter(
        "saqshy_guard_decisions_total",
        "What the secrecy guard decided of notices (open, stub, hold) and of records (stopped).",
        ("decision",),
        _STAGES,
    ),
)
_TOLD = (
    _counter("saqshy_notices_total", "Notices made.", ("leg", "role"), _STAGES),
    _counter(
        "saqshy_notice_states_total",
        "Notices by channel and the state that an attempt brought them to.",
        ("channel", "state"),
        _TELLING,
    ),
    _seconds(
        "saqshy_receipt_delay_seconds",
        "From a notice's making to its delivery: receipt, or for a spool the writing.",
        ("channel", "leg"),
        _TELLING,
    ),
    _counter(
        "saqshy_delivery_attempts_total",
        "Attempts to deliver a notice.",
        ("channel", "outcome"),
        _TELLING,
    ),
    _seconds("saqshy_delivery_duration_seconds", "Time of an attempt.", ("channel",), _TELLING),
    _counter(
        "saqshy_delivery_repeated_total",
        "Notices sent that may have gone out before, since a kill left their claim unrecorded.",
        ("channel",),
        _TELLING,
    ),
)
_KNOWLEDGE = (
    _counter("saqshy_reloads_total", "Reloads of rules, registry and pack.", ("outcome",), _INTAKE),
    _seconds("saqshy_reload_duration_seconds", "Time of a reload.", (), _INTAKE),
    _gauge(
        "saqshy_reload_refused",
        "1 while what the files hold is refused and the old stays in force.",
        (),
        _INTAKE,
    ),
)
SERIES: Mapping[str, Series] = {
    series.name: series for series in (*_TAKEN, *_WORKED, *_DECIDED, *_TOLD, *_KNOWLEDGE)
}

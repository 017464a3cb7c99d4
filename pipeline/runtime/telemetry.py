"""Telemetry: one method an internal event, which counts and logs it together.

What is counted is one table, ``series.SERIES``; where the counts are kept is one of two meters:
Prometheus or memory. Base units (seconds, bytes); counters end in ``_total``; labels are bounded:
closed sets where we know them, else short names up to a number, never an address, a user or a text.
"""

import re
import threading
import time
from collections.abc import Callable, Sequence
from typing import Protocol

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics

from pipeline.runtime.logs import set_up_logging
from pipeline.runtime.series import KNOWN, SERIES, Series

__all__ = ["SERIES", "Prometheus", "Series", "Silent", "set_up_logging"]

OTHER = "other"
MOST_VALUES = 64
MOST_RULES = 1024  # ids of our content, which a person wrote
MOST_SOURCES = 2048  # registered ones: no sender can add to them
TELL_SECONDS = 10.0

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0)
_BUCKETS = {
    "saqshy_receipt_delay_seconds": (
        *(0.05, 0.25, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0),
        *(3600.0, 3 * 3600.0, 24 * 3600.0, 72 * 3600.0, 168 * 3600.0),
    ),
}
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,63}", re.ASCII)
_RULE = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}", re.ASCII)  # an id, which may begin with a digit


class Meter(Protocol):
    """Where counts are kept: by series and its label values."""

    def add(self, series: str, labels: tuple[str, ...], amount: float) -> None:
        """Count up."""

    def put(self, series: str, labels: tuple[str, ...], value: float) -> None:
        """Let a gauge show a value."""

    def observe(self, series: str, labels: tuple[str, ...], value: float) -> None:
        """Add one value to a distribution."""


class PrometheusMeter:
    """Counts in a Prometheus registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        # Else each counter brings a second series, with the time of its first count.
        disable_created_metrics()  # type: ignore[no-untyped-call] # the library has no type there
        self._counters: dict[str, Counter] = {}
        self._gauges: dict[str, Gauge] = {}
        self._histograms: dict[str, Histogram] = {}
        for name, of in SERIES.items():
            if of.kind == "counter":
                self._counters[name] = Counter(name, of.help, of.labels, registry=registry)
            elif of.kind == "gauge":
                self._gauges[name] = Gauge(name, of.help, of.labels, registry=registry)
            else:
                buckets = _BUCKETS.get(name, _SECONDS)
                self._histograms[name] = Histogram(
                    name, of.help, of.labels, registry=registry, buckets=buckets
                )

    def add(self, series: str, labels: tuple[str, ...], amount: float) -> None:
        """Count up."""
        counter = self._counters[series]
        (counter.labels(*labels) if labels else counter).inc(amount)

    def put(self, series: str, labels: tuple[str, ...], value: float) -> None:
        """Let a gauge show a value."""
        gauge = self._gauges[series]
        (gauge.labels(*labels) if labels else gauge).set(value)

    def observe(self, series: str, labels: tuple[str, ...], value: float) -> None:
        """Add one value to a distribution."""
        histogram = self._histograms[series]
        (histogram.labels(*labels) if labels else histogram).observe(value)


class MemoryMeter:
    """Counts in a dictionary; of a distribution the sum and, under ``_count``, how many."""

    def __init__(self) -> None:
        self._values: dict[tuple[str, tuple[str, ...]], float] = {}
        self._guard = threading.Lock()

    def add(self, series: str, labels: tuple[str, ...], amount: float) -> None:
        """Count up."""
        with self._guard:
            self._values[series, labels] = self._values.get((series, labels), 0.0) + amount

    def put(self, series: str, labels: tuple[str, ...], value: float) -> None:
        """Let a gauge show a value."""
        with self._guard:
            self._values[series, labels] = value

    def observe(self, series: str, labels: tuple[str, ...], value: float) -> None:
        """Add one value to a distribution."""
        self.add(f"{series}_sum", labels, value)
        self.add(f"{series}_count", labels, 1)

    def value(self, series: str, *labels: str) -> float:
        """Give what was counted, 0 where nothing was."""
        with self._guard:
            return self._values.get((series, labels), 0.0)


class Log(Protocol):
    """Where what is noted is told: a structlog logger, or nobody."""

    def debug(self, event: str, **values: object) -> object:
        """Tell what is of use to who looks for a fault."""

    def info(self, event: str, **values: object) -> object:
        """Tell what is as it should be."""

    def warning(self, event: str, **values: object) -> object:
        """Tell what a person should look at."""


class Nobody:
    """A log that nobody reads."""

    def debug(self, event: str, **values: object) -> None:
        """Tell nobody."""

    info = warning = debug


class Signals:
    """``ports.Telemetry`` on a meter and a log."""

    def __init__(
        self, meter: Meter, log: Log, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._meter = meter
        self._log = log
        self._monotonic = monotonic
        self._seen: dict[str, set[str]] = {}
        self._told: dict[tuple[str, ...], tuple[float, int]] = {}
        self._sources: set[tuple[str, str]] = set()
        self._batches = self._records = 0  # committed so far
        self._guard = threading.Lock()

    def batch_journalled(self, listener: str, records: int, size: int) -> None:
        """Note a batch that is durable; ``size`` in bytes."""
        self._add("saqshy_journal_batches_total", 1, listener)
        self._add("saqshy_journal_records_total", records, listener)
        self._add("saqshy_journal_bytes_total", size, listener)
        self._log.debug("batch.journalled", listener=listener, records=records, size=size)

    def records_refused(self, listener: str, reason: str, count: int) -> None:
        """Note records of an unknown source or an unattested object, not stored."""
        self._add("saqshy_records_refused_total", count, listener, reason)
        if told := self._due(count, "refused", listener, reason):
            self._log.warning("records.refused", listener=listener, reason=reason, count=told)

    def datagrams_dropped(self, listener: str, count: int) -> None:
        """Note records that the kernel or the listener could not hold."""
        self._add("saqshy_datagrams_dropped_total", count, listener)
        if told := self._due(count, "dropped", listener):
            self._log.warning("datagrams.dropped", listener=listener, count=told)

    def senders_refused(self, listener: str, reason: str, count: int) -> None:
        """Note connections that were not let in: too many, or a handshake that failed."""
        self._add("saqshy_senders_refused_total", count, listener, reason)
        if told := self._due(count, "senders", listener, reason):
            self._log.warning("senders.refused", listener=listener, reason=reason, count=told)

    def sender_paused(self, listener: str, seconds: float) -> None:
        """Note that a sender over its quota waits for so long."""
        self._add("saqshy_senders_paused_seconds_total", seconds, listener)
        if told := self._due(1, "paused", listener):
            self._log.warning("sender.over_quota", listener=listener, count=told)

    def spool(self, batches: int, size: int) -> None:
        """Note what waits in the spool: puts, and their bytes on the disk."""
        self._meter.put("saqshy_spool_deliveries", (), batches)
        self._meter.put("saqshy_spool_bytes", (), size)

    def too_late(self, count: int) -> None:
        """Note matches that came after their window was settled; single rules still fired."""
        self._add("saqshy_matches_too_late_total", count)
        if told := self._due(count, "too_late"):
            self._log.warning("matches.too_late", count=told)

    def windows_evicted(self, count: int) -> None:
        """Note entries of correlation windows that were let go for want of room."""
        self._add("saqshy_window_entries_evicted_total", count)
        if told := self._due(count, "evicted"):
            self._log.warning("windows.evicted", count=told)

    def repeats_forgotten(self, count: int) -> None:
        """Note hosts whose repeats of a rule were let go for want of room."""
        self._add("saqshy_repeats_forgotten_total", count)
        if told := self._due(count, "forgotten"):
            self._log.warning("repeats.forgotten", count=told)

    def stored(self, seconds: float) -> None:
        """Note a transaction that the store took."""
        self._observe("saqshy_store_transaction_seconds", seconds)

    def store_refused(self, reason: str) -> None:
        """Note a transaction that it did not take."""
        self._add("saqshy_store_refusals_total", 1, reason)
        if told := self._due(1, "store_refused", reason):
            self._log.warning("store.refused", reason=reason, count=told)

    def stage_done(self, stage: str, items: int, seconds: float, gave: int = 0) -> None:
        """Note that a stage worked on one batch: on so many items, which gave so many."""
        if stage == "commit":
            self._batches, self._records = self._batches + 1, self._records + items
        self._add("saqshy_stage_items_total", items, stage)
        self._add("saqshy_stage_outputs_total", gave, stage)
        self._observe("saqshy_stage_duration_seconds", seconds, stage)

    def source_read(self, object_id: str, source_id: str, records: int, failed: int) -> None:
        """Note what was read of a registered source, and how much of it failed."""
        labels = self._source(object_id, source_id)
        self._meter.add("saqshy_source_records_total", labels, records)
        self._meter.add("saqshy_source_failures_total", labels, failed)

    def source_dropped(self, object_id: str, source_id: str, count: int) -> None:
        """Note records of a registered source that its quota did not let in."""
        self._meter.add("saqshy_source_dropped_total", self._source(object_id, source_id), count)

    def rule_hits(self, rule: str, count: int) -> None:
        """Note events that a rule matched; ``rule`` is its id."""
        self._add("saqshy_rule_hits_total", count, rule)

    def guarded(self, decision: str, count: int) -> None:
        """Note what the guard decided: open, stub, hold; stopped where a record must not stay."""
        self._add("saqshy_guard_decisions_total", count, decision)

    def failures(self, stage: str, code: str, count: int) -> None:
        """Note records that went to the dead letters."""
        self._add("saqshy_failures_total", count, stage, code)
        if told := self._due(count, "failures", stage, code):
            self._log.warning("records.failed", stage=stage, code=code, count=told)

    def findings(self, kind: str, level: str, count: int) -> None:
        """Note findings that were opened."""
        self._add("saqshy_findings_total", count, kind, level)
        self._log.debug("findings.opened", kind=kind, severity=level, count=count)

    def suppressed(self, count: int) -> None:
        """Note findings that were opened under a silence."""
        self._add("saqshy_findings_suppressed_total", count)

    def incidents(self, state: str, count: int) -> None:
        """Note incidents that got a revision in this state."""
        self._add("saqshy_incident_revisions_total", count, state)
        if told := self._due(count, "incidents", state):
            self._log.info("incidents.revised", state=state, count=told)

    def incident_opened(self, severity: str, sector: str, acts: Sequence[str]) -> None:
        """Note an incident that came to be, and the law's acts that it bears."""
        self._add("saqshy_incidents_opened_total", 1, severity, sector)
        for act in acts:
            self._add("saqshy_incident_acts_total", 1, act)

    def notice_stands(self, channel: str, state: str) -> None:
        """Note the state that an attempt brought a notice to."""
        self._add("saqshy_notice_states_total", 1, channel, state)

    def receipt(self, channel: str, leg: str, seconds: float) -> None:
        """Note a notice that arrived, and how long that took since it was made."""
        self._observe("saqshy_receipt_delay_seconds", seconds, channel, leg)

    def notice_made(self, leg: str, role: str) -> None:
        """Note a notice that entered the outbox."""
        self._add("saqshy_notices_total", 1, leg, role)
        if told := self._due(1, "notices", leg, role):
            self._log.info("notices.made", leg=leg, role=role, count=told)

    def delivery(self, channel: str, outcome: str, seconds: float) -> None:
        """Note one attempt: acknowledged, sent (spooled), delayed or refused."""
        self._add("saqshy_delivery_attempts_total", 1, channel, outcome)
        self._observe("saqshy_delivery_duration_seconds", seconds, channel)
        if told := self._due(1, "delivery", channel, outcome):
            delivered = outcome in {"acknowledged", "sent"}
            write = self._log.info if delivered else self._log.warning
            write("notices.attempted", channel=channel, outcome=outcome, count=told)

    def delivery_repeated(self, channel: str) -> None:
        """Note a notice that goes out and may have before: a kill left its claim unrecorded."""
        self._add("saqshy_delivery_repeated_total", 1, channel)
        if told := self._due(1, "repeated", channel):
            self._log.warning("notices.repeated", channel=channel, count=told)

    def rule_errors(self, rule: str, count: int) -> None:
        """Note events that a rule could not be asked about; ``rule`` is its id."""
        self._add("saqshy_rule_errors_total", count, rule)
        if told := self._due(count, "rule_errors", rule):
            self._log.warning("rules.failed", rule=rule, count=told)

    def rule_quarantined(self, count: int) -> None:
        """Note how many rules of the content in force are left out as broken."""
        if count:
            self._log.warning("rules.quarantined", count=count)

    def reloaded(self, outcome: str, seconds: float) -> None:
        """Note a reload of rules, registry and pack: in_force, unchanged or refused."""
        self._add("saqshy_reloads_total", 1, outcome)
        self._observe("saqshy_reload_duration_seconds", seconds)
        self._meter.put("saqshy_reload_refused", (), outcome == "refused")
        write = self._log.warning if outcome == "refused" else self._log.info
        write("content.reloaded", outcome=outcome, seconds=round(seconds, 3))

    def lag(self, batches: int, seconds: float) -> None:
        """Note how far processing is behind the journal."""
        mean = self._records / self._batches if self._batches else 1.0
        self._meter.put("saqshy_lag_batches", (), batches)
        self._meter.put("saqshy_lag_records", (), batches * mean)
        self._meter.put("saqshy_lag_seconds", (), seconds)

    def _add(self, series: str, amount: float, *labels: str) -> None:
        self._meter.add(series, self._bounded(series, labels), amount)

    def _observe(self, series: str, value: float, *labels: str) -> None:
        self._meter.observe(series, self._bounded(series, labels), value)

    def _bounded(self, series: str, values: tuple[str, ...]) -> tuple[str, ...]:
        labels = SERIES[series].labels
        return tuple(self._label(name, value) for name, value in zip(labels, values, strict=True))

    def _label(self, name: str, value: str) -> str:
        if name in KNOWN:
            return value if value in KNOWN[name] else OTHER
        seen = self._seen.setdefault(name, set())
        if value in seen:
            return value
        with self._guard:
            form, most = (_RULE, MOST_RULES) if name == "rule" else (_NAME, MOST_VALUES)
            if len(seen) >= most or not form.fullmatch(value):
                return OTHER
            seen.add(value)
        return value

    def _source(self, object_id: str, source_id: str) -> tuple[str, str]:
        """Give a registered source as labels; of more than are shown, ``other``."""
        pair = object_id, source_id
        if pair in self._sources:
            return pair
        with self._guard:
            if len(self._sources) >= MOST_SOURCES:
                return OTHER, OTHER
            self._sources.add(pair)
        return pair

    def _due(self, count: int, *what: str) -> int:
        """Give how many to log now: all since the last line, or 0 when that was just before.

        A flood makes one line in ten seconds, not one a batch; the series have every single one.
        """
        now = self._monotonic()
        with self._guard:
            if len(self._told) > 16 * MOST_VALUES:
                self._told.clear()
            told_at, waiting = self._told.get(what, (now - TELL_SECONDS, 0))
            waiting += count
            if now - told_at < TELL_SECONDS:
                self._told[what] = (told_at, waiting)
                return 0
            self._told[what] = (now, 0)
            return waiting


class Prometheus(Signals):
    """Counts in the registry that is handed in, and logs."""

    def __init__(
        self, registry: CollectorRegistry, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(PrometheusMeter(registry), structlog.get_logger("saqshy"), monotonic)


class Silent(Signals):
    """Counts in memory and logs nothing: for tests and offline commands."""

    def __init__(self) -> None:
        self.counts = MemoryMeter()
        super().__init__(self.counts, Nobody())

    def value(self, series: str, *labels: str) -> float:
        """Give what was counted under these label values, 0 where nothing was."""
        return self.counts.value(series, *labels)

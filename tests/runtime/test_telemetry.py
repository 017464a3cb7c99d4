"""Telemetry: every internal event has its series, in both implementations, with bounded labels."""

import inspect
import io
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from pipeline.ports import Telemetry
from pipeline.runtime.logs import set_up_logging
from pipeline.runtime.series import KNOWN
from pipeline.runtime.telemetry import (
    MOST_SOURCES,
    MOST_VALUES,
    OTHER,
    SERIES,
    Prometheus,
    Signals,
    Silent,
)
from pipeline.settings import LogSettings

Counted = tuple[Signals, Callable[..., float]]


@pytest.fixture(params=["prometheus", "silent"])
def counted(request: pytest.FixtureRequest) -> Counted:
    """Give each implementation, and a way to read what it counted."""
    if request.param == "silent":
        silent = Silent()
        return silent, silent.value
    registry = CollectorRegistry()

    def value(series: str, *labels: str) -> float:
        names = SERIES[re.sub(r"_(sum|count)$", "", series) if series not in SERIES else series]
        return registry.get_sample_value(series, dict(zip(names.labels, labels, strict=True))) or 0

    return Prometheus(registry), value


CALLS: dict[str, tuple[tuple[Any, ...], dict[tuple[str, ...], float]]] = {
    "batch_journalled": (
        ("udp", 500, 4096),
        {
            ("saqshy_journal_batches_total", "udp"): 1,
            ("saqshy_journal_records_total", "udp"): 500,
            ("saqshy_journal_bytes_total", "udp"): 4096,
        },
    ),
    "records_refused": (
        ("udp", "unknown_source", 3),
        {("saqshy_records_refused_total", "udp", "unknown_source"): 3},
    ),
    "too_late": ((3,), {("saqshy_matches_too_late_total",): 3}),
    "datagrams_dropped": (("udp", 7), {("saqshy_datagrams_dropped_total", "udp"): 7}),
    "senders_refused": (
        ("tls", "certificate_expired", 2),
        {("saqshy_senders_refused_total", "tls", "certificate_expired"): 2},
    ),
    "sender_paused": (("tcp", 2.5), {("saqshy_senders_paused_seconds_total", "tcp"): 2.5}),
    "spool": ((3, 4096), {("saqshy_spool_deliveries",): 3, ("saqshy_spool_bytes",): 4096}),
    "stage_done": (
        ("match", 500, 0.25, 7),
        {
            ("saqshy_stage_items_total", "match"): 500,
            ("saqshy_stage_outputs_total", "match"): 7,
            ("saqshy_stage_duration_seconds_sum", "match"): 0.25,
            ("saqshy_stage_duration_seconds_count", "match"): 1,
        },
    ),
    "source_dropped": (
        ("KZ-bank-7", "gw 01", 9),
        {("saqshy_source_dropped_total", "KZ-bank-7", "gw 01"): 9},
    ),
    "source_read": (
        ("KZ-bank-7", "gw 01", 500, 2),
        {
            ("saqshy_source_records_total", "KZ-bank-7", "gw 01"): 500,
            ("saqshy_source_failures_total", "KZ-bank-7", "gw 01"): 2,
        },
    ),
    "rule_hits": (
        ("5f113a8f-8b61-41ca-b90f-d374fa7e4a39", 2),
        {("saqshy_rule_hits_total", "5f113a8f-8b61-41ca-b90f-d374fa7e4a39"): 2},
    ),
    "guarded": (("stub", 2), {("saqshy_guard_decisions_total", "stub"): 2}),
    "stored": (
        (0.25,),
        {
            ("saqshy_store_transaction_seconds_sum",): 0.25,
            ("saqshy_store_transaction_seconds_count",): 1,
        },
    ),
    "store_refused": (("store_full",), {("saqshy_store_refusals_total", "store_full"): 1}),
    "incident_opened": (
        ("high", "banking", ("leak", "access")),
        {
            ("saqshy_incidents_opened_total", "high", "banking"): 1,
            ("saqshy_incident_acts_total", "leak"): 1,
            ("saqshy_incident_acts_total", "access"): 1,
        },
    ),
    "notice_stands": (
        ("ncc", "acknowledged"),
        {("saqshy_notice_states_total", "ncc", "acknowledged"): 1},
    ),
    "receipt": (
        ("ncc", "first", 2.5),
        {
            ("saqshy_receipt_delay_seconds_sum", "ncc", "first"): 2.5,
            ("saqshy_receipt_delay_seconds_count", "ncc", "first"): 1,
        },
    ),
    "failures": (("normalize", "syntax", 2), {("saqshy_failures_total", "normalize", "syntax"): 2}),
    "findings": (("rule", "high", 2), {("saqshy_findings_total", "rule", "high"): 2}),
    "incidents": (("new", 2), {("saqshy_incident_revisions_total", "new"): 2}),
    "notice_made": (("first", "ncc"), {("saqshy_notices_total", "first", "ncc"): 1}),
    "delivery": (
        ("ncc", "delayed", 1.5),
        {
            ("saqshy_delivery_attempts_total", "ncc", "delayed"): 1,
            ("saqshy_delivery_duration_seconds_sum", "ncc"): 1.5,
            ("saqshy_delivery_duration_seconds_count", "ncc"): 1,
        },
    ),
    "delivery_repeated": (("ncc",), {("saqshy_delivery_repeated_total", "ncc"): 1}),
    "windows_evicted": ((7,), {("saqshy_window_entries_evicted_total",): 7}),
    "repeats_forgotten": ((8,), {("saqshy_repeats_forgotten_total",): 8}),
    "suppressed": ((3,), {("saqshy_findings_suppressed_total",): 3}),
    "reloaded": (
        ("refused", 1.5),
        {
            ("saqshy_reloads_total", "refused"): 1,
            ("saqshy_reload_duration_seconds_sum",): 1.5,
            ("saqshy_reload_duration_seconds_count",): 1,
            ("saqshy_reload_refused",): 1,
        },
    ),
    "rule_errors": (
        ("5f113a8f-8b61-41ca-b90f-d374fa7e4a39", 2),
        {("saqshy_rule_errors_total", "5f113a8f-8b61-41ca-b90f-d374fa7e4a39"): 2},
    ),
    "rule_quarantined": ((4,), {}),
    "lag": (
        (9, 2.5),
        {
            ("saqshy_lag_batches",): 9,
            ("saqshy_lag_records",): 9,
            ("saqshy_lag_seconds",): 2.5,
        },
    ),
}


def test_every_event_is_counted_here() -> None:
    """The table above has every method of the port, and together they move every series."""
    methods = {name for name, _ in inspect.getmembers(Telemetry, inspect.isfunction)}
    assert {name for name in methods if not name.startswith("_")} == set(CALLS)
    moved = {
        re.sub(r"_(sum|count)$", "", series[0]) for _, rows in CALLS.values() for series in rows
    }
    assert moved == set(SERIES)


@pytest.mark.parametrize("method", sorted(CALLS))
def test_event_moves_its_series(counted: Counted, method: str) -> None:
    """An event that is noted twice counts twice; a gauge shows the last."""
    signals, value = counted
    arguments, expected = CALLS[method]
    getattr(signals, method)(*arguments)
    assert {series: value(*series) for series in expected} == expected
    getattr(signals, method)(*arguments)
    for series, amount in expected.items():
        twice = series[0] not in SERIES or SERIES[series[0]].kind == "counter"
        assert value(*series) == amount * (2 if twice else 1)


@pytest.mark.parametrize("name", sorted(SERIES))
def test_names(name: str) -> None:
    """Counters end in _total, everything else in its base unit or in what it counts."""
    of = SERIES[name]
    assert name.startswith("saqshy_")
    assert name.endswith("_total") == (of.kind == "counter")
    assert not re.search(r"_(ms|millis|micros|minutes|kb|mb)(_|$)", name)
    if of.kind == "histogram":
        assert name.endswith(("_seconds", "_bytes"))
    assert of.help.endswith(".")


@pytest.mark.parametrize(
    "value",
    ["10.0.0.7", "fe80::1", "Иванов", "admin@bank.kz", "Rule with a title", "", "x" * 65, "A"],
)
def test_labels_take_no_free_text(counted: Counted, value: str) -> None:
    """What is no short name, an address or a person's, is counted under other."""
    signals, read = counted
    signals.records_refused(value, value, 1)
    assert read("saqshy_records_refused_total", OTHER, OTHER) == 1


@pytest.mark.parametrize("label", sorted(KNOWN))
def test_closed_labels(label: str) -> None:
    """A label whose values are known beforehand takes no others."""
    silent = Silent()
    series = next(of for of in SERIES.values() if label in of.labels)
    method = next(
        name for name, (_, rows) in CALLS.items() if (series.name,) == next(iter(rows))[:1]
    )
    arguments = list(CALLS[method][0])
    at = series.labels.index(label)
    arguments[at] = "invented"
    getattr(silent, method)(*arguments)
    labels = [str(argument) for argument in arguments[: len(series.labels)]]
    assert silent.value(series.name, *labels) == 0
    labels[at] = OTHER
    assert silent.value(series.name, *labels) > 0


def test_labels_are_bounded(counted: Counted) -> None:
    """However many listeners there are, a series has a bounded number of them."""
    signals, read = counted
    for number in range(MOST_VALUES + 40):
        signals.datagrams_dropped(f"listener-{number}", 1)
    assert read("saqshy_datagrams_dropped_total", f"listener-{MOST_VALUES - 1}") == 1
    assert read("saqshy_datagrams_dropped_total", OTHER) == 40


def test_sources_are_bounded(counted: Counted) -> None:
    """However many sources are registered, so many are told apart and the rest counted together."""
    signals, read = counted
    for number in range(MOST_SOURCES + 3):
        signals.source_read("bank", f"gw-{number}", 2, 0)
    assert read("saqshy_source_records_total", "bank", f"gw-{MOST_SOURCES - 1}") == 2
    assert read("saqshy_source_records_total", OTHER, OTHER) == 6


def test_lag_in_records_is_by_the_batches_done(counted: Counted) -> None:
    """What waits is counted in records by the mean of what was committed."""
    signals, read = counted
    signals.stage_done("commit", 100, 0.1)
    signals.stage_done("commit", 200, 0.1)
    signals.lag(4, 1.0)
    assert read("saqshy_lag_records") == 600


def test_threads_count_together(counted: Counted) -> None:
    """Threads that count at the same time lose nothing."""
    signals, read = counted

    def count(_: int) -> None:
        for _number in range(500):
            signals.batch_journalled("udp", 1, 1)

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(count, range(4))) == [None] * 4
    assert read("saqshy_journal_records_total", "udp") == 2000


def test_exposition_has_no_more_than_the_table() -> None:
    """What a scrape gives are the series of the table, and nothing beside."""
    registry = CollectorRegistry()
    signals = Prometheus(registry)
    for method, (arguments, _) in CALLS.items():
        getattr(signals, method)(*arguments)
    text = generate_latest(registry).decode()
    families = set(re.findall(r"^# TYPE (\S+) ", text, flags=re.MULTILINE))
    assert families == set(SERIES)


def test_two_registries_do_not_meet() -> None:
    """The registry is handed in: two runtimes of one process count apart."""
    first, second = CollectorRegistry(), CollectorRegistry()
    Prometheus(first).lag(3, 1)
    Prometheus(second)
    assert first.get_sample_value("saqshy_lag_batches") == 3
    assert second.get_sample_value("saqshy_lag_batches") == 0


@pytest.mark.usefixtures("logs_kept")
def test_a_flood_makes_few_lines() -> None:
    """Refusals a thousand times make one line in ten seconds, with the number of all since."""
    now, stream = [100.0], io.StringIO()
    set_up_logging(LogSettings(), stream)
    signals = Prometheus(CollectorRegistry(), monotonic=lambda: now[0])
    for _ in range(1000):
        signals.records_refused("udp", "unknown_source", 2)
    now[0] += 11
    signals.records_refused("udp", "unknown_source", 2)
    lines = stream.getvalue().splitlines()
    assert ["count=2 " in lines[0], "count=2000 " in lines[1], len(lines)] == [True, True, 2]

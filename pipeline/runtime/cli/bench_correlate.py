"""`saqshy bench correlate`: the fold's windows under a million open groups of one object."""

import gc
import platform
import random
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer

from pipeline.content import Content, content_from_bundle
from pipeline.content.sources import RuleFile, pack_files
from pipeline.correlate import (
    ROW_TYPES,
    Correlator,
    Evidence,
    SourceTiming,
    evicted_entries,
    late_matches,
)
from pipeline.correlate.window_row import TallyRow
from pipeline.model import NANOSECONDS, BatchKind, Labels, Match, Observation, Revisions
from pipeline.model.rows import Rows
from pipeline.runtime.cli.options import AsJson
from pipeline.runtime.cli.output import FOUND, emit, show_table, stop, told_errors

RULES = 50
BATCH = 500
BEGIN = 1_772_424_000 * NANOSECONDS
GOAL = 100_000
SHARED = 50  # of so many events one is of a user whom other rules see as well
# How many of the rules are of each type, and the rest of their correlation section.
KINDS = (
    ("event_count", 20, "condition: {gte: 10}"),
    ("value_count", 15, "condition: {gte: 10, field: value}"),
    ("temporal", 6, ""),
    ("temporal_ordered", 4, ""),
    ("value_sum", 3, "condition: {gt: 1000000, field: size}"),
    ("value_avg", 2, "condition: {gt: 100000, field: size}"),
)


def bench_correlate(
    groups: Annotated[int, typer.Option(min=RULES, help="Groups opened first.")] = 1_000_000,
    events: Annotated[int, typer.Option(min=BATCH, help="Matched events a round.")] = 100_000,
    rounds: Annotated[int, typer.Option(min=1)] = 5,
    seed: Annotated[int, typer.Option(help="Seed of the events.")] = 418,
    json: AsJson = False,
) -> None:
    """Time matched events into 50 correlation rules of every type, on one core.

    Example: saqshy bench correlate --groups 1000000 --rounds 5
    """
    with told_errors():
        load = Load(groups // RULES, random.Random(seed))  # noqa: S311 (a load, not a secret)
        before = resident()
        opening = load.run(load.opening())
        gc.collect()
        taken = resident() - before
        each = [load.run(load.further(events)) for _ in range(rounds)]
        result = _result(load, opening, each, events, taken)
        if json:
            emit(result)
        else:
            rows = [(name, str(value)) for name, value in result.items()]
            show_table("bench correlate", ("what", "value"), rows)
        if result["lost"]:
            stop(FOUND, f"{result['lost']} matched event(s) are in no window")


@dataclass(slots=True)
class Load:
    """One object whose groups are opened, each by one event, and then fed at random."""

    users: int
    random: random.Random
    state: Rows = field(default_factory=lambda: Rows("bench", ROW_TYPES, {}))
    correlator: Correlator = field(init=False)
    sequence: int = 0
    findings: int = 0
    write_seconds: float = 0.0
    fed: int = 0

    def __post_init__(self) -> None:
        evidence = Evidence(
            labels=lambda _rule: Labels(),
            timing=lambda _object, _source, _at: SourceTiming(),
            expected=lambda _object, _at: (),
            trial=lambda _object, _at: False,
        )
        self.correlator = Correlator(content(), evidence, 3600 * NANOSECONDS)

    def opening(self) -> Iterator[list[tuple[int, int]]]:
        """Give (rule, user) of one event for each group, in batches."""
        pairs = ((number % RULES, number // RULES) for number in range(self.users * RULES))
        batch: list[tuple[int, int]] = []
        for pair in pairs:
            batch.append(pair)
            if len(batch) == BATCH:
                yield batch
                batch = []
        if batch:
            yield batch

    def further(self, events: int) -> Iterator[list[tuple[int, int]]]:
        """Give (rule, user) of events into groups that are open, in batches."""
        for _ in range(events // BATCH):
            yield [
                (self.random.randrange(RULES), self.random.randrange(self.users))
                for _ in range(BATCH)
            ]

    def run(self, batches: Iterator[list[tuple[int, int]]]) -> float:
        """Fold batches; give the seconds of CPU for one matched event."""
        spent, count = 0.0, 0
        feeds = self.correlator.windowed.feeds
        for batch in batches:
            seen = self._observed(batch)
            self.fed += sum(len(feeds[match.rule_id]) for match in seen.matches)
            started = time.process_time()
            self.findings += len(self.correlator.step(self.state, seen))
            spent += time.process_time() - started
            started = time.process_time()
            self.state.changes()
            self.write_seconds += time.process_time() - started
            self.state.settled()
            count += len(batch)
        return spent / count

    def _observed(self, batch: list[tuple[int, int]]) -> Observation:
        self.sequence += 1
        name = f"{self.sequence:032x}"
        begin = BEGIN + self.sequence * NANOSECONDS // 10
        matches = tuple(
            Match(
                identifier(rule),
                f"{name}-{index}",
                begin + index * 1000,
                "host",
                {
                    "user": f"user{user}" if index % SHARED == 0 else f"user{user}-{rule}",
                    "value": f"v{self.random.randrange(1000)}",
                    "size": self.random.randrange(1500),
                },
            )
            for index, (rule, user) in enumerate(batch)
        )
        return Observation(
            batch_id=name,
            kind=BatchKind.RAW,
            object_id="bench",
            source_id="bench",
            sequence=self.sequence,
            previous=self.sequence - 1,
            received_at=begin + NANOSECONDS,
            revisions=Revisions(),
            event_count=len(matches),
            first_event_at=matches[0].time,
            last_event_at=matches[-1].time,
            matches=matches,
        )


def identifier(rule: int) -> str:
    """Give the id of a rule of the bench."""
    return f"00000000-0000-4000-8000-{rule:012d}"


def content() -> Content:
    """Make 50 rules and 50 correlations over them, of every type."""
    kinds = [(kind, more) for kind, count, more in KINDS for _ in range(count)]
    texts = [
        f"title: r\nname: r{rule}\nid: {identifier(rule)}\nlogsource: {{product: linux}}\n"
        "detection: {s: {a: 1}, condition: s}\n"
        for rule in range(RULES)
    ]
    for rule, (kind, more) in enumerate(kinds):
        others = f", r{(rule + 1) % RULES}" if kind.startswith("temporal") else ""
        texts.append(
            f"title: c\nid: 00000000-0000-4000-9000-{rule:012d}\ncorrelation:\n  type: {kind}\n"
            f"  rules: [r{rule}{others}]\n  group-by: [user]\n  timespan: 1h\n  {more}\n"
        )
    return content_from_bundle(
        pack_files([RuleFile(f"{at}.yml", text.encode()) for at, text in enumerate(texts)]), None
    )


def resident() -> int:
    """Give the bytes of memory that this process holds; 0 where the system does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return 0
    return pages * 4096


def _result(
    load: Load, opening: float, each: list[float], events: int, taken: int
) -> dict[str, object]:
    kept = sum(row.entries for _, row in load.state.all(TallyRow, "tally"))
    rows = load.state.count("window") + load.state.count("delayed")
    rate = 1 / statistics.median(each)
    total = load.users * RULES + len(each) * (events // BATCH) * BATCH
    return {
        "correlation_rules": RULES,
        "rules_fed_by_an_event": round(load.fed / total, 2),
        "open_groups": rows,
        "events_per_cpu_second_median": round(rate),
        "events_per_cpu_second_spread": [round(1 / max(each)), round(1 / min(each))],
        "goal": f"{GOAL}: {'met' if rate >= GOAL else 'missed'}",
        "events_per_cpu_second_opening": round(1 / opening),
        "rows_to_bytes_us_an_event": round(load.write_seconds / total * 1e6, 1),
        "memory_bytes_a_group": round(taken / rows) if taken else None,
        "findings": load.findings,
        "too_late": late_matches(load.state),
        "evicted": evicted_entries(load.state),
        "lost": load.fed - kept - evicted_entries(load.state) - late_matches(load.state),
        "machine": f"{platform.machine()} {platform.python_implementation()} "
        f"{platform.python_version()}",
    }

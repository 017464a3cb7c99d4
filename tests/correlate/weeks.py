"""Weeks of a source's batches and ticks, made from a seed: what constant observation looks at."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from pipeline.correlate import ROW_TYPES, Attention, Correlator, Evidence, SourceTiming
from pipeline.correlate.presence import ObjectRow
from pipeline.correlate.watching import Watching, load_watching
from pipeline.model import ENDING, NANOSECONDS, BatchKind, Finding, Labels, Observation, Revisions
from pipeline.model.rows import Rows
from tests.correlate.made import content_with

S = NANOSECONDS
MINUTE = 60 * S
HOUR = 3600 * S
DAY = 24 * HOUR
ALMATY = ZoneInfo("Asia/Almaty")
# A Monday; the weeks behind it have Independence Day, New Year and Christmas in them.
BEGIN = int(datetime(2026, 11, 30, tzinfo=ALMATY).timestamp()) * S
RULES = Path(__file__).parents[2] / "rules" / "taxonomies" / "observation" / "kz.yml"
KINDS = {
    "system.security/4688": 0.4,
    "windows.sysmon_operational/1": 0.5,
    "system.system/7036": 0.1,
}


def kazakh() -> Watching:
    """Give the calendar and the numbers that ship."""
    return load_watching(RULES)


@dataclass
class Week:
    """One object, driven by ticks and batches; state is stored between steps as a store would."""

    timing: int | None = None  # seconds of silence that the registry allows
    expected: tuple[str, ...] = ()
    attention: Callable[[str, int], Attention] = lambda _source, _at: Attention()
    watching: Watching = field(default_factory=kazakh)
    stored: dict[str, bytes] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    told: list[tuple[int, Finding]] = field(default_factory=list)
    sequences: dict[str, int] = field(default_factory=dict)
    reopen: bool = False  # whether state is read from its bytes before each step

    def __post_init__(self) -> None:
        evidence = Evidence(
            labels=lambda _: Labels(),
            timing=lambda _object, _source, _at: SourceTiming(
                silence=None if self.timing is None else self.timing * S
            ),
            expected=lambda _object, _at: self.expected,
            trial=lambda _object, _at: False,
            attention=lambda _object, source, at: self.attention(source, at),
        )
        self.stage = Correlator(content_with([], []), evidence, HOUR, watching=self.watching)
        self.state = Rows("o", ROW_TYPES, {})

    def step(self, seen: Observation) -> list[Finding]:
        """Fold one observation, and keep what changed."""
        if self.reopen:
            self.state = Rows("o", ROW_TYPES, self.stored)
        found = self.stage.step(self.state, seen)
        for key, row in self.state.changes().items():
            if row is None:
                self.stored.pop(key, None)
            else:
                self.stored[key] = row
        self.state.settled()
        self.findings += found
        self.told += [(seen.received_at, one) for one in found]
        return found

    def tick(self, at: int, source: str = "clock") -> list[Finding]:
        """Let a tick come; a replay's end has a source of its own."""
        return self.step(observation(BatchKind.CLOCK, source, 0, at, {}))

    def end(self, at: int) -> list[Finding]:
        """Let a replay end."""
        return self.tick(at, ENDING)

    def send(self, at: int, counts: dict[str, int], source: str = "s") -> list[Finding]:
        """Let a source send a batch of so many events by kind."""
        number = self.sequences[source] = self.sequences.get(source, 0) + 1
        return self.step(observation(BatchKind.RAW, source, number, at, counts))

    def of(self, rule: str) -> list[Finding]:
        """Give the findings of a detector, every revision."""
        return [one for one in self.findings if one.rule.id == rule]

    @property
    def whole(self) -> ObjectRow:
        """Give the object's own row."""
        return self.state.get(ObjectRow, "object") or ObjectRow()

    def bytes_of(self, *kinds: str) -> int:
        """Give the bytes that rows of these kinds take."""
        begins = tuple(f'["{kind}"' for kind in kinds)
        return sum(len(data) for key, data in self.stored.items() if key.startswith(begins))


def observation(
    kind: BatchKind, source: str, number: int, at: int, counts: dict[str, int]
) -> Observation:
    """Make one observation without matches."""
    return Observation(
        batch_id=f"{source}{number}",
        kind=kind,
        object_id="o",
        source_id=source,
        sequence=number,
        previous=number - 1,
        received_at=at,
        revisions=Revisions(),
        event_count=sum(counts.values()),
        first_event_at=at if counts else 0,
        last_event_at=at if counts else 0,
        counts=counts,
    )


@dataclass(frozen=True)
class Rhythm:
    """How many events an hour has: by day and night, working days and days of rest, with noise.

    ``noise`` is the sigma of a lognormal factor of each hour. ``cut`` gives, for an instant, what
    is left of each kind (1 for all of it).
    """

    seed: int
    by_day: float = 4000.0
    by_night: float = 400.0
    at_rest: float = 0.25
    noise: float = 0.15
    watching: Watching = field(default_factory=kazakh)
    cut: Callable[[int, str], float] = lambda _at, _kind: 1.0

    def hour(self, begin: int, dice: random.Random) -> dict[str, int]:
        """Give the events of one hour by kind."""
        local = self.watching.calendar.hour(begin // HOUR)
        level = self.by_day if 9 <= local.hour < 18 else self.by_night
        if local.rest:
            level *= self.at_rest
        level *= dice.lognormvariate(0.0, self.noise)
        found = {}
        for kind, share in KINDS.items():
            mean = level * share * self.cut(begin, kind)
            found[kind] = max(0, round(dice.gauss(mean, mean**0.5)))
        return found

    def hours(self, days: int, begin: int = BEGIN) -> Iterator[tuple[int, dict[str, int]]]:
        """Give (begin of an hour, its events by kind) of so many days."""
        dice = random.Random(self.seed)
        for number in range(24 * days):
            at = begin + number * HOUR
            yield at, self.hour(at, dice)


def run(week: Week, rhythm: Rhythm, days: int, batches: int = 4, begin: int = BEGIN) -> None:
    """Let days pass: each hour so many batches, a tick before each and one at the hour's end."""
    week.tick(begin - MINUTE)
    for at, counts in rhythm.hours(days, begin):
        for number in range(12):
            week.tick(at + number * 5 * MINUTE)
            if number % (12 // batches):
                continue
            share = number // (12 // batches)
            part = {
                kind: count * (share + 1) // batches - count * share // batches
                for kind, count in counts.items()
            }
            if any(part.values()):
                week.send(at + number * 5 * MINUTE + MINUTE, part)
    week.tick(begin + days * DAY)

"""Windows at size: shuffles, noise, bounds, and what an object's flood does to others."""

import random
import time
from collections.abc import Iterable, Iterator, Sequence

import pytest

from pipeline.content import Content
from pipeline.correlate import ROW_TYPES, Correlator, Evidence, Limits, SourceTiming
from pipeline.correlate.presence import ObjectRow
from pipeline.model import NANOSECONDS, BatchKind, Finding, Labels, Match, Observation, Revisions
from pipeline.model.rows import Rows
from tests.correlate.made import content_with, correlation, rule
from tests.correlate.oracle import Happened, Oracle
from tests.correlate.test_oracle import identifier, standing

S = NANOSECONDS
BASE = 1_772_424_000 * S
THREE = correlation("c1", "event_count", ["r1"], ["user"], 60 * S, "gte", 3)


class Object:
    """One object: its state, one source, and every finding of correlations so far."""

    def __init__(self, content: Content, lateness: int = 600, limits: Limits | None = None) -> None:
        evidence = Evidence(
            labels=lambda _: Labels(),
            timing=lambda _object, _source, _at: SourceTiming(lateness * S),
            expected=lambda _object, _at: (),
            trial=lambda _object, _at: False,
        )
        self.stage = Correlator(content, evidence, 3600 * S, limits or Limits())
        self.state = Rows("o", ROW_TYPES, {})
        self.stored: dict[str, bytes] = {}
        self.findings: list[Finding] = []
        self.sequence = 0

    def take(self, matches: Iterable[Match]) -> list[Finding]:
        """Fold one batch and commit it; give what it found."""
        matches = tuple(matches)
        times = [match.time for match in matches]
        self.sequence += 1
        seen = Observation(
            f"b{self.sequence}", BatchKind.RAW, "o", "s", self.sequence, self.sequence - 1,
            BASE + 10**6 * S, Revisions(), len(matches), 0, min(times), max(times), {}, matches,
        )  # fmt: skip
        found = [one for one in self.stage.step(self.state, seen) if one.kind == "correlation"]
        self._commit()
        self.findings += found
        return found

    def tick(self, seconds: int) -> list[Finding]:
        """Let the clock tick at a second of the story."""
        at = BASE + seconds * S
        seen = Observation("t", BatchKind.CLOCK, "o", "clock", 1, 0, at, Revisions())
        found = self.stage.step(self.state, seen)
        self._commit()
        self.findings += found
        return found

    def whole(self) -> ObjectRow:
        """Give the object's own row."""
        row = self.state.get(ObjectRow, "object")
        assert row is not None
        return row

    def _commit(self) -> None:
        for key, data in self.state.changes().items():
            if data is None:
                self.stored.pop(key, None)
            else:
                self.stored[key] = data
        self.state.settled()


def hit(second: float, number: int, user: str = "u", rule_id: str = "r1", **more: object) -> Match:
    """Make one match at a second of the story."""
    fields = {"user": user, "value": "v", **more}
    return Match(rule_id, f"e{number:06d}", BASE + int(second * S), "host", fields)


def made(*correlations: object) -> Content:
    """Make content of two rules and the given correlations."""
    return content_with([rule("r1"), rule("r2")], correlations)  # type: ignore[arg-type]


def batches(matches: Sequence[Match], size: int = 500) -> Iterator[Sequence[Match]]:
    """Cut matches into batches."""
    for begin in range(0, len(matches), size):
        yield matches[begin : begin + size]


@pytest.mark.parametrize(
    ("order", "findings"),
    [
        ([[hit(300, 3)], [hit(150, 2)], [hit(0, 1)]], 0),
        ([[hit(0, 1), hit(10, 2)], [hit(400, 9, "w")], [hit(20, 3)]], 1),
    ],
    ids=["three-over-300s-newest-first", "third-arrives-after-an-event-at-400s"],
)
def test_three_failures_in_a_minute_by_event_time(order: list[list[Match]], findings: int) -> None:
    """Three failures in 60 s are one finding whenever they arrive, and over 300 s none."""
    one = Object(made(THREE))
    for batch in order:
        one.take(batch)
    assert len(standing(one.findings)) == findings


def shuffled_within(places: int, matches: Sequence[Match], seed: int) -> list[Match]:
    """Move each match by fewer than so many places."""
    draw = random.Random(seed)
    order = sorted(range(len(matches)), key=lambda at: at + draw.random() * places)
    return [matches[at] for at in order]


def test_a_shuffle_of_two_thousand_events_gives_what_sorted_ones_give() -> None:
    """2,000 events shuffled within 500 places: the oracle's findings, as when they are sorted."""
    draw = random.Random(20260302)
    matches = [hit(at + draw.random() / 2, at, f"u{draw.randrange(40)}") for at in range(2000)]
    document = {
        "name": "c1",
        "id": "c1",
        "correlation": {
            "type": "event_count",
            "rules": ["r1"],
            "group-by": ["user"],
            "timespan": "60s",
            "condition": {"gte": 3},
        },
    }
    happened = [Happened(m.time, m.event_id, frozenset({"r1"}), m.fields) for m in matches]
    expected = Oracle([document], happened).findings()
    late, sorted_ones = Object(made(THREE)), Object(made(THREE))
    shuffled = shuffled_within(500, matches, 7)
    assert shuffled != matches
    for batch in batches(shuffled, 50):
        late.take(batch)
    for batch in batches(matches, 50):
        sorted_ones.take(batch)
    assert late.whole().too_late == 0
    assert standing(late.findings) == standing(sorted_ones.findings) == expected
    assert len(expected) == 290


def test_noise_of_120_000_other_users_flushes_nothing() -> None:
    """Two failures, 120,000 other users, then the third: one finding, and nothing was let go."""
    one = Object(made(THREE))
    one.take([hit(0, 1), hit(1, 2)])
    for batch in batches([hit(2 + n / 10_000, 10 + n, f"n{n}") for n in range(120_000)], 5000):
        one.take(batch)
    (found,) = one.take([hit(20, 3)])
    assert (found.event_count, found.event_ids) == (3, ("e000001", "e000002", "e000003"))
    assert len(standing(one.findings)) == 1
    assert one.whole().evicted == 0


@pytest.mark.parametrize(
    "groups",
    [pytest.param(50_000, id="50k"), pytest.param(1_000_000, id="1m", marks=pytest.mark.proof)],
)
def test_a_flood_at_one_object_changes_nothing_at_another(groups: int) -> None:
    """What an object finds and keeps is the same, whatever another one is flooded with."""
    alone, beside = Object(made(THREE)), Object(made(THREE))
    flooded = Object(made(THREE), limits=Limits(rule=2_000_000))
    number = 0
    for at in range(20):
        batch = [hit(at * 7 + n, at * 10 + n, f"u{at % 3}") for n in range(2)]
        alone.take(batch)
        beside.take(batch)
        flood = [hit(at, 1000 + number + n, f"n{number + n}") for n in range(groups // 20)]
        number += len(flood)
        flooded.take(flood)
    assert flooded.state.count("window") == groups
    assert alone.findings == beside.findings
    assert alone.findings != []
    assert alone.stored == beside.stored


def test_noise_makes_room_at_its_own_expense() -> None:
    """Beyond what a rule may keep, groups of single events go first, counted; progress stays."""
    one = Object(made(THREE), limits=Limits(rule=1000))
    one.take([hit(0, 1), hit(1, 2)])
    for batch in batches([hit(2 + n / 1000, 10 + n, f"n{n}") for n in range(5000)]):
        one.take(batch)
        assert one.state.count("window") <= 1000
    (found,) = one.take([hit(20, 3)])
    assert found.event_count == 3
    assert one.whole().evicted > 4000


def test_an_object_keeps_no_more_than_it_may() -> None:
    """Beyond what an object may keep, the rule that keeps most makes room."""
    other = correlation("c2", "event_count", ["r2"], ["user"], 60 * S, "gte", 3)
    one = Object(made(THREE, other), limits=Limits(object=1000))
    one.take([hit(0, n, f"m{n}", "r2") for n in range(100)])
    for batch in batches([hit(2 + n / 1000, 500 + n, f"n{n}") for n in range(3000)]):
        one.take(batch)
        assert one.state.count("window") <= 1000
    assert sum("m" in key.rpartition(",")[2] for key in one.state.keys("window")) == 100
    assert one.whole().evicted >= 2000


def test_a_group_keeps_its_newest_events() -> None:
    """Beyond what a group may keep the oldest events go, and the finding goes on counting."""
    one = Object(made(THREE), limits=Limits(group=100))
    for batch in batches([hit(n / 100, n) for n in range(1000)], 50):
        one.take(batch)
    (finding,) = standing(one.findings)
    assert (finding.count, finding.ids[0], len(finding.ids)) == (1000, "e000000", 50)
    assert one.whole().evicted == 900


def test_rows_that_nothing_can_reach_are_let_go() -> None:
    """Groups made up for each record do not stay: what the watermark has passed is removed."""
    slow = correlation("c2", "event_count", ["r1"], ["user"], 60 * S, "eq", 2)
    one = Object(made(THREE, slow), lateness=10)
    for at in range(300):
        one.take([hit(at * 100 + n, at * 10 + n, f"n{at}-{n}") for n in range(10)])
    assert one.state.count("window") <= 200
    assert one.state.count("delayed") <= 30
    assert len(one.stored) <= 250


def test_state_read_anew_goes_on_as_if_it_had_never_left() -> None:
    """A process that starts again from the store finds the same, evictions included."""
    content = made(THREE, correlation("c2", "value_count", ["r1"], ["user"], 60 * S, "gte", 20))
    draw = random.Random(3)
    matches = [
        hit(at / 5, at, f"u{draw.randrange(30)}", value=f"v{draw.randrange(40)}")
        for at in range(4000)
    ]
    limits = Limits(rule=200)
    steady, restarted = Object(content, 20, limits), Object(content, 20, limits)
    for batch in batches(shuffled_within(50, matches, 1), 100):
        steady.take(batch)
        restarted.take(batch)
        restarted.state = Rows("o", ROW_TYPES, restarted.stored)
    assert restarted.findings == steady.findings
    assert restarted.whole() == steady.whole()
    assert steady.whole().evicted > 0


def test_an_event_costs_the_same_in_a_large_group() -> None:
    """value_count over thousands of values: an event costs about what it does in a small group."""
    counted = correlation("c1", "value_count", ["r1"], ["user"], 3600 * S, "gte", 9000)

    def spent(first: int) -> float:
        one = Object(made(counted))
        if first:
            one.take([hit(n / 100, n, value=f"v{n % 8000}") for n in range(first)])
        started = time.process_time()
        for n in range(first, first + 300):
            one.stage.windowed.apply(
                one.state, ObjectRow(), [hit(n / 100, n, value=f"v{n % 8000}")]
            )
        assert one.findings == []
        return time.process_time() - started

    small, large = spent(20), spent(12_000)
    assert large < 15 * small  # looking at the whole group each time takes a hundred times as long


def test_an_outer_correlation_sees_each_event_at_which_the_inner_one_holds() -> None:
    """Many failures, then a success of the same user: the inner correlation is quiet itself."""
    inner = correlation("many", "event_count", ["r1"], ["host"], 60 * S, "gte", 3)
    outer = correlation("c1", "temporal_ordered", ["many", "r2"], ["user"], 60 * S, "gte", 2)
    one = Object(made(inner, outer))
    for at in range(3):
        one.take([hit(at, at, host="h")])
    (found,) = one.take([hit(5, 9, rule_id="r2")])
    assert (found.rule.id, found.group, found.event_ids) == (
        "c1", {"user": "u"}, ("e000002", "e000009"),
    )  # fmt: skip
    assert {finding.rule.id for finding in one.findings} == {"c1"}


def test_what_must_not_follow_is_decided_once_it_can_not_come() -> None:
    """A condition with not is decided when the watermark, or an idle object's clock, has passed."""
    from tests.correlate.test_oracle import content_of, rule_document

    document = {
        "title": "stopped and not started again", "name": "c1", "id": identifier("c1"),
        "custom": {"saqshy.extended": True},
        "correlation": {
            "type": "temporal", "group-by": ["user"], "timespan": "60s",
            "condition": "r1 and not r2",
        },
    }  # fmt: skip
    content = content_of([rule_document("r1"), rule_document("r2"), document])
    one = Object(content, lateness=10)
    r1, r2 = identifier("r1"), identifier("r2")
    assert one.take([hit(0, 1, rule_id=r1), hit(0, 2, "w", r1)]) == []
    assert one.take([hit(30, 3, rule_id=r2)]) == []
    (found,) = one.take([hit(80, 4, "x", rule_id=r2)])
    assert found.group == {"user": "w"}
    one.take([hit(100, 5, "y", r1)])
    assert [finding.group for finding in one.tick(2 * 10**6)] == [{"user": "y"}]

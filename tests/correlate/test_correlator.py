"""The fold's first half: order, repeats, silence, lateness, amendment."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.content import Correlation
from pipeline.content.rule import Branch
from pipeline.correlate import (
    ROW_TYPES,
    Correlator,
    Evidence,
    Limits,
    SourceTiming,
    forgotten_repeats,
    patience,
)
from pipeline.correlate.correlator import WITHHELD_RECORD
from pipeline.correlate.presence import ObjectRow
from pipeline.correlate.repeats import RepeatRow
from pipeline.correlate.silence import SILENT_SOURCE
from pipeline.errors import IntegrityError
from pipeline.model import (
    ENDING,
    NANOSECONDS,
    BatchKind,
    Finding,
    Labels,
    Match,
    Observation,
    Revisions,
)
from pipeline.model.rows import Rows
from tests.correlate.made import content_with, correlation, rule

S = NANOSECONDS
LATENESS = 60 * S
BASE = 1_772_424_000 * S


def correlator(*correlations: Correlation, lateness: int = LATENESS, silence: int | None = None):  # type: ignore[no-untyped-def]
    """Make a correlator over rule r1 and the given correlation rules."""
    evidence = Evidence(
        labels=lambda _: Labels(),
        timing=lambda _object, _source, _at: SourceTiming(lateness, silence),
        expected=lambda _object, _at: ("s",) if silence else (),
        trial=lambda _object, _at: False,
    )
    return Correlator(content_with([rule("r1"), rule("r2")], correlations), evidence, 3600 * S)


def seen(
    sequence: int,
    matches: Iterable[Match] = (),
    *,
    at: int = BASE,
    newest: int = 0,
    source: str = "s",
) -> Observation:
    """Make one observation of a source."""
    matches = tuple(matches)
    times = [match.time for match in matches] or [newest]
    at = max(at, *times, newest) if at == BASE else at
    return Observation(
        batch_id=f"{source}{sequence}",
        kind=BatchKind.RAW,
        object_id="o",
        source_id=source,
        sequence=sequence,
        previous=sequence - 1,
        received_at=at,
        revisions=Revisions(),
        event_count=len(matches),
        first_event_at=min(times),
        last_event_at=max(times),
        matches=matches,
    )


def hit(
    seconds: float, number: int, user: str = "u", value: str = "v", rule_id: str = "r1"
) -> Match:
    """Make one match at a second of the story."""
    fields = {"user": user, "value": value}
    return Match(rule_id, f"e{number:05d}", BASE + int(seconds * S), "host", fields)


def standing(findings: Sequence[Finding]) -> dict[str, Finding]:
    """Keep the latest revision of each finding that stands."""
    latest: dict[str, Finding] = {}
    for finding in findings:
        assert finding.revision == getattr(latest.get(finding.id), "revision", 0) + 1
        latest[finding.id] = finding
    return {key: finding for key, finding in latest.items() if not finding.retracted}


def shape(findings: Sequence[Finding]) -> list[tuple[int, int, int, tuple[str, ...]]]:
    """Say what stands, without ids and revisions."""
    return sorted(
        (finding.first_event_at, finding.last_event_at, finding.event_count, finding.event_ids)
        for finding in standing(findings).values()
    )


def run(stage: Correlator, batches: Sequence[Sequence[Match]]) -> list[Finding]:
    """Run batches of matches of one source through a fresh state that is stored between steps."""
    stored: dict[str, bytes] = {}
    findings: list[Finding] = []
    for number, batch in enumerate(batches, 1):
        state = Rows("o", ROW_TYPES, stored)
        findings += stage.step(state, seen(number, batch))
        for key, row in state.changes().items():
            if row is None:
                stored.pop(key, None)
            else:
                stored[key] = row
    return findings


@st.composite
def stories(draw: st.DrawFn) -> tuple[list[Match], list[list[Match]]]:
    """Draw matches, and the same matches shuffled within the lateness and cut into batches."""
    times = draw(st.lists(st.integers(0, 600), min_size=1, max_size=40))
    values = draw(st.lists(st.sampled_from("abc"), min_size=len(times), max_size=len(times)))
    matches = [hit(t, n, value=v) for n, (t, v) in enumerate(zip(times, values, strict=True))]
    delays = draw(st.lists(st.integers(0, 60), min_size=len(times), max_size=len(times)))
    arrival = [
        match
        for _, match in sorted(
            zip(delays, matches, strict=True),
            key=lambda pair: (pair[1].time + pair[0] * S, pair[1].event_id),
        )
    ]
    batches, rest = [], arrival
    while rest:
        size = draw(st.integers(1, len(rest)))
        batches.append(rest[:size])
        rest = rest[size:]
    return matches, batches


@given(story=stories())
def test_repeats_fold_the_same_for_any_order(
    story: tuple[list[Match], list[list[Match]]],
) -> None:
    """Repeats of one rule stand as the same runs whatever order their events came in."""
    _, batches = story
    spread = [
        [Match(m.rule_id, m.event_id, BASE + (m.time - BASE) * 60, m.host, m.fields) for m in batch]
        for batch in batches
    ]
    in_order = sorted((m for batch in spread for m in batch), key=lambda m: (m.time, m.event_id))
    assert shape(run(correlator(), spread)) == shape(run(correlator(), [in_order]))


def test_the_first_hit_is_told_at_once_and_repeats_are_counted() -> None:
    """The first hit of a rule is a finding; repeats amend it with count, first and last seen."""
    batches = [[hit(50, 1)], [hit(90, 2), hit(70, 3)], [hit(10, 4)], [hit(90 + 3600, 5)]]
    told = [
        (one.revision, one.event_count, one.first_event_at - BASE, one.last_event_at - BASE)
        for one in run(correlator(lateness=7200 * S), batches)
    ]
    assert told == [
        (1, 1, 50 * S, 50 * S),
        (2, 3, 50 * S, 90 * S),
        (3, 4, 10 * S, 90 * S),
        (1, 1, 3690 * S, 3690 * S),
    ]


def test_a_late_event_amends_and_makes_no_second_finding() -> None:
    """An event within the lateness re-opens the window: the same id, a higher revision."""
    made = correlation("c1", "event_count", ["r1"], ["user"], 60 * S, "gte", 2)
    findings = run(correlator(made), [[hit(10, 1), hit(20, 2)], [hit(15, 3)]])
    mine = [one for one in findings if one.rule.id == "c1"]
    assert [(one.revision, one.event_count) for one in mine] == [(1, 2), (2, 3)]
    assert len({one.id for one in mine}) == 1


def test_a_bridging_event_merges_two_findings() -> None:
    """A late event that joins two findings leaves the first and retracts the second into it."""
    made = correlation("c1", "event_count", ["r1"], ["user"], 20 * S, "gte", 2)
    batches = [[hit(0, 1), hit(5, 2)], [hit(35, 3), hit(40, 4)], [hit(20, 5)]]
    findings = [one for one in run(correlator(made), batches) if one.rule.id == "c1"]
    kept, gone = findings[-2], findings[-1]
    assert (kept.event_count, kept.retracted) == (5, False)
    assert (gone.retracted, gone.merged_into) == (True, kept.id)


def test_what_more_data_can_refute_waits_for_the_watermark() -> None:
    """A condition with lte gives its finding only when the watermark has passed the window."""
    made = correlation("c1", "event_count", ["r1"], ["user"], 10 * S, "lte", 1)
    stage = correlator(made)
    state = Rows("o", ROW_TYPES, {})
    first = stage.step(state, seen(1, [hit(0, 1)]))
    assert [one for one in first if one.rule.id == "c1"] == []
    later = stage.step(state, seen(2, newest=BASE + 100 * S))
    assert [one.event_count for one in later if one.rule.id == "c1"] == [1]


def test_beyond_the_lateness_is_counted_and_single_rules_still_run() -> None:
    """An event too late for its window is counted; a rule that needs no window still fires."""
    made = correlation("c1", "event_count", ["r1"], ["user"], 60 * S, "gte", 1)
    stage = correlator(made)
    state = Rows("o", ROW_TYPES, {})
    stage.step(state, seen(1, newest=BASE + 1000 * S))
    late = [hit(0, 1), hit(0, 1, rule_id="r2")]
    findings = stage.step(state, seen(2, late))
    assert [one.rule.id for one in findings] == ["r2"]
    assert [row.too_late for _, row in state.all(ObjectRow, "object")] == [1]


def test_the_same_observation_twice_changes_nothing() -> None:
    """A sequence that was applied is skipped, so redelivery gives no finding."""
    stage, state = correlator(), Rows("o", ROW_TYPES, {})
    assert len(stage.step(state, seen(1, [hit(0, 1)]))) == 1
    assert stage.step(state, seen(1, [hit(0, 1)])) == []


def test_a_gap_in_a_sequence_is_an_integrity_error() -> None:
    """A batch whose predecessor was not applied is refused by name, never jumped to."""
    stage, state = correlator(), Rows("o", ROW_TYPES, {})
    with pytest.raises(IntegrityError, match="batch 2 follows 1, but 0"):
        stage.step(state, seen(2, [hit(0, 1)]))


def tick(seconds: int) -> Observation:
    """Make a tick of the clock."""
    at = BASE + seconds * S
    return Observation("t", BatchKind.CLOCK, "o", "clock", 1, 0, at, Revisions())


def test_a_silent_source_is_told_once_and_ends_when_it_speaks() -> None:
    """Silence gives one finding at the first tick past the limit, amended when a record comes."""
    stage, state = correlator(silence=100 * S), Rows("o", ROW_TYPES, {})
    stage.step(state, seen(1, at=BASE, newest=BASE))
    assert stage.step(state, tick(90)) == []
    (silent,) = stage.step(state, tick(110))
    assert (silent.rule.id, silent.first_event_at) == (SILENT_SOURCE.id, BASE)
    assert stage.step(state, tick(120)) == []
    (ended,) = stage.step(state, seen(2, at=BASE + 130 * S, newest=BASE))
    assert (ended.id, ended.revision, ended.fields) == (silent.id, 2, {"ended": True})


def test_a_source_that_never_spoke_falls_silent_too() -> None:
    """A source that the registry expects counts from the first tick."""
    stage, state = correlator(silence=100 * S), Rows("o", ROW_TYPES, {})
    assert stage.step(state, tick(0)) == []
    assert [one.rule.id for one in stage.step(state, tick(101))] == [SILENT_SOURCE.id]


def test_an_idle_source_holds_no_window_back() -> None:
    """A tick makes a quiet source idle, so that the watermark follows the others."""
    made = correlation("c1", "event_count", ["r1"], ["user"], 10 * S, "lte", 1)
    stage, state = correlator(made), Rows("o", ROW_TYPES, {})
    stage.step(state, seen(1, newest=BASE - 500 * S, source="quiet"))
    stage.step(state, seen(1, [hit(0, 1)]))
    held = stage.step(state, seen(2, newest=BASE + 100 * S, at=BASE + 100 * S))
    assert [one for one in held if one.rule.id == "c1"] == []
    assert [one.rule.id for one in stage.step(state, tick(61)) if one.rule.id == "c1"] == ["c1"]


def ending(at: int) -> Observation:
    """Make the tick that ends a replay."""
    return replace(tick(0), source_id=ENDING, received_at=at)


def without_next(rules: Sequence[str], absent: str, name: str = "c1") -> Correlation:
    """Make a correlation that holds where ``absent`` does not follow within ten seconds."""
    made = correlation(name, "temporal_ordered", [*rules, absent], ["user"], 10 * S, "gte", 1)
    return replace(made, branches=(Branch(tuple(rules), (absent,)),))


@pytest.mark.parametrize(
    "made",
    [
        correlation("c1", "event_count", ["r1"], ["user"], 10 * S, "lte", 1),
        without_next(["r1"], "r2"),
    ],
    ids=["can be refuted", "must not follow"],
)
def test_the_end_of_a_replay_decides_what_waits(made: Correlation) -> None:
    """After lateness and patience nothing is waited for, with no silence told of any source."""
    stage, state = correlator(made, silence=20 * S), Rows("o", ROW_TYPES, {})
    first = stage.step(state, seen(1, [hit(0, 1)]))
    assert [one.rule.id for one in first if one.rule.id == "c1"] == []
    found = stage.step(state, ending(BASE + LATENESS + patience(stage.content) + 1))
    assert [one.rule.id for one in found] == ["c1"]
    assert [row.ticked_at for _, row in state.all(ObjectRow, "object")] == [0]


def test_patience_adds_up_over_correlations_of_correlations() -> None:
    """What waits for another that waits is waited for as long as both take; others not at all."""
    inner = without_next(["r1"], "r2")
    outer = without_next(["c1"], "r2", "c2")
    rules = [rule("r1"), rule("r2")]
    at_once = correlation("c3", "event_count", ["r1"], ["user"], 60 * S, "gte", 2)
    assert patience(content_with(rules, [])) == 0
    assert patience(content_with(rules, [at_once])) == 0
    assert patience(content_with(rules, [at_once, inner])) == 10 * S - 1
    assert patience(content_with(rules, [at_once, outer, inner])) == 2 * (10 * S - 1)


def test_withheld_records_become_one_detector_finding() -> None:
    """Stubs of withheld records fold into one finding that carries no content."""
    stage, state = correlator(), Rows("o", ROW_TYPES, {})
    stub = replace(
        seen(1, newest=BASE), withheld=(("e1", BASE, "withheld"), ("e2", BASE, "withheld"))
    )
    (finding,) = stage.step(state, stub)
    assert (finding.rule.id, finding.event_count) == (WITHHELD_RECORD.id, 2)
    assert finding.fields == {"mark": "withheld"}


def test_a_clock_that_runs_ahead_blinds_nobody() -> None:
    """An event from the future moves the watermark no further than its receive time."""
    made = correlation("c1", "event_count", ["r1"], ["user"], 60 * S, "gte", 2)
    stage, state = correlator(made), Rows("o", ROW_TYPES, {})
    ahead = replace(seen(1, newest=BASE + 80_000 * S), received_at=BASE)
    stage.step(state, ahead)
    findings = stage.step(state, seen(2, [hit(0, 1), hit(10, 2)]))
    assert [one.event_count for one in findings if one.rule.id == "c1"] == [2]


@pytest.mark.parametrize("op", ["gte", "lte"])
def test_an_edited_rule_reads_no_rows_of_its_old_form(op: str) -> None:
    """Rows counted under another group-by are let go, whatever the new form asks."""
    before = correlation("c1", "event_count", ["r1"], ["user"], 60 * S, op, 1)
    after = correlation("c1", "event_count", ["r1"], ["user", "value"], 60 * S, op, 1)
    state = Rows("o", ROW_TYPES, {})
    correlator(before).step(state, seen(1, [hit(0, 1)]))
    findings = correlator(after).step(state, seen(2, [hit(1, 2)]))
    findings += correlator(after).step(state, tick(4000))
    groups = [set(one.group) for one in findings if one.rule.id == "c1"]
    assert groups == [{"user", "value"}]
    assert state.count("window") <= 1


def test_our_own_deafness_is_nobodys_silence() -> None:
    """After a gap in the ticks the time without ticks is not counted against the sources."""
    stage, state = correlator(silence=100 * S), Rows("o", ROW_TYPES, {})
    stage.step(state, seen(1, at=BASE, newest=BASE))
    assert stage.step(state, tick(50)) == []
    assert stage.step(state, tick(50 + 3600)) == []
    assert [one.rule.id for one in stage.step(state, tick(50 + 3600 + 60))] == [SILENT_SOURCE.id]


def test_runs_that_nothing_can_reach_are_let_go() -> None:
    """State of repeats does not grow with names made up for each record."""
    stage, state = correlator(), Rows("o", ROW_TYPES, {})
    for number in range(1, 300):
        made_up = replace(hit(number * 7200, number, rule_id="r2"), host=f"host{number}")
        stage.step(state, seen(number, [made_up]))
    assert state.count("repeat") < 150


def test_a_run_that_nothing_can_reach_goes_from_a_row_that_stays() -> None:
    """A host that goes on being seen keeps only the runs that an event in time can join."""
    stage, state = correlator(), Rows("o", ROW_TYPES, {})
    for number in range(1, 40):
        stage.step(state, seen(number, [hit(number * 7200, number)]))
    stage.step(state, tick(40 * 7200))
    assert [len(row.spans) for _, row in state.all(RepeatRow, "repeat")] == [1]


def made_up(number: int, host: str, rule_id: str = "r1") -> Match:
    """Make one match on a host, a second after the one before."""
    return replace(hit(number, number, rule_id=rule_id), host=host)


def test_made_up_hosts_make_room_at_their_own_expense() -> None:
    """Beyond the bound single hits of the rule with most hosts go, counted; the others stay."""
    stage = replace(correlator(), limits=Limits(repeats=80))
    state = Rows("o", ROW_TYPES, {})
    known = [made_up(number, "known") for number in (1, 2)]
    other = [made_up(number, f"other{number}", "r2") for number in range(3, 13)]
    stage.step(state, seen(1, [*known, *other]))
    told = 12
    for number in range(2, 52):
        hits = [made_up(told + n, f"host{told + n}") for n in range(10)]
        stage.step(state, seen(number, hits))
        told += 10
        assert state.count("repeat") <= 80
    kept = [parts for parts, _ in state.all(RepeatRow, "repeat")]
    assert sum(parts[0] == "r2" for parts in kept) == 10
    assert ("r1", "host", f"host{told - 1}") in kept
    (whole,) = (row for _, row in state.all(ObjectRow, "object"))
    assert whole.forgotten == 11 + 500 - len(kept)
    (again,) = stage.step(state, seen(52, [made_up(told, "known")]))
    assert (again.revision, again.event_count) == (2, 3)
    assert forgotten_repeats(state) == whole.forgotten

"""Volume drops: none where hours are as ever, one for each outage, and nothing learned of it."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.correlate import ROW_TYPES, Attention
from pipeline.correlate.silence import LEARNED_SILENCE, SILENT_SOURCE
from pipeline.correlate.volume import VOLUME_DROP
from pipeline.correlate.volume_row import Usual, VolumeRow, count_of, empty, level_of
from pipeline.correlate.watching import Watching
from pipeline.model import Finding
from pipeline.model.rows import Rows
from tests.correlate.weeks import BEGIN, DAY, HOUR, KINDS, MINUTE, Rhythm, Week, run

LEARNED = 30  # days, with weekends enough
MONDAY = BEGIN + 42 * DAY  # a working week behind the holidays
SYSMON = "windows.sysmon_operational/1"


def left(share: float, begin: int, end: int, only: str = "") -> Callable[[int, str], float]:
    """Give what is left of each kind when from ``begin`` to ``end`` only a share of it comes."""
    return lambda at, kind: share if begin <= at < end and only in ("", kind) else 1.0


def drops(week: Week) -> list[Finding]:
    """Give every revision of every drop."""
    return week.of(VOLUME_DROP.id)


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("noise", [0.1, 0.3], ids=["even", "uneven"])
def test_two_months_with_holidays_raise_nothing(seed: int, noise: float) -> None:
    """Nights, weekends, Independence Day, New Year and Christmas are as they are."""
    week = Week()
    run(week, Rhythm(seed, noise=noise), 60, batches=1)
    assert week.findings == []


CUTS = [
    ("all of it", 0.0, "", 10, "all"),
    ("two thirds", 0.33, "", 10, "all"),
    ("all of it at night", 0.0, "", 1, "all"),
    ("one dataset", 0.0, SYSMON, 11, "windows.sysmon_operational"),
]


@pytest.mark.parametrize(
    ("share", "kind", "hour", "stream"), [row[1:] for row in CUTS], ids=[row[0] for row in CUTS]
)
def test_a_drop_is_one_finding_within_three_hours(
    share: float, kind: str, hour: int, stream: str
) -> None:
    """What is missing for thirty hours is told after two, once a day, and when it ends."""
    begin = MONDAY + hour * HOUR
    week = Week()
    run(week, Rhythm(7, cut=left(share, begin, begin + 30 * HOUR, kind)), 46, batches=1)
    found = drops(week)
    assert {one.id for one in found} == {found[0].id}
    assert [one.revision for one in found] == list(range(1, len(found) + 1))
    assert len(found) <= 4
    opened, ended = found[0], found[-1]
    assert (opened.first_event_at, opened.fields["ended"]) == (begin, False)
    assert stream in opened.fields["streams"]
    told_at = next(at for at, one in week.told if one.rule.id == VOLUME_DROP.id)
    assert told_at - begin <= 3 * HOUR
    assert ended.fields["ended"] is True
    assert ended.last_event_at - (begin + 30 * HOUR) <= 4 * HOUR
    assert opened.group == {"source": "s"}


def test_less_is_no_drop_before_it_is_half() -> None:
    """A fifth less on some day is no finding."""
    week = Week()
    run(week, Rhythm(3, noise=0.05, cut=left(0.8, MONDAY, MONDAY + 2 * DAY)), 46, batches=1)
    assert week.findings == []


def test_one_low_hour_is_no_drop() -> None:
    """An hour without anything pages nobody: two in a row do."""
    begin = MONDAY + 10 * HOUR
    week = Week()
    run(week, Rhythm(3, cut=left(0.0, begin, begin + HOUR)), 44, batches=1)
    assert week.findings == []


def test_while_it_learns_nothing_is_told() -> None:
    """In the first fortnight a drop says nothing, for nobody knows what is usual."""
    begin = BEGIN + 9 * DAY + 10 * HOUR
    week = Week()
    run(week, Rhythm(3, cut=left(0.0, begin, begin + 10 * HOUR)), 14, batches=1)
    assert week.findings == []


def test_a_slow_decline_is_found() -> None:
    """What falls by five in a hundred each day is told, since the usual follows a level a week."""
    week = Week()
    run(
        week,
        Rhythm(5, noise=0.05, cut=lambda at, _: 0.95 ** max(0, (at - BEGIN) // DAY - LEARNED)),
        LEARNED + 30,
        batches=1,
    )
    assert drops(week)
    opened_at = next(at for at, one in week.told if one.revision == 1)
    assert (opened_at - BEGIN) // DAY - LEARNED <= 25


def test_a_flood_raises_no_drop_behind_it() -> None:
    """Two days of thirty times as much teach too little for the days after to look low."""
    begin = MONDAY
    week = Week()
    run(week, Rhythm(5, cut=left(30.0, begin, begin + 2 * DAY)), 52, batches=1)
    assert week.findings == []


@pytest.mark.parametrize(
    "attention", [Attention(planned=True), Attention(watched=False)], ids=["planned", "unwatched"]
)
def test_planned_work_and_what_is_not_watched_raise_nothing(attention: Attention) -> None:
    """Where work is planned, or the source is not registered, a drop says nothing, nor teaches."""
    begin, end = MONDAY + 10 * HOUR, MONDAY + 40 * HOUR
    week = Week()
    week.attention = lambda _source, at: attention if begin <= at < end else Attention()
    run(week, Rhythm(7, cut=left(0.0, begin, end)), 47, batches=1)
    assert week.findings == []


def test_our_own_deafness_is_no_drop() -> None:
    """Hours without ticks are nobody's, and neither are the replayed files of such a time."""
    week = Week()
    run(week, Rhythm(7), LEARNED + 12, batches=1)
    later = BEGIN + (LEARNED + 12) * DAY + 26 * HOUR
    for number in range(1, 7):
        week.send(later - number * HOUR, dict.fromkeys(KINDS, 1))
    for number in range(30):
        week.tick(later + number * MINUTE)
    assert week.findings == []


def test_a_replay_of_old_files_counts_nowhere() -> None:
    """Without ticks nothing is counted, learned or told, however many files there are."""
    week = Week()
    for number in range(40):
        week.send(BEGIN + number * DAY, {"json/-": 10_000})
    week.end(BEGIN + 41 * DAY)
    assert week.findings == []
    assert not week.bytes_of("volume")


def test_a_silence_that_the_registry_counts_is_not_told_twice() -> None:
    """Where the registry says how long nothing may come, an outage is that one finding."""
    begin = MONDAY + 10 * HOUR
    week = Week(timing=900)
    run(week, Rhythm(7, cut=left(0.0, begin, begin + 12 * HOUR)), 44, batches=12)
    assert {one.rule.id for one in week.findings} == {SILENT_SOURCE.id}
    assert len({one.id for one in week.findings}) == 1


def test_a_drop_to_nothing_is_not_told_again_as_a_learned_silence() -> None:
    """Of an outage without a number of the registry the first detector that sees it tells."""
    begin = MONDAY + 10 * HOUR
    week = Week()
    run(week, Rhythm(7, cut=left(0.0, begin, begin + 4 * DAY)), 48, batches=1)
    assert {one.rule.id for one in week.findings} == {VOLUME_DROP.id}
    assert LEARNED_SILENCE.id not in {one.rule.id for one in week.findings}


def test_a_person_may_say_that_less_is_usual_now() -> None:
    """Once accepted a drop ends, and the source is learned anew."""
    begin = MONDAY + 10 * HOUR
    week = Week()
    rhythm = Rhythm(7, cut=left(0.2, begin, begin + 90 * DAY))
    run(week, rhythm, 44, batches=1)
    assert [one.fields["ended"] for one in drops(week)][:1] == [False]
    row = week.state.get(VolumeRow, "volume", "s")
    assert row is not None
    row.relearn = True
    week.state.put(row, "volume", "s")
    run(week, replace(rhythm, by_day=800, by_night=100), 20, batches=1, begin=BEGIN + 45 * DAY)
    assert drops(week)[-1].fields["accepted"] is True
    assert row.stands is False


@settings(max_examples=5, deadline=None)
@given(pieces=st.integers(1, 6), seed=st.integers(0, 99))
def test_batches_cut_otherwise_give_the_same(pieces: int, seed: int) -> None:
    """However an hour's events are cut into batches, findings and what is learned are the same."""
    few = replace(Watching(), numbers=replace(Watching().numbers, learning_days=2, least_events=32))
    cut = left(0.1, BEGIN + 10 * DAY, BEGIN + 11 * DAY)
    rhythm = Rhythm(seed, watching=few, cut=cut, by_day=300, by_night=300, at_rest=1.0)
    weeks = [Week(watching=few), Week(watching=few, reopen=True)]
    for week, batches in zip(weeks, (1, pieces), strict=True):
        for at, counts in rhythm.hours(12):
            week.tick(at)
            for number in range(batches):
                part = {
                    kind: count * (number + 1) // batches - count * number // batches
                    for kind, count in counts.items()
                }
                week.send(at + 20 * MINUTE, part)
            for number in range(1, 8):
                week.tick(at + number * 8 * MINUTE)
    shapes = [[(one.id, one.revision, one.fields) for one in week.findings] for week in weeks]
    assert shapes[0] == shapes[1]
    assert shapes[0]
    volumes = [week.stored[Rows.key("volume", "s")] for week in weeks]
    assert volumes[0] == volumes[1]


def test_state_of_a_source_is_bounded() -> None:
    """A source of a hundred datasets with long names takes less than four kilobytes."""
    week = Week()
    week.tick(BEGIN)
    for hour in range(24 * 20):
        for number in range(12):
            week.tick(BEGIN + hour * HOUR + number * 5 * MINUTE)
        counts = {f"{'x' * 60}{number}/{number}": 1000 + number for number in range(100)}
        week.send(BEGIN + hour * HOUR + 56 * MINUTE, counts)
    assert 0 < week.bytes_of("volume", "source") < 4096


def test_a_dataset_too_small_to_judge_makes_room() -> None:
    """Small datasets that came first do not keep a large one out for good."""
    week = Week()
    small = {f"small{number}/-": 1 for number in range(8)}
    for hour in range(24 * 24):
        begin = BEGIN + hour * HOUR
        for number in range(12):
            week.tick(begin + number * 5 * MINUTE)
        week.send(
            begin + 56 * MINUTE, {**small, "large/-": 5000} if hour % 24 else {"large/-": 5000}
        )
    row = week.state.get(VolumeRow, "volume", "s")
    assert row is not None
    assert "large" in row.streams
    assert len(row.streams) <= 5


@given(count=st.integers(0, 10**9))
def test_levels_are_eight_to_each_doubling(count: int) -> None:
    """A level's least count is not above what it stands for, and the next one's is."""
    level = level_of(count)
    assert count_of(level) <= count or count == 0
    if 0 < level < 200:
        assert count < count_of(level + 1) or count_of(level) == count_of(level + 1)
    assert level_of(2 * count) == level + 8 or count == 0


def test_the_usual_falls_slowly_and_rises_sooner() -> None:
    """Once learned an hour's level follows the median, a step each time and down only if it may."""
    usual = Usual.unpacked(empty())
    for _ in range(7):
        usual.push(3, 80, learning=True, may_fall=False)
    for _ in range(5):
        usual.push(3, 40, learning=False, may_fall=False)
    assert usual.judged_by(3) == 80
    usual.push(3, 40, learning=False, may_fall=True)
    assert usual.judged_by(3) == 79
    for _ in range(6):
        usual.push(3, 120, learning=False, may_fall=False)
    assert usual.judged_by(3) == 82
    assert Usual.unpacked(usual.packed()) == usual


def test_rows_round_trip() -> None:
    """A row of a source's volume is read as it was written."""
    row = VolumeRow(streams=["", "a"], levels=[empty(), empty()], spread=[1, 2], low={"a": 1})
    rows = Rows("o", ROW_TYPES, {})
    rows.put(row, "volume", "s")
    stored = {key: data for key, data in rows.changes().items() if data is not None}
    assert Rows("o", ROW_TYPES, stored).get(VolumeRow, "volume", "s") == row

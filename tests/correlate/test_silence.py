"""Silent sources: by the registry's number or by what was learned, and not in planned work."""

import pytest

from pipeline.correlate import Attention
from pipeline.correlate.presence import SourceRow
from pipeline.correlate.silence import GAPS_KEPT, LEARNED_SILENCE, SILENT_SOURCE
from pipeline.correlate.volume import VOLUME_DROP
from tests.correlate.weeks import BEGIN, DAY, HOUR, MINUTE, Rhythm, S, Week, run

LIMIT = 900  # seconds


def still(week: Week, begin: int, end: int) -> None:
    """Let time pass in which nothing comes, a tick each minute."""
    for at in range(begin, end + 1, MINUTE):
        week.tick(at)


def heard(allowed: int | None = LIMIT) -> Week:
    """Make an object whose source was heard once, while we listened."""
    week = Week(timing=allowed, expected=("s",))
    week.tick(BEGIN - MINUTE)
    week.send(BEGIN, {"a/1": 1})
    return week


def windows(*spans: tuple[int, int]) -> object:
    """Give the answer of a registry with planned work in these minutes."""
    return lambda _source, at: Attention(
        planned=any(BEGIN + begin * MINUTE <= at < BEGIN + end * MINUTE for begin, end in spans)
    )


WORK: list[tuple[str, tuple[tuple[int, int], ...], int, int | None]] = [
    ("none", (), 30, 16),
    ("around the silence", ((1, 60),), 59, None),
    ("begun before, and outlasted", ((10, 40),), 60, 46),
    ("two, with too little between", ((5, 30), (32, 60)), 59, None),
    ("over before", ((-30, -10),), 30, 16),
    ("later", ((120, 180),), 30, 16),
]


@pytest.mark.parametrize(
    ("work", "until", "told"), [row[1:] for row in WORK], ids=[row[0] for row in WORK]
)
def test_planned_work_is_no_silence(
    work: tuple[tuple[int, int], ...], until: int, told: int | None
) -> None:
    """Time of planned work does not count; what is silent for too long beside it is told."""
    week = heard()
    week.attention = windows(*work)  # type: ignore[assignment]
    still(week, BEGIN, BEGIN + until * MINUTE)
    minutes = [(at - BEGIN) // MINUTE for at, _ in week.told]
    # A tick's length is lost at each end of the work, to the source's good.
    assert (minutes == []) if told is None else (told <= minutes[0] <= told + 2)
    assert len(week.findings) == (told is not None)
    assert all(one.first_event_at == BEGIN for one in week.findings)


def test_a_silence_that_stands_outlives_planned_work() -> None:
    """What was told before the work began stays told until the source is heard."""
    week = heard()
    week.attention = windows((20, 40))  # type: ignore[assignment]
    still(week, BEGIN, BEGIN + 60 * MINUTE)
    week.send(BEGIN + 61 * MINUTE, {"a/1": 1})
    assert [one.fields["ended"] for one in week.of(SILENT_SOURCE.id)] == [False, True]


def test_a_source_heard_in_planned_work_is_judged_from_its_end() -> None:
    """A source that sends during the work, and then no more, is silent its limit after the end."""
    week = heard()
    week.attention = windows((1, 30))  # type: ignore[assignment]
    still(week, BEGIN, BEGIN + 10 * MINUTE)
    week.send(BEGIN + 10 * MINUTE + S, {"a/1": 1})
    still(week, BEGIN + 11 * MINUTE, BEGIN + 60 * MINUTE)
    assert [(at - BEGIN) // MINUTE for at, _ in week.told] == [46]


def test_what_is_not_registered_any_more_is_nobodys_silence() -> None:
    """A source that leaves the registry ends its silence; registered again, it counts from then."""
    week = heard()
    still(week, BEGIN, BEGIN + 20 * MINUTE)
    week.attention = lambda _source, at: Attention(watched=at >= BEGIN + 40 * MINUTE)
    still(week, BEGIN + 21 * MINUTE, BEGIN + 54 * MINUTE)
    assert [one.fields["ended"] for one in week.findings] == [False, True]
    still(week, BEGIN + 55 * MINUTE, BEGIN + 60 * MINUTE)
    assert [(one.revision, one.fields["ended"]) for one in week.findings] == [
        (1, False),
        (2, True),
        (1, False),
    ]
    assert week.findings[0].id != week.findings[2].id


def test_a_source_never_heard_counts_from_the_first_tick() -> None:
    """A source that the registry expects is silent its limit after we began to listen."""
    week = Week(timing=LIMIT, expected=("s",))
    still(week, BEGIN, BEGIN + 20 * MINUTE)
    assert [(at - BEGIN) // MINUTE for at, _ in week.told] == [16]


def test_what_is_learned_tells_nothing_for_a_fortnight() -> None:
    """A source without a number may be silent while it is learned, and no finding says so."""
    week = Week()
    run(week, Rhythm(3, by_day=40, by_night=0), 12, batches=1)
    still(week, BEGIN + 12 * DAY, BEGIN + 13 * DAY)
    assert week.findings == []


@pytest.mark.parametrize("seed", range(3))
def test_a_source_that_rests_at_night_and_at_weekends_pages_nobody(seed: int) -> None:
    """Nights, weekends and the holidays of two months are learned as the rests that they are."""
    week = Week()
    run(week, Rhythm(seed, by_day=40, by_night=0, at_rest=0), 60, batches=1)
    assert week.findings == []


def test_a_learned_silence_is_told_once_and_ends() -> None:
    """A small source that stops is told after three times its second longest silence."""
    week = Week()
    run(week, Rhythm(3, by_day=20, by_night=20, at_rest=1), 20, batches=1)
    stopped = BEGIN + 20 * DAY
    still(week, stopped, stopped + 2 * DAY)
    week.send(stopped + 2 * DAY + MINUTE, {"a/1": 1})
    found = week.of(LEARNED_SILENCE.id)
    assert [one.fields["ended"] for one in found] == [False, True]
    assert found[0].fields["learned_seconds"] == 3 * 3600
    assert found[0].revision == 1
    assert week.told[0][0] - stopped <= 4 * HOUR


def test_one_long_silence_teaches_nothing() -> None:
    """A day's outage before anything was learned does not stretch what is learned after it."""
    week = Week()
    quiet = lambda at, _: 0.0 if BEGIN + 5 * DAY <= at < BEGIN + 6 * DAY - HOUR else 1.0  # noqa: E731
    run(week, Rhythm(3, by_day=20, by_night=20, at_rest=1, cut=quiet), 20, batches=1)
    (row,) = [row for _, row in week.state.all(SourceRow, "source")]
    assert row.limit == 3 * HOUR
    assert week.findings == []


def test_what_is_learned_stretches_slowly() -> None:
    """A source that falls ever more silent is told, though each day is like the one before."""
    week = Week()
    run(week, Rhythm(3, by_day=20, by_night=20, at_rest=1), 20, batches=1)
    at, step = BEGIN + 20 * DAY, 2 * HOUR
    while at < BEGIN + 50 * DAY and not week.findings:
        still(week, at, at + step)
        at += step
        week.send(at, {"a/1": 1})
        step = step * 5 // 4
    assert week.of(LEARNED_SILENCE.id)


def test_a_number_of_the_registry_beats_what_was_learned() -> None:
    """A source that may be silent for two days by its number is not told by its habits."""
    week = Week(timing=2 * 86_400)
    run(week, Rhythm(3, by_day=20, by_night=20, at_rest=1), GAPS_KEPT + 2, batches=1)
    stopped = BEGIN + (GAPS_KEPT + 2) * DAY
    still(week, stopped, stopped + 47 * HOUR)
    assert week.findings == []
    still(week, stopped + 47 * HOUR, stopped + 49 * HOUR)
    assert {one.rule.id for one in week.findings} == {SILENT_SOURCE.id}


def test_what_nobody_can_read_is_heard() -> None:
    """A source of which no parser takes anything is no silent one: it waits in the queue."""
    week = heard()
    for minute in range(0, 60, 5):
        week.tick(BEGIN + minute * MINUTE)
        week.send(BEGIN + minute * MINUTE + S, {"saqshy.unknown/-": 3})
    assert week.of(SILENT_SOURCE.id) == []
    assert week.of(VOLUME_DROP.id) == []
    assert week.bytes_of("novel") > 0

"""Kinds of events that are new for their object wait for a person, as few as one can read."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.correlate.kinds import LETTERS, MOST, Epoch, KnownRow, known, learn, name_of, shown
from pipeline.correlate.novelty import (
    MOST_WAITING,
    NovelRow,
    NoveltyRow,
    accept,
    waiting,
)
from pipeline.correlate.watching import Numbers, Watching
from pipeline.model.rows import Rows
from tests.correlate.weeks import BEGIN, DAY, HOUR, MINUTE, Week

LEARNED = BEGIN + 15 * DAY
USUAL = {"system.security/4688": 5, "auditd.log/executed": 2}
UNPARSED = "saqshy.unknown/-"


def learned(**numbers: int) -> Week:
    """Make an object that sent its usual kinds for a fortnight."""
    week = Week(watching=replace(Watching(), numbers=Numbers(**numbers)))
    for day in range(15):
        week.send(BEGIN + day * DAY, USUAL)
    return week


def told(week: Week) -> dict[str, int]:
    """Give what waits: kinds and their counts."""
    return {line.kind: line.count for _, line in waiting(week.state)}


def test_a_new_kind_waits_after_the_learning_period() -> None:
    """What was never seen is told with its source and its first hour's count; no finding is."""
    week = learned()
    week.send(LEARNED, {**USUAL, "system.security/1102": 1})
    week.send(LEARNED + 30 * MINUTE, {"system.security/1102": 2})
    week.send(LEARNED + 2 * HOUR, {"system.security/1102": 40})
    ((_, line),) = waiting(week.state)
    assert line == NovelRow(
        what="novel",
        kind="system.security/1102",
        source="s",
        first_at=LEARNED,
        last_at=LEARNED + 30 * MINUTE,
        count=3,
        batch="s16",
        counted=True,
    )
    assert week.findings == []


def test_while_an_object_is_learned_nothing_is_new() -> None:
    """In its first fortnight every kind teaches, and afterwards none of them is new."""
    week = learned()
    week.send(BEGIN + 13 * DAY, {f"a/{number}": 1 for number in range(200)})
    week.send(LEARNED, {f"a/{number}": 1 for number in range(200)})
    assert told(week) == {}


def test_a_source_that_comes_later_is_learned_on_its_own() -> None:
    """A new source teaches its kinds for a fortnight while the others' new kinds are told."""
    week = learned()
    week.send(LEARNED, {"cisco.asa/302013": 9}, source="t")
    week.send(LEARNED + DAY, {"system.security/1102": 1})
    week.send(LEARNED + 13 * DAY, {"cisco.asa/302014": 9}, source="t")
    assert told(week) == {"system.security/1102": 1}
    week.send(LEARNED + 15 * DAY, {"cisco.asa/302015": 9}, source="t")
    assert told(week) == {"system.security/1102": 1, "cisco.asa/302015": 9}


def test_a_day_tells_so_many_and_counts_the_rest() -> None:
    """Beyond a day's number new kinds are one line, told another day if they still come."""
    week = learned(novel_a_day=5)
    flood = {f"a/{number}": 2 for number in range(50)}
    week.send(LEARNED, flood)
    week.send(LEARNED + HOUR, {"b/1": 1})
    row = week.state.get(NoveltyRow, "novelty")
    assert row is not None
    assert (len(told(week)), row.waiting, row.more) == (5, 5, [(LEARNED // DAY, 91)])
    week.send(LEARNED + DAY, {**flood, "b/1": 1})
    assert len(told(week)) == 10
    for day in range(2, 60):
        week.send(LEARNED + day * DAY, flood)
    assert len(told(week)) == 50
    assert len(row.more) <= 7


def test_a_queue_is_bounded() -> None:
    """However many kinds somebody makes up, queue and state stay small, and all is counted."""
    week = learned(novel_a_day=200)
    for day in range(30):
        week.send(LEARNED + day * DAY, {f"made{day}/up{number}x": 1 for number in range(255)})
    row = week.state.get(NoveltyRow, "novelty")
    assert row is not None
    assert len(told(week)) == MOST_WAITING
    assert row.more[-1][1] == 255
    assert week.bytes_of("novel", "novelty", "known") < 80_000


def test_a_full_sketch_never_tells_what_is_known() -> None:
    """Where the sketch has no room left, known kinds stay known and new ones are only counted."""
    week = Week()
    row = NoveltyRow(began=BEGIN)
    for number in range(MOST):
        assert learn(week.state, f"0{number:011x}", Epoch(7, 1))
    assert not learn(week.state, f"0{MOST:011x}", Epoch(7, 1))
    assert all(known(week.state, f"0{number:011x}", Epoch(7, 1)) for number in range(MOST))
    assert not known(week.state, f"0{MOST:011x}", Epoch(7, 1))
    assert row.waiting == 0


def test_what_was_not_seen_for_long_is_new_again() -> None:
    """A kind seen in the epoch before is known and kept; one that was missed twice is new."""
    week = Week()
    learn(week.state, "a" * LETTERS, Epoch(5, 1))
    learn(week.state, "ab" * (LETTERS // 2), Epoch(5, 1))
    assert known(week.state, "a" * LETTERS, Epoch(6, 1))
    assert known(week.state, "a" * LETTERS, Epoch(7, 1))
    assert not known(week.state, "ab" * (LETTERS // 2), Epoch(7, 1))
    assert not known(week.state, "a" * LETTERS, Epoch(9, 1))


def test_names_are_found_at_their_places_only() -> None:
    """A name that stands across two others is not among them."""
    row = KnownRow(1, "ab" * LETTERS)
    rows = Rows("o", {"known": KnownRow}, {})
    rows.put(row, "known", "b")
    assert not known(rows, "b" + "ab" * 5 + "a", Epoch(1, 1))


def test_what_no_parser_takes_waits_from_the_start() -> None:
    """One line a source, counted on; accepted it is quiet for a month and then told again."""
    week = Week()
    for day in range(3):
        week.send(BEGIN + day * DAY, {UNPARSED: 4})
    week.send(BEGIN, {UNPARSED: 1}, source="t")
    lines = {line.source: (name, line.what, line.count) for name, line in waiting(week.state)}
    assert {source: line[1:] for source, line in lines.items()} == {
        "s": ("unparsed", 12),
        "t": ("unparsed", 1),
    }
    assert accept(week.state, lines["s"][0], BEGIN + 3 * DAY, 30 * DAY) is not None
    week.send(BEGIN + 4 * DAY, {UNPARSED: 4})
    assert [line.source for _, line in waiting(week.state)] == ["t"]
    week.send(BEGIN + 34 * DAY, {UNPARSED: 4})
    assert [(line.source, line.count) for _, line in waiting(week.state)] == [("s", 4), ("t", 1)]


def test_what_a_person_accepts_is_known() -> None:
    """An accepted kind leaves the queue and never comes back; the oldest that waits is known."""
    week = learned()
    week.send(LEARNED, {"a/1": 1})
    week.send(LEARNED + DAY, {"a/2": 1})
    (name,) = [name for name, line in waiting(week.state) if line.kind == "a/1"]
    assert accept(week.state, name, LEARNED + DAY, DAY) is not None
    assert accept(week.state, name, LEARNED + DAY, DAY) is None
    week.send(LEARNED + 2 * DAY, {"a/1": 1})
    assert told(week) == {"a/2": 1}
    row = week.state.get(NoveltyRow, "novelty")
    assert row is not None
    assert (row.waiting, row.oldest) == (1, LEARNED + DAY)


SHOWN = [
    ("system.security/4688", "system.security/4688"),
    ("auditd.log/executed", "auditd.log/executed"),
    ("cisco.asa/%ASA-6-302013", "cisco.asa/%ASA-6-302013"),
    ("app/mail to a.serik@bank.example", "app/mail to #"),
    ("app/login from 203.0.113.7:22", "app/login from #"),
    ("app/iin 900101300123", "app/iin #"),
    ("app/{6a910b9d-4a9a-5ee0-0c04-000000000400}", "app/#"),
    ("app/session deadbeef01234567", "app/session #"),
    ("app/2001:db8:0:1::7 left", "app/# left"),
    ("app/the user Aigerim S. opened a door", "app/#"),
    ("app/" + "x" * 100, "app/#"),
    ("app/a\x07b", "app/#"),
    ("json/-", "json/-"),
]


@pytest.mark.parametrize(("kind", "text"), SHOWN, ids=[text for _, text in SHOWN])
def test_a_kind_names_no_person(kind: str, text: str) -> None:
    """Addresses, long numbers and sentences of a code are not kept; codes and words are."""
    assert shown(kind) == text


def test_an_object_s_sketch_tells_nothing_of_another_s() -> None:
    """The same kind has another name at another object."""
    assert name_of("a", "x/1") != name_of("b", "x/1")
    assert len(name_of("a", "x/1")) == LETTERS


@settings(max_examples=25, deadline=None)
@given(
    kinds=st.lists(st.sampled_from([f"k/{n}" for n in range(40)]), min_size=1, max_size=60),
    cut=st.integers(1, 59),
)
def test_batches_cut_otherwise_give_the_same_queue(kinds: list[str], cut: int) -> None:
    """The queue follows from the events in their order, also where a day's number is used up."""

    def counted(some: list[str]) -> dict[str, int]:
        return {kind: some.count(kind) for kind in dict.fromkeys(some)}

    whole, parts = learned(novel_a_day=10), learned(novel_a_day=10)
    parts.reopen = True
    whole.send(LEARNED, counted(kinds))
    for some in (kinds[:cut], kinds[cut:]):
        parts.send(LEARNED, counted(some))
    assert told(whole) == told(parts)
    rows = [week.stored[Rows.key("novelty")] for week in (whole, parts)]
    assert rows[0] == rows[1]

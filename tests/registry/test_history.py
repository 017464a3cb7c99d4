"""Tests of an object's history in two times: valid and recorded."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model import instant
from pipeline.registry import History, ObjectRecord, registry_from_bundle
from pipeline.registry.history import history
from pipeline.registry.moments import EARLIEST, LATEST
from tests.registry.making import registry

DAY = 86_400 * 10**9
BASE = instant("2025-01-01T00:00:00Z")


def said(mark: str, since: int | None, until: int | None = None, **more: Any) -> ObjectRecord:
    """Make a revision in days since the base; ``recorded`` is when it was learned."""
    recorded = more.pop("recorded", None)
    document: dict[str, Any] = {"id": "plant", "territory": mark, **more}
    if since is not None:
        document["valid_from"] = BASE + since * DAY
    if until is not None:
        document["valid_to"] = BASE + until * DAY
    if recorded is not None:
        document["change"] = {"recorded_at": BASE + recorded * DAY, "author": "a", "reason": "b"}
    return ObjectRecord.model_validate(document, context={"bundle": True})


def told(held: History, day: int) -> str | None:
    """Give what is known of a day."""
    record = held.at(BASE + day * DAY)
    return record.territory if record is not None else None


ROWS = [
    pytest.param(
        [said("a", None), said("b", 10)], {0: "a", 9: "a", 10: "b", 99: "b"}, id="next-ends-it"
    ),
    pytest.param(
        [said("a", 0, 10), said("b", 20)], {-1: None, 5: "a", 15: None, 20: "b"}, id="gap"
    ),
    pytest.param(
        [said("a", 0), said("late", 3, 6, recorded=50)],
        {2: "a", 3: "late", 5: "late", 6: "a"},
        id="late-record-of-a-past-span",
    ),
    pytest.param(
        [said("a", 0), said("b", 10), said("late", 3, recorded=50)],
        {2: "a", 3: "late", 9: "late", 10: "b"},
        id="late-and-open-holds-until-the-next",
    ),
    pytest.param(
        [said("a", 0), said("b", 10), said("late", 3, 20, recorded=50)],
        {2: "a", 10: "late", 19: "late", 20: "b"},
        id="late-over-two",
    ),
    pytest.param(
        [said("a", 0), said("again", 0, recorded=50)], {0: "again", 9: "again"}, id="corrected"
    ),
    pytest.param(
        [said("a", 0), said("x", 5, recorded=50), said("y", 5, recorded=60)],
        {4: "a", 5: "y"},
        id="the-later-word-stands",
    ),
    pytest.param(
        [said("a", 0), said("", 5, recorded=50, withdrawn=True), said("b", 8, recorded=60)],
        {4: "a", 5: None, 7: None, 8: "b"},
        id="withdrawn-and-back",
    ),
]


@pytest.mark.parametrize(("revisions", "expected"), ROWS)
def test_what_was_learned_later_lies_over_what_was_known(
    revisions: list[ObjectRecord], expected: dict[int, str | None]
) -> None:
    """Of two revisions about a day the one recorded later stands, in any order of files."""
    for order in (revisions, revisions[::-1]):
        held = history(order)
        assert {day: told(held, day) for day in expected} == expected


def test_a_history_tells_what_was_known_at_a_time() -> None:
    """What was known then leaves out what was recorded since."""
    held = history([said("a", 0), said("x", 5, recorded=50), said("y", 5, recorded=60)])
    known = {day: told(held.known(BASE + day * DAY), 7) for day in (49, 50, 59, 60)}
    assert known == {49: "a", 50: "x", 59: "x", 60: "y"}
    assert held.known(LATEST) is held
    assert history([said("x", 5, recorded=50)]).known(BASE).at(BASE + 7 * DAY) is None


def test_the_registry_tells_both_times() -> None:
    """A registry gives an object as known last, and as known then, through a bundle too."""
    held = registry(said("a", 0), said("late", 3, 6, recorded=50))
    for one in (held, registry_from_bundle(held.bundle())):
        at, before = BASE + 4 * DAY, BASE + 49 * DAY
        now, then = one.object("plant", at), one.object("plant", at, known_at=before)
        assert now is not None
        assert then is not None
        assert (now.territory, then.territory) == ("late", "a")
        assert one.revision == held.revision


STATEMENT = st.tuples(
    st.integers(0, 12), st.one_of(st.none(), st.integers(1, 6)), st.integers(0, 5), st.booleans()
)


def oracle(rows: list[tuple[int, int | None, int, bool]], day: int) -> int | None:
    """Paint day by day, in the order of recording: the slow and plain way."""
    painted: dict[int, int | None] = {}
    for recorded in sorted({row[2] for row in rows}):
        group = sorted((row[0], place) for place, row in enumerate(rows) if row[2] == recorded)
        starts = {d for d in painted if painted[d] != painted.get(d - 1, "none")}
        new = dict(painted)
        for begin, place in group:
            length, withdrawn = rows[place][1], rows[place][3]
            others = {start for start, _ in group}
            until = [d for d in (others if length else others | starts) if d > begin]
            end = min([*until, 40, *([begin + length] if length else [])])
            for d in range(begin, end):
                new[d] = -1 - place if withdrawn else place
        painted = new
    found = painted.get(day)
    return None if found is None or found < 0 else found


@given(st.lists(STATEMENT, min_size=1, max_size=7, unique_by=lambda row: (row[0], row[2])))
def test_any_statements_give_what_painting_them_gives(
    rows: list[tuple[int, int | None, int, bool]],
) -> None:
    """The history of any statements is what painting day by day gives."""
    held = history(
        said(str(place), begin, begin + length if length else None, recorded=at, withdrawn=gone)
        for place, (begin, length, at, gone) in enumerate(rows)
    )
    for day in range(20):
        expected = oracle(rows, day)
        assert told(held, day) == (None if expected is None else str(expected)), day
    assert all(begin < end for begin, end, _ in held.spans())
    assert all(EARLIEST <= one <= LATEST for one in (*held.begins, *held.ends))

"""Who is paged: the one on duty, beside whom nobody relieved; turns that nobody took over."""

import pytest

from pipeline.notify.duty import MINUTE, Taken, above, awaited, overdue, paged
from tests.runtime.termed import DAY, HOUR, roster

BEGIN = 1_772_366_400_000_000_000  # 2026-03-01T12:00:00Z: the turn of b begins
HELD = roster()

PAGED = [
    ("nobody hands over", 0, None, ("b",)),
    ("taken over", MINUTE, Taken("b", BEGIN), ("b",)),
    ("taken over early", MINUTE, Taken("b", BEGIN - 50 * MINUTE), ("b",)),
    ("not relieved", MINUTE, Taken("a", BEGIN - 12 * HOUR), ("b", "a")),
    ("long not relieved", 3 * HOUR, Taken("a", BEGIN - 12 * HOUR), ("b",)),
    ("taken over a day ago", MINUTE, Taken("b", BEGIN - DAY), ("b",)),
    ("who left the roster", MINUTE, Taken("z", BEGIN - 12 * HOUR), ("b",)),
]


@pytest.mark.parametrize(("after", "taken", "whom"), [one[1:] for one in PAGED],
                         ids=[one[0] for one in PAGED])  # fmt: skip
def test_a_page_reaches_who_is_on_duty(
    after: int, taken: Taken | None, whom: tuple[str, ...]
) -> None:
    """The person whose turn it is is paged, and who was not relieved as well, for two hours."""
    level, people = paged(HELD, "duty_officer", BEGIN + after, taken)
    assert (level, tuple(one.id for one in people)) == ("duty_officer", whom)


def test_a_turn_can_be_taken_over_an_hour_before() -> None:
    """Of two turns that meet the coming one is awaited from an hour before it begins."""
    turns = [awaited(HELD, "duty_officer", BEGIN + at) for at in (-2 * HOUR, -HOUR, HOUR)]
    assert [turn and turn.person.id for turn in turns] == ["a", "b", "b"]


def test_a_turn_that_nobody_took_over_is_overdue() -> None:
    """Half an hour into a turn it is, where hand-over is kept at all, and its level's next told."""
    before = Taken("a", BEGIN - 12 * HOUR)
    assert overdue(HELD, "duty_officer", BEGIN + 29 * MINUTE, before) is None
    late = overdue(HELD, "duty_officer", BEGIN + 30 * MINUTE, before)
    assert late is not None
    assert (late.person.id, late.begins) == ("b", BEGIN)
    assert overdue(HELD, "duty_officer", BEGIN + HOUR, None) is None
    assert overdue(HELD, "duty_officer", BEGIN + HOUR, Taken("b", BEGIN)) is None
    levels = [above(level) for level in ("duty_officer", "duty_lead", "head_of_centre")]
    assert levels == ["duty_lead", "head_of_centre", "head_of_centre"]

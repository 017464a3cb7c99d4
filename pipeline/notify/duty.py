"""Who is paged at an instant: by the roster, and by who has taken over from whom."""

from dataclasses import dataclass

from pipeline.model import NANOSECONDS
from pipeline.registry import Roster
from pipeline.registry.roster import LEVELS, Duty, Person

MINUTE = 60 * NANOSECONDS
EARLY = 60 * MINUTE
"""So long before a turn begins it may be taken over."""
UNRELIEVED = 120 * MINUTE
"""So long after a turn began, who was not relieved is paged beside who should have come."""
OVERDUE = 30 * MINUTE
"""So long after a turn began, one that nobody took over is told to the next level."""
FORESIGHT = 24 * 60 * MINUTE
"""So long before it, a gap at the end of the roster is told."""


@dataclass(frozen=True, slots=True)
class Taken:
    """Who took over the duty of a level last, and when (nanoseconds)."""

    person: str
    at: int


def paged(
    roster: Roster, level: str, at: int, taken: Taken | None
) -> tuple[str, tuple[Person, ...]]:
    """Give whom a page to a level reaches, and as which level; nobody where no level is covered.

    ``taken`` is of the level that is reached. Beside the person on duty stands who was on duty
    before and has not been relieved.
    """
    duty = roster.reached(level, at)
    if duty is None:
        return level, ()
    before = _unrelieved(roster, duty, at, taken)
    return duty.level, (duty.person, *([before] if before else []))


def awaited(roster: Roster, level: str, at: int) -> Duty | None:
    """Give the turn that can be taken over at an instant: the one that is on, or begins soon."""
    ahead = roster.on_duty(level, at + EARLY)
    return ahead or roster.on_duty(level, at)


def overdue(roster: Roster, level: str, at: int, taken: Taken | None) -> Duty | None:
    """Give the turn that should have been taken over by now; None where hand-over is not kept."""
    duty = roster.on_duty(level, at)
    if duty is None or taken is None or at < duty.begins + OVERDUE:
        return None
    return None if _has(duty, taken) else duty


def above(level: str) -> str:
    """Give the level that is told of what a level leaves undone; the last one's own."""
    return LEVELS[min(LEVELS.index(level) + 1, len(LEVELS) - 1)]


def _unrelieved(roster: Roster, duty: Duty, at: int, taken: Taken | None) -> Person | None:
    if taken is None or _has(duty, taken) or at >= duty.begins + UNRELIEVED:
        return None
    return None if taken.person == duty.person.id else roster.person(taken.person)


def _has(duty: Duty, taken: Taken) -> bool:
    return taken.person == duty.person.id and taken.at >= duty.begins - EARLY

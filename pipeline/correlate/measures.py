"""What a window holds: one measure per correlation type (Sigma correlation rules 2.1).

A measure is told which entries enter the window at its new end and which leave at its old one, and
answers for the window as it stands. Decided where the text leaves it open:

- value_count compares values as text, exactly; several fields count as one value of all.
- numbers are exact: whole numbers as they are, others as the shortest decimal that a double has, so
  that no order of adding changes a sum. Text that is a number counts as one; what is none (text,
  true and false, infinities) has no value, and its event is in no window of that rule.
- value_percentile with ``percentile`` interpolates between the two nearest values, so that 50 is
  the median, as the text says. Without, it is a share: how many percent of the window's values
  equal the value of an event at its end (the text's example: a process name that is less than 1% of
  all). Several events at that instant: one for which the comparison holds is enough.
"""

import operator
from bisect import bisect_left, insort
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any, Protocol, TypeAlias

from pipeline.content import Comparison

# Event time (ns), event id, what is measured of it, and what is kept of it for others.
Entry: TypeAlias = tuple[int, str, Any, Any]
Holds: TypeAlias = Callable[[Any], bool]

_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "gte": operator.ge,
    "gt": operator.gt,
    "lte": operator.le,
    "lt": operator.lt,
    "eq": operator.eq,
    "neq": operator.ne,
}


class Measure(Protocol):
    """What is known of the entries inside one window.

    ``commutes``: an entry may also enter after later ones.
    """

    commutes: bool

    def enter(self, entry: Entry) -> None:
        """Take in an entry at the window's end; entries come in the order of their times."""

    def leave(self, entry: Entry) -> None:
        """Let go of the oldest entry."""

    def holds(self) -> bool:
        """Tell whether the condition holds."""


def holds_all(comparisons: Sequence[Comparison]) -> Holds:
    """Give the test of a number against every comparison."""
    tests = [(_OPERATORS[one.op], exact(one.count)) for one in comparisons]
    if len(tests) == 1:
        compare, threshold = tests[0]
        return lambda number: compare(number, threshold)
    return lambda number: all(compare(number, threshold) for compare, threshold in tests)


def exact(number: float) -> int | Fraction:
    """Give a number of a rule or an event as it was written."""
    return number if isinstance(number, int) else _whole(Fraction(repr(number)))


def _whole(number: Fraction) -> int | Fraction:
    return number.numerator if number.denominator == 1 else number


def number_of(kept: int | str) -> int | Fraction:
    """Give the number that an entry keeps: whole, or text where it is none."""
    return kept if isinstance(kept, int) else Fraction(kept)


class EventCount:
    """How many events."""

    commutes = True

    def __init__(self, holds: Holds) -> None:
        self._holds = holds
        self._count = 0

    def enter(self, entry: Entry) -> None:  # noqa: ARG002 (which one makes no difference)
        """Count one more."""
        self._count += 1

    def leave(self, entry: Entry) -> None:  # noqa: ARG002 (which one makes no difference)
        """Count one less."""
        self._count -= 1

    def holds(self) -> bool:
        """Compare the count."""
        return self._holds(self._count)


class ValueCount:
    """How many different values."""

    commutes = True

    def __init__(self, holds: Holds) -> None:
        self._holds = holds
        self._counts: dict[str, int] = {}

    def enter(self, entry: Entry) -> None:
        """Count the value."""
        self._counts[entry[2]] = self._counts.get(entry[2], 0) + 1

    def leave(self, entry: Entry) -> None:
        """Forget the value where it was the last of its kind."""
        if self._counts[entry[2]] == 1:
            del self._counts[entry[2]]
        else:
            self._counts[entry[2]] -= 1

    def holds(self) -> bool:
        """Compare the number of values."""
        return self._holds(len(self._counts))


class Sum:
    """The sum of the numbers, or with ``average`` their arithmetic mean."""

    commutes = True

    def __init__(self, holds: Holds, *, average: bool) -> None:
        self._holds = holds
        self._average = average
        self._sum: int | Fraction = 0
        self._count = 0

    def enter(self, entry: Entry) -> None:
        """Add a number."""
        self._sum += number_of(entry[2])
        self._count += 1

    def leave(self, entry: Entry) -> None:
        """Take a number away."""
        self._sum -= number_of(entry[2])
        self._count -= 1

    def holds(self) -> bool:
        """Compare the sum or the mean."""
        return self._holds(Fraction(self._sum) / self._count if self._average else self._sum)


class Percentile:
    """The percentile of the numbers, between the two nearest ones where it falls between."""

    commutes = True

    def __init__(self, holds: Holds, percentile: int) -> None:
        self._holds = holds
        self._percentile = percentile
        self._sorted: list[int | Fraction] = []

    def enter(self, entry: Entry) -> None:
        """Put a number in its place."""
        insort(self._sorted, number_of(entry[2]))

    def leave(self, entry: Entry) -> None:
        """Take a number out."""
        del self._sorted[bisect_left(self._sorted, number_of(entry[2]))]

    def holds(self) -> bool:
        """Compare the percentile."""
        place, rest = divmod((len(self._sorted) - 1) * self._percentile, 100)
        below = self._sorted[place]
        if not rest:
            return self._holds(below)
        return self._holds(below + (self._sorted[place + 1] - below) * Fraction(rest, 100))


class Share(ValueCount):
    """How many percent of the values equal one at the window's end."""

    def __init__(self, holds: Holds) -> None:
        super().__init__(holds)
        self._count = 0
        self._instant = 0
        self._last: set[str] = set()

    def enter(self, entry: Entry) -> None:
        """Count the value."""
        super().enter(entry)
        self._count += 1
        if entry[0] > self._instant:
            self._instant = entry[0]
            self._last.clear()
        if entry[0] == self._instant:
            self._last.add(entry[2])

    def leave(self, entry: Entry) -> None:
        """Count the value no more."""
        super().leave(entry)
        self._count -= 1

    def holds(self) -> bool:
        """Compare the share of each value at the end."""
        shares = {self._counts[value] for value in self._last}
        return any(self._holds(Fraction(100 * share, self._count)) for share in shares)

"""Small cells of public tables: merged with others, so that nothing published gives them away.

A count of one to ``least - 1`` could point at a single object. Such values are not listed: they go
into ``other`` together with as many of the next smallest as it takes to make ``other`` at least
``least``, and never with one value alone, which the total would give away. What is not listed may
as well be zero. A test enumerates every table that would have been published alike.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

LEAST_ALLOWED = (
    3  # with two, a pair of single incidents merged into two would be known to be one each
)
OTHER = "other"


@dataclass(frozen=True, slots=True)
class Cell:
    """One line of a public table: a value, and how many."""

    value: str
    count: int


def partition(counts: Mapping[str, int], vocabulary: Sequence[str], least: int) -> list[Cell]:
    """Give the public cells of counts that add up to their total.

    ``vocabulary`` are the values that may be named at all; any other is merged. The cells come in
    its order, ``other`` last, and add up to the same total; nothing at all where that is small.
    ValueError where ``least`` would protect nothing.
    """
    _check(least)
    total = sum(counts.values())
    if total < least:
        return []
    nameable = {name: counts[name] for name in vocabulary if counts.get(name)}
    unnamed = total - sum(nameable.values())
    merged = [unnamed] if unnamed else []
    merged += [count for count in nameable.values() if count < least]
    bound = least
    for count in sorted(set(nameable.values())):  # equals go together: a choice by name would tell
        if not merged or not _given_away(merged, least):
            break
        if count >= least:
            merged += [one for one in nameable.values() if one == count]
            bound = count + 1
    cells = [Cell(name, nameable[name]) for name in vocabulary if nameable.get(name, 0) >= bound]
    return [*cells, Cell(OTHER, sum(merged))] if merged else cells


def _given_away(merged: Sequence[int], least: int) -> bool:
    """Tell whether the sum of merged counts says what they are: too small, one alone, or the most.

    Of small counts that are all as large as small counts can be, the sum says just that.
    """
    return sum(merged) < least or len(merged) == 1 or min(merged) == max(merged) == least - 1


def labels(
    counts: Mapping[str, int], total: int, vocabulary: Sequence[str], least: int
) -> list[Cell]:
    """Give the public cells of labels of which one incident may have several.

    A label is listed where at least ``least`` have it, and as many or none have it not: else it
    would say what few have, or what few have not. ValueError where ``least`` protects nothing.
    """
    _check(least)
    return [
        Cell(name, counts[name])
        for name in vocabulary
        if counts.get(name, 0) >= least and (total - counts[name] >= least or total == counts[name])
    ]


def quantile_allowed(count: int, percent: int, least: int) -> bool:
    """Tell whether a quantile may be public: so many values lie on each side of it."""
    below = count * percent // 100
    return min(below, count - below) >= least


def _check(least: int) -> None:
    if least < LEAST_ALLOWED:
        raise ValueError(f"small cells are those below {LEAST_ALLOWED} at the least, not {least}")

"""Small cells: what is published gives none of them away."""

import itertools
from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.incidents.statistics.disclosure import (
    OTHER,
    labels,
    partition,
    quantile_allowed,
)

tables = st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 40), max_size=6)


@pytest.mark.parametrize(
    ("counts", "cells"),
    [
        ({"a": 9, "b": 7}, {"a": 9, "b": 7}),
        ({"a": 9, "b": 7, "c": 2}, {"a": 9, OTHER: 9}),
        ({"a": 9, "b": 3, "c": 3}, {"a": 9, OTHER: 6}),
        ({"a": 9, "b": 4, "c": 4}, {OTHER: 17}),
        ({"a": 9, "b": 9, "c": 2}, {OTHER: 20}),
        ({"a": 9, "x": 7}, {OTHER: 16}),
        ({"a": 4}, {}),
        ({}, {}),
    ],
    ids=[
        "nothing small", "one small", "two small", "two as large as small can be", "equals",
        "a value that must not be named", "small in all", "nothing",
    ],
)  # fmt: skip
def test_small_values_are_merged(counts: dict[str, int], cells: dict[str, int]) -> None:
    """A small value goes into the others, with as many as hide it; equals are treated alike."""
    assert {cell.value: cell.count for cell in partition(counts, "abc", 5)} == cells


@pytest.mark.parametrize(
    ("values", "most", "least"),
    [("ab", 16, 5), ("abc", 10, 3), ("abc", 12, 4), ("abcd", 6, 3)],
    ids=["two values", "three, least three", "three, least four", "four"],
)
def test_no_published_table_tells_what_it_hides(values: str, most: int, least: int) -> None:
    """Of every table that would be published alike, each hidden number takes two values or more."""
    alike = defaultdict(list)
    for counts in itertools.product(range(most + 1), repeat=len(values)):
        table = dict(zip(values, counts, strict=True))
        cells = partition(table, values, least)
        alike[tuple((cell.value, cell.count) for cell in cells)].append(table)
    told = [
        (cells, value, tables[0])
        for cells, tables in alike.items()
        for value in values
        if value not in dict(cells) and any(table[value] for table in tables)
        if len({table[value] for table in tables}) == 1
    ]
    assert told == []


@given(tables, st.integers(3, 8))
def test_public_cells_add_up_and_none_is_small(counts: dict[str, int], least: int) -> None:
    """The cells add up to the total or are none at all, and each is large enough."""
    cells = partition(counts, "abcd", least)
    total = sum(counts.values())
    assert sum(cell.count for cell in cells) == (total if total >= least else 0)
    assert all(cell.count >= least for cell in cells)
    assert {cell.value for cell in cells} <= {*"abcd", OTHER}


@given(tables, st.integers(3, 8))
def test_a_label_is_shown_where_neither_few_have_it_nor_few_lack_it(
    counts: dict[str, int], least: int
) -> None:
    """A shown label hides in both directions."""
    total = max(counts.values(), default=0) + 2
    for cell in labels(counts, total, "abc", least):
        assert cell.count >= least
        assert total - cell.count >= least
    assert labels({"a": 9}, 9, "abc", least)[0:1] == (
        labels({"a": 9}, 9, "a", least) if least <= 9 else []
    )


def test_a_quantile_needs_enough_on_either_side() -> None:
    """A median of ten and a ninetieth percentile of fifty are allowed with five, no sooner."""
    assert [quantile_allowed(count, 50, 5) for count in (9, 10)] == [False, True]
    assert [quantile_allowed(count, 90, 5) for count in (49, 50)] == [True, True]
    assert [quantile_allowed(count, 90, 5) for count in (40, 41)] == [False, True]


def test_too_small_a_bound_is_refused() -> None:
    """With a bound of two a pair of single incidents would be known."""
    with pytest.raises(ValueError, match="below 3"):
        partition({"a": 1}, "a", 2)
    with pytest.raises(ValueError, match="below 3"):
        labels({"a": 1}, 1, "a", 2)

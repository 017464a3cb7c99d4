"""What a field holds one by one, and compact JSON of any depth."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.match.values import compact_json, single_values

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
NAMES = st.text() | st.none() | st.booleans() | st.integers()
TREES = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(NAMES, inner) | st.tuples(inner)
)
LEVELS = 100_000


def written(value: Any) -> str:
    return json.dumps(value, default=str, ensure_ascii=False, separators=(",", ":"))


@given(tree=TREES, most=st.integers(0, 40))
def test_compact_json_is_that_of_json(tree: Any, most: int) -> None:
    """The text is what the json module writes, or so many characters of its beginning."""
    assert compact_json(tree) == written(tree)
    assert compact_json(tree, most) == written(tree)[:most]


def test_what_json_has_no_word_for_is_its_text() -> None:
    """Bytes are written as Python writes them, as the json module is told to."""
    assert compact_json({"a": b"x"}) == written({"a": b"x"})


def nested(levels: int, of: type) -> Any:
    tree: Any = "needle"
    for _ in range(levels):
        tree = {"a": tree} if of is dict else [tree]
    return tree


@pytest.mark.parametrize("of", [dict, list])
def test_compact_json_of_any_depth(of: type) -> None:
    """However deep a value nests it is written whole, and its beginning without the rest."""
    tree = nested(LEVELS, of)
    whole = compact_json(tree)
    assert whole.count("needle") == 1
    assert whole[:512] == compact_json(tree, 512)
    assert len(whole) == LEVELS * (6 if of is dict else 2) + len('"needle"')


@pytest.mark.parametrize(
    ("value", "singles"),
    [
        ("x", ["x"]),
        (None, []),
        ([], []),
        ([[], [None]], []),
        (["a", ["b", ("c", None, ["d"])], "e"], ["a", "b", "c", "d", "e"]),
        ({"a": [1]}, [{"a": [1]}]),
    ],
    ids=str,
)
def test_single_values(value: Any, singles: list[Any]) -> None:
    """A list is each of its values, and of those of the lists in it, in their order."""
    assert list(single_values(value)) == singles


def test_single_values_of_any_depth() -> None:
    """Lists may nest however deep."""
    assert list(single_values(nested(LEVELS, list))) == ["needle"]

"""Wildcard patterns, against a regular expression made from them."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.content.predicate import ANY, ONE
from pipeline.match.wildcard import Shape, shape_of, wildcard_test

PART = st.one_of(st.text(alphabet="abқ\n.", min_size=1, max_size=3), st.sampled_from([ANY, ONE]))


@given(st.lists(PART, max_size=6), st.text(alphabet="abқ\n.", max_size=9))
def test_patterns_match_what_they_say(parts: list[str | int], text: str) -> None:
    """A pattern matches a whole text exactly where its regular expression does."""
    words = {ANY: ".*", ONE: "."}
    pattern = "".join(re.escape(part) if isinstance(part, str) else words[part] for part in parts)
    wanted = re.fullmatch(pattern, text, re.DOTALL) is not None
    assert wildcard_test(tuple(parts))(text) is wanted


SHAPES = [
    ((), Shape.EQUAL, ""),
    (("a",), Shape.EQUAL, "a"),
    ((ANY,), Shape.PRESENT, ""),
    ((ONE,), Shape.WILD, ""),
    (("a", ANY), Shape.STARTS, "a"),
    ((ANY, "a"), Shape.ENDS, "a"),
    ((ANY, "a", ANY), Shape.CONTAINS, "a"),
    ((ONE, "a"), Shape.WILD, ""),
    (("a", ANY, "b"), Shape.WILD, ""),
    ((ANY, ONE, ANY), Shape.WILD, ""),
]


@pytest.mark.parametrize(("parts", "shape", "text"), SHAPES, ids=[str(row[0]) for row in SHAPES])
def test_shapes(parts: tuple[str | int, ...], shape: Shape, text: str) -> None:
    """Patterns that str can test are told from those that need more."""
    assert shape_of(parts) == (shape, text)


@pytest.mark.parametrize(
    "parts",
    [
        (ANY, "a", ANY, "b", ANY, "c", ANY),
        (ANY, "a", ONE, "b", ANY, "aa", ONE, "c"),
        (ANY, "ab", ANY, "ab", ANY, "ac"),
    ],
    ids=str,
)
def test_long_values_end(parts: tuple[str | int, ...]) -> None:
    """Several wildcards on a megabyte of near misses end in seconds."""
    begin = time.perf_counter()
    assert wildcard_test(parts)("ab" * 500_000) is False
    assert time.perf_counter() - begin < 20


def test_half_a_surrogate_pair_is_compared() -> None:
    """A text that no UTF-8 can say is compared all the same."""
    assert wildcard_test((ONE, ANY, "b"))("a\ud800b")
    assert not wildcard_test((ONE, ANY, "c"))("a\ud800b")

"""Tests of rules in words."""

import pytest

from pipeline.content.predicate import (
    ANY,
    ONE,
    Cidr,
    Compare,
    DatePart,
    Exists,
    Leaf,
    Null,
    Number,
    Regex,
    SameAs,
    Text,
)
from pipeline.match.wording import leaf_words

WORDS: list[tuple[Leaf, str]] = [
    (Text("a", ("x",)), "a: x"),
    (Text("a", ()), "a: ''"),
    (Text("a", (ANY, "x", ONE, "*?")), "a: *x?\\*\\?"),
    (Text("a", ("X",), cased=True), "a|cased: X"),
    (Text(None, (ANY, "x", ANY)), "any value of the event: *x*"),
    (Number("a", 1.5), "a: 1.5"),
    (Null("a"), "a: null"),
    (Exists("a", present=True), "a|exists: true"),
    (Exists("a", present=False), "a|exists: false"),
    (Regex("a", "x.y", "im"), "a|re|i|m: x.y"),
    (Cidr("a", "10.0.0.0/8"), "a|cidr: 10.0.0.0/8"),
    (Compare("a", "gte", 3), "a|gte: 3"),
    (SameAs("a", "b"), "a|fieldref: b"),
    (SameAs("a", "b", "endswith"), "a|fieldref|endswith: b"),
    (SameAs("a", "b", cased=True), "a|fieldref|cased: b"),
    (SameAs("a", "b", "contains", cased=True), "a|fieldref|contains|cased: b"),
    (DatePart("a", "hour", 3), "a|hour: 3"),
    (DatePart("a", "week", 3, "gte"), "a|week|gte: 3"),
]


@pytest.mark.parametrize(("leaf", "words"), WORDS, ids=[words for _, words in WORDS])
def test_every_kind_of_test_has_words(leaf: Leaf, words: str) -> None:
    """A test is written as a rule would write it."""
    assert leaf_words(leaf) == words


def test_no_kind_is_left_out() -> None:
    """The table above has every kind of leaf."""
    assert {type(leaf) for leaf, _ in WORDS} == set(Leaf.__args__)

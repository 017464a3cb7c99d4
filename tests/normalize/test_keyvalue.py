"""Pairs of names and values in text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model import Json
from pipeline.normalize.keyvalue import MOST_PAIRS, first_word, pairs


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a=1 b=2", {"a": "1", "b": "2"}),
        ("a=1,b=2;c=3|d=4", {"a": "1", "b": "2", "c": "3", "d": "4"}),
        ("(a=1) [b=2] {c=3}", {"a": "1)", "b": "2]", "c": "3}"}),
        ('a="x y" b=\'p "q"\'', {"a": "x y", "b": 'p "q"'}),
        (r'a="say \"no\" \\ twice" b=1', {"a": r'say "no" \ twice', "b": "1"}),
        ('a="" b=', {"a": "", "b": ""}),
        ("url=/search?q=a&b=c d=1", {"url": "/search?q=a&b=c", "d": "1"}),
        ("a=1 a=2", {"a": "1"}),
        ("text without", {}),
        ('a="never closed b=1', {"a": "", "b": "1"}),
        ("a.b-c/d@e=1", {"a.b-c/d@e": "1"}),
        ("9a=1 _b=2", {"_b": "2"}),
        ("x:a=1", {}),
    ],
)
def test_pairs(text: str, expected: Json) -> None:
    """Bare and quoted values are read by name, the first value of a name stays."""
    assert pairs(text) == expected


def test_there_are_only_so_many() -> None:
    """A text of endless pairs gives the first of them."""
    found = pairs(" ".join(f"k{index}={index}" for index in range(MOST_PAIRS * 2)))
    assert len(found) == MOST_PAIRS
    assert "k0" in found


@pytest.mark.parametrize(
    ("text", "word"),
    [("modbus_write unit=3", "modbus_write"), ("deny: a=1", "deny"), ("a=1", ""), ("no pairs", "")],
)
def test_the_word_before_the_pairs(text: str, word: str) -> None:
    """One word before the first pair says what happened."""
    assert first_word(text) == word


@given(st.text("ab=\"'\\ ,;|1", max_size=80))
def test_any_text_gives_texts(text: str) -> None:
    """Whatever the quotes and backslashes, each name has a text."""
    assert all(isinstance(value, str) for value in pairs(text).values())

"""HTML by construction: what is not made here is text."""

import html

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.web.markup import Html, element, empty, shown, table


@given(st.text())
def test_text_comes_through(text: str) -> None:
    """Whatever shows something is read back by a browser as it was; no markup is left."""
    escaped = shown(text)
    assert not set("<>\"'") & set(escaped)
    assert escaped.isprintable()
    if text.isprintable():
        assert html.unescape(escaped) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\x00b", "a\\x00b"),
        ("\u202e", "\\u202e"),
        ("\ud800", "\\ud800"),
        ("қ", "қ"),
        ("\n", "\\n"),
    ],
)
def test_what_shows_nothing_is_spelled_out(text: str, expected: str) -> None:
    """Control characters, direction marks and halves of characters are shown as escapes."""
    assert shown(text) == expected


def test_only_made_markup_is_markup() -> None:
    """A string among the children, or in an attribute, is text; an element stays one."""
    made = element("p", "<b>", element("b", "x & y"), class_='"><i>', data_to="1")
    assert made == ('<p class="&quot;&gt;&lt;i&gt;" data-to="1">&lt;b&gt;<b>x &amp; y</b></p>')
    assert isinstance(made, Html)


def test_markup_and_text_together_are_text() -> None:
    """Adding a string to markup gives text again: nobody smuggles an element in by adding."""
    assert element("p", element("b", "x") + "<i>") == "<p>&lt;b&gt;x&lt;/b&gt;&lt;i&gt;</p>"


def test_elements_without_an_end() -> None:
    """An element that has no end tag gets none."""
    assert empty("meta", charset="utf-8") == '<meta charset="utf-8">'


def test_table() -> None:
    """A table has a head and its rows; without rows it says so."""
    assert table(("a",), [], "none <yet>") == '<p class="nothing">none &lt;yet&gt;</p>'
    assert "<tbody><tr><td>&lt;1&gt;</td></tr></tbody>" in table(("a",), [("<1>",)], "none")

"""Text that leaves is one line that acts on nothing."""

from xml.etree.ElementTree import fromstring
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.notify.exports.plain_text import MOST, plain
from tests.notify.exports.made import HOSTILE


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b[31mb", "a\\x1b[31mb"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("line\r\nbreak", "line\\r\\nbreak"),
        ("\ud800", "\\ud800"),
        ("\ufffe\U0001ffff", "\\ufffe\\U0001ffff"),
        ("\U000e0041", "\\U000e0041"),
        ("Әә Іі Ңң Ғғ Үү Ұұ Ққ Өө Һһ", "Әә Іі Ңң Ғғ Үү Ұұ Ққ Өө Һһ"),
        ("السلام \U0001f600", "السلام \U0001f600"),
        (" padded ", " padded "),
    ],
)
def test_what_acts_is_shown(text: str, shown: str) -> None:
    """Control and format characters, surrogates and what is none are escapes; the rest stays."""
    assert plain(text) == shown


@given(text=st.text() | st.sampled_from(HOSTILE) | st.text(alphabet="\ud800a\x00\u202e\ufffe"))
def test_every_format_can_hold_it(text: str) -> None:
    """What comes out is XML 1.0, UTF-8 and one line, bounded, and stays as it is."""
    shown = plain(text)
    assert shown.encode("utf-8").decode("utf-8") == shown
    assert (fromstring(f"<a>{escape(shown)}</a>").text or "") == shown
    assert len(shown.splitlines()) <= 1
    assert len(shown) <= MOST
    assert plain(shown) == shown


def test_long_text_ends_in_an_ellipsis() -> None:
    """What is cut shows that it was."""
    assert plain("x" * (MOST + 1)) == "x" * (MOST - 1) + "…"
    assert plain("x" * MOST) == "x" * MOST

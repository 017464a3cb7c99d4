"""The signs by which a text's beginning shows its format."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.normalize.formats.signs import BEGINNINGS, SIGNS


@pytest.mark.parametrize("name", BEGINNINGS)
@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_sign_begins_as_is_said_of_it(name: str, data: st.DataObject) -> None:
    """Every ASCII character with which a text of a sign can begin is named as one of them."""
    sign = re.sub(r"(?<=[}*+?])\+", "", SIGNS[name])  # texts are not made of possessive patterns
    text = data.draw(st.from_regex(rf"\A(?:{sign})", alphabet=st.characters(max_codepoint=127)))
    assert text[0] in BEGINNINGS[name]

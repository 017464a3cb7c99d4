"""Expressions for texts that fold alike, held against ``casefold`` itself."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.stores.elasticsearch.search_fold import LONGEST_EXPRESSION, folded_expression

# What Lucene and Python write alike: classes, groups, alternatives, escapes, any text.
LETTERS = st.sampled_from([*"abfiklstTSK1İıßẞſKﬁﬆŉΐΣςσжЖ.*[-"])
TEXTS = st.text(st.one_of(LETTERS, st.characters(exclude_categories=["Cs"])), max_size=6)


@given(TEXTS, TEXTS)
def test_an_expression_fits_what_folds_alike(asked: str, other: str) -> None:
    """A text fits exactly where it folds to the same."""
    made = folded_expression((asked,))
    assert made is not None
    expression, exact = made
    fits = re.fullmatch(expression, other, re.DOTALL) is not None
    assert fits == (other.casefold() == asked.casefold()) if exact else True
    for same in (asked, asked.upper(), asked.lower(), asked.casefold(), asked.swapcase()):
        if same.casefold() == asked.casefold():
            assert re.fullmatch(expression, same, re.DOTALL)


@given(st.lists(TEXTS, min_size=2, max_size=3), TEXTS)
def test_parts_with_any_text_between(parts: list[str], between: str) -> None:
    """Parts are found in their order, whatever stands between them."""
    made = folded_expression(tuple(parts))
    assert made is not None
    assert re.fullmatch(made[0], between.join(parts).upper(), re.DOTALL) or (
        between.join(parts).upper().casefold() != between.join(parts).casefold()
    )


KNOWN = {
    "letters": ("ab", "[aA][bB]"),
    "other scripts": ("ж", "[жЖ]"),
    "signs": ("a.b", r"[aA]\.[bB]"),
    "two that one folds to": ("ss", "([sSſ][sSſ]|[ßẞ])"),
}


@pytest.mark.parametrize(("text", "expression"), KNOWN.values(), ids=KNOWN)
def test_known_expressions(text: str, expression: str) -> None:
    """Expressions are short: a class for each letter, ways only where several letters are one."""
    assert folded_expression((text,)) == (expression, True)


def test_bounds() -> None:
    """A knot of many ways is told less exactly; what is too long for Lucene is not told at all."""
    knot = folded_expression(("s" * 20,))
    assert knot == (".{1,20}", False)
    assert folded_expression(("жж" * LONGEST_EXPRESSION,)) is None

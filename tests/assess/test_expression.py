"""Tests of the predicate language against Kleene's tables written out by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.assess.expression import compile_expression

GROUPS = {"harms": ("copy", "block"), "none": ()}
NAMES = frozenset({"a", "b", "c", "harms.copy", "harms.block"})
ANSWERS = {"no": 0, "unknown": 1, "yes": 2}
AND = """
no      no      no
no      unknown no
no      yes     no
unknown unknown unknown
unknown yes     unknown
yes     yes     yes
"""
OR = """
no      no      no
no      unknown unknown
no      yes     yes
unknown unknown unknown
unknown yes     yes
yes     yes     yes
"""


def value(text: str, **answers: str) -> str:
    """Evaluate an expression; members of harms are written as ``harms_copy``."""
    given = {name.replace("_", "."): ANSWERS[answer] for name, answer in answers.items()}
    result = compile_expression(text, GROUPS, NAMES)(given)
    return next(name for name, number in ANSWERS.items() if number == result)


@pytest.mark.parametrize("row", [row.split() for row in AND.strip().splitlines()])
def test_and_is_kleenes(row: list[str]) -> None:
    """A no decides, then an unknown."""
    one, other, expected = row
    assert value("a and b", a=one, b=other) == value("b and a", a=one, b=other) == expected
    assert value("all(harms)", harms_copy=one, harms_block=other) == expected


@pytest.mark.parametrize("row", [row.split() for row in OR.strip().splitlines()])
def test_or_is_kleenes(row: list[str]) -> None:
    """A yes decides, then an unknown."""
    one, other, expected = row
    assert value("a or b", a=one, b=other) == value("b or a", a=one, b=other) == expected
    assert value("any(harms)", harms_copy=one, harms_block=other) == expected


@pytest.mark.parametrize(
    ("answer", "inverse", "certain"),
    [("no", "yes", "no"), ("unknown", "unknown", "no"), ("yes", "no", "yes")],
)
def test_not_and_certain(answer: str, inverse: str, certain: str) -> None:
    """Not leaves unknown unknown; certain makes a no of it."""
    assert value("not a", a=answer) == inverse
    assert value("certain(a)", a=answer) == certain
    assert value("not not a", a=answer) == answer


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a or b and c", "yes"),
        ("(a or b) and c", "no"),
        ("not c and a", "yes"),
        ("not (c and a)", "yes"),
        ("any(none)", "no"),
        ("all(none)", "yes"),
        ("harms.copy or c", "unknown"),
    ],
)
def test_and_binds_before_or_and_not_before_both(text: str, expected: str) -> None:
    """Precedence is the usual one, and brackets change it."""
    assert value(text, a="yes", b="yes", c="no", harms_copy="unknown", harms_block="no") == expected


@pytest.mark.parametrize(
    "text",
    ["", "a b", "a and", "or a", "(a", "a)", "nobody", "any(nobody)", "any(a or b)", "certain a",
     "a & b", "any", "not", "harms.nothing", "A", "(" * 40 + "a" + ")" * 40, "not " * 40 + "a"],
)  # fmt: skip
def test_what_is_no_expression_is_refused(text: str) -> None:
    """A broken expression or an unknown name is an error at load, never a no."""
    with pytest.raises(ValueError, match=r"\S"):
        compile_expression(text, GROUPS, NAMES)


@given(st.text(max_size=60))
def test_any_text_compiles_or_is_refused(text: str) -> None:
    """No text breaks the reader."""
    try:
        compiled = compile_expression(text, GROUPS, NAMES)
    except ValueError:
        return
    assert compiled(dict.fromkeys(NAMES, 1)) in (0, 1, 2)

"""How norms are written, and what each form means."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.runtime.norms import is_part_of, references


@pytest.mark.parametrize(
    ("expression", "norms"),
    [
        ("7", ["kz/7"]),
        ("7-2(1)(2)", ["kz/7-2(1)(2)"]),
        ("7-2(1)(2),(5)", ["kz/7-2(1)(2)", "kz/7-2(1)(5)"]),
        ("53(3)(1)-(3)", ["kz/53(3)(1)", "kz/53(3)(2)", "kz/53(3)(3)"]),
        ("1(6-1)..(6-3)", ["kz/1(6-1)", "kz/1(6-2)", "kz/1(6-3)"]),
        ("1(33)-(33-2)", ["kz/1(33)", "kz/1(33-1)", "kz/1(33-2)"]),
        ("38(2)(5),(5-1)", ["kz/38(2)(5)", "kz/38(2)(5-1)"]),
        ("1(25),1(12)", ["kz/1(25)", "kz/1(12)"]),
        ("51, 58", ["kz/51", "kz/58"]),
        ("3(6),kk 3(5)", ["kz/3(6)", "kz-kk/3(5)"]),
        ("kz-9/32(6),37(7)", ["kz-9/32(6)", "kz/37(7)"]),
        ("IL-20,T-4b", ["kz/IL-20", "kz/T-4b"]),
    ],
)
def test_an_expression_names_its_norms(expression: str, norms: list[str]) -> None:
    """Lists, ranges, inserted numbers, editions and marks are written out, in their order."""
    assert list(references(expression, "kz")) == norms


@pytest.mark.parametrize("expression", ["", "(2)", "7(", "7-2(1", "7, x", "7;8", "seven"])
def test_what_is_no_norm_is_refused(expression: str) -> None:
    """What cannot be read whole is an error, never a norm less."""
    with pytest.raises(ValueError, match="no norm"):
        references(expression, "kz")


@given(st.text(max_size=20))
def test_any_text_is_read_or_refused(text: str) -> None:
    """No text breaks the reader; what it gives names the instrument."""
    try:
        norms = references(text, "kz")
    except ValueError:
        return
    assert all("/" in norm for norm in norms)


def test_a_part_is_beneath_its_whole() -> None:
    """7-2(1) is a part of 7-2, and 7-2 is none of 7."""
    assert is_part_of("7-2(1)", "7-2")
    assert is_part_of("7-2", "7-2")
    assert not is_part_of("7-2", "7")
    assert not is_part_of("7-2(11)", "7-2(1)")

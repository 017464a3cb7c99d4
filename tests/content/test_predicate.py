"""The intermediate form: it survives its JSON, and names its fields."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.content.predicate import (
    ANY,
    ONE,
    And,
    Cidr,
    Compare,
    DatePart,
    Exists,
    Not,
    Null,
    Number,
    Or,
    Predicate,
    Regex,
    SameAs,
    Text,
    decode,
    encode,
    fields_of,
)

names = st.text(max_size=3)
numbers = st.one_of(st.integers(-(2**53), 2**53), st.floats(allow_nan=False, allow_infinity=False))
parts = st.lists(st.one_of(names, st.sampled_from([ANY, ONE])), max_size=4).map(tuple)
leaves: st.SearchStrategy[Predicate] = st.one_of(
    st.builds(Text, st.none() | names, parts, st.booleans()),
    st.builds(Number, names, numbers),
    st.builds(Null, names),
    st.builds(Exists, names, st.booleans()),
    st.builds(Regex, st.none() | names, names, st.sampled_from(["", "i", "ms"])),
    st.builds(Cidr, names, st.just("10.0.0.0/8")),
    st.builds(Compare, names, st.sampled_from(["lt", "gte"]), numbers),
    st.builds(SameAs, names, names, st.sampled_from(["equal", "contains"])),
    st.builds(DatePart, names, st.sampled_from(["hour", "week"]), st.integers(0, 60)),
)
predicates = st.recursive(
    leaves,
    lambda inner: st.one_of(
        inner.map(Not),
        st.lists(inner, max_size=3).map(lambda items: And(tuple(items))),
        st.lists(inner, max_size=3).map(lambda items: Or(tuple(items))),
    ),
    max_leaves=6,
)


@given(predicates)
def test_the_json_form_is_the_same_predicate(predicate: Predicate) -> None:
    """A predicate that went through JSON is equal to itself."""
    assert decode(orjson.loads(orjson.dumps(encode(predicate)))) == predicate


@pytest.mark.parametrize("form", [["?"], ["n"], [None, 1], ["n", 1, 2, 3]], ids=str)
def test_what_is_no_form_is_refused(form: list[object]) -> None:
    """A form with an unknown tag or the wrong parts raises KeyError or TypeError."""
    with pytest.raises((KeyError, TypeError)):
        decode(form)


def test_fields_are_named_once_in_their_order() -> None:
    """Every field that a predicate reads is named, those it compares with too, keywords not."""
    predicate = And((Null("B"), Or((Text(None, ("x",)), Not(SameAs("A", "C")))), Number("B", 1)))
    assert fields_of(predicate) == ("B", "A", "C")

"""Fields by patterns: what is given of a document, what may be asked."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.access.paths import Cut, pattern
from pipeline.model.holding import values_at


def cut(given_: str, barred: str = "") -> Cut:
    return Cut(tuple(map(pattern, given_.split())), tuple(map(pattern, barred.split())))


DOCUMENT: dict[str, Any] = {
    "id": "1",
    "user": {"name": "a", "id": 7},
    "links": [{"to": "x", "why": "y"}, {"to": "z"}],
    "empty": {},
    "a.b": {"c": 1},
}
CUTS: dict[str, tuple[Cut, dict[str, Any]]] = {
    "a field": (cut("id"), {"id": "1"}),
    "all below a field": (cut("user"), {"user": {"name": "a", "id": 7}}),
    "the longest pattern decides": (cut("user", "user.name"), {"user": {"id": 7}}),
    "a bar before a grant": (cut("user.name", "user.name"), {}),
    "every other field": (cut("*", "user links a.b empty"), {"id": "1"}),
    "any one name": (cut("links.*"), {"links": DOCUMENT["links"]}),
    "within lists": (cut("links.to"), {"links": [{"to": "x"}, {"to": "z"}]}),
    "a name with dots": (cut("a.b.c"), {"a.b": {"c": 1}}),
    "a barred name with dots": (cut("*", "a.b.c user links id empty"), {}),
    "nothing": (cut(""), {}),
}


@pytest.mark.parametrize(("one", "expected"), CUTS.values(), ids=CUTS.keys())
def test_a_document_is_cut(one: Cut, expected: dict[str, Any]) -> None:
    """Of a document stays what patterns give and none bars."""
    assert one(DOCUMENT) == expected


ASKED = {
    "user.id": True, "user.name": False, "user": False, "id": False, "": False, "user..id": False,
}  # fmt: skip


@pytest.mark.parametrize(("field", "expected"), ASKED.items(), ids=repr)
def test_a_field_is_asked_whole_or_not_at_all(field: str, expected: bool) -> None:
    """What stands above a barred field may not be asked: it would ask for that as well."""
    assert cut("user", "user.name").gives(field) is expected


NAMES = st.sampled_from(["a", "b", "c", "a.b", ""])
TREES = st.recursive(
    st.integers(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)
PATHS = st.lists(st.sampled_from("abc*"), min_size=1, max_size=3).map(".".join)


@given(st.dictionaries(NAMES, TREES, max_size=3), st.lists(PATHS), st.lists(PATHS), PATHS)
def test_no_barred_value_is_left(
    document: dict[str, Any], given_: list[str], barred: list[str], path: str
) -> None:
    """Whatever a document is like, a field that is not given has no value in what is left of it."""
    one = cut(" ".join(given_), " ".join(barred))
    left = one(document)
    if "*" not in path and not one._gives(tuple(path.split("."))):
        assert list(values_at(left, path)) == []

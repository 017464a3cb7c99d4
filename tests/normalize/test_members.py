"""Values inside the lists of a flat document."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.normalize.members import is_path, members

DOCUMENT: dict[str, Any] = {
    "evidence": [
        {"host": "a", "user": {"name": "u"}},
        {"user.name": "v", "tags": [{"k": 1}, {"k": 2}]},
        "text",
        None,
    ],
    "events": [{"name": "CREATE_USER", "parameters": [{"name": "WHO", "value": "x"}]}],
    "outer.inner": [{"Name": "UserAgent", "Value": "curl"}, {"Name": "OS", "Value": "Linux"}],
    "one": {"a": 5},
    "empty": [],
}


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("evidence[].host", ["a"]),
        ("evidence[].user.name", ["u", "v"]),
        ("evidence[].tags[].k", [1, 2]),
        ("evidence[]", DOCUMENT["evidence"]),
        ("events[].parameters[name=who].value", ["x"]),
        ("events[].parameters[name=none].value", []),
        ("outer.inner[Name=useragent].Value", ["curl"]),
        ("outer.inner[Name=OS].Value", ["Linux"]),
        ("one[].a", [5]),
        ("empty[].a", []),
        ("missing[].a", []),
        ("evidence[].missing.deeper", []),
    ],
)
def test_a_name_goes_into_lists(name: str, found: list[Any]) -> None:
    """Brackets mean each item, or those items whose key has a text, case aside."""
    assert is_path(name)
    assert members(DOCUMENT, name) == found


def test_a_long_list_is_looked_into_within_bounds() -> None:
    """Of a list without end only its first items are looked at."""
    assert len(members({"a": [{"b": 1}] * 100_000}, "a[].b")) <= 64


VALUES = st.recursive(
    st.none() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
    ),
)


@given(
    st.dictionaries(st.sampled_from(["a", "b", "a.b"]), VALUES, max_size=3),
    st.sampled_from(["a[].b", "a.b[]", "b[a=x].c", "a[].b[].c", "b[]"]),
)
def test_any_document_is_looked_into(document: dict[str, Any], name: str) -> None:
    """Whatever a document holds, a path into it gives a list."""
    assert isinstance(members(document, name), list)

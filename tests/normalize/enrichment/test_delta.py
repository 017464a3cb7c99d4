"""What an enrichment adds, and what it must leave alone."""

import copy

from hypothesis import given
from hypothesis import strategies as st

from pipeline.model import Json
from pipeline.normalize.enrichment import merge

names = st.sampled_from(["a", "b", "c"])
trees = st.recursive(
    st.integers() | st.text(max_size=2) | st.lists(st.integers(), max_size=2),
    lambda inner: st.dictionaries(names, inner, max_size=3),
    max_leaves=8,
)
documents = st.dictionaries(names, trees, max_size=3)


def leaves(tree: object, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], object]:
    if not isinstance(tree, dict):
        return {path: tree}
    found: dict[tuple[str, ...], object] = {} if tree else {path: None}
    for name, inner in tree.items():
        found |= leaves(inner, (*path, name))
    return found


@given(tree=documents, delta=documents)
def test_what_the_event_has_stays(tree: Json, delta: Json) -> None:
    """Merging changes no value that is there; lists of both only grow."""
    before = copy.deepcopy(tree)
    merge(tree, delta)
    after = leaves(tree)
    for place, value in leaves(before).items():
        if value is None:
            continue  # an empty object may be filled
        kept = after[place]
        if isinstance(value, list) and isinstance(kept, list):
            assert kept[: len(value)] == value
        else:
            assert kept == value


@given(delta=documents)
def test_one_delta_serves_many_events(delta: Json) -> None:
    """What is merged is a copy: an event that is changed later changes no other."""
    before = copy.deepcopy(delta)
    tree: Json = {}
    merge(tree, delta)
    assert tree == delta
    merge(tree, {name: {"z": 1} for name in ("a", "b", "c")})
    for value in tree.values():
        if isinstance(value, list):
            value.append(0)
    assert delta == before

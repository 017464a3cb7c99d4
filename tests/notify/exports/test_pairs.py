"""Objects whose keys are data, for formats that restrict them."""

from hypothesis import given
from hypothesis import strategies as st

from pipeline.notify.exports.pairs import from_pairs, to_pairs

values = st.recursive(
    st.integers() | st.text(max_size=5) | st.booleans(),
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3)
        | st.dictionaries(st.text(max_size=5) | st.just("pairs"), inner, min_size=1, max_size=3)
    ),
)


@given(held=values)
def test_what_is_not_empty_comes_back(held: object) -> None:
    """Any JSON without empty parts is read back equal."""
    assert from_pairs(to_pairs(held)) == held


def test_only_odd_keys_make_pairs() -> None:
    """Plain names of properties stay as they are; what is empty or None is left out."""
    held: dict[str, object] = {"plain_name": {"ECO.FIN": 1}, "empty": [], "nothing": None}
    assert to_pairs(held) == {"plain_name": {"pairs": [{"name": "ECO.FIN", "value": 1}]}}

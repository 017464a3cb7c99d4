"""Tests of versions and ranges."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.registry.versions import version_key, version_range

ORDERED = [
    ["1.0~rc1", "1.0", "1.0.1", "1.2", "1.10", "2"],
    ["1.0.dev1", "1.0a1", "1.0b2", "1.0rc1", "1.0", "1.0.post1", "1.1"],
    ["1.0.2", "1.0.2a", "1.0.2k", "1.0.3"],
    ["9.9", "1:0.1"],
    ["v1.9", "1.10-1", "1.10-2"],
    ["2.0-SNAPSHOT", "2.0-alpha-1", "2.0-beta-1", "2.0"],
]


@pytest.mark.parametrize("versions", ORDERED, ids=lambda one: one[0])
def test_versions_are_ordered_as_people_mean_them(versions: list[str]) -> None:
    """Numbers count, pre-releases come first, an epoch beats all."""
    keys = list(map(version_key, versions))
    assert keys == sorted(keys)
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize(
    ("one", "other"), [("1.0", "1"), ("v2", "2.0.0"), ("1.0+build", "1.0"), ("1.0RC1", "1rc1")]
)
def test_some_spellings_are_one_version(one: str, other: str) -> None:
    """Trailing zeros, a leading v, build data and case make no other version."""
    assert version_key(one) == version_key(other)


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        pytest.param("", ["0", "x"], [], id="everything"),
        pytest.param(">=2.4.0,<2.4.58", ["2.4.0", "2.4.57"], ["2.4.58", "2.3"], id="both"),
        pytest.param("<2", ["1.9", "2rc1"], ["2.0", "3"], id="below"),
        pytest.param("2.0", ["2", "2.0.0"], ["2.0.1"], id="one"),
        pytest.param("!=2", ["1", "3"], ["2.0"], id="not"),
        pytest.param("vers:pypi/>=1|<2|>=3|<4", ["1", "1.5", "3.9"], ["2", "4", "0"], id="vers"),
        pytest.param("vers:npm/1.0|2.0", ["1", "2"], ["1.5"], id="vers-some"),
        pytest.param("vers:deb/<2|!=1", ["0.5", "1.5"], ["1", "2"], id="vers-not"),
        pytest.param("vers:deb/>2|<=1", ["1", "0", "3"], ["2", "1.5"], id="vers-outside"),
        pytest.param("vers:deb/*", ["1"], [], id="vers-all"),
    ],
)
def test_a_range_holds_its_versions(text: str, inside: list[str], outside: list[str]) -> None:
    """A list of constraints holds what fits all, a VERS text what its intervals hold."""
    held = version_range(text)
    assert all(map(held.holds, inside))
    assert not any(map(held.holds, outside))


@pytest.mark.parametrize("text", [",", ">=", ">= 1 2", "=>1", "1,,2", "vers:deb/", "<2>"])
def test_what_is_no_range_is_told(text: str) -> None:
    """A broken constraint is an error and never holds everything."""
    with pytest.raises(ValueError, match="constraint"):
        version_range(text)


@given(st.text(max_size=20), st.text(max_size=20), st.text(max_size=20))
def test_any_texts_are_ordered(one: str, two: str, three: str) -> None:
    """Any text has a key, and keys are a total order."""
    keys = sorted(map(version_key, (one, two, three)))
    assert keys[0] <= keys[1] <= keys[2]
    assert keys[0] <= keys[2]

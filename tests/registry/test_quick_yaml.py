"""Tests of the quick reader of plain YAML: it reads what the full parser reads, or nothing."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pipeline.documents import parse_yaml
from pipeline.errors import ConfigurationError
from pipeline.registry.quick_yaml import LARGE, NotPlain, plain_yaml, quick_document
from tests.registry.making import RULES


def expect_same(text: str, *, quick: bool | None = None) -> None:
    """Hold both readers to the same data; ``quick`` says whether the quick one has to read it."""
    try:
        found = plain_yaml(text)
    except (NotPlain, ConfigurationError):
        assert not quick
        return
    assert quick is not False
    assert found == parse_yaml(text, "a.yml").data


@pytest.mark.parametrize("name", ["objects.yml", "parties.yml"])
def test_the_example_is_plain(name: str) -> None:
    """The shipped registry is read by the quick reader, to the same data."""
    expect_same((RULES / "objects" / name).read_text(encoding="utf-8"), quick=True)


@pytest.mark.parametrize(
    "item",
    [
        "- id: a", "- {id: a}", "- id: a # b", "- id: 'a # b'", '- id: "a: b"', "- id: a:b",
        "- id: 2026-01-01", "- id: 1_000", "- id: 0x1f", "- id: 1:30", "- id: yes", "- id: No",
        "- id: ~", "- id:", "- id: null", "- id: .5", "- id: -1", "- id: +7 000", "- id: =",
        "- a: [b, c]", "- a: [b, 1, yes]", "- a: []", "- a: {}", "- a: [b,, c]", "- a: [b, c]: d",
        "- id: |\n    a\n    b", "- id: >-\n    a\n    b", "- id: a\n    b", '- id: "a\n    b"',
        "- id: &x a\n  b: *x", "- <<: {a: 1}\n  b: 2", "- a: 1\n  a: 2", "- y: 1", "- 'a': 1",
        "- a:\n    - b\n    - c: d\n      e: f", "- a:\n  - b\n  - c", "- - a\n  - b", "- a\n- b",
        "- a: 'it''s'", '- a: "\\u0041"', "- a: b\n   c: d", "- a:\n   b: c\n  d: e", "-   a: b",
        "- a: !!str 1", "- a: @b", "- a: `b", "- a: %b", "- a: b: c", "- a: b:", "- a: ?b",
        "- ? a\n  : b", "- a: {b: c, b: d}", "- a: [b\n    ,c]", "- a: b\tc", "- a:\tb", "- a: é",
        "- a: \u2028", "- a: \x07", "- a: #b", "- a: [a:b]", "- a: '[b]'", "- a: b # c\n  # d\n\n",
    ],
)  # fmt: skip
@pytest.mark.parametrize("indent", ["", "  "])
def test_odd_items_are_read_alike_or_left_to_the_full_parser(item: str, indent: str) -> None:
    """Whatever the item, the quick reader gives the full parser's data or gives way."""
    lines = item.split("\n")
    text = "zone: UTC\nobjects:\n" + "\n".join(f"{indent}{line}" for line in lines) + "\n"
    expect_same(text)


WORD = st.text(st.sampled_from("ab1:-#' \"yn[]{},&*|>?!%@.~=0жі"), max_size=6)
VALUE = st.recursive(
    st.one_of(WORD, st.integers(), st.booleans(), st.none(), st.dates()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from("abcd"), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(
    st.lists(st.dictionaries(st.sampled_from("abcde"), VALUE, max_size=4), max_size=4),
    st.booleans(),
)
def test_any_dumped_document_is_read_alike(items: list[dict[str, Any]], flow: bool) -> None:
    """What YAML's own writer writes, in block or flow style, comes back as the same data."""
    style = None if flow else False
    expect_same(yaml.safe_dump({"objects": items}, allow_unicode=True, default_flow_style=style))


@given(st.lists(st.sampled_from(["- ", "  ", "a: ", "b", "\n", "#", "'", "[", "]", ":", "1"])))
def test_any_text_is_read_alike(parts: list[str]) -> None:
    """Any text at all gives the same data, or is left to the full parser to read or refuse."""
    expect_same("objects:\n" + "".join(parts))


@pytest.mark.parametrize(
    "text",
    ["- a\n", "a\n", "objects: []\nobjects: []\n", "%YAML 1.1\n---\nobjects: []\n", " a: b\n"],
)
def test_another_shape_is_left_to_the_full_parser(text: str) -> None:
    """What is no mapping of plain sections is not read here."""
    with pytest.raises((NotPlain, ConfigurationError)):
        plain_yaml(text)


def test_a_large_plain_file_has_no_lines_and_another_has(tmp_path: Path) -> None:
    """A large plain file is read quickly, any other as ever."""
    item = "  - {id: a}\n"
    large, small, odd = tmp_path / "l.yml", tmp_path / "s.yml", tmp_path / "o.yml"
    large.write_text("objects:\n" + item * (LARGE // len(item) + 1))
    small.write_text("objects:\n" + item)
    odd.write_text("---\nobjects:\n" + item * (LARGE // len(item) + 1))
    assert not quick_document(large).lines
    assert quick_document(small).lines
    assert quick_document(odd).lines

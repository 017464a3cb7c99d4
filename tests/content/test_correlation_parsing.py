"""Correlation documents: what each key may say, and what is put aside."""

from typing import Any

import pytest
import yaml

from pipeline.content.parsing import parse_file
from pipeline.content.rule import (
    Branch,
    Broken,
    Comparison,
    Correlation,
    Item,
    item_form,
    item_from,
)


def document(**changes: Any) -> dict[str, Any]:
    """Make a document; keys of its correlation are changed by name, None leaves one out."""
    section = {
        "type": "event_count",
        "rules": ["one", "two"],
        "group-by": ["user"],
        "timespan": "5m",
        "condition": {"gte": 3},
    } | {key.replace("_", "-"): value for key, value in changes.items()}
    kept = {key: value for key, value in section.items() if value is not None}
    return {"title": "C", "id": "0e95725d-7320-415d-80f7-004da920fc11", "correlation": kept}


def parsed(content: dict[str, Any]) -> Item:
    """Parse one document."""
    (item,) = parse_file(yaml.safe_dump(content, sort_keys=False).encode())
    return item


def correlation(content: dict[str, Any]) -> Correlation:
    """Parse a document that is one."""
    item = parsed(content)
    assert isinstance(item, Correlation), item
    return item


@pytest.mark.parametrize(
    ("kind", "condition"),
    [
        ("event_count", {"gte": 3}),
        ("value_count", {"gte": 3, "field": "user"}),
        ("temporal", None),
        ("temporal_ordered", {"gte": 2}),
        ("value_sum", {"gt": 1000000, "field": "bytes"}),
        ("value_avg", {"gt": 0.5, "field": "bytes"}),
        ("value_percentile", {"lte": 1, "field": "image"}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_type_of_the_text_is_read(kind: str, condition: dict[str, Any] | None) -> None:
    """Each type of Sigma 2.1 is read with its condition, and survives the cache."""
    found = correlation(document(type=kind, condition=condition))
    assert found.type == kind
    wanted = condition or {"gte": 2}
    assert {found.condition.op: found.condition.count}.items() <= wanted.items()
    assert found.condition.field == wanted.get("field")
    assert item_from(item_form(found), "") == found


def test_several_comparisons_must_all_hold() -> None:
    """A range is two comparisons; pySigma would take one alone."""
    found = correlation(document(condition={"gt": 100, "lte": 200}))
    assert found.condition.comparisons == (Comparison("gt", 100), Comparison("lte", 200))
    assert item_from(item_form(found), "") == found


def test_several_fields_are_one_value() -> None:
    """value_count over several fields counts them together."""
    found = correlation(document(type="value_count", condition={"gte": 3, "field": ["a", "b"]}))
    assert found.condition.fields == ("a", "b")


@pytest.mark.parametrize(
    ("top", "inner", "generate"),
    [(None, None, False), (True, None, True), (None, True, True), (False, False, False)],
)
def test_generate_is_read_at_both_places(
    top: bool | None, inner: bool | None, generate: bool
) -> None:
    """The text has generate at the top of the document, pySigma inside the correlation."""
    content = document(generate=inner)
    if top is not None:
        content["generate"] = top
    assert correlation(content).generate is generate


def test_a_scope_is_read() -> None:
    """custom: saqshy.scope says whether groups run across objects."""
    assert correlation(document()).scope == "object"
    assert correlation(document() | {"custom": {"saqshy.scope": "centre"}}).scope == "centre"


ALLOWED = {"custom": {"saqshy.extended": True}}


def test_a_condition_in_words_becomes_alternatives() -> None:
    """and, or, not are read with their precedence; each alternative keeps the order written."""
    words = "b and (a or not c)"
    found = correlation(document(type="temporal", rules=None, condition=words) | ALLOWED)
    assert found.rules == ("b", "a", "c")
    assert found.branches == (Branch(("b", "a"), ()), Branch(("b",), ("c",)))
    assert item_from(item_form(found), "") == found


def test_not_reaches_into_brackets() -> None:
    """Not of an alternative is that none of it occurs."""
    found = correlation(
        document(type="temporal", rules=None, condition="a and not (b or c)") | ALLOWED
    )
    assert found.branches == (Branch(("a",), ("b", "c")),)


TEMPORAL = {"type": "temporal", "rules": None}
FIELD = {"gte": 3, "field": "a"}
TWO = {"gt": 1, "field": ["a", "b"]}
BEYOND = {"gte": 3, "field": "a", "percentile": 101}
BROKEN = [
    ("a type beyond the text", document(type="value_median", condition=FIELD), 4, "value_median"),
    ("words without the flag", document(**TEMPORAL, condition="a and b"), 8, "saqshy.extended"),
    ("words over a count", document(condition="one and two") | ALLOWED, 4, "temporal"),
    ("generate twice", document(generate=False) | {"generate": True}, 14, "keep one"),
    ("generate in words", document() | {"generate": "yes"}, 13, "true or false"),
    ("an unknown scope", document() | {"custom": {"saqshy.scope": "world"}}, 14, "saqshy.scope"),
    ("a field that nobody counts", document(condition=FIELD), 11, "counts no field"),
    ("no field to sum", document(type="value_sum"), 3, "field"),
    ("two fields to sum", document(type="value_sum", condition=TWO), 11, "one field"),
    ("half a count", document(condition={"gte": 2.5}), 11, "whole"),
    ("a percentile of a count", document(condition={"gte": 3, "percentile": 5}), 11, "percentile"),
    ("percentile 101", document(type="value_percentile", condition=BEYOND), 11, "percentile"),
    ("a timespan of years", document(timespan="9y"), 10, "timespan"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "line", "told"), [row[1:] for row in BROKEN], ids=[row[0] for row in BROKEN]
)
def test_what_is_not_evaluated_as_meant_is_put_aside(
    content: dict[str, Any], line: int, told: str
) -> None:
    """What the engine would not do as it is written quarantines the rule, with line and reason."""
    item = parsed(content)
    assert isinstance(item, Broken), item
    assert told in item.message
    assert item.line == line


def test_alternatives_are_bounded() -> None:
    """A condition that multiplies without end is put aside."""
    words = " and ".join(f"(a{n} or b{n})" for n in range(12))
    item = parsed(document(type="temporal", rules=None, condition=words) | ALLOWED)
    assert isinstance(item, Broken)
    assert "alternatives" in item.message

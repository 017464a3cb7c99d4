"""What a match hands over is bounded, whatever an event holds."""

from typing import Any

import pytest

from pipeline.match.fields import MOST_TEXT, MOST_VALUES, MatchFields
from pipeline.match.view import Plans, View
from tests.match.material import content_of, event, rule_text


def handed_over(value: Any) -> Any:
    """Give what a match on a field of this value says of it."""
    content = content_of(rule_text({"selection": {"F": "x"}, "condition": "selection"}))
    (rule,) = content.rules.values()
    holding = event({"F": value})
    view = View(Plans({}), holding.native, holding.ecs)
    return MatchFields(content, ()).match(rule, holding, view).fields.get("F")


def deep(levels: int, of: type) -> Any:
    tree: Any = "needle"
    for _ in range(levels):
        tree = {"a": tree} if of is dict else [tree]
    return tree


@pytest.mark.parametrize(
    ("value", "said"),
    [
        pytest.param("x", "x", id="a text"),
        pytest.param("x" * 9_999, "x" * MOST_TEXT, id="a long text"),
        pytest.param(True, True, id="truth"),
        pytest.param(1.5, 1.5, id="a number"),
        pytest.param(None, None, id="null"),
        pytest.param(["x", None, 7], ["x", 7], id="a list with null"),
        pytest.param([["a"], ["b", ["c"]]], ["a", "b", "c"], id="lists in a list"),
        pytest.param(list(range(99)), list(range(MOST_VALUES)), id="a long list"),
        pytest.param([None] * 50_000 + ["x"], ["x"], id="behind many nulls"),
        pytest.param({"a": [1, {"b": "ү"}]}, '{"a":[1,{"b":"ү"}]}', id="an object"),
        pytest.param([{"a": "x" * 9_999}], ['{"a":"' + "x" * (MOST_TEXT - 6)], id="a long object"),
        pytest.param(deep(900, list), ["needle"], id="900 lists inside one another"),
        pytest.param(deep(100_000, list), ["needle"], id="100,000 lists inside one another"),
        pytest.param(
            [deep(100_000, dict)], [('{"a":' * MOST_TEXT)[:MOST_TEXT]], id="100,000 objects"
        ),
    ],
)
def test_what_is_handed_over(value: Any, said: Any) -> None:
    """A field is its value, a list its first values, an object the beginning of its JSON."""
    assert handed_over(value) == said

"""What a match hands over is bounded, whatever an event holds."""

from dataclasses import replace
from typing import Any

import pytest

from pipeline.match.fields import MOST_TEXT, MOST_VALUES, MatchFields, outcome_of
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


@pytest.mark.parametrize(
    ("ecs", "outcome"),
    [
        pytest.param({"event": {"outcome": "failure"}}, "failure", id="refused"),
        pytest.param({"event": {"outcome": "success"}}, "success", id="succeeded"),
        pytest.param({"event": {"outcome": "unknown"}}, "", id="unknown"),
        pytest.param({"event": {"type": ["connection", "denied"]}}, "failure", id="filter-denied"),
        pytest.param({"event": {"type": ["connection", "allowed"]}}, "success", id="filter-let-in"),
        pytest.param(
            {"event": {"outcome": "success", "type": ["denied"]}}, "failure", id="denied-counts"
        ),
        pytest.param(
            {"event": {"outcome": "failure"}, "http": {"response": {"status_code": 404}}},
            "failure",
            id="request-refused",
        ),
        pytest.param(
            {"event": {"outcome": "failure"}, "http": {"response": {"status_code": 500}}},
            "",
            id="server-broke",
        ),
        pytest.param({"event": {"outcome": "failure"}, "http": "odd"}, "failure", id="odd-http"),
        pytest.param({"event": "odd"}, "", id="odd-event"),
        pytest.param({"event": {"type": None}}, "", id="no-type"),
        pytest.param({}, "", id="silent"),
    ],
)
def test_how_an_event_ended(ecs: dict[str, Any], outcome: str) -> None:
    """An event's own word counts; a server's own error is no refusal; else nobody knows."""
    assert outcome_of(replace(event({}), ecs=ecs)) == outcome


def test_a_match_says_how_its_event_ended() -> None:
    """What a match hands over holds the outcome of its event."""
    content = content_of(rule_text({"selection": {"F": "x"}, "condition": "selection"}))
    (rule,) = content.rules.values()
    refused = replace(event({"F": "x"}), ecs={"event": {"outcome": "failure"}})
    view = View(Plans({}), refused.native, refused.ecs)
    assert MatchFields(content, ()).match(rule, refused, view).outcome == "failure"

"""Filters, collections and files of several documents, through loading and the matcher."""

from typing import Any

import pytest

from pipeline.content import Content
from pipeline.match import Matcher
from tests.match.material import content_of, event, taxonomy

FIRST, SECOND = "00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"
RULES = f"""title: First
id: {FIRST}
name: first
logsource: {{product: plant, category: mill}}
detection:
  selection: {{A: 1}}
  condition: selection
---
title: Second
id: {SECOND}
name: second
logsource: {{product: plant}}
detection:
  selection_a: {{A: 1}}
  selection_b: {{A: [1, 2]}}
  condition: all of them and 1 of selection_*
"""
FILTER = """title: A filter
logsource: {{product: plant}}
filter:
  rules: {rules}
  selection: {{User|startswith: adm_}}
  other: {{B: 1}}
  condition: {condition}
"""


def matched(content: Content, native: dict[str, Any]) -> set[str]:
    whole = event(native, ecs={"process": {"name": "plant"}})
    return {match.rule_id for match in Matcher(content, taxonomy()).match(whole)}


FILTERS = [
    ("as written", "[first, second]", "selection", "adm_x", {SECOND}),
    ("as written, no", "[first, second]", "selection", "guest", set()),
    ("negated", "[first, second]", "not selection", "adm_x", set()),
    ("negated, no", "[first, second]", "not selection", "guest", {SECOND}),
    ("another rule only", f"[{FIRST}]", "not selection", "adm_x", {SECOND}),
    ("by id", f"[{SECOND}]", "not selection", "adm_x", set()),
    ("by one id", SECOND, "not selection", "adm_x", set()),
    ("any", "any", "not selection", "adm_x", set()),
    ("them is the filter's own", "any", "not 1 of them", "guest", {SECOND}),
    ("them is the filter's own, one of it", "any", "not 1 of them", "adm_x", set()),
    ("all of them", "any", "not all of them", "adm_x", {SECOND}),
    ("brackets", "any", "not (selection or other)", "adm_x", set()),
]


@pytest.mark.parametrize(
    ("rules", "condition", "user", "found"),
    [row[1:] for row in FILTERS],
    ids=[f"filters: {row[0]}" for row in FILTERS],
)
def test_filters(rules: str, condition: str, user: str, found: set[str]) -> None:
    """A filter's condition must hold as well, for the rules that it names."""
    content = content_of(RULES, FILTER.format(rules=rules, condition=condition))
    assert content.quarantined == ()
    assert matched(content, {"A": 1, "User": user}) == found


def test_every_filter_must_hold() -> None:
    """Several filters of one rule are joined by and."""
    one = FILTER.format(rules="any", condition="not selection")
    two = FILTER.format(rules="any", condition="not other")
    content = content_of(RULES, one, two)
    assert matched(content, {"A": 1, "User": "x", "B": 2}) == {SECOND}
    assert matched(content, {"A": 1, "User": "x", "B": 1}) == set()
    assert matched(content, {"A": 1, "User": "adm_x", "B": 2}) == set()


def test_a_filter_of_a_log_source_leaves_others_alone() -> None:
    """A filter speaks of its own log source; without a product it would be of every one."""
    other = FILTER.format(rules="any", condition="not selection").replace("plant", "windows")
    assert matched(content_of(RULES, other), {"A": 1, "User": "adm_x"}) == {SECOND}
    wider = FILTER.format(rules="any", condition="not selection").replace(
        "product: plant", "category: mill"
    )
    assert matched(content_of(RULES, wider), {"A": 1, "User": "adm_x"}) == {SECOND}


BROKEN_FILTERS = [
    ("no rules", "rules: {rules}\n  ", "", 3, "rules"),
    ("an empty list of rules", "{rules}", "[]", 4, "no list of ids"),
    ("a rule that is a number", "{rules}", "[7]", 4, "no list of ids"),
    ("a rule that is not there", "{rules}", "[third]", 0, "'third'"),
    ("no rule of its log source", "{{product: plant}}", "{{product: mill}}", 1, "narrows nothing"),
    (
        "a rule of another log source",
        "plant}}\nfilter:\n  rules: {rules}",
        "mill}}\nfilter:\n  rules: [second]",
        1,
        "does nothing for the rule 'second'",
    ),
    ("no condition", "  condition: {condition}\n", "", 3, "no condition"),
    ("a list of conditions", "{condition}", "[selection, other]", 7, "is no text"),
    ("an unknown selection", "{condition}", "not gone", 7, "'gone'"),
    ("an unknown modifier", "|startswith", "|starts", 5, "'starts'"),
    ("no log source", "logsource: {{product: plant}}\n", "", 1, "log source"),
    ("an empty product", "{{product: plant}}", "{{product: ''}}", 2, "product"),
]


@pytest.mark.parametrize(
    ("old", "new", "line", "told"),
    [row[1:] for row in BROKEN_FILTERS],
    ids=[f"refused filter: {row[0]}" for row in BROKEN_FILTERS],
)
def test_broken_filters_are_told(old: str, new: str, line: int, told: str) -> None:
    """A filter that cannot be applied as it is meant is told; the rules are in force without it."""
    assert old in FILTER
    text = FILTER.replace(old, new).format(rules="any", condition="not selection")
    content = content_of(RULES, text)
    (problem,) = content.quarantined
    assert told in problem.message
    assert line in (0, problem.line)
    assert matched(content, {"A": 1, "User": "adm_x"}) == {SECOND}


COLLECTION = f"""action: global
title: Shared
id: {FIRST}
level: high
logsource: {{product: plant}}
detection: {{condition: selection}}
---
detection:
  selection: {{A: 1}}
---
detection:
  selection: {{A: 2}}
---
action: repeat
title: Repeated
id: {SECOND}
detection:
  selection: {{A: 3}}
---
action: reset
---
title: Own
id: 00000000-0000-4000-8000-000000000004
logsource: {{product: plant}}
detection:
  selection: {{A: 4}}
  condition: selection
"""


def test_collections() -> None:
    """Global is laid over what follows until reset, repeat over the rule before."""
    content = content_of(COLLECTION)
    assert content.quarantined == ()
    titles = {rule.id: (rule.title, rule.level) for rule in content.rules.values()}
    found = [matched(content, {"A": number}) for number in range(6)]
    assert [len(ids) for ids in found] == [0, 1, 1, 1, 1, 0]
    assert [titles[next(iter(ids))] for ids in found[1:5]] == [
        ("Shared", "high"),
        ("Shared", "high"),
        ("Repeated", "high"),
        ("Own", ""),
    ]
    assert found[1] == {FIRST}


def test_a_file_of_several_rules() -> None:
    """Documents of one file are rules of their own, whatever stands between them."""
    content = content_of(f"---\n{RULES}---\n# words\n---\nnull\n...\n")
    assert set(content.rules) == {FIRST, SECOND}
    assert content.quarantined == ()


def test_the_first_of_two_with_one_id_stays() -> None:
    """A second document with the id of another is told, and the first is in force."""
    twice = RULES.replace(SECOND, FIRST)
    content = content_of(twice)
    (problem,) = content.quarantined
    assert (problem.line, FIRST in problem.message) == (9, True)
    assert content.rules[FIRST].title == "First"

"""Sigma 2.1 from its text: rules as YAML, through loading and the matcher, with their verdicts."""

from typing import Any

import pytest

from pipeline.content import Content
from pipeline.match import Matcher
from tests.match.material import content_of, event, taxonomy
from tests.match.semantics_detections import (
    CONDITIONS,
    EVENT,
    KEYWORDS,
    REFUSED,
    REFUSED_CONDITIONS,
    SELECTIONS,
)
from tests.match.semantics_encodings import SECTIONS as ENCODINGS
from tests.match.semantics_modifiers import SECTIONS as MODIFIERS
from tests.match.semantics_values import SECTIONS as VALUES
from tests.match.semantics_values import Row

HEAD = "title: A rule\nid: 00000000-0000-4000-8000-{number:012d}\nlogsource: {{product: plant}}\n"
ROWS: list[Row] = [
    (f"{section}: {name}", fragment, native, verdict)
    for section, rows in {**VALUES, **MODIFIERS, **ENCODINGS}.items()
    for name, fragment, native, verdict in rows
]


def indented(text: str, depth: int) -> str:
    return "".join(f"{' ' * depth}{line}\n" for line in text.splitlines())


def rule(fragment: str, condition: str = "selection", number: int = 1) -> str:
    """Write a rule file whose selection is a fragment of YAML."""
    return (
        f"{HEAD.format(number=number)}detection:\n  selection:\n{indented(fragment, 4)}"
        f"  condition: {condition}\n"
    )


def loaded(*texts: str) -> Content:
    content = content_of(*texts)
    assert content.quarantined == ()
    return content


def matches(text: str, native: dict[str, Any]) -> bool:
    return bool(Matcher(loaded(text), taxonomy()).match(event(native)))


@pytest.mark.parametrize(
    ("fragment", "native", "verdict"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS]
)
def test_selections(fragment: str, native: dict[str, Any], verdict: bool) -> None:
    """A selection holds for an event as the specification says, and its negation does not."""
    assert matches(rule(fragment), native) is verdict
    assert matches(rule(fragment, "not selection"), native) is not verdict


@pytest.fixture(scope="module")
def together() -> Matcher:
    """Load the rules of all rows, and their negations, as one content."""
    texts = [rule(row[1], number=number) for number, row in enumerate(ROWS)]
    texts += [rule(row[1], "not selection", 5000 + number) for number, row in enumerate(ROWS)]
    return Matcher(loaded(*texts), taxonomy())


def test_selections_beside_all_others(together: Matcher) -> None:
    """Each rule gives its own verdict among hundreds: an index hides none and adds none."""
    wrong = []
    for number, (name, _fragment, native, verdict) in enumerate(ROWS):
        found = {int(match.rule_id[-12:]) for match in together.match(event(native))}
        if (number in found) is not verdict or (5000 + number in found) is verdict:
            wrong.append(name)
    assert wrong == []


def test_rows_are_told_apart() -> None:
    """Every row has an id of its own, and hits and misses are both many."""
    names = [row[0] for row in ROWS]
    assert len(set(names)) == len(names)
    assert min(sum(row[3] for row in ROWS), sum(not row[3] for row in ROWS)) > 150


def section(detection: str, condition: str, number: int = 1) -> str:
    """Write a rule file around a detection's selections; they begin in line 5."""
    head = HEAD.format(number=number)
    return f"{head}detection:\n{indented(detection, 2)}  condition: {condition}\n"


@pytest.mark.parametrize(
    ("detection", "native", "verdict"),
    [row[1:] for row in KEYWORDS],
    ids=[f"keywords search: {row[0]}" for row in KEYWORDS],
)
def test_keywords(detection: str, native: dict[str, Any], verdict: bool) -> None:
    """A keyword is sought in every value of the event."""
    assert matches(section(detection, "k"), native) is verdict
    assert matches(section(detection, "not k"), native) is not verdict


@pytest.mark.parametrize(
    ("condition", "verdict"),
    [row[1:] for row in CONDITIONS],
    ids=[f"condition: {row[0]}" for row in CONDITIONS],
)
def test_conditions(condition: str, verdict: bool) -> None:
    """Conditions bind, nest, negate and quantify as the specification says."""
    assert matches(section(SELECTIONS, condition), EVENT) is verdict


@pytest.mark.parametrize(
    ("detection", "line", "told"),
    [row[1:] for row in REFUSED],
    ids=[f"refused: {row[0]}" for row in REFUSED],
)
def test_what_makes_no_sense_is_quarantined(detection: str, line: int, told: str) -> None:
    """A rule that could only be misread is put aside with line, reason and way out."""
    content = content_of(section(detection, "s"), section("s: {F: a}", "s", 2))
    (problem,) = content.quarantined
    assert (problem.file, problem.line) == ("0.yml", line)
    assert told in f"{problem.message} ({problem.way_out})"
    assert problem.way_out
    assert len(content.rules) == 1


@pytest.mark.parametrize(
    ("condition", "told"),
    [row[1:] for row in REFUSED_CONDITIONS],
    ids=[f"refused condition: {row[0]}" for row in REFUSED_CONDITIONS],
)
def test_conditions_that_make_no_sense_are_quarantined(condition: str, told: str) -> None:
    """A condition that is none is told with its line."""
    (problem,) = content_of(section("s1: {F: a}\ns2: {F: b}", condition)).quarantined
    assert problem.line in (4, 7)
    assert told in f"{problem.message} ({problem.way_out})"
    assert problem.way_out

"""Events as an attacker writes them: every rule is asked, in bounded time, and nothing raises."""

import time
from typing import Any

import pytest

from pipeline.match import Matcher
from tests.match.material import batch, content_of, event, rule_text, taxonomy

SELECTIONS: list[Any] = [
    {"F": "needle"},
    {"F|contains": "needle"},
    {"F|startswith": "needle"},
    {"F|endswith": "needle"},
    {"F": "*a*b*c*needle*"},
    {"F": "*a?b*needle"},
    {"F|contains|cased": "Needle"},
    {"F|contains|all": ["needle", "thread"]},
    {"F|windash|contains": " -needle"},
    {"F|wide|base64offset|contains": "needle"},
    {"F|re": "(a+)+needle$"},
    {"F|re|i": "([a-z]+)*[0-9]needle"},
    {"F|cidr": "10.0.0.0/8"},
    {"F|gt": 5},
    {"F|lte": 5.5},
    {"F|hour": 3},
    {"F|week|gte": 3},
    {"F|fieldref": "G"},
    {"F|fieldref|contains": "G"},
    {"F|exists": False},
    {"F": None},
    {"F": ""},
    {"F": 7},
    {"F": True},
    {"F|neq": "needle"},
    {"a.b.c": "needle"},
    {"a|contains": "needle"},
    ["needle", "a*needle", 4688],
    {"|re": "n[e]{2}dle"},
    {"|all": ["needle", "thread"]},
]


def deep(levels: int, of: type) -> Any:
    """Give a value inside so many mappings, or lists."""
    tree: Any = "needle"
    for _ in range(levels):
        tree = {"a": tree} if of is dict else [tree]
    return tree


EVENTS: dict[str, dict[str, Any]] = {
    "nothing": {},
    "a field of 50 MB": {"F": "a" * 50_000_000},
    "a field of 5 MB of near misses": {"F": "needl" * 1_000_000},
    "a field of 5 MB that folds to more": {"F": "ß" * 2_500_000},
    "a field of 5 MB of other letters": {"F": "Қ" * 2_500_000},
    "a field of 5 MB of noughts": {"F": "\0" * 5_000_000},
    "a number of a million digits": {"F": "9" * 1_000_000},
    "10,000 fields": {f"f{number}": "x" * 9 for number in range(10_000)},
    "10,000 fields of one object": {"a": {f"f{number}": number for number in range(10_000)}},
    "20,000 values of a field": {"F": ["x"] * 20_000},
    "20,000 numbers of a field": {"F": list(range(20_000))},
    "1,000 values of two fields": {"F": ["x"] * 1000, "G": ["y"] * 1000},
    "a field's name of 1 MB": {"F" * 1_000_000: "x"},
    "100 mappings inside one another": {"a": deep(100, dict)},
    "100 lists inside one another": {"F": deep(100, list)},
    "900 lists inside one another": {"F": deep(900, list)},
    "10,000 lists inside one another": {"F": deep(10_000, list)},
    "100 mappings inside a field of lists": {"F": [deep(100, dict)]},
    "a mapping where a text is": {"F": {"x": 1}},
    "a list of everything": {"F": [None, True, 7, 1.5, "x", [], {}, [None], {"y": []}]},
    "null": {"F": None},
    "empty lists": {"F": [[], [[]]]},
    "not a number": {"F": float("nan")},
    "infinity": {"F": float("inf")},
    "a large number": {"F": 10**4000},
    "a small number": {"F": -1e308},
    "NUL": {"F": "nee\0dle", "\0": "\0"},
    "half a surrogate pair": {"F": "nee\ud800dle", "G": "\udc00", "\ud800": "x"},
    "what stands for broken UTF-8": {"F": "nee\ufffddle"},
    "every control character": {"F": "".join(map(chr, range(32)))},
    "names with dots": {"a.": "x", ".": "x", "..": "x", "a..b": "x", "": "x"},
    "bytes": {"F": b"needle"},
    "a tuple": {"F": ("x", "y")},
    "a key that is no text": {"F": {1: "x", None: "y"}},
    "an address with a long zone": {"F": "fe80::1%" + "x" * 1_000_000},
    "a date and a megabyte": {"F": "2026-03-02T10:07:00" + "Z" * 1_000_000},
}


@pytest.fixture(scope="module")
def matcher() -> Matcher:
    """Load a rule of each kind, and the negation of each."""
    texts = [
        rule_text(
            {"selection": selection, "condition": condition},
            id=f"00000000-0000-4000-8000-{number:011d}{at}",
        )
        for number, selection in enumerate(SELECTIONS)
        for at, condition in enumerate(("selection", "not selection"))
    ]
    content = content_of(*texts)
    assert content.quarantined == ()
    return Matcher(content, taxonomy())


@pytest.mark.parametrize("name", EVENTS)
def test_any_event_is_asked_about(matcher: Matcher, name: str) -> None:
    """Of a rule and its negation one holds, in seconds; what is handed over is bounded.

    A plain event beside it loses nothing.
    """
    failures: list[Any] = []
    weird, plain = event(EVENTS[name]), event({"F": "needle"}, index=1)
    begin = time.perf_counter()
    seen = matcher.observe(batch(2), [weird, plain], failures)
    assert time.perf_counter() - begin < 30
    assert failures == []
    for each in (weird, plain):
        rules = [match.rule_id[:-1] for match in seen.matches if match.event_id == each.id]
        assert len(rules) == len(set(rules)) == len(SELECTIONS)
    assert max(len(str(match.fields)) for match in seen.matches) < 100_000


DEEP = {
    "10,000 mappings inside one another": {"a": deep(10_000, dict)},
    "10,000 mappings inside a list": {"F": [deep(10_000, dict)]},
}


@pytest.mark.parametrize("name", DEEP)
def test_deeper_events_than_json_has_are_told(matcher: Matcher, name: str) -> None:
    """An event that nests beyond any JSON reader is asked about whole, or told as a failure."""
    failures: list[Any] = []
    weird, plain = event(DEEP[name]), event({"F": "needle"}, index=1)
    seen = matcher.observe(batch(2), [weird, plain], failures)
    asked = sum(match.event_id == weird.id for match in seen.matches)
    assert asked == len(SELECTIONS) or [failure.index for failure in failures] == [weird.index]
    assert sum(match.event_id == plain.id for match in seen.matches) == len(SELECTIONS)


def test_more_pairs_than_can_be_compared_are_told(matcher: Matcher) -> None:
    """Where two fields have very many values, what compares them pair by pair is a failure told."""
    failures: list[Any] = []
    weird = event({"F": ["x"] * 20_000, "G": ["y"] * 20_000})
    seen = matcher.observe(batch(1), [weird], failures)
    assert len(seen.matches) == len(SELECTIONS) - 1
    (failure,) = failures
    assert "OverflowError" in failure.detail

"""The matcher as a whole: order, errors, what a match hands over."""

import random
from typing import Any

import pytest

from pipeline.content import Content
from pipeline.match import Matcher, MatchError
from pipeline.match.engine import RuleTests
from pipeline.model import FailureCode, Match
from tests.match.material import batch, content_of, event, matcher_of, rule_text, taxonomy

SYSMON = {"Channel": "Microsoft-Windows-Sysmon/Operational", "EventID": 1}
START = {
    **SYSMON,
    "Image": r"C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe",
    "OriginalFileName": "PowerShell.EXE",
    "CommandLine": "powershell -nop -w hidden -enc SQBFAFgAIAAoAE4AZQB3AC0ATwBiAGoAZQBjAHQA",
    "ParentImage": r"C:\Program Files\Microsoft Office\root\Office16\WINWORD.EXE",
    "User": "CORP\\user",
}


def rule(number: int, **fields: Any) -> str:
    return rule_text({"s": fields, "condition": "s"}, id=f"00000000-0000-4000-8000-{number:012}")


def test_matches_come_by_rule_id_whatever_the_order_of_rules(sigmahq: Content) -> None:
    """The same rules in any order give the same matches in the same order."""
    shuffled = list(sigmahq.rules.items())
    random.Random(7).shuffle(shuffled)
    other = Content(sigmahq.revision, dict(shuffled), {}, ())
    wanted = Matcher(sigmahq, taxonomy()).match(event(START, of="windows"))
    assert len(wanted) > 5
    assert [match.rule_id for match in wanted] == sorted(match.rule_id for match in wanted)
    assert Matcher(other, taxonomy()).match(event(START, of="windows")) == wanted


def test_an_event_is_matched_alike_after_others(sigmahq: Content) -> None:
    """What a matcher remembers changes no verdict."""
    matcher = Matcher(sigmahq, taxonomy())
    first = matcher.match(event(START, of="windows"))
    for number in range(600):
        native = {**START, "Image": f"C:\\x{number}.exe", "EventID": number % 30}
        matcher.match(event(native, of="windows"))
    assert matcher.match(event(START, of="windows")) == first


def test_security_4688_is_process_creation() -> None:
    """A rule on process creation matches Security 4688 under its own names, and Sysmon's."""
    text = rule_text(
        {"s": {"Image|endswith": r"\a.exe", "ProcessId": 7}, "condition": "s"},
        logsource={"product": "windows", "category": "process_creation"},
    )
    matcher = matcher_of(text)
    security = {
        "Channel": "Security",
        "EventID": 4688,
        "NewProcessName": r"C:\a.exe",
        "NewProcessId": 7,
        "ProcessId": 1,
    }
    assert len(matcher.match(event(security, of="windows"))) == 1
    assert (
        len(matcher.match(event({**SYSMON, "Image": r"C:\A.EXE", "ProcessId": "7"}, of="windows")))
        == 1
    )
    assert matcher.match(event({**security, "EventID": 4689}, of="windows")) == []


def test_a_rule_of_a_product_hears_all_of_it() -> None:
    """A rule that names a product alone is asked about every event of that product."""
    text = rule_text({"k": ["needle"], "condition": "k"}, logsource={"product": "windows"})
    matcher = matcher_of(text)
    for native in (SYSMON, {"Channel": "Anything", "EventID": 77}, {"EventID": 1}):
        assert len(matcher.match(event({**native, "Data": "a needle"}, of="windows"))) == 1
    assert matcher.match(event({"Data": "a needle"}, of="linux")) == []


def test_a_cleared_log_is_named_by_its_record() -> None:
    """In System 104 the field Channel is the log that was cleared."""
    text = rule_text(
        {"s": {"EventID": 104, "Channel": "Security"}, "condition": "s"},
        logsource={"product": "windows", "service": "system"},
    )
    native = {"Channel": "System", "EventID": 104, "UserData.Channel": "Security"}
    assert len(matcher_of(text).match(event(native, of="windows"))) == 1


def test_a_match_says_what_it_matched_on() -> None:
    """A match carries the fields of its rule that the event has, and the host in lower case."""
    text = rule(1, **{"Image|endswith": "x", "Absent": None})
    native = {"Image": "AX", "Other": 1, "Computer": "HOST.Corp"}
    (match,) = matcher_of(text).match(event(native, time=9, index=3))
    name = "00000000-0000-4000-8000-000000000001"
    assert match == Match(name, "batch-3", 9, "host.corp", {"Image": "AX"})
    named = event(native, ecs={"process": {"name": "plant"}, "host": {"name": "Box"}})
    assert matcher_of(text).match(named)[0].host == "box"


def test_a_match_is_small() -> None:
    """Long texts, long lists and many fields of a match are cut."""
    many = {f"F{number}": "*" for number in range(40)}
    native: dict[str, Any] = dict.fromkeys(many, "x" * 9_999) | {"F1": ["y" * 600] * 99}
    (match,) = matcher_of(rule(1, **many)).match(event(native))
    assert len(match.fields) == 16
    assert match.fields["F0"] == "x" * 512
    assert match.fields["F1"] == ["y" * 512] * 16


def test_correlations_get_their_fields() -> None:
    """A match carries the fields that a correlation groups and counts by, aliases resolved."""
    many = {f"F{number}": "*" for number in range(20)}
    correlation = """
title: Many
name: many
correlation:
    type: value_count
    rules: [base]
    group-by: [who, place.name]
    timespan: 5m
    aliases:
        who:
            base: Account
    condition: {field: Target, gte: 3}
"""
    content = content_of(rule_text({"s": many, "condition": "s"}, name="base"), correlation)
    assert content.quarantined == ()
    native = {**dict.fromkeys(many, "x"), "Account": "a", "Target": "t", "place": {"name": "p"}}
    (match,) = Matcher(content, taxonomy()).match(event(native))
    assert {name: match.fields[name] for name in ("Account", "place.name", "Target")} == {
        "Account": "a", "place.name": "p", "Target": "t",
    }  # fmt: skip
    (match,) = Matcher(content, taxonomy(), ("F19", "Extra")).match(event({**native, "Extra": 5}))
    assert match.fields["Extra"] == 5


class Unaskable(dict[int, Any]):
    """Tests of rules of which one fails."""

    def __init__(self, tests: RuleTests, failing: int) -> None:
        super().__init__()
        self.tests, self.failing = tests, failing

    def __missing__(self, number: int) -> Any:
        if number == self.failing:
            return lambda _view: 1 // 0
        return self.tests[number]


def failing_matcher() -> Matcher:
    """Give a matcher of two rules, the first of which fails on every event."""
    matcher = matcher_of(rule(1, A="x"), rule(2, A="x"))
    matcher._tests = Unaskable(matcher._tests, 0)  # type: ignore[assignment]
    return matcher


def test_a_rule_that_fails_is_told() -> None:
    """An error of one rule is told beside the matches of the others, never as no match."""
    matches, errors = failing_matcher().examine(event({"A": "x"}))
    assert [match.rule_id[-1] for match in matches] == ["2"]
    assert [(error.rule_id[-1], error.message) for error in errors] == [("1", "ZeroDivisionError")]
    with pytest.raises(MatchError, match="ZeroDivisionError") as caught:
        failing_matcher().match(event({"A": "x"}))
    assert len(caught.value.matches) == 1


def test_a_rule_that_fails_becomes_a_failure() -> None:
    """In a batch the error is a failure of the record, with the code rule_error."""
    failures: list[Any] = []
    seen = failing_matcher().observe(
        batch(2), [event({"A": "x"}), event({"A": "y"}, index=1)], failures
    )
    assert [(one.index, one.code, one.stage) for one in failures] == [
        (0, FailureCode.RULE_ERROR, "match")
    ]
    assert "0001 (ZeroDivisionError)" in failures[0].detail
    assert (seen.event_count, seen.failure_count, len(seen.matches)) == (2, 1, 1)


def test_an_event_that_cannot_be_looked_into_is_told() -> None:
    """What keeps every rule from being asked is told for all of them."""
    matcher = matcher_of(rule(1, **{"A|contains": "x"}))
    broken: Any = event({"A": "x"}, taxonomy=[])  # no vocabulary can be found by a list
    matches, errors = matcher.examine(broken)
    assert matches == []
    assert [(error.rule_id, error.message) for error in errors] == [("*", "TypeError")]


def test_a_very_deep_event_is_asked_whole() -> None:
    """A hundred thousand mappings inside one another are looked into like any value."""
    deep: Any = "x"
    for _ in range(100_000):
        deep = {"in": deep}
    matches, errors = matcher_of(rule(1, **{"A|contains": "x"})).examine(event({"A": deep}))
    assert (len(matches), errors) == (1, [])


def test_made_up_log_sources_fill_no_memory() -> None:
    """A stream of events of ever new channels keeps routes and engines within bounds."""
    text = rule_text({"k": ["needle"], "condition": "k"}, logsource={"product": "windows"})
    matcher = matcher_of(text)
    for number in range(5_000):
        native = {"Channel": f"channel {number}", "EventID": number, "Data": "needle"}
        assert len(matcher.match(event(native, of="windows"))) == 1
    assert len(matcher._routes) <= 4096
    assert len(matcher._engines) <= 2


def test_signed_zeros_are_told_apart_in_any_order() -> None:
    """What 0.0 gave is not what -0.0 gives, whichever came first."""
    text = rule_text({"s": {"A": "0.0"}, "condition": "s"})
    for values in ([0.0, -0.0], [-0.0, 0.0]):
        matcher = matcher_of(text)
        found = [bool(matcher.match(event({"A": value}))) for value in values]
        assert found == [str(value) == "0.0" for value in values]


def test_spellings_of_one_channel_fill_no_memory() -> None:
    """Ever new spellings of one log source are matched, and what is kept of them is bounded."""
    text = rule_text({"k": ["needle"], "condition": "k"}, logsource={"product": "windows"})
    matcher = matcher_of(text)
    name = "abcdefghijklmnop"
    for number in range(5_000):
        spelt = "".join(c.upper() if number >> at & 1 else c for at, c in enumerate(name))
        native = {"Channel": spelt, "EventID": 1, "Provider_Name": "x", "Data": "needle"}
        assert len(matcher.match(event(native, of="windows"))) == 1
    assert all(len(one.known) <= 2048 for one in matcher._speeches["windows"].keyings)

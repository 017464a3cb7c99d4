"""Documents to rules, correlations and filters; what would be misread is put aside."""

from typing import Any

import pytest
import yaml

from pipeline.content.parsing import parse_file
from pipeline.content.predicate import ANY, Text, leaves
from pipeline.content.rule import Broken, Correlation, CorrelationCondition, Filter, Item, Rule

RULE = """title: A rule
id: 929a690e-bef0-4204-a928-ef5e620d6fcc
name: a_rule
status: stable
level: high
tags: [attack.t1059, saqshy.failure.yes]
logsource: {product: Windows, category: process_creation}
detection:
    selection:
        Image|endswith: '\\cmd.exe'
        User: null
    condition: selection
"""
CORRELATION = """title: Many
id: 0e95725d-7320-415d-80f7-004da920fc11
correlation:
    type: value_count
    rules: [a_rule]
    group-by: [Host, User]
    timespan: 5m
    condition: {field: Image, gte: 8}
    generate: true
"""
FILTER = """title: Not them
logsource: {product: windows}
filter:
    rules: [a_rule]
    ours: {User|startswith: adm_}
    condition: not ours
"""


def parsed(text: str) -> Item:
    (item,) = parse_file(text.encode())
    return item


def test_a_rule_is_read() -> None:
    """A rule keeps what the other rooms ask of it, lower case where Sigma says so."""
    rule = parsed(RULE)
    assert isinstance(rule, Rule)
    assert (rule.id, rule.name, rule.title) == (
        "929a690e-bef0-4204-a928-ef5e620d6fcc",
        "a_rule",
        "A rule",
    )
    assert (rule.level, rule.status, rule.tags) == (
        "high",
        "stable",
        ("attack.t1059", "saqshy.failure.yes"),
    )
    assert (rule.product, rule.category, rule.service) == ("windows", "process_creation", "")
    assert rule.fields == ("Image", "User")
    assert rule.line == 1
    assert Text("Image", (ANY, r"\cmd.exe")) in list(leaves(rule.predicate))


def test_a_hash_follows_the_words_not_their_layout() -> None:
    """Comments, order of keys and quoting change no hash; any other word does."""
    rule, same = (
        parsed(RULE),
        parsed("# words\n" + RULE.replace("level: high\n", "") + "level: 'high'\n"),
    )
    other = parsed(RULE.replace("cmd", "cmd2"))
    assert isinstance(rule, Rule)
    assert isinstance(same, Rule)
    assert isinstance(other, Rule)
    assert rule.hash == same.hash
    assert rule.hash != other.hash


def test_a_rule_without_id_gets_one_of_its_words() -> None:
    """A rule without id is named by its name, else by what it says."""
    named = parsed(RULE.replace("id: 929a690e-bef0-4204-a928-ef5e620d6fcc\n", ""))
    assert isinstance(named, Rule)
    assert named.id == "a_rule"
    bare = parsed("\n".join(line for line in RULE.splitlines() if line[:3] not in ("id:", "nam")))
    assert isinstance(bare, Rule)
    assert bare.id == f"document-{bare.hash}"


@pytest.mark.parametrize(
    ("references", "norms"),
    [
        ("[kz-418-V/30(1), https://example.org/30(1), kz-527-IV/23(6)(5)]", 2),
        ("[kz-418-V/56-1, kz-418-V/17(2-1)(4)]", 2),
        ("[see kz-418-V/30(1), RFC 5425, CVE-2021-44228/1]", 0),
        ("kz-418-V/30(1)", 0),
        ("[7, {a: b}]", 0),
    ],
    ids=["beside others", "inserted articles", "other references", "no list", "no texts"],
)
def test_norms_are_the_references_that_cite_a_law(references: str, norms: int) -> None:
    """A reference in the form of a pack's basis is a norm; any other is a reference only."""
    item = parsed(f"{RULE}references: {references}\n")
    assert len(item.norms if isinstance(item, Rule) else ()) == norms


def test_a_rule_that_shows_a_duty_met_says_which() -> None:
    """``saqshy.meets`` names a duty that is watched; another word is an error."""
    known = parsed(f"{RULE}custom: {{saqshy.meets: backup}}\n")
    assert isinstance(known, Rule)
    assert known.meets == "backup"
    unknown = parsed(f"{RULE}custom: {{saqshy.meets: sleep}}\n")
    assert isinstance(unknown, Broken)
    assert "saqshy.meets" in unknown.message


def test_a_correlation_is_read() -> None:
    """A correlation keeps type, rules as written, grouping, timespan and condition."""
    found = parsed(CORRELATION)
    assert isinstance(found, Correlation)
    assert (found.type, found.rules, found.group_by) == (
        "value_count",
        ("a_rule",),
        ("Host", "User"),
    )
    assert found.timespan_ns == 300_000_000_000
    assert found.condition == CorrelationCondition("gte", 8, "Image")
    assert found.generate


def test_a_filter_is_read() -> None:
    """A filter keeps the rules that it names and its predicate."""
    found = parsed(FILTER)
    assert isinstance(found, Filter)
    assert (found.rules, found.product) == (("a_rule",), "windows")
    everything = parsed(FILTER.replace("[a_rule]", "any"))
    assert isinstance(everything, Filter)
    assert everything.rules is None


def changed(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new)


BROKEN = [
    (
        "unknown modifier",
        changed(RULE, "|endswith", "|sideways"),
        10,
        "the modifier 'sideways' is not known",
    ),
    ("truth with endswith", changed(RULE, "'\\cmd.exe'", "[x, true]"), 10, "is no text"),
    (
        "placeholder",
        changed(RULE, "|endswith: '\\cmd.exe'", "|expand: '%admins%'"),
        10,
        "the placeholder %admins%",
    ),
    (
        "placeholder in a list",
        changed(RULE, "|endswith: '\\cmd.exe'", "|contains|expand: [a, '%b%']"),
        10,
        "the placeholder %b%",
    ),
    ("no network", changed(RULE, "|endswith: '\\cmd.exe'", "|cidr: 10.0.0.0/99"), 10, "CIDR"),
    (
        "no regular expression",
        changed(RULE, "|endswith: '\\cmd.exe'", "|re: '(a'"),
        10,
        "Regular expression",
    ),
    ("look-around", changed(RULE, "|endswith: '\\cmd.exe'", "|re: 'a(?=b)'"), 10, "cannot be run"),
    (
        "wildcards in base64",
        changed(RULE, "|endswith: '\\cmd.exe'", "|base64: 'a*'"),
        10,
        "encoded",
    ),
    (
        "many dashes",
        changed(RULE, "|endswith: '\\cmd.exe'", "|windash: ' -a -b -c -d -e -f'"),
        10,
        "windash",
    ),
    (
        "an unknown selection",
        changed(RULE, "condition: selection", "condition: selektion"),
        12,
        "selektion",
    ),
    (
        "selections that match none",
        changed(RULE, "condition: selection", "condition: 1 of filter*"),
        12,
        "filter",
    ),
    ("no condition", changed(RULE, "    condition: selection\n", ""), 8, "condition"),
    ("an open bracket", changed(RULE, "condition: selection", "condition: (selection"), 12, ""),
    (
        "the old aggregation",
        changed(RULE, "condition: selection", "condition: selection | count() > 5"),
        12,
        "pipe",
    ),
    (
        "the old timeframe",
        changed(RULE, "    condition: s", "    timeframe: 5m\n    condition: s"),
        12,
        "old aggregations",
    ),
    ("no log source", changed(RULE, "logsource:", "logsaurce:"), 1, "log source"),
    (
        "an empty log source",
        changed(RULE, "{product: Windows, category: process_creation}", "{}"),
        7,
        "log source",
    ),
    ("an unknown level", changed(RULE, "level: high", "level: loud"), 5, "loud"),
    ("an unknown status", changed(RULE, "status: stable", "status: so so"), 4, "so so"),
    (
        "an id that is none",
        changed(RULE, "id: 929a690e-bef0-4204-a928-ef5e620d6fcc", "id: 7"),
        2,
        "is no UUID",
    ),
    ("tags that are none", changed(RULE, "[attack.t1059, saqshy.failure.yes]", "one"), 6, "tags"),
    ("an unknown taxonomy", RULE + "taxonomy: klingon\n", 13, "klingon"),
    (
        "a selection of nothing",
        changed(RULE, "    condition: selection", "    other: []\n    condition: other"),
        12,
        "the list is empty",
    ),
    ("another document", "regression_tests_info: []\n", 1, "neither a rule"),
    (
        "an unknown correlation type",
        changed(CORRELATION, "value_count", "value_dance"),
        4,
        "value_dance",
    ),
    (
        "a type that is not of the specification",
        changed(CORRELATION, "value_count", "value_median"),
        4,
        "not of Sigma 2.1",
    ),
    ("no timespan", changed(CORRELATION, "    timespan: 5m\n", ""), 3, "timespan"),
    ("a timespan that is none", changed(CORRELATION, "timespan: 5m", "timespan: soon"), 7, "soon"),
    ("a broken half", changed(CORRELATION, "gte: 8", "gte: 8.5"), 8, "whole"),
    ("value_count without field", changed(CORRELATION, "field: Image, ", ""), 3, "field"),
    (
        "a filter without condition",
        changed(FILTER, "    condition: not ours\n", ""),
        3,
        "condition",
    ),
    ("a filter without rules", changed(FILTER, "    rules: [a_rule]\n", ""), 3, "rules"),
]


@pytest.mark.parametrize(
    ("text", "line", "message"), [row[1:] for row in BROKEN], ids=[row[0] for row in BROKEN]
)
def test_what_would_be_misread_is_put_aside(text: str, line: int, message: str) -> None:
    """A document that cannot be matched as it is meant is broken, with its line and the reason."""
    item = parsed(text)
    assert isinstance(item, Broken)
    assert message in item.message
    assert item.line == line
    assert item.way_out


@pytest.mark.parametrize("junk", [None, 7, "x", [], {}, [[]], {"a": {"b": {}}}, {1: 2}], ids=repr)
@pytest.mark.parametrize(
    "key",
    ["title", "id", "level", "tags", "logsource", "detection", "correlation", "filter", "date"],
)
def test_junk_is_never_an_exception(key: str, junk: Any) -> None:
    """Any value under any key gives a rule or a broken document, never an exception."""
    document = yaml.safe_load(RULE)
    document[key] = junk
    (item,) = parse_file(yaml.safe_dump(document).encode())
    assert isinstance(item, Rule | Broken | Correlation | Filter)
    document["detection"] = {"selection": junk, "condition": "selection"}
    (item,) = parse_file(yaml.safe_dump(document).encode())
    assert isinstance(item, Rule | Broken | Correlation | Filter)


def test_one_broken_document_leaves_the_others() -> None:
    """Of a file's documents the whole ones are read, in their order."""
    items = parse_file(f"{RULE}---\ntitle: nothing\n---\n{CORRELATION}".encode())
    assert [type(item) for item in items] == [Rule, Broken, Correlation]
    assert [item.line for item in items] == [1, 14, 16]

"""What each modifier and value of Sigma means, through parser, index and generated code."""

from typing import Any

import pytest

from tests.match.material import event, fires, matcher_of, rule_text

TEXTS: list[tuple[str, Any, Any, bool]] = [
    ("equal whatever the case", "Cmd.EXE", "cMD.exe", True),
    ("equal is the whole value", "cmd", "cmd.exe", False),
    ("empty is the empty text", "", "", True),
    ("empty is not a blank", "", " ", False),
    ("letters of other scripts fold", "ҚАЗАҚСТАН", "қазақстан", True),
    ("star is any rest", "a*c", "abbbc", True),
    ("star is nothing too", "a*c", "ac", True),
    ("star spans lines", "a*c", "a\n\nc", True),
    ("star alone is any value", "*", "", True),
    ("question mark is one character", "a?c", "abc", True),
    ("question mark is not nothing", "a?c", "ac", False),
    ("question mark is a line feed too", "a?c", "a\nc", True),
    ("a question mark takes a letter of two bytes", "a?c", "aқc", True),
    ("ends anchor around stars", "a*b*c", "a-c-b", False),
    ("ends may not overlap", "ab*ba", "aba", False),
    ("middles come in order", "*x*y*z*", "z y x", False),
    ("escaped star is a star", r"a\*c", "a*c", True),
    ("escaped star is no wildcard", r"a\*c", "abc", False),
    ("escaped question mark", r"a\?c", "a?c", True),
    ("single backslash is itself", r"C:\Windows", r"c:\windows", True),
    ("two backslashes before a letter are one", r"C:\\Windows", r"c:\windows", True),
    ("four backslashes are two", r"\\\\host", r"\\host", True),
    ("backslash before a wildcard", r"C:\\*", "C:\\anything", True),
    ("escaped backslash and escaped star", r"C:\\\*", "C:\\*", True),
    ("a backslash at the end", "C:\\", "c:\\", True),
]
NUMBERS: list[tuple[str, Any, Any, bool]] = [
    ("number is number", 4688, 4688, True),
    ("number is its text", 4688, "4688", True),
    ("text is the number's text", "4688", 4688, True),
    ("one is one point nought", 1, 1.0, True),
    ("one point nought is one", 1.0, 1, True),
    ("one is the text 1.0", 1, "1.0", True),
    ("the text 1 is not 1.0", "1", 1.0, False),
    ("a fraction", 0.5, 0.5, True),
    ("another number", 1, 10, False),
    ("text of a number is exact", 1, "01", False),
    ("true is no number", 1, True, False),
    ("true is true", True, True, True),
    ("true is its text", True, "True", True),
    ("the text is true", "TRUE", True, True),
    ("false is not true", True, False, False),
    ("a number that no float holds", 9007199254740993, 9007199254740993, True),
]


@pytest.mark.parametrize(
    ("rule", "value", "verdict"),
    [row[1:] for row in TEXTS + NUMBERS],
    ids=[row[0] for row in TEXTS + NUMBERS],
)
def test_plain_values(rule: Any, value: Any, verdict: bool) -> None:
    """A plain value is compared whole, without regard to case, with its wildcards."""
    assert fires({"Field": rule}, {"Field": value}) is verdict


NIL: list[tuple[str, Any, dict[str, Any], bool]] = [
    ("null where absent", {"Field": None}, {"Other": 1}, True),
    ("null where null", {"Field": None}, {"Field": None}, True),
    ("null where an empty list", {"Field": None}, {"Field": []}, True),
    ("null where a list of null", {"Field": None}, {"Field": [None]}, True),
    ("null is not the empty text", {"Field": None}, {"Field": ""}, False),
    ("null is not nought", {"Field": None}, {"Field": 0}, False),
    ("the empty text is not null", {"Field": ""}, {"Field": None}, False),
    ("star needs a value", {"Field": "*"}, {"Field": None}, False),
    ("exists", {"Field|exists": True}, {"Field": "x"}, True),
    ("exists where null", {"Field|exists": True}, {"Field": None}, True),
    ("exists where empty", {"Field|exists": True}, {"Field": ""}, True),
    ("exists where absent", {"Field|exists": True}, {"Other": 1}, False),
    ("does not exist", {"Field|exists": False}, {"Other": 1}, True),
    ("does not exist, but is null", {"Field|exists": False}, {"Field": None}, False),
]
MODIFIERS: list[tuple[str, Any, dict[str, Any], bool]] = [
    ("contains", {"Field|contains": "B"}, {"Field": "abc"}, True),
    ("contains nothing is any value", {"Field|contains": ""}, {"Field": "x"}, True),
    ("startswith", {"Field|startswith": "AB"}, {"Field": "abc"}, True),
    ("startswith elsewhere", {"Field|startswith": "b"}, {"Field": "abc"}, False),
    ("endswith", {"Field|endswith": r"\CMD.exe"}, {"Field": r"c:\x\cmd.exe"}, True),
    ("endswith over separators", {"Field|endswith": r"\b\c"}, {"Field": r"a\b\c"}, True),
    ("endswith of another folder", {"Field|endswith": r"\b\c"}, {"Field": r"a\x\c"}, False),
    ("endswith a separator", {"Field|endswith": "/"}, {"Field": "a/"}, True),
    ("contains with wildcards inside", {"Field|contains": "a*c"}, {"Field": "xabcx"}, True),
    ("all of a list", {"Field|contains|all": ["a", "c"]}, {"Field": "abc"}, True),
    ("all of a list, one absent", {"Field|contains|all": ["a", "x"]}, {"Field": "abc"}, False),
    ("one of a list", {"Field": ["a", "b"]}, {"Field": "b"}, True),
    ("cased", {"Field|cased": "Abc"}, {"Field": "Abc"}, True),
    ("cased and another case", {"Field|cased": "Abc"}, {"Field": "abc"}, False),
    ("cased contains", {"Field|contains|cased": "B"}, {"Field": "aBc"}, True),
    ("cased contains, another case", {"Field|contains|cased": "B"}, {"Field": "abc"}, False),
    ("neq", {"Field|neq": "a"}, {"Field": "b"}, True),
    ("neq the same", {"Field|neq": "a"}, {"Field": "A"}, False),
    ("neq of a list is none of them", {"Field|neq": ["a", "b"]}, {"Field": "b"}, False),
    ("neq where absent", {"Field|neq": "a"}, {"Other": 1}, True),
    ("re is searched", {"Field|re": "b+"}, {"Field": "abbc"}, True),
    ("re minds the case", {"Field|re": "B"}, {"Field": "abc"}, False),
    ("re and i", {"Field|re|i": "B"}, {"Field": "abc"}, True),
    ("re and a dot", {"Field|re": "a.c"}, {"Field": "a\nc"}, False),
    ("re and s", {"Field|re|s": "a.c"}, {"Field": "a\nc"}, True),
    ("re and anchors", {"Field|re": "^c"}, {"Field": "a\nc"}, False),
    ("re and m", {"Field|re|m": "^c"}, {"Field": "a\nc"}, True),
    ("re keeps its stars and questions", {"Field|re": r"^a\*\?c*$"}, {"Field": "a*?ccc"}, True),
    ("re on a number", {"Field|re": "^46.8$"}, {"Field": 4688}, True),
    ("re by Unicode", {"Field|re": r"^\w+$"}, {"Field": "қауіп"}, True),
    ("cidr", {"Field|cidr": "10.0.0.0/8"}, {"Field": "10.20.30.40"}, True),
    ("cidr outside", {"Field|cidr": "10.0.0.0/8"}, {"Field": "11.0.0.1"}, False),
    ("cidr at its edge", {"Field|cidr": "192.168.0.0/23"}, {"Field": "192.168.1.255"}, True),
    ("cidr of six", {"Field|cidr": "fe80::/10"}, {"Field": "FE80::1"}, True),
    (
        "cidr of four is not of six",
        {"Field|cidr": "10.0.0.0/8"},
        {"Field": "::ffff:10.0.0.1"},
        False,
    ),
    ("cidr and no address", {"Field|cidr": "10.0.0.0/8"}, {"Field": "10.example"}, False),
    ("gt", {"Field|gt": 5}, {"Field": 6}, True),
    ("gt the same", {"Field|gt": 5}, {"Field": 5}, False),
    ("gte as text", {"Field|gte": 5}, {"Field": "5.0"}, True),
    ("lt a fraction", {"Field|lt": 0.5}, {"Field": 0.25}, True),
    ("lte", {"Field|lte": 5}, {"Field": "-7"}, True),
    ("comparison of no number", {"Field|gt": 5}, {"Field": "six"}, False),
    ("comparison of a truth value", {"Field|lt": 5}, {"Field": True}, False),
    ("comparison of a hexadecimal text", {"Field|gt": 5}, {"Field": "0x10"}, False),
    (
        "comparison of large whole numbers",
        {"Field|gt": 9007199254740992},
        {"Field": 9007199254740993},
        True,
    ),
    ("fieldref", {"Field|fieldref": "Other"}, {"Field": "A", "Other": "a"}, True),
    ("fieldref differs", {"Field|fieldref": "Other"}, {"Field": "a", "Other": "b"}, False),
    ("fieldref to nothing", {"Field|fieldref": "Other"}, {"Field": "a"}, False),
    ("fieldref of two that are absent", {"Field|fieldref": "Other"}, {"Third": 1}, False),
    (
        "fieldref and startswith",
        {"Field|fieldref|startswith": "Other"},
        {"Field": "abc", "Other": "AB"},
        True,
    ),
    (
        "fieldref and endswith",
        {"Field|fieldref|endswith": "Other"},
        {"Field": "abc", "Other": "AB"},
        False,
    ),
    (
        "fieldref and contains",
        {"Field|fieldref|contains": "Other"},
        {"Field": "abc", "Other": "B"},
        True,
    ),
    ("fieldref and neq", {"Field|fieldref|neq": "Other"}, {"Field": "a", "Other": "b"}, True),
    ("base64", {"Field|base64|contains": "foo"}, {"Field": "xx Zm9v yy"}, True),
    (
        "base64offset at every place",
        {"Field|base64offset|contains": "foobar"},
        {"Field": "eGZvb2Jhcg=="},
        True,
    ),
    ("wide base64", {"Field|wide|base64offset|contains": "IEX"}, {"Field": "SQBFAFgA"}, True),
    (
        "utf16le is wide",
        {"Field|utf16le|base64offset|contains": "IEX"},
        {"Field": "SQBFAFgA"},
        True,
    ),
    ("utf16be", {"Field|utf16be|base64|contains": "ab"}, {"Field": "AGEAYg=="}, True),
    ("utf16 has its mark", {"Field|utf16|base64|contains": "a"}, {"Field": "//5hAA=="}, True),
    ("windash", {"Field|contains|windash": " -enc"}, {"Field": "x /enc y"}, True),
    (
        "windash and a long dash",
        {"Field|contains|windash": " -enc"},
        {"Field": "x \u2013enc y"},
        True,
    ),
    (
        "windash leaves inner dashes",
        {"Field|contains|windash": " -no-exit"},
        {"Field": "/no/exit"},
        False,
    ),
    ("minute", {"Field|minute": 7}, {"Field": "2026-03-02T10:07:00Z"}, True),
    ("hour", {"Field|hour": 22}, {"Field": "2026-03-02 22:07:00"}, True),
    ("hour of a date", {"Field|hour": 0}, {"Field": "2026-03-02"}, True),
    ("day", {"Field|day": 3}, {"Field": "2026-03-02T10:07:00Z"}, False),
    ("week", {"Field|week": 10}, {"Field": "2026-03-02T10:07:00Z"}, True),
    ("month", {"Field|month": 3}, {"Field": "2026-03-02T10:07:00Z"}, True),
    ("year", {"Field|year": 2026}, {"Field": "2026-03-02T10:07:00Z"}, True),
    ("a date that is none", {"Field|month": 2}, {"Field": "2026-02-31T00:00:00Z"}, False),
]
MANY: list[tuple[str, Any, dict[str, Any], bool]] = [
    ("one of several values", {"Field": "b"}, {"Field": ["a", "B"]}, True),
    ("none of several values", {"Field": "c"}, {"Field": ["a", "b"]}, False),
    ("a list is not its text", {"Field|contains": "'a', 'b'"}, {"Field": ["a", "b"]}, False),
    ("contains over several values", {"Field|contains": "ell"}, {"Field": ["x", "hello"]}, True),
    (
        "all may meet in several values",
        {"Field|contains|all": ["x", "y"]},
        {"Field": ["x", "y"]},
        True,
    ),
    ("endswith over several values", {"Field|endswith": "/b"}, {"Field": ["/a", "/b"]}, True),
    ("one of a list over several values", {"Field": ["p", "q", "b"]}, {"Field": ["a", "b"]}, True),
    ("numbers among several values", {"Field": 7}, {"Field": ["a", 7]}, True),
    ("lists inside lists", {"Field": "b"}, {"Field": [["a"], ["b"]]}, True),
    ("a regular expression over several values", {"Field|re": "^b$"}, {"Field": ["a", "b"]}, True),
    ("comparison over several values", {"Field|gt": 5}, {"Field": [1, 9]}, True),
    ("a dotted field of an object", {"a.b": "x"}, {"a": {"b": "X"}}, True),
    ("a dotted field that is flat", {"a.b": "x"}, {"a.b": "X"}, True),
    ("a dotted field half flat", {"a.b.c": "x"}, {"a.b": {"c": "X"}}, True),
    ("a dotted field over a list of objects", {"a.b": "y"}, {"a": [{"b": "x"}, {"b": "y"}]}, True),
    ("an object's text is its JSON", {"a|contains": '"b":"x"'}, {"a": {"b": "x"}}, True),
    ("maps in a list are alternatives", [{"Field": "a"}, {"Other": "b"}], {"Other": "b"}, True),
    ("fields of a map all hold", {"Field": "a", "Other": "b"}, {"Field": "a", "Other": "x"}, False),
    (
        "lists of maps with lists",
        [{"Field": ["a", "b"], "Other": 1}],
        {"Field": "b", "Other": 1},
        True,
    ),
]
WORDS: list[tuple[str, Any, dict[str, Any], bool]] = [
    ("a keyword in any value", ["needle"], {"Field": "x", "Other": "a NEEDLE b"}, True),
    ("one of two keywords", ["zero", "needle"], {"Other": "needle"}, True),
    ("a keyword is not a field's name", ["needle"], {"needle": "x"}, False),
    ("a keyword does not span values", ["ab"], {"F1": "a", "F2": "b"}, False),
    ("a keyword with a wildcard", ["nee*dle"], {"Field": "a nee--dle b"}, True),
    ("a wildcard does not span values", ["nee*dle"], {"F1": "nee", "F2": "dle"}, False),
    ("a keyword over a line feed", ["a\nb"], {"Field": "xa\nby"}, True),
    ("a keyword over a line feed does not span values", ["a\nb"], {"F1": "a", "F2": "b"}, False),
    ("a number as keyword", [4688], {"EventID": 4688}, True),
    ("a keyword inside an object", ["needle"], {"Field": {"inner": ["needle"]}}, True),
    ("all keywords", {"|all": ["one", "two"]}, {"F1": "one", "F2": "two"}, True),
    ("all keywords, one absent", {"|all": ["one", "two"]}, {"F1": "one"}, False),
    ("a regular expression as keyword", {"|re": "n[e]+dle"}, {"Field": "needle"}, True),
    ("a cased keyword", {"|cased": "Needle"}, {"Field": "needle"}, False),
    ("a single keyword", "needle", {"Field": "needle"}, True),
]


@pytest.mark.parametrize(
    ("selection", "native", "verdict"),
    [row[1:] for row in NIL + MODIFIERS + MANY + WORDS],
    ids=[row[0] for row in NIL + MODIFIERS + MANY + WORDS],
)
def test_selections(selection: Any, native: dict[str, Any], verdict: bool) -> None:
    """Every modifier, null, several values and keywords mean what Sigma says of them."""
    assert fires(selection, native) is verdict
    assert fires(selection, native, "not selection") is not verdict


CONDITIONS = [
    ("s1 and s2", False),
    ("s1 or s2", True),
    ("s1 and not s2", True),
    ("not (s1 and s2)", True),
    ("not s1 or s3", True),
    ("s2 or s1 and s3", True),
    ("(s2 or s1) and s2", False),
    ("1 of s*", True),
    ("all of s*", False),
    ("any of s*", True),
    ("1 of them", True),
    ("all of them", False),
    ("all of s1* and 1 of *3", True),
    ("not 1 of s2*", True),
    ("not not s1", True),
    (["s2", "s1"], True),
    (["s2", "s2 and s1"], False),
]


@pytest.mark.parametrize(("condition", "verdict"), CONDITIONS)
def test_conditions(condition: Any, verdict: bool) -> None:
    """Conditions nest, negate and quantify; several of them are alternatives."""
    detection = {
        "s1": {"A": 1},
        "s2": {"B": 1},
        "s3": {"C": 1},
        "_hidden": {"D": "never"},
        "condition": condition,
    }
    matcher = matcher_of(rule_text(detection))
    assert bool(matcher.match(event({"A": 1, "B": 2, "C": 1}))) is verdict


def test_a_condition_nests_deeply() -> None:
    """Conditions far deeper than Python's own brackets are evaluated."""
    condition = "s1"
    for number in range(40):
        condition = f"(s2 or ({condition}))" if number % 2 else f"(s1 and {condition})"
    matcher = matcher_of(rule_text({"s1": {"A": 1}, "s2": {"A": 2}, "condition": condition}))
    assert len(matcher.match(event({"A": 1}))) == 1
    assert matcher.match(event({"A": 3})) == []

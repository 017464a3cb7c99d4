"""Regular expressions: RE2 where it means the same, Python's re elsewhere, in bounded time."""

import re
import sys
import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.match.regex import compile_regex
from pipeline.match.regex_syntax import NotPortable, parse_regex

ATOMS = (
    "a", "B", "é", "қ", r"\.", ".", r"\d", r"\w", r"\s", r"\S", r"\D", r"\W", "[ab]", "[^a]",
    r"[\s\S]", r"[^\d]", "[a-c1-3]", "[]x]", "^", "$", r"\A", r"\Z", r"\x41", r"\u049b", "(?:a|b)",
    "(ab)", "(?i:aB)", "(?s:.)", "{", "}", "-", "/", r"\\",
)  # fmt: skip
QUANTIFIERS = ("", "", "", "*", "+", "?", "{2}", "{1,}", "{,2}", "{0,2}", "*?", "+?")
pieces = st.tuples(st.sampled_from(ATOMS), st.sampled_from(QUANTIFIERS)).map("".join)
sequences = st.lists(pieces, min_size=1, max_size=5).map("".join)
patterns = st.lists(sequences, min_size=1, max_size=3).map("|".join)
texts = st.text(alphabet="abABcéқҚ1٣ .\n\x0b\x1c\u00a0-/\\", max_size=8)
flag_sets = st.sampled_from(["", "i", "m", "s", "im", "is"])


@given(pattern=patterns, flags=flag_sets, text=texts)
def test_re2_means_what_re_means(pattern: str, flags: str, text: str) -> None:
    """What is written for RE2 finds exactly what Python's re finds."""
    try:
        wanted = re.compile(pattern, sum(getattr(re, flag.upper()) for flag in flags))
    except re.error:
        return
    found = compile_regex(pattern, flags)
    assert (found.search(text) is not None) == (wanted.search(text) is not None)


@given(pattern=patterns, flags=flag_sets, text=texts)
def test_what_matches_shows_a_need(pattern: str, flags: str, text: str) -> None:
    """A text that matches contains, folded, one of the texts that the pattern needs."""
    try:
        found = compile_regex(pattern, flags)
    except ValueError:
        return
    if found.needs and found.search(text) is not None:
        assert any(need in text.casefold() for need in found.needs)


@pytest.mark.parametrize("name", ["d", "s", "w", "D", "S", "W"])
def test_named_sets_are_those_of_unicode(name: str) -> None:
    r"""\d, \s, \w and their opposites hold the same characters in RE2 as in re."""
    wanted = re.compile(f"\\{name}")
    found = compile_regex(f"\\{name}", "")
    assert found.linear
    known = [
        char
        for char in map(chr, range(sys.maxunicode + 1))
        if unicodedata.category(char) not in ("Cn", "Cs", "Co")
    ]
    # A character that is numeric without being of a number's category is a word's in re alone.
    other = [
        char
        for char in known[:20_000]
        if (found.search(char) is None) != (wanted.search(char) is None)
    ]
    assert other == []


NEEDS = [
    ("abc", "", ("abc",)),
    ("ABC", "", ("abc",)),
    ("(?i)abc", "", ("abc",)),
    (r"a\.b+c", "", ("a.",)),
    (r"\s-enc\s+\w{20}", "", ("-enc",)),
    ("(?:foo|bar)x*", "", ("foo", "bar")),
    ("foo|bar", "", ("foo", "bar")),
    ("foo|.", "", ()),
    ("x*", "", ()),
    ("(abc)?d", "", ("d",)),
    ("[Pp][Oo]wershell", "", ("powershell",)),
    ("ab{1}c", "", ("abc",)),
    ("^a$", "", ("a",)),
]


@pytest.mark.parametrize(("pattern", "flags", "needs"), NEEDS, ids=[row[0] for row in NEEDS])
def test_literals_of_a_pattern(pattern: str, flags: str, needs: tuple[str, ...]) -> None:
    """The rarest texts that a pattern cannot do without are found."""
    assert parse_regex(pattern, flags).needs == needs


NOT_PORTABLE = [
    "a(?=b)", "a(?!b)", "(?<=a)b", r"(a)\1", "(?P<x>a)(?P=x)", "a++", "(?>a)", r"$\n", r"[^\s\S]",
    r"[a\W]", "a(?x: b)", "(" * 70 + "a" + ")" * 70,
]  # fmt: skip


@pytest.mark.parametrize("pattern", NOT_PORTABLE, ids=[row[:12] for row in NOT_PORTABLE])
def test_what_re2_would_bend_runs_in_re(pattern: str) -> None:
    """Constructs that RE2 lacks or reads in another way are left to Python's re."""
    with pytest.raises(NotPortable):
        parse_regex(pattern, "")
    found = compile_regex(pattern, "")
    assert not found.linear
    wanted = re.compile(pattern)
    for text in ("ab", "aab", "a\n", "aa", "!", ""):
        assert (found.search(text) is None) == (wanted.search(text) is None)


@pytest.mark.parametrize("pattern", ["(", "[a", "a{2,1}", "*a", r"\q", "(?P<1>a)"])
def test_what_is_no_pattern_is_refused(pattern: str) -> None:
    """A broken pattern raises ValueError."""
    with pytest.raises(ValueError, match="no regular expression"):
        compile_regex(pattern, "")


@pytest.mark.parametrize(
    "pattern", ["(a+)+$", "(a|a)*b", "(.*)*x", "a.*b.*c.*d.*e", "([a-z]+)*[0-9]"]
)
def test_catastrophic_patterns_end(pattern: str) -> None:
    """Patterns that backtracking never ends on run through a megabyte in seconds."""
    begin = time.perf_counter()
    assert compile_regex(pattern, "").search("a" * 1_000_000 + "!") is None
    assert time.perf_counter() - begin < 20


def test_half_a_surrogate_pair_is_searched() -> None:
    """A text that no UTF-8 can say is searched all the same."""
    assert compile_regex("b+", "").search("a\ud800b") is not None
    assert compile_regex("z", "").search("a\ud800b") is None

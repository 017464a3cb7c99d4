"""Regular expressions: RE2 with the meaning of Python's re, in bounded time, or refused."""

import re
import sys
import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.content.regex_syntax import NotPortable, parse_regex
from pipeline.match.regex import compile_regex

ATOMS = (
    "a", "B", "é", "қ", r"\.", ".", r"\d", r"\w", r"\s", r"\S", r"\D", r"\W", "[ab]", "[^a]",
    r"[\s\S]", r"[^\d]", "[a-c1-3]", "[]x]", "^", "$", r"\A", r"\Z", r"\x41", r"\u049b", "(?:a|b)",
    r"[\W_]", r"[^\W_b]", r"[\W\d]", "(ab)", "(?i:aB)", "(?s:.)", "{", "}", "-", "/", r"\\",
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
    try:
        found = compile_regex(pattern, flags)
    except NotPortable:
        return
    assert found.search(text) == (wanted.search(text) is not None)


@given(pattern=patterns, flags=flag_sets, text=texts)
def test_what_matches_shows_a_need(pattern: str, flags: str, text: str) -> None:
    """A text that matches contains, folded, one text of every set that the pattern needs."""
    try:
        found = compile_regex(pattern, flags)
    except ValueError:
        return
    if found.search(text):
        for need in found.needs:
            assert any(word in text.casefold() for word in need)


@pytest.mark.parametrize("name", ["d", "s", "w", "D", "S", "W"])
def test_named_sets_are_those_of_unicode(name: str) -> None:
    r"""\d, \s, \w and their opposites hold the same characters in RE2 as in re."""
    wanted = re.compile(f"\\{name}")
    found = compile_regex(f"\\{name}", "")
    known = [
        char
        for char in map(chr, range(sys.maxunicode + 1))
        if unicodedata.category(char) not in ("Cn", "Cs", "Co")
    ]
    # A character that is numeric without being of a number's category is a word's in re alone.
    other = [
        char for char in known[:20_000] if found.search(char) != (wanted.search(char) is not None)
    ]
    assert other == []


NEEDS: list[tuple[str, tuple[tuple[str, ...], ...]]] = [
    ("abc", (("abc",),)),
    ("ABC", (("abc",),)),
    ("(?i)abc", (("abc",),)),
    (r"a\.b+c", (("a.b",), ("bc",), ("b",))),
    (r"\s-enc\s+\w{20}", (("-enc",),)),
    ("(?:foo|bar)x*", (("foo", "bar"),)),
    ("foo|bar", (("foo", "bar"),)),
    ("foo|.", ()),
    ("x*", ()),
    ("(abc)?d", (("d",),)),
    ("[Pp][Oo]wershell", (("powershell",),)),
    ("ab{1}c", (("abc",),)),
    ("^a$", (("a",),)),
    (r'"(\{\d\}){2,}"', (('"{',), ('}"',), ("{",), ("}",))),
    ("set.*&&.*(foo|quux)", (("set",), ("foo", "quux"), ("&&",))),
    ("(ab.cd)+e", (("cde",), ("ab",), ("cd",))),
]


@pytest.mark.parametrize(("pattern", "needs"), NEEDS, ids=[row[0] for row in NEEDS])
def test_literals_of_a_pattern(pattern: str, needs: tuple[tuple[str, ...], ...]) -> None:
    """The texts that a pattern cannot do without are found, the longest first."""
    assert set(parse_regex(pattern, "").needs) == set(needs)
    assert parse_regex(pattern, "").needs[:1] == needs[:1]


NOT_PORTABLE = [
    "a(?=b)", "a(?!b)", "(?<=a)b", r"(a)\1", "(?P<x>a)(?P=x)", "a++", "(?>a)", r"$\n", r"[^\s\S]",
    "a(?x: b)", "(" * 70 + "a" + ")" * 70, "((a{1000}){1000}){1000}",
]  # fmt: skip


@pytest.mark.parametrize("pattern", NOT_PORTABLE, ids=[row[:12] for row in NOT_PORTABLE])
def test_what_re2_would_bend_is_refused(pattern: str) -> None:
    """Constructs that RE2 lacks or reads in another way are refused: nothing backtracks."""
    re.compile(pattern)
    with pytest.raises(NotPortable):
        compile_regex(pattern, "")


@pytest.mark.parametrize("pattern", ["(", "[a", "a{2,1}", "*a", r"\q", "(?P<1>a)"])
def test_what_is_no_pattern_is_refused(pattern: str) -> None:
    """A broken pattern raises NotPortable, which is a ValueError."""
    with pytest.raises(NotPortable):
        compile_regex(pattern, "")


@pytest.mark.parametrize(
    "pattern", ["(a+)+$", "(a|a)*b", "(.*)*x", "a.*b.*c.*d.*e", "([a-z]+)*[0-9]"]
)
def test_catastrophic_patterns_end(pattern: str) -> None:
    """Patterns that backtracking never ends on run through a megabyte in seconds."""
    begin = time.perf_counter()
    assert compile_regex(pattern, "").search("a" * 1_000_000 + "!") is False
    assert time.perf_counter() - begin < 20


def test_half_a_surrogate_pair_is_searched() -> None:
    """A text that no UTF-8 can say is searched all the same."""
    assert compile_regex("b+", "").search("a\ud800b") is True
    assert compile_regex("z", "").search("a\ud800b") is False

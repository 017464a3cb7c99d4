"""Words and patterns in native scanners: the same answers with Hyperscan and without it."""

import random
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
import re2
from hypothesis import given
from hypothesis import strategies as st

from pipeline.content.regex_syntax import NotPortable, parse_regex
from pipeline.match.keywords import raw_test
from pipeline.match.regex import compile_regex
from pipeline.match.scan import quick_search, word_scan

LETTERS = "abAB\\/.\n\"'қҚßſ\u212aK\ud800\x00 "
words = st.lists(st.text(alphabet=LETTERS, min_size=1, max_size=5), min_size=1, max_size=40)
texts = st.text(alphabet=LETTERS, max_size=30)


@pytest.mark.parametrize("portable", [False, True], ids=["native", "portable"])
@given(words=words, text=texts)
def test_a_scan_finds_the_words_of_a_text(portable: bool, words: list[str], text: str) -> None:
    """A scan gives exactly the words that the folded text contains, each at least once."""
    folded = [word.casefold() for word in words]
    found = {folded[number] for number in word_scan(folded, portable=portable)(text)}
    assert found == {word for word in folded if word in text.casefold()}


ATOMS = (
    "a", "b", r"\s", r"\d", r"\w", r"\S", r"\D", ".", "^", "$", r"\b", "[a-c]", "[^a]", "(a|b)",
    "(?i:K)", "s", r"\n", r"\W", "(ab)", r"\.", '"', "`", r"[\w-]", r"\B", r"\A", r"\Z",
)  # fmt: skip
REPEATS = ("", "", "", "*", "+", "?", "{2}", "{1,3}", "*?", "{2,}")


@given(seed=st.integers(0, 2**32))
def test_a_quick_search_means_what_re2_means(seed: int) -> None:
    """Hyperscan, where it takes a pattern, finds it in texts of ASCII as RE2 does."""
    chance = random.Random(seed)
    for _ in range(5):
        made = (chance.choice(ATOMS) + chance.choice(REPEATS) for _ in range(chance.randint(1, 5)))
        try:
            syntax = parse_regex("".join(made), "".join(f for f in "ims" if chance.random() < 0.3))
        except NotPortable:
            continue
        quick = quick_search(syntax.re2)
        if quick is None:
            continue
        wanted = re2.compile(syntax.re2)
        for _ in range(8):
            size = chance.randint(0, 8)
            text = "".join(chance.choice('abAKks _\n\t."`1\x1c-') for _ in range(size)).encode()
            assert quick(text) == (wanted.search(text) is not None), (syntax.re2, text)


WIDE = [".{1,64}x", "a{1000,}", "(?m:^)a", r"\x{49b}", "a{200}"]


@pytest.mark.parametrize("pattern", WIDE)
def test_what_is_not_for_a_quick_search_is_left_to_re2(pattern: str) -> None:
    """Patterns that take long to compile, or that would mean something else, are not taken."""
    assert quick_search(pattern) is None


KEYWORDS = ("sekurlsa::", "\\mimilib.dll", 'say "x"', "a/b")
LOUD: list[tuple[str, bytes]] = [
    ("a word", b'{"a":"xx SEKURLSA::y"}'),
    ("a backslash escaped", b'{"a":"C:\\\\mimilib.dll"}'),
    ("quotes escaped", b'{"a":"Say \\"X\\""}'),
    ("a slash escaped", b'{"a":"A\\/B"}'),
    ("a letter as its number", b'{"a":"\\u0073ekurlsa::"}'),
    ("a sign as its number", b'{"a":"sekurlsa\\u003a:"}'),
    ("a letter that folds to it", '{"a":"ſekurlsa::"}'.encode()),
    ("that letter as its number", b'{"a":"\\u017Fekurlsa::"}'),
    ("the sharp s, which folds to two", '{"a":"ß"}'.encode()),
    ("another encoding", '{"a":"sekurlsa::"}'.encode("utf-16-le")),
]
QUIET: list[tuple[str, bytes]] = [
    ("nothing", b'{"a":"nothing"}'),
    ("other letters", '{"a":"сақшы көзі"}'.encode()),
    ("signs of no word as their numbers", b'{"a":"\\u003cb\\u003e \\u0027x\\u0027 \\u000a"}'),
    ("a part of a word", b'{"a":"sekurlsa:"}'),
]


@pytest.mark.parametrize("portable", [False, True], ids=["native", "portable"])
@pytest.mark.parametrize("record", [row[1] for row in LOUD], ids=[row[0] for row in LOUD])
def test_a_record_that_may_say_a_keyword_is_loud(record: bytes, portable: bool) -> None:
    """A keyword in a record, or a disguise of one of its letters, is seen in the bytes."""
    loud = raw_test(KEYWORDS, portable=portable)
    assert loud is not None
    assert loud(record) is True


@pytest.mark.parametrize("portable", [False, True], ids=["native", "portable"])
@pytest.mark.parametrize("record", [row[1] for row in QUIET], ids=[row[0] for row in QUIET])
def test_other_records_are_quiet(record: bytes, portable: bool) -> None:
    """A record without any sign of a keyword is told at once."""
    loud = raw_test(KEYWORDS, portable=portable)
    assert loud is not None
    assert loud(record) is False


@pytest.mark.parametrize("word", ["1.5", "қаз", ""])
def test_words_that_bytes_cannot_deny(word: str) -> None:
    """Of a number's digits, of letters beyond ASCII and of nothing no record can be cleared."""
    assert raw_test([word, "plain"]) is None


def test_patterns_of_bytes_have_no_meaning() -> None:
    """Signs that mean something in patterns are sought as they stand."""
    signs = [".*", "a|b", "(", "[", "\\", "^", "$"]
    for portable in (False, True):
        scan = word_scan(signs, portable=portable)
        assert {signs[number] for number in scan("xx .* a|b")} == {".*", "a|b"}
    assert re.escape(".*") != ".*"


def test_one_pattern_is_searched_from_several_threads() -> None:
    """Threads that search with one pattern at once get the answers that one alone gets."""
    search = compile_regex("ab+c", "").search
    data = [("x" * 4_000 + ("abbc" if number % 2 else "abbd")) for number in range(400)]
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(search, data)) == [number % 2 == 1 for number in range(400)]

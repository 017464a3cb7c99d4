"""Questions of people: what is read, what is refused with place and way out, and how fast."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.query import QueryError, parse, written
from pipeline.query.parsing import DEEPEST, LONGEST, MOST_TERMS
from pipeline.query.syntax import And, Anything, Compared, Is, Negation, Node, Or, Value


def word(*parts: str) -> Value:
    """Make a value without quotation marks."""
    return Value(parts)


def said(text: str) -> Value:
    """Make a value in quotation marks."""
    return Value((text,), quoted=True)


READ = {
    "empty": ("  ", Anything()),
    "star": ("*", Anything()),
    "field": ("state: new", Is("state", word("new"))),
    "without space": ("state:new", Is("state", word("new"))),
    "quoted": ('rule.title:"a (b) : c"', Is("rule.title", said("a (b) : c"))),
    "a star in quotes is a star": ('a:"x*"', Is("a", said("x*"))),
    "stars": ("a: *x**y*", Is("a", word("", "x", "y", ""))),
    "present": ("a: *", Is("a", word("", ""))),
    "range": ("a.b >= 5", Compared("a.b", ">=", word("5"))),
    "tight range": ("a<5", Compared("a", "<", word("5"))),
    "a time's colons": (
        "opened_at > 2026-01-31T09:30:00.5+05:00",
        Compared("opened_at", ">", word("2026-01-31T09:30:00.5+05:00")),
    ),
    "word": ("mimikatz", Is("", word("mimikatz"))),
    "words in quotes": ('"a b"', Is("", said("a b"))),
    "and before or": (
        "a:1 or b:2 and c:3",
        Or((Is("a", word("1")), And((Is("b", word("2")), Is("c", word("3")))))),
    ),
    "not binds closest": (
        "not a:1 and b:2",
        And((Negation(Is("a", word("1"))), Is("b", word("2")))),
    ),
    "brackets": (
        "(a:1 or b:2) and c:3",
        And((Or((Is("a", word("1")), Is("b", word("2")))), Is("c", word("3")))),
    ),
    "values in brackets": (
        "a: (x or not (y and z))",
        Or((Is("a", word("x")), Negation(And((Is("a", word("y")), Is("a", word("z"))))))),
    ),
    "capital signs": ("a:1 AND NOT b:2", And((Is("a", word("1")), Negation(Is("b", word("2")))))),
    "escapes": (r"a: \(x\*\u0041\ y\t", Is("a", word("(x*A y\t"))),
    "escaped sign": (r"a: \and", Is("a", word("and"))),
    "quotation marks inside": (r'a: "x\"y\\"', Is("a", said('x"y\\'))),
    "Kazakh": ("a: Қазақстан", Is("a", word("Қазақстан"))),
}


@pytest.mark.parametrize(("text", "tree"), READ.values(), ids=READ)
def test_what_is_read(text: str, tree: Node) -> None:
    """A question is read to its tree."""
    assert parse(text) == tree


REFUSED = {
    "words side by side": ("a: b c", 5, "quotation marks"),
    "words side by side in brackets": ("a: (b c)", 6, "quotation marks"),
    "nothing behind and": ("a:1 and", 7, "missing"),
    "nothing behind a sign": ("a:", 2, "value of a is missing"),
    "range of nothing": ("a > and", 4, "value of a is missing"),
    "open bracket": ("(a:1", 0, "not closed"),
    "closing bracket": ("a:1)", 3, "not expected"),
    "open quotation": ('a:"x', 2, "not closed"),
    "nested": ("a:{b:1}", 2, "no meaning"),
    "field in values": ("a: (b: c)", 5, "inside another"),
    "stars in a name": ("a*: 1", 0, "no name"),
    "colons in a value": ("ip: ::1", 4, "missing"),
    "last backslash": ("a: \\", 3, "nothing follows"),
    "bad escape": (r"a: \u00g0", 3, "hexadecimal"),
    "half a character": (r"a: \ud800", 3, "hexadecimal"),
    "half a character as it is": ("a: \ud800", 0, "half"),
    "too long": ("a" * (LONGEST + 1), LONGEST, "longer"),
    "too deep": ("(" * (DEEPEST + 1) + "a", DEEPEST, "within each other"),
    "too many nots": ("not " * (DEEPEST + 1) + "a", 4 * DEEPEST, "within each other"),
    "too many": (" or ".join(["a"] * (MOST_TERMS + 1)), 5 * MOST_TERMS, "terms"),
}


@pytest.mark.parametrize(("text", "at", "told"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused(text: str, at: int, told: str) -> None:
    """A question that is none is refused with the place, what is wrong, and the way out."""
    with pytest.raises(QueryError) as caught:
        parse(text)
    assert caught.value.position == at
    assert told in str(caught.value)
    assert f"at character {at + 1}: " in str(caught.value)
    assert caught.value.way_out


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
SIGNS = st.sampled_from(["and", "or", "not", "n", "t", "N", "\\", '"', "a b", "*", "now-1d", "x:y"])
NAMES = st.one_of(TEXTS, SIGNS).filter(bool)
VALUES = st.one_of(
    st.builds(lambda text: Value((text,), quoted=True), st.one_of(TEXTS, SIGNS)),
    st.builds(lambda text: Value((text,)), NAMES),
    st.builds(
        lambda first, inner, last: Value((first, *inner, last)),
        TEXTS,
        st.lists(NAMES, max_size=2),
        TEXTS,
    ),
)
LEAVES = st.one_of(
    st.just(Anything()),
    st.builds(Is, NAMES, VALUES),
    st.builds(Is, st.just(""), VALUES).filter(lambda one: one.value.parts != ("", "")),
    st.builds(Compared, NAMES, st.sampled_from([">", ">=", "<", "<="]), VALUES),
)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(Negation, inner),
        st.builds(And, st.lists(inner, min_size=2, max_size=3).map(tuple)),
        st.builds(Or, st.lists(inner, min_size=2, max_size=3).map(tuple)),
    ),
    max_leaves=8,
)


@given(TREES)
def test_what_is_written_is_read(tree: Node) -> None:
    """A tree that is written out is read to the same tree."""
    assert parse(written(tree)) == tree


PIECES = st.lists(
    st.one_of(
        TEXTS, SIGNS, st.sampled_from([*"()<>:{}", ">=", "\\u00", " ", "2026-01-01T00:00:00"])
    )
)


def read(text: str) -> Node | QueryError:
    """Give the tree of a text, or why it has none."""
    try:
        return parse(text)
    except QueryError as error:
        return error


@given(st.one_of(st.text(max_size=60), PIECES.map("".join), PIECES.map(" ".join)))
def test_any_text_is_read_or_refused(text: str) -> None:
    """Any text is read to a tree that can be written, or refused with a place in it."""
    found = read(text)
    if isinstance(found, QueryError):
        assert 0 <= found.position <= len(text)
    else:
        assert parse(written(found)) == found


HARD = {
    "brackets": "(" * LONGEST,
    "quotes": '"' * LONGEST,
    "stars": "a:" + "*x" * (LONGEST // 2 - 1),
    "backslashes": "\\" * LONGEST,
    "nots": "not " * (LONGEST // 4),
    "digits": "2026-01-01T00:00:00" + "." * (LONGEST - 19),
    "ors": "a or " * (LONGEST // 5),
}


@pytest.mark.parametrize("text", HARD.values(), ids=HARD)
def test_hard_texts_are_read_at_once(text: str) -> None:
    """The longest text of any form takes no more than a few milliseconds of work."""
    started = time.process_time()
    read(text)
    assert time.process_time() - started < 0.2

"""Rule files as documents: several in one file, patterns for others, and what cannot be read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.content.documents import RuleDocument, Unreadable, read_documents
from pipeline.content.rule import Broken


def documents(text: str) -> list[RuleDocument]:
    found = read_documents(text.encode())
    assert all(isinstance(document, RuleDocument) for document in found), found
    return [document for document in found if isinstance(document, RuleDocument)]


def test_a_file_holds_several_documents() -> None:
    """Each document is read with the lines of its parts; empty ones are passed over."""
    first, second = documents("title: a\nx:\n  - 1\n  - 2\n---\n---\n# words\n---\ntitle: b\n")
    assert (first.data, first.line) == ({"title": "a", "x": [1, 2]}, 1)
    assert [first.line_of("x"), first.line_of("x", 1), first.line_of("x", "gone")] == [2, 4, 2]
    assert (second.data["title"], second.line) == ("b", 9)


def test_a_mark_of_order_is_no_text() -> None:
    """A file that begins with a byte order mark is read like any other."""
    (document,) = read_documents(b"\xef\xbb\xbftitle: a\n")
    assert isinstance(document, RuleDocument)
    assert document.data == {"title": "a"}


def test_global_holds_for_those_after_it() -> None:
    """What a document with action global says is laid over each rule after it, until reset."""
    text = """
action: global
title: shared
logsource: {product: windows}
---
logsource: {service: system}
detection: {a: 1}
---
detection: {b: 1}
---
action: reset
---
title: own
"""
    first, second, third = (document.data for document in documents(text))
    assert first["logsource"] == {"product": "windows", "service": "system"}
    assert (first["title"], second["title"], third["title"]) == ("shared", "shared", "own")
    assert "logsource" not in third


def test_repeat_changes_the_one_before() -> None:
    """A document with action repeat is the one before it with its own parts laid over."""
    text = """
title: a
logsource: {product: x, service: y}
---
action: repeat
title: b
logsource: {service: z}
"""
    first, second = (document.data for document in documents(text))
    assert first["logsource"] == {"product": "x", "service": "y"}
    assert second == {"title": "b", "logsource": {"product": "x", "service": "z"}}


def test_correlations_and_filters_take_no_pattern() -> None:
    """A global document is laid over rules only."""
    text = "action: global\nlevel: high\n---\ncorrelation: {}\n---\nfilter: {}\n---\ntitle: a\n"
    assert [document.data.get("level") for document in documents(text)] == [None, None, "high"]


BROKEN = [
    ("an unknown action", "title: a\n---\naction: paint\n", 3, "'paint' is not known"),
    ("a list", "title: a\n---\n- 1\n", 3, "no mapping"),
    ("a repeat of nothing", "action: repeat\ntitle: a\n", 1, "no rule before"),
    ("a Python object", "a: 1\nb: !!python/object:os.system x\n", 2, "tag"),
    ("an alias of nothing", "a: 1\nb: *c\n", 2, "alias"),
    ("a set", "a: !!set {x, y}\n", 1, "tag"),
    ("a list as key", "a: 1\n? [x, y]\n: z\n", 2, "no plain text"),
    ("a merge of no mapping", "a: 1\n<<: [b, c]\n", 2, "no mapping"),
    ("a number of many digits", f"a: {'7' * 401}\n", 1, "400 digits"),
    (
        "a key twice",
        "title: a\nlogsource:\n  product: x\n  product: y\n",
        4,
        "'product' stands twice",
    ),
]


@pytest.mark.parametrize(
    ("text", "line", "message"), [row[1:] for row in BROKEN], ids=[row[0] for row in BROKEN]
)
def test_a_broken_document_is_told(text: str, line: int, message: str) -> None:
    """A document that would lose something is put aside with its line; the rest stays."""
    (broken,) = [one for one in read_documents(text.encode()) if isinstance(one, Broken)]
    assert broken.line == line
    assert message in broken.message


UNREADABLE = [
    ("no YAML", b"a: 1\nb: [1\nc: 2\n", 3, "is not YAML"),
    ("a tab", b"a:\n\tb: 1\n", 2, "is not YAML"),
    ("no UTF-8", b"a: 1\nb: \xff\n", 2, "is not UTF-8"),
    ("a NUL", b"a: 1\nb: \x00\n", 2, "U+0000"),
    ("nothing", b"", 1, "no rule"),
    ("comments alone", b"# words\n---\n---\n# more\n", 1, "no rule"),
    ("brackets without end", b"a: 1\nb: " + b"[" * 100_000, 2, "nested deeper"),
    ("lists without end", b"- " * 100_000, 1, "nested deeper"),
    ("keys without end", b"? " * 100_000, 1, "nested deeper"),
    ("more parts than are read", b"a:\n" + b"- x\n" * 100_001, 99_999, "parts"),
]


@pytest.mark.parametrize(
    ("data", "line", "message"), [row[1:] for row in UNREADABLE], ids=[row[0] for row in UNREADABLE]
)
def test_an_unreadable_file_is_told(data: bytes, line: int, message: str) -> None:
    """A file whose documents cannot be told apart is refused whole, with the line where known."""
    with pytest.raises(Unreadable) as caught:
        read_documents(data)
    assert caught.value.broken.line == line
    assert message in caught.value.broken.message


def test_aliases_that_multiply_are_refused() -> None:
    """A few lines of aliases that stand for millions of parts are put aside at once."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    for text in ("\n".join(lines), "\n".join([*lines[:6], "? *a5\n: x"])):
        with pytest.raises(Unreadable, match="aliases"):
            read_documents(text.encode())


def test_an_alias_to_itself_is_refused() -> None:
    """A document that holds itself is put aside."""
    (broken,) = read_documents(b"x: 1\na: &a\n  - *a\n")
    assert isinstance(broken, Broken)
    assert (broken.line, "alias" in broken.message) == (3, True)


WORDS = [
    ("yes", "yes"),
    ("off", "off"),
    ("true", True),
    ("FALSE", False),
    ("~", None),
    ("", None),
    ("12", 12),
    ("-7", -7),
    ("+7", 7),
    ("0", 0),
    ("0x1F", 31),
    ("0o17", 15),
    ("0755", "0755"),
    ("00050429", "00050429"),
    ("1_000", "1_000"),
    ("22:15", "22:15"),
    ("2026-03-01", "2026-03-01"),
    ("1.5", 1.5),
    (".5", 0.5),
    ("1.5e3", 1500.0),
    ("1e3", "1e3"),
    (".inf", ".inf"),
    (".nan", ".nan"),
    ("=", "="),
    ("'12'", "12"),
    ('"true"', "true"),
    ("!!str 12", "12"),
    ("! 12", "12"),
    ("9" * 40, int("9" * 40)),
]


@pytest.mark.parametrize(("written", "value"), WORDS, ids=[row[0][:12] for row in WORDS])
def test_words_mean_what_yaml_1_2_says(written: str, value: object) -> None:
    """A plain word is what the core schema of YAML 1.2 says, where its writing is not lost."""
    (document,) = documents(f"a: {written}\n")
    assert document.data == {"a": value}
    assert type(document.data["a"]) is type(value)


def test_the_names_of_keys_are_texts() -> None:
    """A key is the text that is written, be it like a number, a truth value or nothing."""
    (document,) = documents("1: a\nyes: b\nnull: c\n0x10: d\n'': e\n")
    assert document.data == {"1": "a", "yes": "b", "null": "c", "0x10": "d", "": "e"}


def test_anchors_and_merges_are_written_out() -> None:
    """An alias stands for what it names; what << brings in gives way to what is written."""
    (document,) = documents("a: &a {x: 1, y: 2}\nb: {<<: *a, y: 3}\nc: {<<: [*a, {z: 4}]}\nd: *a\n")
    assert document.data == {
        "a": {"x": 1, "y": 2},
        "b": {"x": 1, "y": 3},
        "c": {"x": 1, "y": 2, "z": 4},
        "d": {"x": 1, "y": 2},
    }


def test_rules_of_a_collection_have_ids_of_their_own() -> None:
    """A rule that only inherits the id of another gets one that stays the same; so do names."""
    text = (
        "action: global\nid: 929a690e-bef0-4204-a928-ef5e620d6fcc\nname: n\n---\na: 1\n---\na: 2\n"
    )
    first, second = (document.data for document in documents(text))
    assert (first["id"], first["name"]) == ("929a690e-bef0-4204-a928-ef5e620d6fcc", "n")
    assert (second["id"], "name" in second) == ("967811b7-f3b1-5b6c-86bb-15d3a208bac5", False)


def test_what_stands_behind_a_broken_part_of_a_collection_is_put_aside() -> None:
    """Where patterns hold for what follows, nothing behind a broken document is certain."""
    text = "title: a\n---\na: 1\na: 2\n---\naction: repeat\ntitle: b\n"
    first, second, third = read_documents(text.encode())
    assert isinstance(first, RuleDocument)
    assert isinstance(second, Broken)
    assert isinstance(third, Broken)
    assert (third.line, "line 4" in third.message) == (6, True)


@given(
    st.binary(max_size=200)
    | st.text(alphabet="ab:-[]{}&*!?|>'\"#, \n\t%~<1.", max_size=60).map(str.encode)
)
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    """Any bytes give documents, broken ones with their line, or one refusal with its line."""
    try:
        found = read_documents(data)
    except Unreadable as error:
        found = [error.broken]
    assert found
    assert all(document.line >= 1 for document in found)
    assert all(one.way_out for one in found if isinstance(one, Broken))

"""Rule files as documents: several in one file, patterns for others, and what cannot be read."""

import pytest

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
    ("a NUL", b"a: 1\nb: \x00\n", 0, "is not YAML"),
    ("a date that is none", b"date: 2026-02-31\n", 0, "cannot be read"),
    ("a Python object", b"a: !!python/object:os.system x\n", 1, "is not YAML"),
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
    (broken,) = read_documents("\n".join(lines).encode())
    assert isinstance(broken, Broken)
    assert "aliases" in broken.message


def test_an_alias_to_itself_is_refused() -> None:
    """A document that holds itself is put aside."""
    (broken,) = read_documents(b"a: &a\n  - *a\n")
    assert isinstance(broken, Broken)

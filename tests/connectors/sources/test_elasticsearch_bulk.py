"""The bulk protocol, line by line."""

import contextlib

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.sources.elasticsearch_bulk import (
    Item,
    bulk_answer,
    forbidden,
    read_bulk,
    told_apart,
)
from connectors.sources.http_refusal import RequestRefused

LIMIT = 100


def test_actions_and_documents_alternate() -> None:
    """Each action takes the line behind it, delete takes none, empty lines count for nothing."""
    body = (
        b'{"create":{"_index":"logs-a-b"}}\r\n{"a": 1}\r\n\n'
        b'{"index":{"_id":"x"}}\n{"b":2}\n'
        b'{"delete":{"_index":"i","_id":"y"}}\n'
        b'{"update":{"_id":7}}\n{"doc":{}}\n'
    )
    items = read_bulk(body, "given", LIMIT)
    assert [(one.action, one.target, one.id, one.record) for one in items] == [
        ("create", "logs-a-b", "", b'{"a": 1}'),
        ("index", "given", "x", b'{"b":2}'),
        ("delete", "i", "y", None),
        ("update", "given", "7", None),
    ]
    assert [one.trouble.status if one.trouble else 201 for one in items] == [201, 201, 400, 400]


@pytest.mark.parametrize(
    ("document", "kind"),
    [
        (b"no json", "mapper_parsing_exception"),
        (b"[1]", "mapper_parsing_exception"),
        (b"7", "mapper_parsing_exception"),
        (b'{"a":' + b"[" * 5000, "mapper_parsing_exception"),
        (b"", "mapper_parsing_exception"),
        (b'{"a":"' + b"x" * LIMIT + b'"}', "mapper_parsing_exception"),
        (b'{"a": "\xff"}', "mapper_parsing_exception"),
    ],
    ids=["text", "array", "number", "deep", "empty", "long", "encoding"],
)
def test_what_is_no_document_is_answered_and_kept(document: bytes, kind: str) -> None:
    """A document that is no JSON object is an error of its item alone, and its bytes stay."""
    (item,) = read_bulk(b'{"create":{}}\n' + document + b"\n", "", 100)
    assert item.trouble is not None
    assert (item.trouble.status, item.trouble.kind, item.record) == (400, kind, document)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\n\n",
        b"text\n{}\n",
        b'{"create":{}}',
        b'{"create":1}\n{}\n',
        b'{"create":{},"index":{}}\n{}\n',
        b'{"drop":{}}\n{}\n',
        b"[]\n{}\n",
    ],
)
def test_what_is_no_bulk_is_refused_as_a_whole(body: bytes) -> None:
    """Behind a line that is no action nothing can be told apart: all is refused with 400."""
    with pytest.raises(RequestRefused) as raised:
        read_bulk(body, "i", LIMIT)
    assert raised.value.status == 400


@given(st.lists(st.sampled_from([b'{"create":{}}', b'{"delete":{}}', b"{}", b"\xff", b"", b"[1]"])))
def test_any_lines_give_items_or_one_refusal(lines: list[bytes]) -> None:
    """Any lines give items, each with a record or a trouble, or one refusal of them all."""
    items: list[Item] = []
    with contextlib.suppress(RequestRefused):
        items = read_bulk(b"\n".join(lines), "i", LIMIT)
    assert all(one.record is not None or one.trouble is not None for one in items)


def test_each_item_is_answered() -> None:
    """Created, refused and broken items are answered in their order; one error is told above."""
    items = read_bulk(
        b'{"create":{"_id":"a"}}\n{}\n{"index":{}}\n{}\n{"index":{}}\n7\n', "i", LIMIT
    )
    answer = bulk_answer(items, {1: forbidden("unknown")}, 5, "r")
    assert answer["took"] == 5
    assert answer["errors"] is True
    told = [next(iter(one.items())) for one in answer["items"]]
    assert [(action, part["_id"], part["status"]) for action, part in told] == [
        ("create", "a", 201),
        ("index", "r-1", 403),
        ("index", "r-2", 400),
    ]
    assert told[1][1]["error"] == {"type": "security_exception", "reason": "unknown"}
    assert orjson.dumps(answer)
    assert bulk_answer(items[:1], {}, 5, "r")["errors"] is False


def test_ids_count_where_every_document_has_one() -> None:
    """A bulk is known again by its ids only where each kept document came with one."""
    whole = [Item("create", "i", "a", b"{}"), Item("delete", "i", "", None)]
    assert told_apart(whole) == ("i/a",)
    assert told_apart([*whole, Item("create", "i", "", b"{}")]) == ()

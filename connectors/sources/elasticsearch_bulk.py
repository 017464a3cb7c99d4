"""Elasticsearch's bulk protocol: lines of actions and documents in, one answer an item out.

Elasticsearch reference, Bulk API (8.19). Taken are ``create`` and ``index``; ``update`` and
``delete`` are answered as errors of their items, since what arrived is never changed. A document
that is no JSON object is answered as Elasticsearch does (400) and kept all the same: it becomes a
failure that somebody can look at.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson

from connectors.sources.http_refusal import RequestRefused, error_body

MOST_ITEMS = 100_000  # of one request
MOST_KNOWN = 64  # action lines remembered
MOST_NAME = 512  # bytes of an id, as in Elasticsearch; of an index's name too
DEFAULT_INDEX = "saqshy"
_TAKEN = frozenset({"create", "index"})
_ACTIONS = _TAKEN | {"update", "delete"}
_SHARDS = {"total": 1, "successful": 1, "failed": 0}


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why an item is answered as an error: status, Elasticsearch's name of it, words."""

    status: int
    kind: str
    reason: str


class Item(NamedTuple):
    """One action: what it is answered under, its document, and what was wrong at once.

    ``record`` is None where nothing of it is kept.
    """

    action: str
    target: str
    id: str
    record: bytes | None
    trouble: Trouble | None = None


REJECTED = Trouble(
    429, "es_rejected_execution_exception", "it could not be kept in time: send it again"
)


def forbidden(reason: str) -> Trouble:
    """Say that a record is not kept because of whom it is from."""
    return Trouble(403, "security_exception", reason)


def read_bulk(body: bytes, index: str, record_bytes: int) -> list[Item]:
    """Read the lines of a bulk; ``index`` is that of the address, "" where it names none.

    RequestRefused (400, 413) where a line that should be an action is none: then no line behind it
    can be told from a document.
    """
    items: list[Item] = []
    lines = iter(body.split(b"\n"))
    known: dict[bytes, tuple[str, dict[str, Any]]] = {}  # most actions of a bulk are the same line
    for number, line in _numbered(lines):
        found = known.get(line)
        if found is None:
            found = _action(line, number)
            if len(known) < MOST_KNOWN:
                known[line] = found
        action, meta = found
        source: bytes | None = None
        if action != "delete":
            source = next(lines, None)
            if source is None:
                raise _malformed(number, "no document follows it")
            source = source.removesuffix(b"\r")
        if len(items) == MOST_ITEMS:
            message = f"more than {MOST_ITEMS} actions: send fewer at once"
            raise RequestRefused(413, "content_too_long_exception", message)
        items.append(_item(action, meta, source, index, record_bytes))
    if not items:
        raise RequestRefused(400, "parse_exception", "request body is required")
    return items


def _numbered(lines: Iterator[bytes]) -> Iterator[tuple[int, bytes]]:
    """Give the lines that should be actions, with the number of the action."""
    number = 0
    for line in lines:
        stripped = line.strip()
        if stripped:
            number += 1
            yield number, stripped


def _action(line: bytes, number: int) -> tuple[str, dict[str, Any]]:
    try:
        document = orjson.loads(line)
    except orjson.JSONDecodeError:
        raise _malformed(number, "it is no JSON") from None
    if not isinstance(document, dict) or len(document) != 1:
        raise _malformed(number, "it is no object with one action")
    ((action, meta),) = document.items()
    if action not in _ACTIONS or not isinstance(meta, dict):
        raise _malformed(number, "its action is none of create, index, update, delete")
    return action, meta


def _malformed(number: int, why: str) -> RequestRefused:
    reason = f"Malformed action/metadata line of action {number}: {why}"
    return RequestRefused(400, "illegal_argument_exception", reason)


def _item(
    action: str, meta: Mapping[str, Any], source: bytes | None, index: str, record_bytes: int
) -> Item:
    name = _name(meta.get("_index")) or index or DEFAULT_INDEX
    item_id = _name(meta.get("_id"))
    if source is None or action not in _TAKEN:
        reason = f"{action} is not taken here: what arrived is never changed (create, index)"
        trouble = Trouble(400, "action_request_validation_exception", reason)
        return Item(action, name, item_id, None, trouble)
    return document_item(action, name, item_id, source, record_bytes)


def document_item(action: str, index: str, item_id: str, source: bytes, record_bytes: int) -> Item:
    """Make an item of one document, as it stands or cut where it is longer than a record may be."""
    if len(item_id.encode("utf-8", "surrogatepass")) > MOST_NAME:
        reason = f"id is longer than {MOST_NAME} bytes"
        return Item(action, index, item_id[:MOST_NAME], source, _no_document(reason))
    if len(source) > record_bytes:
        reason = f"a document of {len(source)} bytes, more than the {record_bytes} of a record"
        return Item(action, index, item_id, source, _no_document(reason))
    try:
        is_object = isinstance(orjson.loads(source), dict)
    except orjson.JSONDecodeError as error:
        return Item(action, index, item_id, source, _no_document(f"failed to parse: {error}"))
    trouble = None if is_object else _no_document("failed to parse: it is no JSON object")
    return Item(action, index, item_id, source, trouble)


def _no_document(reason: str) -> Trouble:
    return Trouble(400, "mapper_parsing_exception", reason)


def _name(value: Any) -> str:
    return value[:4096] if isinstance(value, str) else "" if value is None else str(value)[:4096]


def bulk_answer(
    items: Sequence[Item], troubles: Mapping[int, Trouble], took: int, request: str
) -> dict[str, Any]:
    """Give the answer to a bulk: ``troubles`` by item, beside what was wrong with it at once.

    ``took`` in milliseconds; ``request`` begins the ids of documents that came without.
    """
    answers = [
        item_answer(item, troubles.get(index) or item.trouble, f"{request}-{index}")
        for index, item in enumerate(items)
    ]
    errors = any("error" in part for answer in answers for part in answer.values())
    return {"took": took, "errors": errors, "items": answers}


def item_answer(item: Item, trouble: Trouble | None, made_id: str) -> dict[str, Any]:
    """Give the answer to one item, under its action."""
    answer: dict[str, Any] = {"_index": item.target, "_id": item.id or made_id}
    if trouble is not None:
        answer["status"] = trouble.status
        answer["error"] = error_body(trouble.kind, trouble.reason)
    else:
        answer |= {
            "_version": 1,
            "result": "created",
            "_shards": _SHARDS,
            "_seq_no": 0,
            "_primary_term": 1,
            "status": 201,
        }
    return {item.action: answer}


def told_apart(items: Iterable[Item]) -> tuple[str, ...]:
    """Give the senders' ids of the kept documents, or nothing where one has none."""
    ids = tuple(f"{item.target}/{item.id}" for item in items if item.record is not None)
    return ids if all(item.id for item in items if item.record is not None) else ()

"""Bulk requests, and what became of each of their items.

A bulk request that is answered with 200 may still have taken nothing: every item has its own
status, and only that counts.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Literal, cast

import orjson
from elasticsearch import ApiError, Elasticsearch, TransportError

from connectors.stores.elasticsearch.client import mapped, reason
from pipeline.errors import SaqshyError, StoreError

_ASKED: Final = (
    "errors,items.*.status,items.*.error.type,items.*.error.reason,items.*.error.caused_by"
)
_LARGE: Final = 16 * 1024 * 1024  # bytes; a node takes a tenth of its heap at once
# What a document itself is to blame for: its form, a term or a number that no field takes. Other
# errors of the status 400 are the cluster's (no room for one more shard, a closed index).
_ITS_OWN: Final = frozenset(
    {
        "document_parsing_exception",
        "illegal_argument_exception",
        "invalid_index_name_exception",
        "mapper_parsing_exception",
        "strict_dynamic_mapping_exception",
    }
)


class Fate(StrEnum):
    """What became of one item."""

    WRITTEN = "written"
    KNOWN = "known"  # what stands there has the same name, and at least this version
    REFUSED = "refused"  # Elasticsearch can never take this document
    BUSY = "busy"  # not now: again, later


@dataclass(frozen=True, slots=True)
class Action:
    """One document to write: JSON bytes on one line. ``create`` overwrites nothing.

    With a ``version`` a document of a greater one stays as it stands (``external_gte``).
    """

    verb: Literal["index", "create", "delete"]
    index: str
    id: str
    body: bytes = b""
    version: int | None = None

    def lines(self) -> bytes:
        """Write the item as the bulk API reads it, without a last line end."""
        versioned = b""
        if self.version is not None:
            versioned = b',"version":%d,"version_type":"external_gte"' % self.version
        head = b'{"%b":{"_index":%b,"_id":%b%b}}' % (
            self.verb.encode(),
            orjson.dumps(self.index),
            orjson.dumps(self.id),
            versioned,
        )
        return head if self.verb == "delete" else head + b"\n" + self.body


@dataclass(frozen=True, slots=True)
class Item:
    """The answer to one action: its fate, and Elasticsearch's reason where it was not written."""

    fate: Fate
    status: int = 200
    reason: str = ""


WRITTEN: Final = Item(Fate.WRITTEN)


@dataclass(frozen=True, slots=True)
class Bulk:
    """Sends actions in requests of bounded size and gives an answer to each, in their order."""

    client: Elasticsearch
    documents: int = 4_000
    size: int = 8 * 1024 * 1024
    refresh: bool = False

    def __call__(self, actions: Sequence[Action]) -> list[Item]:
        """Send all; StoreError where Elasticsearch does not answer or lets us do none of it.

        Then some may have been written; writing all again is harmless.
        """
        found: list[Item] = []
        for lines in self._requests(actions):
            found += self.send(lines)
        return found

    def send(self, lines: Sequence[bytes]) -> list[Item]:
        """Send one request, of lines that are written already."""
        if not lines:
            return []
        try:
            answer = self.client.bulk(
                operations=cast("Any", lines), refresh=self.refresh or None, filter_path=_ASKED
            ).body
        except ApiError as error:
            if len(lines) > 1 and _too_large(error.status_code, lines):
                middle = len(lines) // 2
                return self.send(lines[:middle]) + self.send(lines[middle:])
            if error.status_code in {413, 429, 503}:  # of the whole request
                fate = Fate.REFUSED if error.status_code == 413 else Fate.BUSY
                return [Item(fate, error.status_code, reason(error))] * len(lines)
            with mapped("a bulk request"):
                raise
        except TransportError:
            with mapped("a bulk request"):
                raise
        if not answer["errors"]:
            return [WRITTEN] * len(lines)
        items = [_judged(next(iter(one.values()))) for one in answer["items"]]
        if len(items) != len(lines):
            raise StoreError(f"elasticsearch answered {len(items)} of {len(lines)} items")
        return items

    def strictly(self, actions: Sequence[Action], error: type[SaqshyError] = StoreError) -> None:
        """Send all; raise ``error`` with the first item's reason where one was not written."""
        for action, item in zip(actions, self(actions), strict=True):
            if item.fate is not Fate.WRITTEN and not (
                action.verb == "delete" and item.status == 404
            ):
                raise error(f"elasticsearch: {action.index} {action.id}: {item.reason}")

    def _requests(self, actions: Sequence[Action]) -> Iterator[list[bytes]]:
        lines: list[bytes] = []
        size = 0
        for action in actions:
            line = action.lines()
            if lines and (len(lines) >= self.documents or size + len(line) > self.size):
                yield lines
                lines, size = [], 0
            lines.append(line)
            size += len(line)
        if lines:
            yield lines


def _too_large(status: int, lines: Sequence[bytes]) -> bool:
    """Tell whether less at once may be taken: 429 may mean that this one alone is too much."""
    return status == 413 or (status == 429 and sum(map(len, lines)) > _LARGE)


def _judged(item: dict[str, object]) -> Item:
    status = item["status"]
    assert isinstance(status, int)
    if status < 300:
        return WRITTEN
    error = item.get("error")
    kind, told = (error.get("type"), _told(error)) if isinstance(error, dict) else ("", "")
    if status == 409:
        return Item(Fate.KNOWN, status, told)
    its_own = status == 413 or (status == 400 and kind in _ITS_OWN)
    return Item(Fate.REFUSED if its_own else Fate.BUSY, status, told)


def _told(error: dict[str, object]) -> str:
    """Give type and reason of an error and of what caused it, in one bounded line."""
    parts = [f"{error.get('type', '')}: {error.get('reason', '')}"]
    cause = error.get("caused_by")
    if isinstance(cause, dict):
        parts.append(f"{cause.get('type', '')}: {cause.get('reason', '')}")
    return " ".join("; ".join(parts).split())[:500]

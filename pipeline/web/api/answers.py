"""Answers: documents with their tag, exports as CSV and NDJSON, line by line."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from pipeline.model import Json
from pipeline.model.holding import text_of, values_at
from pipeline.model.safe_cell import csv_line

STUB = "details_available"


def answered(request: Request, body: Any, status: int = 200) -> Response:
    """Answer with a document as JSON; 304 where the client has just this one.

    The tag is of what this viewer is shown, so it tells of nothing else.
    """
    data = orjson.dumps(body, option=orjson.OPT_NON_STR_KEYS)
    tag = f'"{hashlib.sha256(data).hexdigest()[:32]}"'
    known = [one.strip() for one in request.headers.get("if-none-match", "")[:2000].split(",")]
    if status == 200 and tag in known:
        return Response(status_code=304, headers={"etag": tag})
    return Response(data, status, {"etag": tag}, "application/json")


def ndjson_lines(rows: Iterable[Json]) -> Iterator[bytes]:
    """Give each row as a line of JSON."""
    for row in rows:
        yield orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE)


def csv_lines(rows: Iterable[Json], columns: Sequence[str]) -> Iterator[bytes]:
    """Give rows as CSV in UTF-8, a line each, the header first; see ``pipeline.model.safe_cell``.

    Of a list every value stands in the cell, with `` | `` between.
    """
    yield csv_line((*columns, STUB)).encode()
    for row in rows:
        cells = [" | ".join(map(text_of, values_at(row, name))) for name in columns]
        yield csv_line((*cells, "false" if row.get(STUB) is False else "")).encode()

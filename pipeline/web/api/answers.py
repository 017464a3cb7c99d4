"""Answers: documents with their tag, exports as CSV and NDJSON, line by line."""

import csv
import hashlib
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from pipeline.model import Json
from pipeline.model.holding import text_of, values_at

STUB = "details_available"
_RUNS = ("=", "+", "-", "@", "'", "\t", "\r")
_NEVER_TEXT = 0x20


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
    """Give rows as CSV (RFC 4180) in UTF-8, a line each, the header first.

    Of a list every value stands in the cell, with `` | `` between. A spreadsheet would run a cell
    that begins like a formula: such a cell begins with an apostrophe, as does every cell that
    begins with one itself, so that a reader takes exactly one away.
    """
    line = io.StringIO(newline="")
    table = csv.writer(line)
    table.writerow([*columns, STUB])
    for row in rows:
        yield _taken(line)
        cells = [" | ".join(map(text_of, values_at(row, name))) for name in columns]
        table.writerow([*map(safe_cell, cells), "false" if row.get(STUB) is False else ""])
    yield _taken(line)


def safe_cell(text: str) -> str:
    """Give a text as no spreadsheet runs it, and no reader of lines breaks on it."""
    plain = "".join(one if ord(one) >= _NEVER_TEXT else _escape(one) for one in text)
    plain = plain.encode("utf-8", "backslashreplace").decode()
    return f"'{plain}" if plain.lstrip().startswith(_RUNS) else plain


def _escape(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")


def _taken(line: io.StringIO) -> bytes:
    data = line.getvalue().encode()
    line.seek(0)
    line.truncate()
    return data

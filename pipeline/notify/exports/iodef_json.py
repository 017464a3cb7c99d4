"""IODEF v2 in JSON (RFC 8727): UTF-8, keys in the order of the classes, one document."""

from collections.abc import Sequence

import orjson

from pipeline.errors import IntegrityError
from pipeline.notify.exports.iodef import document, read_document
from pipeline.notify.exports.record import Exported
from pipeline.notify.exports.titles import Titles


def write(records: Sequence[Exported], titles: Titles) -> bytes:
    """Write incidents; ``titles``: the lines for people."""
    return orjson.dumps(
        document(records, titles), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    )


def read(data: bytes) -> list[Exported]:
    """Read incidents back; IntegrityError where the bytes are no document of ours."""
    try:
        held = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise IntegrityError("is no JSON") from error
    return read_document(held)

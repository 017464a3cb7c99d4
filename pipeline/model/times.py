"""Instants: integer nanoseconds since the Unix epoch in UTC, RFC 3339 text with ``Z`` in JSON."""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer

NANOSECONDS = 1_000_000_000


def rfc3339(instant: int) -> str:
    """Write nanoseconds since the epoch as RFC 3339 in UTC with ``Z``, without trailing zeros."""
    seconds, fraction = divmod(instant, NANOSECONDS)
    whole = _whole(seconds)
    return f"{whole}.{f'{fraction:09d}'.rstrip('0')}Z" if fraction else f"{whole}Z"


@lru_cache(maxsize=4096)  # events of one batch share few seconds; this is half of a document's cost
def _whole(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None).isoformat()


def instant(text: str) -> int:
    """Read an RFC 3339 time with its zone, to the nanosecond.

    Raises ValueError where the text is no such time or names no zone.
    """
    head, dot, tail = text.strip().partition(".")
    fraction = ""
    if dot:
        fraction = tail[: len(tail) - len(tail.lstrip("0123456789"))]
        head += tail[len(fraction) :]
    moment = datetime.fromisoformat(head)
    if moment.tzinfo is None:
        raise ValueError(f"the time {text!r} names no zone: end it with Z or +05:00")
    nanos = int(fraction[:9].ljust(9, "0")) if fraction else 0
    return int(moment.timestamp()) * NANOSECONDS + nanos


def _read_instant(value: object) -> object:
    return instant(value) if isinstance(value, str) else value


Instant = Annotated[
    int,
    PlainSerializer(rfc3339, return_type=str, when_used="json"),
    BeforeValidator(_read_instant),
]

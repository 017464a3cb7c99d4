"""Dates and times of registry and pack, read as instants in the zone that their file names.

A bare date begins at midnight of that zone; as an end it is the last day, so the instant is the
midnight after it. Without a zone in the file dates are UTC.
"""

from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    BeforeValidator,
    PlainSerializer,
    SerializationInfo,
    ValidationInfo,
    WithJsonSchema,
)

from pipeline.model import NANOSECONDS, instant, rfc3339

EARLIEST = -(1 << 62)
LATEST = 1 << 62


@lru_cache(maxsize=1024)
def zone_named(name: str) -> tzinfo:
    """Give the zone of an IANA name or of an offset such as ``+05:00``; ValueError where none."""
    if name in {"UTC", "Z"}:
        return UTC
    if name[:1] in {"+", "-"}:
        try:
            offset = datetime.strptime(name, "%z").utcoffset()
        except ValueError as error:
            raise ValueError(f"{name!r} is no offset: write +05:00") from error
        return timezone(offset or timedelta())
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"no zone is named {name!r}: write Asia/Almaty or +05:00") from error


def midnight(day: date, zone: tzinfo) -> int:
    """Give the instant at which a day begins in a zone."""
    return int(datetime.combine(day, time(), zone).timestamp()) * NANOSECONDS


def _read(value: Any, info: ValidationInfo, *, end: bool) -> Any:
    context = info.context or {}
    if isinstance(value, int) and not isinstance(value, bool) and context.get("bundle"):
        found = value
    elif isinstance(value, str):
        found = _of_text(value, context.get("zone", UTC), end=end)
    elif isinstance(value, datetime):
        moment = (
            value if value.tzinfo is not None else value.replace(tzinfo=context.get("zone", UTC))
        )
        found = int(moment.replace(microsecond=0).timestamp()) * NANOSECONDS
        found += moment.microsecond * 1000
    elif isinstance(value, date):
        found = _of_day(value, context.get("zone", UTC), end=end)
    else:
        raise ValueError("is neither a date (2026-01-31) nor a time (2026-01-31T12:00:00Z)")
    return max(EARLIEST, min(found, LATEST - 1))


@lru_cache(maxsize=65_536)  # the same days stand in many records
def _of_text(text: str, zone: tzinfo, *, end: bool) -> int:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return instant(text)
    return _of_day(day, zone, end=end)


def _of_day(day: date, zone: tzinfo, *, end: bool) -> int:
    if end and day == date.max:
        return LATEST
    return midnight(day + timedelta(days=1) if end else day, zone)


def _read_begin(value: Any, info: ValidationInfo) -> Any:
    return _read(value, info, end=False)


def _read_end(value: Any, info: ValidationInfo) -> Any:
    return _read(value, info, end=True)


def _written(value: int, info: SerializationInfo) -> int | str:
    return rfc3339(value) if info.context and info.context.get("text") else value


_AS_TEXT = WithJsonSchema(
    {"type": "string", "description": "A date (2026-01-31) or a time (2026-01-31T12:00:00Z)."}
)
Begin = Annotated[int, BeforeValidator(_read_begin), PlainSerializer(_written), _AS_TEXT]
"""An instant in nanoseconds; a bare date is its first moment."""

End = Annotated[int, BeforeValidator(_read_end), PlainSerializer(_written), _AS_TEXT]
"""An instant in nanoseconds, itself outside; a bare date is included to its last moment."""


def _zone_name(value: Any) -> Any:
    if isinstance(value, str):
        zone_named(value)
    return value


ZoneName = Annotated[str, BeforeValidator(_zone_name)]
"""The name of a zone that exists: IANA, or an offset."""

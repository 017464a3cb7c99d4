"""Dates and times of registry and pack, read as instants in the zone that their file names.

A bare date begins at midnight of that zone; as an end it is the last day, so the instant is the
midnight after it. Without a zone in the file dates are UTC.
"""

from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BeforeValidator, PlainSerializer, ValidationInfo

from pipeline.model import NANOSECONDS, instant

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


def _as_date(value: object) -> date | None:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            return None
    return None


def _read(value: Any, info: ValidationInfo, *, end: bool) -> Any:
    context = info.context or {}
    if isinstance(value, int) and not isinstance(value, bool) and context.get("bundle"):
        return value
    zone: tzinfo = context.get("zone", UTC)
    day = _as_date(value)
    if day is not None:
        return midnight(day + timedelta(days=1) if end else day, zone)
    if isinstance(value, datetime):
        moment = value if value.tzinfo is not None else value.replace(tzinfo=zone)
        whole = int(moment.replace(microsecond=0).timestamp()) * NANOSECONDS
        return whole + moment.microsecond * 1000
    if isinstance(value, str):
        return instant(value)
    raise ValueError("is neither a date (2026-01-31) nor a time (2026-01-31T12:00:00Z)")


def _read_begin(value: Any, info: ValidationInfo) -> Any:
    return _read(value, info, end=False)


def _read_end(value: Any, info: ValidationInfo) -> Any:
    return _read(value, info, end=True)


def _same(value: int) -> int:
    return value


Begin = Annotated[int, BeforeValidator(_read_begin), PlainSerializer(_same)]
"""An instant in nanoseconds; a bare date is its first moment."""

End = Annotated[int, BeforeValidator(_read_end), PlainSerializer(_same)]
"""An instant in nanoseconds, itself outside; a bare date is included to its last moment."""


def _zone_name(value: Any) -> Any:
    if isinstance(value, str):
        zone_named(value)
    return value


ZoneName = Annotated[str, BeforeValidator(_zone_name)]
"""The name of a zone that exists: IANA, or an offset."""

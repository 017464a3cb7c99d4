"""Values in the shape that ECS asks for: dates, durations in nanoseconds, MACs, hashes, words."""

import re
from collections.abc import Callable
from datetime import UTC, tzinfo
from functools import lru_cache
from math import isfinite
from typing import Any, Literal, TypeAlias

from pipeline.model import NANOSECONDS, instant, rfc3339
from pipeline.normalize.ecs_schema import address
from pipeline.normalize.moments import moment

Shape: TypeAlias = Literal[
    "after_slash", "basename", "before_slash", "date", "hash", "ip_type", "ips", "lower", "mac",
    "mailbox", "microseconds", "milliseconds", "port", "seconds", "utc", "version", "word",
]  # fmt: skip

_MOST = 100 * 366 * 86_400  # seconds of a duration: a century; more is a broken counter
_WORDS = re.compile(r"[^\w]+")
_SLASHES = re.compile(r"[/\\]")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_CODE = re.compile(r"\(0x[0-9a-fA-F]+\)")
_HEX = re.compile(r"[0-9a-fA-F]{8,128}")
_MAC = re.compile(r"[0-9a-fA-F]{12}")
_DIGITS = re.compile(r"\d+(?:\.\d+)*", re.ASCII)


def _date(value: Any, zone: tzinfo) -> str | None:
    found = moment(value, zone)
    if found is None:
        return None
    try:
        return rfc3339(found[0])
    except (OverflowError, ValueError):
        return None


def _utc(value: Any, _zone: tzinfo) -> str | None:
    return _date(value, UTC)


def _duration(unit: int) -> Callable[[Any, tzinfo], int | None]:
    def shaped(value: Any, _zone: tzinfo) -> int | None:
        number = as_number(value)
        if number is None or not 0 <= number * unit <= _MOST * NANOSECONDS:
            return None
        return round(number * unit)

    return shaped


@lru_cache(maxsize=4096)
def word(text: str) -> str:
    """Give a phrase as one word: ``Request Download`` becomes ``request_download``."""
    return _WORDS.sub("_", _CAMEL.sub("_", _CODE.sub("", text[:256]))).strip("_").lower()


def _word(value: Any, _zone: tzinfo) -> str | None:
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    return (word(value) or None) if isinstance(value, str) else None


def _lower(value: Any, _zone: tzinfo) -> str | None:
    return value.lower() if isinstance(value, str) else None


def _mac(value: Any, _zone: tzinfo) -> str | list[str] | None:
    """Write a MAC as RFC 7042 does: upper case, hyphens between."""
    if isinstance(value, list):
        made = [mac for one in value if isinstance(mac := _mac(one, UTC), str)]
        return made or None
    if not isinstance(value, str) or len(value) > 17:
        return None
    bare = value.replace(":", "").replace("-", "").replace(".", "")
    if not _MAC.fullmatch(bare):
        return None
    return "-".join(bare[at : at + 2] for at in range(0, 12, 2)).upper()


def _hash(value: Any, _zone: tzinfo) -> str | None:
    """Write a hash as ECS's TLS fields do, of a chain the first: upper case, no colons."""
    if isinstance(value, list):
        value = value[0] if value else None
    bare = value.replace(":", "").replace(" ", "") if isinstance(value, str) else ""
    return bare.upper() if _HEX.fullmatch(bare) else None


def _version(value: Any, _zone: tzinfo) -> str | None:
    """Give the number of a version: of ``HTTP/1.1`` and ``TLS 1.3`` the end, of ``TLSv12`` 1.2."""
    if not isinstance(value, str) or len(value) > 32:
        return None
    found = _DIGITS.search(value)
    if found is None:
        return None
    digits = found[0]
    if value.startswith("TLSv") and "." not in digits:  # Zeek's TLSv12, Suricata's TLSv1
        return f"{digits[0]}.{digits[1:] or 0}"
    return digits


def _ips(value: Any, _zone: tzinfo) -> list[str] | None:
    """Keep the addresses of a list."""
    items = value if isinstance(value, list) else [value]
    return [found for one in items if isinstance(one, str) and (found := address(one))] or None


def _ip_type(value: Any, _zone: tzinfo) -> str | None:
    found = address(value) if isinstance(value, str) else None
    return None if found is None else "ipv6" if ":" in found else "ipv4"


def _mailbox(value: Any, zone: tzinfo) -> str | list[str] | None:
    """Give the address of ``Name <a@example.org>`` (RFC 5322, section 3.4), of a list each."""
    if isinstance(value, list):
        return [found for one in value if isinstance(found := _mailbox(one, zone), str)] or None
    if not isinstance(value, str):
        return None
    inner = value.rpartition("<")[2].partition(">")[0].strip()
    return inner or None


def _basename(value: Any, _zone: tzinfo) -> str | None:
    return _SLASHES.split(value)[-1] or None if isinstance(value, str) else None


def _before_slash(value: Any, _zone: tzinfo) -> str | None:
    return (value.partition("/")[0] or None) if isinstance(value, str) else None


def _after_slash(value: Any, _zone: tzinfo) -> str | None:
    return (value.partition("/")[2] or None) if isinstance(value, str) else None


def _port(value: Any, _zone: tzinfo) -> int | None:
    """Give the port of ``443/tcp``, as some writers of Zeek give it, or of a plain number."""
    text = value.partition("/")[0] if isinstance(value, str) else value
    number = as_number(text)
    return int(number) if number is not None and 0 <= number < 65_536 else None


def as_number(value: Any) -> float | int | None:
    """Give a finite number, from a number or its text; None where it is none."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        if len(value) > 32:
            return None
        try:
            value = float(value) if not value.isdecimal() else int(value)
        except ValueError:
            return None
    if not isinstance(value, int | float) or not isfinite(value):
        return None
    return value


def moved(date: Any, seconds: Any) -> str | None:
    """Give a date of RFC 3339 some seconds later; None where there are none."""
    number = as_number(seconds)
    if number is None or not isinstance(date, str) or not 0 <= number <= _MOST:
        return None
    try:
        return rfc3339(instant(date) + round(number * NANOSECONDS))
    except (OverflowError, ValueError):
        return None


SHAPES: dict[str, Callable[[Any, tzinfo], Any]] = {
    "after_slash": _after_slash,
    "basename": _basename,
    "before_slash": _before_slash,
    "date": _date,
    "hash": _hash,
    "ip_type": _ip_type,
    "ips": _ips,
    "lower": _lower,
    "mac": _mac,
    "mailbox": _mailbox,
    "microseconds": _duration(1_000),
    "milliseconds": _duration(1_000_000),
    "port": _port,
    "seconds": _duration(NANOSECONDS),
    "utc": _utc,
    "version": _version,
    "word": _word,
}

"""Indicators in lists: CSV with a header, one indicator a line.

The columns ``type`` and ``value`` must be there; ``valid_from``, ``valid_until``, ``source``,
``tlp``, ``confidence`` (0 to 100), ``reference``, ``name`` and ``id`` may be. Lines that begin with
``#`` are remarks.
"""

import csv
import io
from collections import Counter
from collections.abc import Iterator

from pipeline.errors import ConfigurationError, Problem
from pipeline.model import instant
from pipeline.normalize.enrichment.indicators.indicator import (
    EVER,
    Indicator,
    Kind,
    Sheet,
    address_or_network,
    canonical,
)
from pipeline.normalize.enrichment.indicators.marking import mark
from pipeline.normalize.enrichment.indicators.stix import confidence

_KINDS: dict[str, Kind] = {
    "ip": "ip", "ipv4": "ip", "ipv6": "ip", "ipv4-addr": "ip", "ipv6-addr": "ip", "cidr": "ip",
    "network": "ip", "domain": "domain", "domain-name": "domain", "hostname": "domain",
    "url": "url", "email": "email", "email-addr": "email", "hash": "hash", "file": "hash",
    "md5": "hash", "sha1": "hash", "sha256": "hash", "sha384": "hash", "sha512": "hash",
}  # fmt: skip
_REQUIRED = frozenset({"type", "value"})
_TEXT = 256


def list_indicators(
    data: bytes, name: str, provider: str, left_out: Counter[str]
) -> Iterator[Indicator]:
    """Give the indicators of a list; ``left_out`` counts by name the lines that hold none.

    ``provider`` is the source of lines that name none.

    ConfigurationError where it is no such list: no UTF-8, no header with ``type`` and ``value``.
    """
    text = io.TextIOWrapper(io.BytesIO(data), encoding="utf-8-sig", newline="")
    rows = csv.reader(line for line in text if not line.startswith("#") and line.strip())
    try:
        header = [name.strip().lower() for name in next(rows, [])]
        if not _REQUIRED.issubset(header):
            way_out = "write type,value,valid_from,valid_until,source,tlp"
            raise ConfigurationError(
                [Problem(name, 1, "the header names no type and value", way_out)]
            )
        sheets: dict[tuple[str, ...], Sheet] = {}
        for row in rows:
            found = _indicator(dict(zip(header, row, strict=False)), provider, sheets, left_out)
            if found is not None:
                yield found
    except (UnicodeDecodeError, csv.Error) as error:
        reason = f"is no CSV in UTF-8: {error}"
        raise ConfigurationError(
            [Problem(name, rows.line_num, reason, "export it again")]
        ) from error


def _indicator(
    row: dict[str, str], feed: str, sheets: dict[tuple[str, ...], Sheet], left_out: Counter[str]
) -> Indicator | None:
    named = row.get("type", "").strip().lower()
    wanted = _KINDS.get(named)
    if wanted is None:
        left_out[f"type {named[:32] or 'none'}"] += 1
        return None
    text = row.get("value", "")
    kind, value = address_or_network(text) if wanted == "ip" else (wanted, canonical(wanted, text))
    if not value:
        left_out[f"no value of {named}"] += 1
        return None
    try:
        since = instant(row["valid_from"].strip()) if row.get("valid_from", "").strip() else -EVER
        until = instant(row["valid_until"].strip()) if row.get("valid_until", "").strip() else EVER
    except ValueError:
        left_out["a time that is none"] += 1
        return None
    sheet = _sheet(row, feed, sheets)
    return Indicator(kind, value, sheet, row.get("id", "").strip()[:_TEXT], since, until)


def _sheet(row: dict[str, str], feed: str, sheets: dict[tuple[str, ...], Sheet]) -> Sheet:
    names = ("source", "confidence", "tlp", "reference", "name")
    said = tuple(row.get(name, "").strip()[:_TEXT] for name in names)
    found = sheets.get(said)
    if found is None:
        source, sure, tlp, reference, name = said
        label, version = mark(tlp)
        scale = confidence(int(sure)) if sure.isascii() and sure.isdigit() else ""
        found = sheets[said] = Sheet(source or feed, scale, label, version, reference, name)
    return found

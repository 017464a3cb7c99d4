"""Indicators of MISP: the events of a feed, and lists of attributes as its search answers them.

An attribute counts where MISP says that it is for detection (``to_ids``). MISP knows no end of an
indicator: it holds from ``first_seen``, where that is said, until it is deleted or left out.

Source: MISP core format (draft-dulaunoy-misp-core-format), sections 2.3 to 2.5, 3 (manifest).
"""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from pipeline.model import NANOSECONDS, Json, instant
from pipeline.normalize.enrichment.indicators.indicator import (
    EVER,
    Indicator,
    Kind,
    Sheet,
    address_or_network,
    canonical,
)
from pipeline.normalize.enrichment.indicators.marking import UNMARKED, Mark, mark, strictest

_TEXT = 256
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
# What stands before and behind the "|" of an attribute's type.
_KINDS: dict[str, Kind] = {
    "ip-src": "ip", "ip-dst": "ip", "ip": "ip", "domain": "domain", "hostname": "domain",
    "url": "url", "uri": "url", "email": "email", "email-src": "email", "email-dst": "email",
    "md5": "hash", "sha1": "hash", "sha256": "hash", "sha384": "hash", "sha512": "hash",
    "x509-fingerprint-sha1": "hash", "x509-fingerprint-sha256": "hash",
    "x509-fingerprint-md5": "hash",
}  # fmt: skip
_WHOLE = {"malware-sample": "filename|md5"}  # types that do not name their two halves
_SILENT = frozenset({"port", "filename"})  # the half of a pair that is no indicator by itself


def is_misp(document: Any) -> bool:
    """Tell an event of MISP, a search's answer, or a list of attributes."""
    return bool(_events(document) or _attributes(document))


def manifest_names(document: Any) -> list[str]:
    """Give the names of a feed's event files, sorted; what is no UUID is none."""
    if not isinstance(document, dict):
        return []
    return sorted(f"{name}.json" for name in document if _UUID.fullmatch(name))


def misp_indicators(document: Any, feed: str, left_out: Counter[str]) -> Iterator[Indicator]:
    """Give the indicators of an event or of a list of attributes.

    ``left_out`` counts by name what is not for detection or cannot be looked up.
    """
    for event in _events(document):
        for attribute in _of_event(event):
            yield from _indicators(attribute, event, feed, left_out)
    for attribute in _attributes(document):
        (event,) = _dicts([attribute.get("Event")]) or [{}]
        yield from _indicators(attribute, event, feed, left_out)


def _events(document: Any) -> list[Json]:
    if isinstance(document, dict):
        document = document.get("response", document)
    listed = document if isinstance(document, list) else [document]
    return _dicts([one.get("Event") for one in _dicts(listed) if "type" not in one])


def _attributes(document: Any) -> list[Json]:
    if isinstance(document, dict):
        document = document.get("response", document)
    if isinstance(document, dict):
        document = document.get("Attribute")
    return [one for one in _dicts(document) if isinstance(one.get("type"), str)]


def _of_event(event: Json) -> list[Json]:
    parts = [event, *_dicts(event.get("Object"))]
    return [one for part in parts for one in _dicts(part.get("Attribute"))]


def _indicators(
    attribute: Json, event: Json, feed: str, left_out: Counter[str]
) -> Iterator[Indicator]:
    kind, value = attribute.get("type"), attribute.get("value")
    if not isinstance(kind, str) or not isinstance(value, str):
        left_out["an attribute without type and value"] += 1
        return
    identity = _text(attribute.get("uuid"))
    modified = _seconds(attribute.get("timestamp"))
    if attribute.get("deleted") is True:
        yield Indicator("ip", "", Sheet(), identity, modified=modified, revoked=True)
        return
    if attribute.get("to_ids") is not True:
        left_out["an attribute that is not for detection"] += 1
        return
    kind = _WHOLE.get(kind, kind)
    halves = list(zip(kind.split("|"), value.split("|"), strict=False))
    found = [_value(_KINDS[name], text) for name, text in halves if name in _KINDS]
    if not found or not all(text for _, text in found):
        named = kind if not found else f"no value of {kind}"
        if not {name for name, _ in halves} <= _SILENT:
            left_out[named[:64]] += 1
        return
    sheet, since = _sheet(attribute, event, feed), _since(attribute.get("first_seen"))
    for wanted, text in found:
        yield Indicator(wanted, text, sheet, identity, since, EVER, modified)


def _value(wanted: Kind, text: str) -> tuple[Kind, str]:
    return address_or_network(text) if wanted == "ip" else (wanted, canonical(wanted, text))


def _sheet(attribute: Json, event: Json, feed: str) -> Sheet:
    label, version = _tlp(attribute)
    if not label:
        label, version = _tlp(event)
    maker = event.get("Orgc")
    return Sheet(
        provider=(_text(maker.get("name")) if isinstance(maker, dict) else "") or feed,
        tlp=label,
        tlp_version=version,
        reference=_text(event.get("uuid")),
        name=_text(event.get("info")),
    )


def _tlp(part: Json) -> Mark:
    found = [mark(tag.get("name")) for tag in _dicts(part.get("Tag")) if _is_tlp(tag.get("name"))]
    return strictest(found) if found else UNMARKED


def _is_tlp(name: Any) -> bool:
    return isinstance(name, str) and name.lower().startswith("tlp:")


def _since(value: Any) -> int:
    try:
        return instant(value)
    except (ValueError, TypeError, AttributeError):
        return -EVER


def _seconds(value: Any) -> int:
    text = str(value)
    return int(text) * NANOSECONDS if text.isascii() and text.isdigit() and len(text) < 12 else 0


def _dicts(value: Any) -> list[Json]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _text(value: Any) -> str:
    return value[:_TEXT] if isinstance(value, str) else ""

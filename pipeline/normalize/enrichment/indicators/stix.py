"""Indicators of STIX 2.1: bundles, and the envelopes in which TAXII 2.1 hands objects over.

Sources: STIX 2.1, sections 4.7 (indicator), 3.6 (versioning), 7.2 (data markings), appendix A
(confidence scales); TAXII 2.1, section 3.7 (envelope).
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from pipeline.model import Json, instant
from pipeline.normalize.enrichment.indicators.indicator import EVER, Indicator, Sheet
from pipeline.normalize.enrichment.indicators.marking import KNOWN, UNMARKED, Mark, mark, strictest
from pipeline.normalize.enrichment.indicators.stix_pattern import Unsupported, pattern_values

_TEXT = 256


def is_stix(document: Any) -> bool:
    """Tell a bundle or an envelope of TAXII."""
    if not isinstance(document, dict):
        return False
    return document.get("type") == "bundle" or isinstance(document.get("objects"), list)


def stix_indicators(document: Json, feed: str, left_out: Counter[str]) -> Iterator[Indicator]:
    """Give the indicators of a bundle or envelope; ``feed`` names who gives what names nobody.

    ``left_out`` counts by name what a look-up cannot answer.
    """
    objects = document.get("objects")
    listed = [one for one in objects if isinstance(one, dict)] if isinstance(objects, list) else []
    makers = {
        one["id"]: _text(one.get("name"))
        for one in listed
        if one.get("type") == "identity" and isinstance(one.get("id"), str)
    }
    marks = KNOWN | {
        one["id"]: _defined(one)
        for one in listed
        if one.get("type") == "marking-definition" and isinstance(one.get("id"), str)
    }
    for one in listed:
        if one.get("type") == "indicator":
            yield from _indicators(one, feed, makers, marks, left_out)


def _indicators(
    one: Json,
    feed: str,
    makers: dict[str, str],
    marks: dict[str, Mark],
    left_out: Counter[str],
) -> Iterator[Indicator]:
    identity = _text(one.get("id"))
    try:
        modified = instant(one.get("modified") or one.get("created") or "")
        since = instant(one["valid_from"]) if one.get("valid_from") else -EVER
        until = instant(one["valid_until"]) if one.get("valid_until") else EVER
    except (ValueError, TypeError, AttributeError):
        left_out["a time that is none"] += 1
        return
    if one.get("revoked") is True:
        yield Indicator("ip", "", Sheet(), identity, modified=modified, revoked=True)
        return
    if one.get("pattern_type", "stix") != "stix" or not isinstance(one.get("pattern"), str):
        left_out[f"pattern type {_text(one.get('pattern_type')) or 'none'}"] += 1
        return
    try:
        values = pattern_values(one["pattern"])
    except Unsupported as reason:
        left_out[str(reason)] += 1
        return
    sheet = _sheet(one, feed, makers, marks)
    for kind, value in values:
        yield Indicator(kind, value, sheet, identity, since, until, modified)


def _sheet(one: Json, feed: str, makers: dict[str, str], marks: dict[str, Mark]) -> Sheet:
    references = one.get("object_marking_refs")
    named = references if isinstance(references, list) else []
    label, version = strictest(marks.get(ref, UNMARKED) for ref in named if isinstance(ref, str))
    maker = one.get("created_by_ref")
    return Sheet(
        provider=(makers.get(maker, "") if isinstance(maker, str) else "") or feed,
        confidence=confidence(one.get("confidence")),
        tlp=label,
        tlp_version=version,
        reference=_reference(one.get("external_references")),
        name=_text(one.get("name")),
    )


def confidence(value: Any) -> str:
    """Give a confidence of 0 to 100 on the scale None, Low, Medium, High (STIX 2.1, appendix A)."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 100:
        return ""
    if value == 0:
        return "None"
    return "Low" if value < 30 else "Medium" if value < 70 else "High"


def _defined(one: Json) -> Mark:
    definition, extensions = one.get("definition"), one.get("extensions")
    found = [mark(definition.get("tlp"))] if isinstance(definition, dict) else []
    if isinstance(extensions, dict):
        found += [mark(ext.get("tlp_2_0")) for ext in extensions.values() if isinstance(ext, dict)]
    return strictest([*found, mark(one.get("name"))])


def _reference(references: Any) -> str:
    for one in references if isinstance(references, list) else []:
        url = _text(one.get("url")) if isinstance(one, dict) else ""
        if url:
            return url
    return ""


def _text(value: Any) -> str:
    return value[:_TEXT] if isinstance(value, str) else ""

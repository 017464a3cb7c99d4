"""Conditions as queries: each finds at least what fits among documents that are indexed whole.

``exact``: it finds nothing else. Of an analysed text its tokens tell what cannot fit. What a field
cannot answer at all (a flattened object's numbers, a field that is not indexed) finds everything.
What is found by a query that is not exact is asked one by one.
"""

import re
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from connectors.stores.asking import MILLISECOND, Order
from connectors.stores.elasticsearch.names import (
    AUDIT,
    EVENTS,
    FAILURES,
    FINDINGS,
    INCIDENTS,
    NOTICES,
)
from connectors.stores.elasticsearch.search_fold import folded_expression
from connectors.stores.elasticsearch.templates import kind_mapping
from pipeline.model import Json
from pipeline.model.conditions import All, Among, Condition, Either, Like, Not, Present, Within
from pipeline.model.holding import address, holds, holds_addresses, network, number_of
from pipeline.ports.search_fields import OWN_TIME, FieldType, type_of
from pipeline.ports.searching import Ask, Kind

INDEX_OF: Final = {
    Kind.EVENTS: EVENTS,
    Kind.FINDINGS: FINDINGS,
    Kind.INCIDENTS: INCIDENTS,
    Kind.NOTICES: NOTICES,
    Kind.AUDIT: AUDIT,
    Kind.FAILURES: FAILURES,
}
# A field that every document has, unless it is kept in its plain form.
_MARKS: Final = {
    Kind.EVENTS: "saqshy.versions",
    Kind.FINDINGS: "event_count",
    Kind.INCIDENTS: "fold_key",
    Kind.NOTICES: "leg",
    Kind.AUDIT: "hash",
    Kind.FAILURES: "detail",
}
EVERY_DOCUMENT: Final[Json] = {"match_all": {}}
_NOTHING: Final[Json] = {"match_none": {}}
_MOST_VALUES: Final = 400  # of one condition
_LARGEST: Final = 2**53
# Letters and digits between which no word ends: of Latin and Cyrillic.
_WORD: Final = re.compile(
    "[0-9a-z\u00df-\u00f6\u00f8-\u00ff\u0101-\u024f\u0430-\u0481\u048b-\u052f]+"
)
_SHORTEST: Final = 2
_OF_ADDRESSES: Final = frozenset("0123456789abcdef.:")
_SIXTH_VERSION: Final = (  # what stands for no address of version 4
    ("::", "::fffe:ffff:ffff"),
    ("::1:0:0:0", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
)
_LONGEST: Final = ".{127,}"  # a token that may be cut: of 255 units of UTF-16
_OWN_DATES: Final = frozenset({"@timestamp", "saqshy.received_at"})
_INTEGERS: Final = frozenset({"long", "integer"})
COUNTABLE: Final = frozenset({"keyword", "boolean", "ip", "long", "integer"})


@dataclass(frozen=True, slots=True)
class Found:
    """A query, and whether it finds only what fits."""

    query: Json
    exact: bool = True


_UNKNOWN: Final = Found(EVERY_DOCUMENT, exact=False)


def found_by(kind: Kind, condition: Condition) -> Found:
    """Give the query of a condition on documents that are indexed whole."""
    match condition:
        case All(of):
            parts = [found_by(kind, one) for one in of]
            queries = [one.query for one in parts if one.query is not EVERY_DOCUMENT]
            query: Json = {"bool": {"filter": queries}} if queries else EVERY_DOCUMENT
            return Found(query, all(one.exact for one in parts))
        case Either(of):
            return _either([found_by(kind, one) for one in of])
        case Not(of=one):
            inner = found_by(kind, one)
            query = {"bool": {"must_not": [inner.query]}}
            return Found(query) if inner.exact else _UNKNOWN
        case _:
            return _leaf(kind, condition)


def span_of(ask: Ask) -> Found:
    """Give the query of a question's span of time."""
    if ask.begin is None and ask.end is None:
        return Found(EVERY_DOCUMENT)
    return _dates(Within(OWN_TIME[ask.kind], ask.begin, ask.end, below=True))


def side_of(order: Order, sign: str, value: float) -> Json:
    """Find what lies on one side of a value of what is sorted by; what lacks it counts as 0."""
    field = order.fields[0]
    ends: Json = {sign: value}
    if type_of(order.kind, field) is FieldType.TIME:
        ends["format"] = "epoch_millis"
    asked: Json = {"range": {field: ends}}
    beside = {"gte": value <= 0, "gt": value < 0, "lte": value >= 0, "lt": value > 0}
    if order.sort and beside[sign]:
        lacking = {"bool": {"must_not": [{"exists": {"field": field}}]}}
        return _either_of([asked, lacking])
    return asked


def odd(kind: Kind) -> Json:
    """Find documents that are not indexed whole: in their plain form, or with a field left out."""
    plain = {"bool": {"must_not": [{"exists": {"field": _MARKS[kind]}}]}}
    return {"bool": {"should": [{"exists": {"field": "_ignored"}}, plain]}}


def field_type(kind: Kind, field: str) -> str:
    """Give how a field is mapped; "" where it is not, or lies inside a flattened object."""
    at = _mapping(kind)
    steps = field.split(".")
    for number, step in enumerate(steps):
        at = at.get("properties", {}).get(step, {})
        if at.get("index") is False or at.get("enabled") is False:
            return ""
        if number == len(steps) - 1 and at.get("type") not in {"object", "flattened"}:
            return str(at.get("type", ""))
    return ""


def _either(parts: list[Found]) -> Found:
    exact = all(one.exact for one in parts)
    queries = [one.query for one in parts if one.query is not _NOTHING]
    if not queries:
        return Found(_NOTHING, exact)
    if any(
        one is EVERY_DOCUMENT for one in queries
    ):  # what else is asked would be asked for nothing
        return Found(EVERY_DOCUMENT, exact)
    return Found(_either_of(queries), exact)


def _leaf(kind: Kind, condition: Among | Like | Within | Present) -> Found:
    field = condition.field
    of = field_type(kind, field)
    if isinstance(condition, Present):
        return Found({"exists": {"field": field}}) if of and of != "text" else _UNKNOWN
    if isinstance(condition, Among) and not condition.values:
        return Found(_NOTHING)
    return _typed(kind, condition, of)


def _typed(kind: Kind, condition: Among | Like | Within, of: str) -> Found:
    field, found = condition.field, _UNKNOWN
    if of == "boolean":
        found = _flags(condition)
    elif of in _INTEGERS:
        found = _numbers(condition)
    elif isinstance(condition, Within):
        if of == "date":
            found = _dates(condition)
            own = kind is not Kind.EVENTS or field in _OWN_DATES
            found = found if own else Found(found.query, exact=False)
    elif of == "keyword" and not holds_addresses(field):
        found = _keywords(condition)
    elif of == "ip":
        found = _like_address(condition) if isinstance(condition, Like) else _addresses(condition)
    elif of == "text":
        found = _tokens(condition)
    return found


def _tokens(condition: Among | Like) -> Found:
    """Find texts with a token that has the longest word of a pattern in it, or a cut token.

    The standard analyser lowers letters and cuts where a word ends (UAX 29), never inside a word of
    these letters; but where it grows too long.
    """
    like = isinstance(condition, Like)
    patterns = (
        (condition.parts,)
        if isinstance(condition, Like)
        else tuple((value,) for value in condition.values)
    )
    queries = [_regexp(condition.field, _LONGEST)]
    for parts in patterns:
        words = [one for part in parts for one in _WORD.findall(part.casefold())]
        word = max(words, key=len, default="")
        made = folded_expression(("", word, "")) if len(word) >= _SHORTEST else None
        if made is None or not (like or number_of(parts[0]) is None):
            return _UNKNOWN
        queries.append(_regexp(condition.field, made[0]))
    return Found(_either_of(queries), exact=False)


def _keywords(condition: Among | Like) -> Found:
    field = condition.field
    if isinstance(condition, Like):
        return _expression(field, condition.parts)
    texts = sorted({text for value in condition.values for text in _texts(value)})
    if len(texts) > _MOST_VALUES:
        return _UNKNOWN
    return _either([_expression(field, (text,)) for text in texts])


def _texts(value: str) -> list[str]:
    """Give the texts by which a value is indexed as a keyword: a number's as JSON writes it."""
    number = number_of(value)
    if number is None:
        return [value.casefold()]
    whole = [str(int(number))] if number == int(number) else []
    return [value, *whole, repr(float(number))]


def _expression(field: str, parts: tuple[str, ...]) -> Found:
    if len(parts) == 1 and not parts[0]:
        return Found({"term": {field: ""}})
    made = folded_expression(parts)
    if made is None or "\0" in "".join(parts):
        return _UNKNOWN
    value, exact = made
    return Found(_regexp(field, value), exact)


def _regexp(field: str, value: str) -> Json:
    return {"regexp": {field: {"value": value, "flags": "NONE"}}}


def _either_of(queries: list[Json]) -> Json:
    return {"bool": {"should": queries, "minimum_should_match": 1}}


def _flags(condition: Among | Like | Within) -> Found:
    flags = [flag for flag in (True, False) if holds(condition, _nested(condition.field, flag))]
    return Found({"terms": {condition.field: flags}} if flags else _NOTHING)


def _nested(field: str, value: Any) -> Json:
    for name in reversed(field.split(".")):
        value = {name: value}
    made: Json = value
    return made


def _addresses(condition: Among) -> Found:
    asked = [one for one in condition.values if address(one) or network(one)]
    if len(asked) > _MOST_VALUES:
        return _UNKNOWN
    terms = [str(network(one) or address(one)) for one in asked]
    return Found({"terms": {condition.field: terms}} if terms else _NOTHING)


def _like_address(condition: Like) -> Found:
    """Find addresses that may have a text in them; other letters stand in a zone of version 6."""
    field = condition.field
    if set("".join(condition.parts).casefold()) <= _OF_ADDRESSES:
        return Found({"exists": {"field": field}}, exact=False)
    ranges = [{"range": {field: {"gte": least, "lte": most}}} for least, most in _SIXTH_VERSION]
    return Found(_either_of(ranges), exact=False)


def _numbers(condition: Among | Like | Within) -> Found:
    match condition:
        case Like():
            return _UNKNOWN
        case Among(field, values):
            numbers = [number for one in values if (number := number_of(one)) is not None]
            whole = sorted({int(number) for number in numbers if number == int(number)})
            if len(whole) > _MOST_VALUES or any(abs(one) > _LARGEST for one in whole):
                return _UNKNOWN
            return Found({"terms": {field: whole}} if whole else _NOTHING)
        case Within(field, least, most, above, below):
            if any(end is not None and abs(end) > _LARGEST for end in (least, most)):
                return _UNKNOWN
            span: Json = {}
            if least is not None:
                span["gte"] = int(least // 1) + (above or least != int(least))
            if most is not None:
                span["lte"] = int(most // 1) - (below and most == int(most))
            return Found({"range": {field: span}} if span else {"exists": {"field": field}})


def _dates(condition: Within) -> Found:
    """Give a range of times; whole milliseconds are told apart, parts of them are not."""
    span: Json = {"format": "epoch_millis"}
    exact = True
    least, most = condition.least, condition.most
    if isinstance(least, float) or isinstance(most, float):
        return _UNKNOWN
    if least is not None:
        begin = least + condition.above
        span["gte"] = _bounded(begin // MILLISECOND)
        exact &= begin % MILLISECOND == 0
    if most is not None:
        end = most + (not condition.below)
        span["lte"] = _bounded((end - 1) // MILLISECOND)
        exact &= end % MILLISECOND == 0
    if least is None and most is None:
        return Found({"exists": {"field": condition.field}})
    return Found({"range": {condition.field: span}}, exact)


def _bounded(moment: int) -> int:
    return min(max(moment, -_LARGEST), _LARGEST)


@cache
def _mapping(kind: Kind) -> Json:
    return kind_mapping(INDEX_OF[kind])

"""The meaning of each leaf: whether a view of an event passes this one test.

Decisions where the Sigma specification leaves a choice, each with a test:

- Of a field with several values one must pass; ``null`` asks that there is none (absent, null,
  or a list of nothing), ``exists`` that the name is there, whatever it holds.
- A number in a rule is equal to the same number in an event, however each is written (1, 1.0),
  and to its text. A text in a rule is equal to the event's text alone: '1' is not 1.0.
- Comparison takes numbers and decimal texts; anything else, a truth value too, does not pass.
- A network holds addresses of its own kind: ``::ffff:10.0.0.1`` is not inside 10.0.0.0/8.
- ``fieldref`` compares without regard to case unless ``cased``, a number with a number however
  each is written, and does not hold where either field has no value.
- Dates are read as they are written, without conversion; weeks are numbered by ISO 8601.
"""

import operator
import re
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import Any

from pipeline.content.predicate import (
    ONE,
    Cidr,
    Compare,
    DatePart,
    Exists,
    Leaf,
    Null,
    Number,
    Regex,
    SameAs,
    Text,
)
from pipeline.match.regex import compile_regex
from pipeline.match.values import single_values
from pipeline.match.view import ABSENT, NOTHING, Several, View, value_text
from pipeline.match.wildcard import walk, wildcard_test

Test = Callable[[View], bool]

_DECIMAL = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?)?", re.ASCII)
_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "eq": operator.eq,
    "lt": operator.lt,
    "lte": operator.le,
    "gt": operator.gt,
    "gte": operator.ge,
}
_MOST_DIGITS = 400
_MOST_WALKED = 100_000
_MOST_PAIRS = 1_000_000
_MOST_ADDRESS = 100  # what is remembered of addresses must not be a megabyte each


def leaf_test(leaf: Leaf) -> Test:
    """Give the test of a leaf; raises ValueError where its pattern or network is none."""
    return _TESTS[type(leaf)](leaf)


def folded_parts(leaf: Text) -> tuple[str | int, ...]:
    """Give a pattern's parts folded: what a folded text must show for the leaf to hold."""
    if not leaf.cased:
        return leaf.parts
    return tuple(part.casefold() if isinstance(part, str) else part for part in leaf.parts)


def number_texts(number: float) -> tuple[str, ...]:
    """Give the texts that a number in a rule is equal to: 1 is ``1`` and ``1.0``."""
    whole = isinstance(number, int) or number.is_integer()
    texts = [str(int(number))] if whole else []
    try:
        texts.append(repr(float(number)))
    except OverflowError:  # beyond any float: its digits are its only text
        return tuple(texts)
    return tuple(dict.fromkeys(texts))


def folded_texts(view: View, field: str) -> tuple[str, ...]:
    """Give every folded text of a field."""
    found = view[field]
    return found.texts if isinstance(found, Several) else (found,)


def _text(leaf: Text) -> Test:
    field = leaf.field
    if leaf.cased:
        exact = wildcard_test(leaf.parts)
        return lambda view: any(map(exact, view.originals(field)))
    test = wildcard_test(leaf.parts)
    if ONE in leaf.parts:
        return lambda view: any(_counted(text, leaf.parts, test) for text in view.originals(field))
    if field is None:
        return lambda view: any(test(text.casefold()) for text in view.originals(None))
    return lambda view: any(map(test, folded_texts(view, field)))


def _counted(text: str, parts: tuple[str | int, ...], test: Callable[[str], bool]) -> bool:
    """Test a text against a pattern with ``?``, which is one character before it is folded."""
    folded = text.casefold()
    if len(folded) == len(text) or len(text) > _MOST_WALKED:
        return test(folded)
    return walk(parts, [char.casefold() for char in text])


def _number(leaf: Number) -> Test:
    field, texts = leaf.field, frozenset(number_texts(leaf.number))
    return lambda view: any(text in texts for text in folded_texts(view, field))


def _null(leaf: Null) -> Test:
    field = leaf.field
    return lambda view: view[field] is NOTHING


def _exists(leaf: Exists) -> Test:
    field, present = leaf.field, leaf.present
    return lambda view: (view.lookup(field) is not ABSENT) is present


def _regex(leaf: Regex) -> Test:
    search, field = compile_regex(leaf.pattern, leaf.flags).search, leaf.field
    return lambda view: any(map(search, view.originals(field)))


def _cidr(leaf: Cidr) -> Test:
    network, field = ip_network(leaf.network), leaf.field

    @lru_cache(maxsize=1024)
    def inside(text: str) -> bool:
        try:
            return ip_address(text) in network
        except ValueError:
            return False

    return lambda view: any(
        len(text) <= _MOST_ADDRESS and inside(text) for text in view.originals(field)
    )


def _compare(leaf: Compare) -> Test:
    holds, bound, field = _COMPARE[leaf.operator], leaf.number, leaf.field

    def passes(text: str) -> bool:
        if len(text) > _MOST_DIGITS or not _DECIMAL.fullmatch(text):
            return False
        return holds(int(text) if text.lstrip("+-").isdigit() else float(text), bound)

    return lambda view: any(map(passes, folded_texts(view, field)))


def _same_as(leaf: SameAs) -> Test:
    field, other, cased = leaf.field, leaf.other, leaf.cased
    tests: dict[str, Callable[[str, str], bool]] = {
        "startswith": str.startswith,
        "endswith": str.endswith,
        "contains": operator.contains,
    }
    if leaf.how == "equal":
        return lambda view: (
            not frozenset(_compared_texts(view, field, cased)).isdisjoint(
                _compared_texts(view, other, cased)
            )
        )
    test = tests[leaf.how]

    def passes(view: View) -> bool:
        lefts = _compared_texts(view, field, cased)
        rights = _compared_texts(view, other, cased)
        if len(lefts) * len(rights) > _MOST_PAIRS:
            raise OverflowError("two fields have more values than can be compared")  # told
        return any(test(left, right) for left in lefts for right in rights)

    return passes


def _compared_texts(view: View, field: str, cased: bool) -> tuple[str, ...]:
    """Give a field's texts as those of another are compared with them: 1.0 is written as 1."""
    value = view.lookup(field)
    if isinstance(value, float | list | tuple):
        texts = tuple(map(_compared_text, single_values(value)))
        return texts if cased else tuple(text.casefold() for text in texts)
    return view.originals(field) if cased else folded_texts(view, field)


def _compared_text(value: Any) -> str:
    whole = isinstance(value, float) and value.is_integer()
    return str(int(value)) if whole else value_text(value)


def _date_part(leaf: DatePart) -> Test:
    field, unit, number = leaf.field, leaf.unit, leaf.number
    holds = _COMPARE[leaf.operator]

    def passes(text: str) -> bool:
        found = _DATE.match(text)
        if found is None:
            return False
        try:
            moment = datetime.fromisoformat(found[0])
        except ValueError:
            return False
        part: int = moment.isocalendar().week if unit == "week" else getattr(moment, unit)
        return holds(part, number)

    return lambda view: any(map(passes, view.originals(field)))


_TESTS: dict[type, Callable[[Any], Test]] = {
    Text: _text,
    Number: _number,
    Null: _null,
    Exists: _exists,
    Regex: _regex,
    Cidr: _cidr,
    Compare: _compare,
    SameAs: _same_as,
    DatePart: _date_part,
}

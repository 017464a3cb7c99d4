"""Sigma's wildcard patterns on folded text: ``*`` any characters, ``?`` exactly one.

Patterns of ``*`` alone are matched by anchoring the ends and finding the middles in their order,
which is right because the leftmost find leaves most room, and linear; ``.*a.*b.*`` in a
backtracking engine is neither. Patterns with ``?`` run in RE2, but where a character of the text
folds to several (``ß`` to ``ss``): ``?`` is one character as it stood, and so they are walked.
"""

from collections.abc import Callable, Sequence
from enum import Enum

import re2

from pipeline.content.predicate import ANY, ONE
from pipeline.match.regex import utf8_able

TextTest = Callable[[str], bool]
_MOST_MEMORY = 64 * 1024 * 1024


class Shape(Enum):
    """The simple patterns, which ``str`` itself can test."""

    EQUAL = "equal"
    STARTS = "starts"
    ENDS = "ends"
    CONTAINS = "contains"
    PRESENT = "present"
    WILD = "wild"


def shape_of(parts: tuple[str | int, ...]) -> tuple[Shape, str]:
    """Tell a pattern's shape and, of the simple ones, its text."""
    length = len(parts)
    if length == 1:
        (only,) = parts
        if isinstance(only, str):
            return Shape.EQUAL, only
        return (Shape.PRESENT if only == ANY else Shape.WILD), ""
    if length == 2:
        first, last = parts
        if first == ANY and isinstance(last, str):
            return Shape.ENDS, last
        if last == ANY and isinstance(first, str):
            return Shape.STARTS, first
    elif length == 3:
        first, middle, last = parts
        if first == last == ANY and isinstance(middle, str):
            return Shape.CONTAINS, middle
    return (Shape.WILD, "") if parts else (Shape.EQUAL, "")


def wildcard_test(parts: tuple[str | int, ...]) -> TextTest:
    """Give the test of a whole text against a pattern; parts and text are folded alike, or not."""
    signs = [part for part in parts if isinstance(part, int)]
    if ONE in signs:
        return _by_re2(parts)
    between = [""]
    for part in parts:
        if isinstance(part, str):
            between[-1] += part
        else:
            between.append("")
    if not signs:
        return between[0].__eq__
    head, *inner, tail = between
    middles = tuple(filter(None, inner))
    least = len(head) + len(tail)

    def test(text: str) -> bool:
        if len(text) < least or not text.startswith(head) or not text.endswith(tail):
            return False
        at, end = len(head), len(text) - len(tail)
        for middle in middles:
            at = text.find(middle, at, end)
            if at < 0:
                return False
            at += len(middle)
        return True

    return test


def walk(parts: tuple[str | int, ...], folds: Sequence[str]) -> bool:
    """Test a text, given as what each of its characters folds to, by walking along the pattern."""
    text = "".join(folds)
    after: dict[int, int] = {}
    at = 0
    for fold in folds:
        after[at] = at = at + len(fold)
    reached = {0}
    for part in parts:
        if isinstance(part, str):
            reached = {at + len(part) for at in reached if text.startswith(part, at)}
        elif part == ONE:
            reached = {after[at] for at in reached if at in after}
        else:
            reached = set(range(min(reached), len(text) + 1))
        if not reached:
            return False
    return len(text) in reached


def _by_re2(parts: tuple[str | int, ...]) -> TextTest:
    words = {ANY: "(?s:.*?)", ONE: "(?s:.)"}
    pattern = "".join(re2.escape(part) if isinstance(part, str) else words[part] for part in parts)
    options = re2.Options()
    options.max_mem = _MOST_MEMORY
    options.never_capture = True
    options.log_errors = False
    try:
        search = re2.compile(rf"\A{pattern}\z", options).search
    except (re2.error, UnicodeEncodeError):  # too large for RE2, or half of a surrogate pair
        return lambda text: walk(parts, text)

    def test(text: str) -> bool:
        try:
            return search(text) is not None
        except UnicodeEncodeError:  # half of a surrogate pair: no UTF-8 can say it
            return search(utf8_able(text)) is not None

    return test

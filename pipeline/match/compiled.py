"""A rule's predicate as one Python function: candidates are few, so what they cost is the test.

Tests that ``str`` does itself are written out; a leaf with more to it is called. A field without
value, or with several, answers to the same methods (``view.Several``), so one code serves all.
Items of an *and* are asked cheapest first.
"""

from collections.abc import Callable, Iterable
from typing import Any

import re2

from pipeline.content.predicate import And, Leaf, Not, Null, Number, Or, Predicate, Regex, Text
from pipeline.match.leaf import Test, folded_parts, leaf_test, number_texts
from pipeline.match.regex import compile_regex, telling
from pipeline.match.view import NOTHING, Scanned, Several
from pipeline.match.wildcard import Shape, shape_of

_MOST_DEPTH = 12
_MANY_WORDS = 10
_METHODS = {Shape.STARTS: "startswith", Shape.ENDS: "endswith"}
_MOST_MEMORY = 64 * 1024 * 1024


def compiled(predicate: Predicate) -> Test:
    """Compile a predicate; raises ValueError where a leaf's pattern or network is none."""
    return _Writer().function(predicate)


class _Writer:
    """Writes expressions over ``v``, the view; what they call is collected in ``names``."""

    def __init__(self) -> None:
        self.names: dict[str, Any] = {"NOTHING": NOTHING, "is_one_of": is_one_of}

    def function(self, predicate: Predicate) -> Test:
        text = f"lambda v: {self.expression(predicate, 0)}"
        # The text is made here alone: fields and values of rules stand in it by repr only.
        test: Test = eval(text, self.names)  # noqa: S307
        return test

    def expression(self, predicate: Predicate, depth: int) -> str:
        if depth >= _MOST_DEPTH and isinstance(predicate, And | Or | Not):
            return f"{self.named(_Writer().function(predicate))}(v)"  # Python bounds brackets
        if isinstance(predicate, And):
            items = sorted(predicate.items, key=_cost)
            return self.joined(" and ", (self.expression(item, depth + 1) for item in items))
        if isinstance(predicate, Or):
            return self.alternatives(predicate, depth)
        if isinstance(predicate, Not):
            return f"(not {self.expression(predicate.item, depth + 1)})"
        return self.leaf(predicate)

    def joined(self, word: str, parts: Iterable[str]) -> str:
        parts = list(parts)
        if not parts:
            return "True" if word == " and " else "False"
        return parts[0] if len(parts) == 1 else f"({word.join(parts)})"

    def alternatives(self, predicate: Or, depth: int) -> str:
        """Write an *or*, the simple texts of one field together."""
        groups: dict[tuple[str | None, Shape], list[str]] = {}
        others: list[Predicate] = []
        for item in predicate.items:
            simple = _simple(item)
            if simple is None:
                others.append(item)
            else:
                field, shape, texts = simple
                groups.setdefault((field, shape), []).extend(texts)
        ordered = sorted(groups.items(), key=lambda group: _SHAPE_COSTS[group[0][1]])
        parts = [self.texts(field, shape, texts) for (field, shape), texts in ordered]
        parts += [self.expression(item, depth + 1) for item in sorted(others, key=_cost)]
        return self.joined(" or ", parts)

    def leaf(self, leaf: Leaf) -> str:
        simple = _simple(leaf)
        if simple is not None:
            return self.texts(*simple)
        if isinstance(leaf, Null):
            return f"(v[{leaf.field!r}] is NOTHING)"
        test = f"{self.named(leaf_test(leaf))}(v)"
        if isinstance(leaf, Regex) and leaf.field is not None:
            needs = telling(compile_regex(leaf.pattern, leaf.flags).needs)
            if needs:  # a look at folded text costs less than the pattern
                return f"({self.named(needs_test(needs))}(v[{leaf.field!r}]) and {test})"
        return test

    def texts(self, field: str | None, shape: Shape, texts: list[str]) -> str:
        """Write that a field shows one of these texts."""
        value = f"v[{field!r}]"
        texts = list(dict.fromkeys(texts))
        if shape is Shape.EQUAL:
            if len(texts) == 1:
                return f"({value} == {texts[0]!r})"
            return f"is_one_of({value}, {self.named(frozenset(texts))})"
        if shape in _METHODS:
            listed = texts[0] if len(texts) == 1 else tuple(texts)
            return f"{value}.{_METHODS[shape]}({listed!r})"
        if len(texts) >= _MANY_WORDS:
            return f"{self.named(words_test(texts))}({value})"
        return self.joined(" or ", [f"({text!r} in {value})" for text in texts])

    def named(self, thing: object) -> str:
        name = f"x{len(self.names)}"
        self.names[name] = thing
        return name


def is_one_of(value: str | Several, texts: frozenset[str]) -> bool:
    """Tell whether a field's text, or one of its texts, is in a set."""
    if isinstance(value, Several):
        return not texts.isdisjoint(value.texts)
    return value in texts


def needs_test(needs: tuple[tuple[str, ...], ...]) -> Callable[[str | Several], bool]:
    """Give a test for texts that contain one word of every set."""

    def test(value: str | Several) -> bool:
        for words in needs:
            for word in words:
                if word in value:
                    break
            else:
                return False
        return True

    return test


def words_test(words: list[str]) -> Callable[[str | Several], bool]:
    """Give a test for texts that contain one of many words: one pass instead of many."""
    options = re2.Options()
    options.max_mem = _MOST_MEMORY
    options.never_capture = True
    search = re2.compile("|".join(map(re2.escape, words)), options).search
    sought = frozenset(words)

    def test(value: str | Several) -> bool:
        if isinstance(value, Scanned):
            return value.has_one_of(sought)
        if isinstance(value, Several):
            return any(map(test, value.texts))
        if len(value) < 256:
            return any(word in value for word in words)
        try:
            return search(value) is not None
        except UnicodeEncodeError:  # half of a surrogate pair: no UTF-8 can say it
            return any(word in value for word in words)

    return test


def _simple(item: Predicate) -> tuple[str | None, Shape, list[str]] | None:
    """Tell field, shape and texts of a leaf that ``str`` can test."""
    if isinstance(item, Number):
        return item.field, Shape.EQUAL, list(number_texts(item.number))
    if not isinstance(item, Text) or item.cased:
        return None
    shape, text = shape_of(folded_parts(item))
    if shape in (Shape.WILD, Shape.PRESENT):
        return None
    if item.field is None and "\n" in text:
        return None  # the joined text of the event could hold it over two values
    return item.field, shape, [text]


_SHAPE_COSTS = {
    Shape.EQUAL: 1.0,
    Shape.STARTS: 1.2,
    Shape.ENDS: 1.2,
    Shape.CONTAINS: 3.0,
    Shape.PRESENT: 4.0,
    Shape.WILD: 5.0,
}


def _cost(predicate: Predicate) -> float:
    """Guess what asking costs; equal guesses keep the rule's order."""
    if isinstance(predicate, And):
        return min(map(_cost, predicate.items), default=0.0) + 0.1
    if isinstance(predicate, Or):
        return sum(map(_cost, predicate.items)) / 2 + 1
    if isinstance(predicate, Not):
        return _cost(predicate.item) + 0.5
    if isinstance(predicate, Text):
        return _SHAPE_COSTS[shape_of(predicate.parts)[0]] + (20.0 if predicate.field is None else 0)
    return 1.0 if isinstance(predicate, Number | Null) else 6.0

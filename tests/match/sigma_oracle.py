"""A naive reading of Sigma rules, straight from their YAML, to hold the matcher against.

Written from the text of the Sigma specification 2.1 and from the decisions that the product states
where that text leaves a choice. It shares nothing with the product: neither pySigma nor the
intermediate form, no index, no generated code. Slow and obvious: every item of a selection is a
loop over the values of one field.
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from tests.match.sigma_values import value_test

Event = Mapping[str, Any]
NOT_SELECTIONS = ("condition", "rules")


def oracle_matches(detection: Mapping[str, Any], event: Event) -> bool:
    """Tell whether a rule's detection section (or a filter's) matches an event."""
    conditions = detection["condition"]
    if isinstance(conditions, str):
        conditions = [conditions]
    selections = {name: part for name, part in detection.items() if name not in NOT_SELECTIONS}
    return any(_Condition(text, selections, event).value() for text in conditions)


class _Condition:
    """Recursive descent over a condition: or, and, not, brackets, 1/any/all of."""

    def __init__(self, text: str, selections: Mapping[str, Any], event: Event) -> None:
        self.tokens = re.findall(r"[()]|[^\s()]+", text)
        self.selections = selections
        self.event = event

    def value(self) -> bool:
        found = self.disjunction()
        assert not self.tokens, self.tokens
        return found

    def next_is(self, word: str) -> bool:
        if self.tokens and self.tokens[0] == word:
            self.tokens.pop(0)
            return True
        return False

    def disjunction(self) -> bool:
        found = self.conjunction()
        while self.next_is("or"):
            found = self.conjunction() or found
        return found

    def conjunction(self) -> bool:
        found = self.negation()
        while self.next_is("and"):
            found = self.negation() and found
        return found

    def negation(self) -> bool:
        if self.next_is("not"):
            return not self.negation()
        if self.next_is("("):
            found = self.disjunction()
            assert self.next_is(")")
            return found
        token = self.tokens.pop(0)
        if token in ("1", "any", "all") and self.next_is("of"):
            pattern = self.tokens.pop(0)
            names = [name for name in self.selections if _named(name, pattern)]
            assert names, pattern
            results = [selection(self.selections[name], self.event) for name in names]
            return all(results) if token == "all" else any(results)
        return selection(self.selections[token], self.event)


def _named(name: str, pattern: str) -> bool:
    if pattern == "them":
        return not name.startswith("_")
    hidden = name.startswith("_") and not pattern.startswith("_")
    words = ".*".join(map(re.escape, pattern.split("*")))
    return not hidden and re.fullmatch(words, name) is not None


def selection(part: Any, event: Event) -> bool:
    """Evaluate one selection: a mapping is an and, a list an or, a plain value a keyword."""
    if isinstance(part, dict):
        return all(_item(key, value, event) for key, value in part.items())
    if isinstance(part, list):
        return any(selection(item, event) for item in part)
    return _item("", part, event)


def _item(key: str, value: Any, event: Event) -> bool:
    field, *modifiers = key.split("|")
    wanted = value if isinstance(value, list) else [value]
    held = _looked_up(event, field) if field else [event]
    if not wanted:
        return not _values(held)
    results = [_holds(one, field, modifiers, held, event) for one in wanted]
    found = all(results) if "all" in modifiers else any(results)
    return not found if "neq" in modifiers else found


def _holds(wanted: Any, field: str, modifiers: list[str], held: list[Any], event: Event) -> bool:
    """Tell whether one value of the rule holds; ``held`` is what stands under the field's name."""
    if "exists" in modifiers:
        return bool(held) is wanted
    texts = [value_text(value) for value in (_values(held) if field else _inside(held))]
    if "fieldref" in modifiers:
        mine, others = _values(held), _values(_looked_up(event, wanted))
        how, cased = _reference(modifiers), "cased" in modifiers
        return any(how(_compared(a, cased), _compared(b, cased)) for a in mine for b in others)
    if wanted is None:
        return not texts
    test = value_test(wanted, modifiers, keyword=not field)
    return any(map(test, texts))


def _compared(value: Any, cased: bool) -> str:
    """Give a value's text as another field's is compared with it: 1.0 is 1."""
    whole = isinstance(value, float) and value.is_integer()
    text = str(int(value)) if whole else value_text(value)
    return text if cased else text.casefold()


def _reference(modifiers: list[str]) -> Callable[[str, str], bool]:
    if "contains" in modifiers:
        return lambda mine, other: other in mine
    if "startswith" in modifiers:
        return str.startswith
    if "endswith" in modifiers:
        return str.endswith
    return str.__eq__


def _looked_up(tree: Any, name: str) -> list[Any]:
    """Give what stands under a name, which may be a path through objects and lists of them."""
    if isinstance(tree, list):
        return [value for item in tree for value in _looked_up(item, name)]
    if not isinstance(tree, dict):
        return []
    if name in tree:
        return [tree[name]]
    for at, char in enumerate(name):
        if char == "." and name[:at] in tree:
            found = _looked_up(tree[name[:at]], name[at + 1 :])
            if found:
                return found
    return []


def _values(held: Any) -> list[Any]:
    """Give the values of a field: lists are each of their values, null is none."""
    if isinstance(held, list):
        return [inner for item in held for inner in _values(item)]
    return [] if held is None else [held]


def _inside(tree: Any) -> list[Any]:
    """Give every value of an event, however deep."""
    if isinstance(tree, Mapping):
        return [inner for item in tree.values() for inner in _inside(item)]
    if isinstance(tree, list):
        return [inner for item in tree for inner in _inside(item)]
    return [] if tree is None else [tree]


def value_text(value: Any) -> str:
    """Give a value's text: numbers as they are written, an object as its compact JSON."""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

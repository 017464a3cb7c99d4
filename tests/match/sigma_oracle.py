"""A naive reading of Sigma rules, straight from their YAML, to hold the matcher against.

It shares nothing with the product: neither pySigma nor the intermediate form, no index, no
generated code. Every leaf is a loop over the values of one field of a flat event.
"""

import base64
import fnmatch
import ipaddress
import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

Event = Mapping[str, Any]
DASHES = ("-", "/", "\u2013", "\u2014", "\u2015")


def oracle_matches(detection: Mapping[str, Any], event: Event) -> bool:
    """Tell whether a rule's detection section matches a flat event."""
    conditions = detection["condition"]
    if isinstance(conditions, str):
        conditions = [conditions]
    selections = {name: part for name, part in detection.items() if name != "condition"}
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
        if self.tokens and self.tokens[0].lower() == word:
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
    return not hidden and fnmatch.fnmatchcase(name, pattern)


def selection(part: Any, event: Event) -> bool:
    """Evaluate one selection: a mapping is an and, a list an or."""
    if isinstance(part, dict):
        return all(_item(key, value, event) for key, value in part.items())
    if isinstance(part, list):
        return any(selection(item, event) for item in part)
    return _item("", part, event)


def _item(key: str, value: Any, event: Event) -> bool:
    field, *modifiers = key.split("|")
    wanted = value if isinstance(value, list) else [value]
    values = _everything(event) if not field else _values(event.get(field))
    if not wanted:
        return not values
    tests = [_test(field, one, modifiers, values, event) for one in wanted]
    found = all(tests) if "all" in modifiers else any(tests)
    return not found if "neq" in modifiers else found


def _values(value: Any) -> list[Any]:
    if value is None:
        return []
    if isinstance(value, list):
        return [inner for item in value for inner in _values(item)]
    return [value]


def _everything(event: Any) -> list[Any]:
    if isinstance(event, Mapping):
        return [inner for item in event.values() for inner in _everything(item)]
    if isinstance(event, list):
        return [inner for item in event for inner in _everything(item)]
    return [] if event is None else [event]


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else repr(value)


def _test(field: str, wanted: Any, modifiers: list[str], values: list[Any], event: Event) -> bool:
    if "exists" in modifiers:
        return (field in event) is wanted
    if "fieldref" in modifiers:
        return _field_reference(str(wanted), modifiers, values, event)
    if wanted is None:
        return not values
    test = _one(bool(field), wanted, type(wanted).__name__, tuple(modifiers))
    return any(test(_text(value)) for value in values)


def _field_reference(other: str, modifiers: list[str], values: list[Any], event: Event) -> bool:
    for left in values:
        for right in _values(event.get(other)):
            mine, theirs = _text(left).lower(), _text(right).lower()
            if "contains" in modifiers:
                found = theirs in mine
            elif "startswith" in modifiers:
                found = mine.startswith(theirs)
            elif "endswith" in modifiers:
                found = mine.endswith(theirs)
            else:
                found = mine == theirs
            if found:
                return True
    return False


@cache
def _one(
    field: bool,
    wanted: Any,
    kind: str,  # noqa: ARG001 (1, 1.0 and True are one key without it)
    modifiers: tuple[str, ...],
) -> Callable[[str], bool]:
    """Give the test of one text against one value of a rule."""
    if "re" in modifiers:
        letters = {"i": re.I, "m": re.M, "s": re.S}
        flags = sum(letters.get(name, 0) for name in modifiers)
        compiled = re.compile(str(wanted), flags)
        return lambda text: compiled.search(text) is not None
    if "cidr" in modifiers:
        return lambda text: _inside(text, str(wanted))
    for name, holds in _COMPARISONS.items():
        if name in modifiers:
            return lambda text, holds=holds: _is_number(text) and holds(float(text), wanted)  # type: ignore[misc]
    if isinstance(wanted, int | float) and not isinstance(wanted, bool) and field:
        return lambda text: _is_number(text) and _written_alike(text, wanted)
    patterns = [_glob(text) for text in _transformed(_text(wanted), modifiers)]
    if not field or "contains" in modifiers:
        patterns = [["*", *pattern, "*"] for pattern in patterns]
    elif "startswith" in modifiers:
        patterns = [[*pattern, "*"] for pattern in patterns]
    elif "endswith" in modifiers:
        patterns = [["*", *pattern] for pattern in patterns]
    cased = "cased" in modifiers
    compiled_all = [_compile(pattern, cased) for pattern in patterns]
    return lambda text: any(one.fullmatch(text) is not None for one in compiled_all)


_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "lt": lambda left, right: left < right,
    "lte": lambda left, right: left <= right,
    "gt": lambda left, right: left > right,
    "gte": lambda left, right: left >= right,
}


def _is_number(text: str) -> bool:
    return re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", text, re.ASCII) is not None


def _written_alike(text: str, number: float) -> bool:
    return text in (str(number), repr(float(number))) or (
        float(number).is_integer() and text == str(int(number))
    )


def _inside(text: str, network: str) -> bool:
    try:
        return ipaddress.ip_address(text) in ipaddress.ip_network(network)
    except ValueError:
        return False


def _glob(text: str) -> list[str]:
    """Split a value into characters and wildcards; an escaped character gets a backslash."""
    parts: list[str] = []
    at = 0
    while at < len(text):
        char = text[at]
        if char == "\\" and text[at + 1 : at + 2] in ("*", "?", "\\") and at + 1 < len(text):
            parts.append("\\" + text[at + 1])
            at += 2
            continue
        parts.append(char if char in "*?" else "\\" + char)
        at += 1
    return parts


def _compile(pattern: list[str], cased: bool) -> re.Pattern[str]:
    words = {"*": ".*", "?": "."}
    text = "".join(words.get(part) or re.escape(part[1:]) for part in pattern)
    return re.compile(text, re.DOTALL if cased else re.DOTALL | re.IGNORECASE)


def _transformed(text: str, modifiers: tuple[str, ...]) -> list[str]:
    """Apply the modifiers that rewrite a value, in their order."""
    texts = [text]
    for name in modifiers:
        if name == "windash":
            texts = [variant for one in texts for variant in _dashes(one)]
        elif name in ("wide", "utf16le"):
            texts = [one.encode("utf-16le").decode() for one in texts]
        elif name == "base64":
            texts = [base64.b64encode(one.encode()).decode() for one in texts]
        elif name == "base64offset":
            texts = [variant for one in texts for variant in _offsets(one.encode())]
    return texts


def _dashes(text: str) -> list[str]:
    found = re.search(r"\B[-/]\b", text)
    if found is None:
        return [text]
    head, tail = text[: found.start()], text[found.end() :]
    # The rest is looked at with a word before it, as in the whole text.
    return [head + dash + rest for rest in _dashes(tail) for dash in DASHES]


def _offsets(data: bytes) -> list[str]:
    found = []
    for shift in range(3):
        encoded = base64.b64encode(b" " * shift + data).decode()
        start = (0, 2, 3)[shift]
        end = (None, -3, -2)[(len(data) + shift) % 3]
        found.append(encoded[start:end])
    return found

"""The predicate language of a law pack: three-valued expressions over named answers.

    failure and (functioning_threat or any(harms))
    any(acts) and not certain(failure)

``and``, ``or``, ``not`` follow Kleene's strong logic; ``any`` and ``all`` range over a group;
``certain(x)`` is yes where x is yes and no where x is no or unknown.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from pipeline.assess.answers import NO, YES

Answering: TypeAlias = Mapping[str, int]
Evaluate: TypeAlias = Callable[[Answering], int]
_TOKEN = re.compile(r"\s*(?:([a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)*)|([()]))")
_WORDS = frozenset({"and", "or", "not", "any", "all", "certain"})
_DEEPEST = 32


@dataclass(slots=True)
class _Reader:
    text: str
    groups: Mapping[str, Sequence[str]]
    names: frozenset[str]
    tokens: list[str] = field(default_factory=list)
    depth: int = 0

    def split(self) -> None:
        place, text = 0, self.text.strip()
        while place < len(text):
            found = _TOKEN.match(text, place)
            if found is None:
                raise ValueError(f"{text[place:].strip()[:20]!r} is no part of an expression")
            self.tokens.append(found[1] or found[2])
            place = found.end()
        self.tokens.reverse()

    def peek(self) -> str:
        return self.tokens[-1] if self.tokens else ""

    def take(self, wanted: str = "") -> str:
        word = self.tokens.pop() if self.tokens else ""
        if not word or (wanted and word != wanted):
            raise ValueError(f"expected {wanted or 'a name'}, found {word or 'the end'}")
        return word

    def either(self) -> Evaluate:
        parts = [self.both()]
        while self.peek() == "or":
            self.take()
            parts.append(self.both())
        return parts[0] if len(parts) == 1 else _any(parts)

    def both(self) -> Evaluate:
        parts = [self.inverse()]
        while self.peek() == "and":
            self.take()
            parts.append(self.inverse())
        return parts[0] if len(parts) == 1 else _all(parts)

    def inverse(self) -> Evaluate:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise ValueError("is nested too deeply")
        if self.peek() == "not":
            self.take()
            inner = self.inverse()
            made: Evaluate = lambda given: YES - inner(given)  # noqa: E731 (a closure, typed)
        else:
            made = self.atom()
        self.depth -= 1
        return made

    def atom(self) -> Evaluate:
        word = self.take()
        if word == "(":
            inner = self.either()
            self.take(")")
            return inner
        if word in {"any", "all"}:
            self.take("(")
            group = self.take()
            self.take(")")
            if group not in self.groups:
                raise ValueError(f"no group is named {group!r}")
            members = [_name(f"{group}.{name}") for name in self.groups[group]]
            return _any(members) if word == "any" else _all(members)
        if word == "certain":
            self.take("(")
            inside = self.either()
            self.take(")")
            return lambda given: YES if inside(given) == YES else NO
        if word in _WORDS or word == ")":
            raise ValueError(f"{word!r} stands where a name is expected")
        if word not in self.names:
            raise ValueError(f"nothing is named {word!r}")
        return _name(word)


def _name(name: str) -> Evaluate:
    return lambda given: given[name]


def _any(parts: Sequence[Evaluate]) -> Evaluate:
    def evaluate(given: Answering) -> int:
        best = NO
        for part in parts:
            value = part(given)
            if value == YES:
                return YES
            best = max(best, value)
        return best

    return evaluate


def _all(parts: Sequence[Evaluate]) -> Evaluate:
    def evaluate(given: Answering) -> int:
        least = YES
        for part in parts:
            value = part(given)
            if value == NO:
                return NO
            least = min(least, value)
        return least

    return evaluate


def compile_expression(
    text: str, groups: Mapping[str, Sequence[str]], names: frozenset[str]
) -> Evaluate:
    """Compile an expression over known names and groups.

    The result takes answers as numbers (``answers``) by name, members of a group as
    ``group.member``. ValueError where the text is no expression or names something unknown.
    """
    reader = _Reader(text, groups, names)
    reader.split()
    made = reader.either()
    if reader.tokens:
        raise ValueError(f"{reader.peek()!r} stands after the end of the expression")
    return made

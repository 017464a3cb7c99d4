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
_FUNCTIONS = {"__builtins__": {}, "min": min, "max": max}


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

    def either(self) -> str:
        parts = [self.both()]
        while self.peek() == "or":
            self.take()
            parts.append(self.both())
        return _of("max", parts)

    def both(self) -> str:
        parts = [self.inverse()]
        while self.peek() == "and":
            self.take()
            parts.append(self.inverse())
        return _of("min", parts)

    def inverse(self) -> str:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise ValueError("is nested too deeply")
        if self.peek() == "not":
            self.take()
            made = f"({YES} - {self.inverse()})"
        else:
            made = self.atom()
        self.depth -= 1
        return made

    def atom(self) -> str:
        word = self.take()
        if word == "(":
            inner = self.either()
            self.take(")")
            return inner
        if word in {"any", "all"}:
            return self.group(word)
        if word == "certain":
            self.take("(")
            inside = self.either()
            self.take(")")
            return f"({YES} if {inside} == {YES} else {NO})"
        if word in _WORDS or word == ")":
            raise ValueError(f"{word!r} stands where a name is expected")
        if word not in self.names:
            raise ValueError(f"nothing is named {word!r}")
        return _name(word)

    def group(self, word: str) -> str:
        self.take("(")
        group = self.take()
        self.take(")")
        if group not in self.groups:
            raise ValueError(f"no group is named {group!r}")
        members = [_name(f"{group}.{name}") for name in self.groups[group]]
        return _of("max" if word == "any" else "min", members)


def _name(name: str) -> str:
    return f"given[{name!r}]"


def _of(function: str, parts: Sequence[str]) -> str:
    if not parts:  # of an empty group nothing holds, and everything does
        return str(NO if function == "max" else YES)
    return parts[0] if len(parts) == 1 else f"{function}({', '.join(parts)})"


def compile_expression(
    text: str, groups: Mapping[str, Sequence[str]], names: frozenset[str]
) -> Evaluate:
    """Compile an expression over known names and groups to one function.

    The result takes answers as numbers (``answers``) by name, members of a group as
    ``group.member``. ValueError where the text is no expression or names something unknown.
    """
    reader = _Reader(text, groups, names)
    reader.split()
    made = reader.either()
    if reader.tokens:
        raise ValueError(f"{reader.peek()!r} stands after the end of the expression")
    # Nothing of the text stands in the code but names that the pack defines, quoted.
    evaluate: Evaluate = eval(f"lambda given: {made}", dict(_FUNCTIONS))  # noqa: S307
    return evaluate

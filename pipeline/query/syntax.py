"""What a question of people is made of, and how it is written out again.

``written`` gives text that ``parsing.parse`` reads to the same tree.
"""

import re
from dataclasses import dataclass, field
from typing import Final, TypeAlias

KEYWORDS: Final = frozenset({"and", "or", "not"})
SPECIAL: Final = frozenset('\\():<>"*{}')
_MUST_ESCAPE = re.compile(r'[\\():<>"*{}]')
_SPACES = {" ": "\\ ", "\t": "\\t", "\r": "\\r", "\n": "\\n"}


@dataclass(frozen=True, slots=True)
class Value:
    """A value: the texts between its stars; one text where it has no star.

    ``at`` is where it stands in the question, and takes no part in comparing.
    """

    parts: tuple[str, ...]
    quoted: bool = False
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class And:
    """Every one holds; at least two."""

    of: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """One of them holds; at least two."""

    of: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Negation:
    """It does not hold."""

    of: "Node"


@dataclass(frozen=True, slots=True)
class Is:
    """A field has a value; without a field ("") one of those that are asked by words has it."""

    field: str
    value: Value


@dataclass(frozen=True, slots=True)
class Compared:
    """A field lies on one side of a value: ``sign`` is one of > >= < <=."""

    field: str
    sign: str
    value: Value


@dataclass(frozen=True, slots=True)
class Anything:
    """The empty question, and a lone star: everything."""


Node: TypeAlias = And | Or | Negation | Is | Compared | Anything


def written(node: Node) -> str:
    """Write a tree as the text that is read to it."""
    match node:
        case Anything():
            return "*"
        case And(of):
            return " and ".join(_inside(one, And) for one in of)
        case Or(of):
            return " or ".join(_inside(one, Or) for one in of)
        case Negation(of=one):
            return f"not {_inside(one, Negation)}"
        case Is(field, value):
            return f"{_word((field,))}: {_value(value)}" if field else _value(value)
        case Compared(field, sign, value):
            return f"{_word((field,))} {sign} {_value(value)}"


def _inside(node: Node, above: type) -> str:
    text = written(node)
    bare = isinstance(node, (Is, Compared, Anything, Negation))
    return text if bare or (above is Or and isinstance(node, And)) else f"({text})"


def _value(value: Value) -> str:
    if value.quoted:
        inside = value.parts[0].replace("\\", "\\\\").replace('"', '\\"')
        return f'"{inside}"'
    return _word(value.parts)


def _word(parts: tuple[str, ...]) -> str:
    text = "*".join(_escaped(part) for part in parts)
    if len(parts) == 1 and text.casefold() in KEYWORDS:
        return f"{text[0]}\\{text[1:]}" if text[0] == "n" else f"\\{text}"  # \\n ends a line
    return text


def _escaped(text: str) -> str:
    escaped = _MUST_ESCAPE.sub(lambda found: f"\\{found[0]}", text)
    return "".join(_space(one) for one in escaped)


def _space(one: str) -> str:
    if one.isspace():
        return _SPACES.get(one, f"\\u{ord(one):04x}")
    return one

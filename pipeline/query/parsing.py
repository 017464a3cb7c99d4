"""Questions of people read into a tree: one pass, bounded, errors with place and way out."""

import re
from dataclasses import dataclass
from typing import Final, TypeAlias

from pipeline.query.syntax import (
    KEYWORDS,
    SPECIAL,
    And,
    Anything,
    Compared,
    Is,
    Negation,
    Node,
    Or,
    Value,
)

LONGEST: Final = 4_096  # characters
DEEPEST: Final = 24  # brackets and nots within each other
MOST_TERMS: Final = 200
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[0-9.+:Z-]*", re.ASCII)
_DIGITS = re.compile(r"[0-9A-Fa-f]{4}")
_ESCAPES = {"t": "\t", "r": "\r", "n": "\n"}
_SIGNS = frozenset({":", "<", ">", "<=", ">="})
_OPEN, _CLOSE = "(", ")"


class QueryError(ValueError):
    """A question that cannot be read: where (characters from 0), what is wrong, the way out."""

    def __init__(self, position: int, problem: str, way_out: str) -> None:
        self.position = position
        self.problem = problem
        self.way_out = way_out
        super().__init__(f"at character {position + 1}: {problem} ({way_out})")


@dataclass(frozen=True, slots=True)
class _Sign:
    """A bracket, a sign or (lower-case) a keyword."""

    text: str
    at: int


_Token: TypeAlias = _Sign | Value


def parse(text: str) -> Node:
    """Read a question; QueryError where it is none."""
    if len(text) > LONGEST:
        raise QueryError(
            LONGEST, f"the question is longer than {LONGEST} characters", "ask for less at once"
        )
    if not text.isascii() and any("\ud800" <= one <= "\udfff" for one in text):
        raise QueryError(0, "the question holds half of a character", "write it in whole UTF-8")
    return _Parser(_tokens(text), len(text)).whole()


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    at = 0
    while at < len(text):
        one = text[at]
        if one.isspace():
            at += 1
        elif one in "():":
            found.append(_Sign(one, at))
            at += 1
        elif one in "<>":
            sign = text[at : at + 2] if text[at + 1 : at + 2] == "=" else one
            found.append(_Sign(sign, at))
            at += len(sign)
        elif one == '"':
            value, at = _quoted(text, at)
            found.append(value)
        elif one in "{}":
            raise QueryError(at, f"{one} has no meaning here", f"write \\{one} for the sign itself")
        else:
            token, at = _word(text, at)
            found.append(token)
    return found


def _quoted(text: str, begin: int) -> tuple[Value, int]:
    made: list[str] = []
    at = begin + 1
    while at < len(text):
        one = text[at]
        if one == '"':
            return Value(("".join(made),), quoted=True, at=begin), at + 1
        if one == "\\":
            one, at = _escape(text, at)
        else:
            at += 1
        made.append(one)
    raise QueryError(begin, "the quotation mark is not closed", 'close it with "')


def _word(text: str, begin: int) -> tuple[_Token, int]:
    moment = _MOMENT.match(text, begin)  # its colons are its own
    if moment is not None:
        return Value((moment[0],), at=begin), moment.end()
    parts: list[list[str]] = [[]]
    at, plain = begin, True
    while at < len(text) and not text[at].isspace():
        one = text[at]
        if one == "*":
            if parts[-1] or len(parts) == 1:  # stars in a row are one
                parts.append([])
            at += 1
        elif one == "\\":
            one, at = _escape(text, at)
            parts[-1].append(one)
            plain = False
        elif one in SPECIAL:
            break
        else:
            parts[-1].append(one)
            at += 1
    texts = tuple("".join(part) for part in parts)
    if plain and len(texts) == 1 and texts[0].casefold() in KEYWORDS:
        return _Sign(texts[0].casefold(), begin), at
    return Value(texts, at=begin), at


def _escape(text: str, at: int) -> tuple[str, int]:
    one = text[at + 1 : at + 2]
    if not one:
        raise QueryError(at, "nothing follows the backslash", "write \\\\ for a backslash itself")
    if one != "u":
        return _ESCAPES.get(one, one), at + 2
    digits = _DIGITS.match(text, at + 2)
    made = chr(int(digits[0], 16)) if digits else "\ud800"
    if "\ud800" <= made <= "\udfff":
        way_out = "write \\u0041, or \\\\u for a backslash and u"
        raise QueryError(at, "\\u needs the four hexadecimal digits of a character", way_out)
    return made, at + 6


class _Parser:
    """Reads tokens by descent; each level takes what binds closer."""

    def __init__(self, tokens: list[_Token], length: int) -> None:
        self._tokens = tokens
        self._length = length
        self._next = 0
        self._depth = 0
        self._terms = 0

    def whole(self) -> Node:
        if not self._tokens:
            return Anything()
        node = self._or("")
        left = self._peek()
        if left is None:
            return node
        if isinstance(left, Value):
            raise QueryError(left.at, "two values stand side by side", _SIDE_BY_SIDE)
        raise QueryError(left.at, f"{left.text} is not expected here", _UNEXPECTED)

    def _or(self, field: str) -> Node:
        found = [self._and(field)]
        while self._take("or"):
            found.append(self._and(field))
        return found[0] if len(found) == 1 else Or(tuple(found))

    def _and(self, field: str) -> Node:
        found = [self._not(field)]
        while self._take("and"):
            found.append(self._not(field))
        return found[0] if len(found) == 1 else And(tuple(found))

    def _not(self, field: str) -> Node:
        here = self._peek()
        if here is None or not self._take("not"):
            return self._one(field)
        self._deeper(here.at)
        node = Negation(self._not(field))
        self._depth -= 1
        return node

    def _one(self, field: str) -> Node:
        here = self._peek()
        if here is None:
            raise QueryError(self._length, "something is missing at the end", _MISSING)
        if self._take(_OPEN):
            return self._bracket(here.at, field)
        if isinstance(here, _Sign):
            raise QueryError(here.at, f"{here.text} is not expected here", _UNEXPECTED)
        self._next += 1
        self._counted(here.at)
        sign = self._peek()
        if not isinstance(sign, _Sign) or sign.text not in _SIGNS:
            return Anything() if not field and here.parts == ("", "") else Is(field, here)
        if field:
            raise QueryError(sign.at, "a field stands inside another field's values", _NESTED)
        return self._about(here, sign)

    def _about(self, named: Value, sign: _Sign) -> Node:
        """Read what is asked of a field."""
        if len(named.parts) > 1 or not named.parts[0]:
            raise QueryError(named.at, "this is no name of a field", "write the name without stars")
        self._next += 1
        field, here = named.parts[0], self._peek()
        if sign.text == ":" and here is not None and self._take(_OPEN):
            return self._bracket(here.at, field)
        if not isinstance(here, Value):
            place = self._length if here is None else here.at
            raise QueryError(place, f"the value of {field} is missing", _VALUE)
        self._next += 1
        return Is(field, here) if sign.text == ":" else Compared(field, sign.text, here)

    def _bracket(self, opened: int, field: str) -> Node:
        self._deeper(opened)
        node = self._or(field)
        left = self._peek()
        if not self._take(_CLOSE):
            if isinstance(left, Value):
                raise QueryError(left.at, "two values stand side by side", _SIDE_BY_SIDE)
            raise QueryError(opened, "the bracket is not closed", "close it with )")
        self._depth -= 1
        return node

    def _peek(self) -> _Token | None:
        return self._tokens[self._next] if self._next < len(self._tokens) else None

    def _take(self, text: str) -> bool:
        here = self._peek()
        if isinstance(here, _Sign) and here.text == text:
            self._next += 1
            return True
        return False

    def _deeper(self, at: int) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise QueryError(at, f"more than {DEEPEST} brackets within each other", "ask simpler")

    def _counted(self, at: int) -> None:
        self._terms += 1
        if self._terms > MOST_TERMS:
            raise QueryError(at, f"more than {MOST_TERMS} terms", "ask for less at once")


_SIDE_BY_SIDE = 'put "quotation marks" around words that belong together, or and / or between them'
_UNEXPECTED = (
    'write field: value, and join such terms by and, or, not; put "quotation marks" around a value'
    " with colons or brackets in it"
)
_MISSING = "write a term behind and, or, not and :"
_NESTED = "write field: (a or b), and other fields outside of the brackets"
_VALUE = "write field: value, field: (a or b), field >= value, or field: * for any value"

"""What a question means of one kind of rows: its fields, their types, the time that is now."""

from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from pipeline.model import Instant
from pipeline.model.conditions import (
    EVERYTHING,
    All,
    Among,
    Condition,
    Either,
    Like,
    Not,
    Present,
    Within,
)
from pipeline.model.holding import address, network, number_of
from pipeline.ports.search_fields import MORE, Field, FieldType, fields_of
from pipeline.ports.searching import Kind
from pipeline.query.moments import EXAMPLES, span
from pipeline.query.parsing import QueryError, parse
from pipeline.query.syntax import And, Anything, Compared, Is, Negation, Node, Or, Value

_UNTYPED: Final = None
_CONTAINING = ("", "")


def condition(text: str, kind: Kind, now: Instant) -> Condition:
    """Read a question about rows of a kind, as of ``now``; QueryError where it is none."""
    return meant(parse(text), kind, now)


def meant(node: Node, kind: Kind, now: Instant) -> Condition:
    """Give what a tree means of a kind; QueryError for a field or value that cannot be."""
    return _Meaning(kind, now)(node)


@dataclass(frozen=True, slots=True)
class _Meaning:
    kind: Kind
    now: Instant

    def __call__(self, node: Node) -> Condition:
        match node:
            case Anything():
                return EVERYTHING
            case And(of):
                return All(tuple(map(self, of)))
            case Or(of):
                return Either(tuple(map(self, of)))
            case Negation(of=one):
                return Not(self(one))
            case Compared(field, sign, value):
                return self._compared(field, sign, value)
            case Is(field, value):
                return self._is(field, value) if field else self._free(value)

    def _is(self, name: str, value: Value) -> Condition:
        kind = self._type(name, value)
        if len(value.parts) > 1:
            if value.parts == _CONTAINING:
                return Present(name)
            if kind in {FieldType.TIME, FieldType.NUMBER, FieldType.FLAG}:
                raise QueryError(value.at, f"{name} has no stars in its values", _RANGE)
            return Like(name, _around(value.parts) if kind is FieldType.TEXT else value.parts)
        text = value.parts[0]
        match kind:
            case FieldType.TEXT:
                return Like(name, _around(value.parts))
            case FieldType.TIME:
                begin, end = self._span(name, value)
                return Within(name, begin, end, below=True)
            case FieldType.NUMBER:
                number = self._number(name, value)
                return Within(name, number, number)
            case FieldType.IP if address(text) is None and network(text) is None:
                way_out = "write an address, a network such as 10.0.0.0/8, or stars: 10.1.*"
                raise QueryError(value.at, f"{text!r} is no address", way_out)
            case FieldType.FLAG if text.casefold() not in {"true", "false"}:
                raise QueryError(value.at, f"{text!r} is neither true nor false", "write one")
            case _:
                return Among(name, (text,))

    def _free(self, value: Value) -> Condition:
        """Mean the fields of the kind that are asked by words: one contains the value."""
        asked = [one for one in fields_of(self.kind).values() if one.free]
        if len(value.parts) == 1:
            return Either(tuple(_in_free(one, value.parts[0]) for one in asked))
        return Either(tuple(Like(one.name, value.parts) for one in asked))

    def _compared(self, name: str, sign: str, value: Value) -> Condition:
        kind = self._type(name, value)
        if len(value.parts) > 1:
            raise QueryError(value.at, "a range ends at a value, not at stars", _RANGE)
        if kind in {FieldType.IP, FieldType.FLAG, FieldType.TEXT}:
            raise QueryError(value.at, f"{name} is asked by values, not by ranges", "write :")
        moment = None if kind is FieldType.NUMBER else span(value.parts[0], self.now)
        if moment is not None:
            return _beside(name, sign, *moment)
        if kind is FieldType.TIME:
            self._span(name, value)
        number = self._number(name, value)
        if sign.startswith(">"):
            return Within(name, least=number, above=sign == ">")
        return Within(name, most=number, below=sign == "<")

    def _type(self, name: str, value: Value) -> FieldType | None:
        listed = fields_of(self.kind)
        found = listed.get(name)
        if found is not None:
            return found.type
        top = name.partition(".")[0]
        known = self.kind is Kind.EVENTS or top in MORE[self.kind]
        if known and all(name.split(".")):
            return _UNTYPED
        near = get_close_matches(name, listed, n=3, cutoff=0.5)
        way_out = f"did you mean {' or '.join(near)}?" if near else f"it has {', '.join(listed)}"
        raise QueryError(value.at, f"{self.kind} have no field {name!r}", way_out)

    def _span(self, name: str, value: Value) -> tuple[Instant, Instant]:
        found = span(value.parts[0], self.now)
        if found is None:
            way_out = f"write {EXAMPLES}"
            raise QueryError(value.at, f"{value.parts[0]!r} is no time for {name}", way_out)
        return found

    def _number(self, name: str, value: Value) -> int | float:
        found = number_of(value.parts[0])
        if found is None:
            raise QueryError(value.at, f"{value.parts[0]!r} is no number for {name}", "write 443")
        return found


def _around(parts: tuple[str, ...]) -> tuple[str, ...]:
    """Let a text contain what is asked, wherever it stands."""
    inner = tuple(part for part in parts if part)
    return ("", *inner, "") if inner else _CONTAINING


def _in_free(field: Field, text: str) -> Condition:
    if field.type is FieldType.IP and (address(text) or network(text)):
        return Among(field.name, (text,))
    return Like(field.name, ("", text, "") if text else _CONTAINING)


def _beside(name: str, sign: str, begin: Instant, end: Instant) -> Within:
    """Give one side of a span of time: what is greater lies behind all of it."""
    match sign:
        case ">":
            return Within(name, least=end)
        case ">=":
            return Within(name, least=begin)
        case "<":
            return Within(name, most=begin, below=True)
        case _:
            return Within(name, most=end, below=True)


_RANGE = "write field >= value and field < value"

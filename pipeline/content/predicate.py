"""What a rule asks of one event: the intermediate form between pySigma's parser and our matcher.

A tree of ``And``, ``Or`` and ``Not`` over leaves. A leaf names one field (``None``: a keyword, any
value of the event) and one test of its values; a field with several values passes where one of
them does. ``And(())`` is always true, ``Or(())`` never. The JSON form is a list headed by a tag:
it is what the content cache keeps.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

ANY, ONE = 0, 1  # wildcards inside Text.parts: any number of characters, exactly one


@dataclass(frozen=True, slots=True)
class And:
    """Every item holds."""

    items: tuple["Predicate", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one item holds."""

    items: tuple["Predicate", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The item does not hold."""

    item: "Predicate"


@dataclass(frozen=True, slots=True)
class Text:
    """The whole value equals the parts: plain strings, ``ANY`` and ``ONE`` in their order.

    Unless ``cased``, the strings are folded (``str.casefold``) and so is the value before the test.
    """

    field: str | None
    parts: tuple[str | int, ...]
    cased: bool = False


@dataclass(frozen=True, slots=True)
class Number:
    """The value is this number, or the text of it."""

    field: str
    number: int | float


@dataclass(frozen=True, slots=True)
class Null:
    """The event has no value for the field."""

    field: str


@dataclass(frozen=True, slots=True)
class Exists:
    """The event has the field, be its value empty or null, or (``present`` false) has it not."""

    field: str
    present: bool


@dataclass(frozen=True, slots=True)
class Regex:
    """The pattern is found somewhere in the value; ``flags`` is made of i, m and s."""

    field: str | None
    pattern: str
    flags: str = ""


@dataclass(frozen=True, slots=True)
class Cidr:
    """The value is an address inside the network."""

    field: str | None
    network: str


@dataclass(frozen=True, slots=True)
class Compare:
    """The value is a number that is lt, lte, gt or gte this one."""

    field: str
    operator: str
    number: int | float


@dataclass(frozen=True, slots=True)
class SameAs:
    """The value is (``how``: equal, startswith, endswith, contains) that of another field."""

    field: str
    other: str
    how: str = "equal"
    cased: bool = False


@dataclass(frozen=True, slots=True)
class DatePart:
    """The value is a date whose minute, hour, day, week, month or year is this number.

    Or it is lt, lte, gt or gte this number: ``operator``.
    """

    field: str
    unit: str
    number: int
    operator: str = "eq"


Leaf: TypeAlias = (
    Text | Number | Null | Exists | Regex | Cidr | Compare | SameAs | DatePart
)  # fmt: skip
Predicate: TypeAlias = And | Or | Not | Leaf

_TAGS: dict[type, str] = {
    And: "&",
    Or: "|",
    Not: "!",
    Text: "t",
    Number: "n",
    Null: "0",
    Exists: "e",
    Regex: "r",
    Cidr: "c",
    Compare: "<",
    SameAs: "f",
    DatePart: "d",
}
_LEAVES: dict[str, Callable[..., Leaf]] = {
    "n": Number,
    "0": Null,
    "e": Exists,
    "r": Regex,
    "c": Cidr,
    "<": Compare,
    "f": SameAs,
    "d": DatePart,
}


def encode(predicate: Predicate) -> list[Any]:
    """Give the JSON form of a predicate."""
    tag = _TAGS[type(predicate)]
    if isinstance(predicate, And | Or):
        return [tag, *map(encode, predicate.items)]
    if isinstance(predicate, Not):
        return [tag, encode(predicate.item)]
    return [tag, *(getattr(predicate, name) for name in predicate.__slots__)]


def decode(form: list[Any]) -> Predicate:
    """Read the JSON form; raises KeyError or TypeError where it is none."""
    tag = form[0]
    if tag == "t":
        return Text(form[1], tuple(form[2]), form[3])
    if tag == "&":
        return And(tuple([decode(item) for item in form[1:]]))
    if tag == "|":
        return Or(tuple([decode(item) for item in form[1:]]))
    if tag == "!":
        return Not(decode(form[1]))
    return _LEAVES[tag](*form[1:])


def leaves(predicate: Predicate) -> Iterator[Leaf]:
    """Give a predicate's leaves in their order."""
    if isinstance(predicate, And | Or):
        for item in predicate.items:
            yield from leaves(item)
    elif isinstance(predicate, Not):
        yield from leaves(predicate.item)
    else:
        yield predicate


def fields_of(predicate: Predicate) -> tuple[str, ...]:
    """Give the names of the fields that a predicate reads, each once, in their order."""
    names: dict[str, None] = {}
    for leaf in leaves(predicate):
        if leaf.field is not None:
            names[leaf.field] = None
        if isinstance(leaf, SameAs):
            names[leaf.other] = None
    return tuple(names)

"""What an event must show for a rule to be worth asking: the rule's witnesses.

A witness is a test that the index answers at a glance: a field's text is, begins with, ends with
or contains a word, or the field has any value. A rule's witnesses are such that it cannot match
an event which shows none of them. Of an *and* the part whose witnesses are rarest serves; an *or*
needs those of every part.
"""

from collections.abc import Callable, Iterable
from enum import Enum
from typing import NamedTuple

from pipeline.content.predicate import (
    And,
    Cidr,
    Compare,
    DatePart,
    Exists,
    Leaf,
    Not,
    Null,
    Number,
    Or,
    Predicate,
    Regex,
    SameAs,
    Text,
)
from pipeline.match.leaf import folded_parts, number_texts
from pipeline.match.regex import compile_regex
from pipeline.match.wildcard import Shape, shape_of


class Sign(Enum):
    """How a witness shows in a field's folded text."""

    IS = "is"
    STARTS = "starts"
    ENDS = "ends"
    HAS = "has"
    ANY = "any"


class Witness(NamedTuple):
    """One sign of one field; field None is the text of the whole event."""

    field: str | None
    sign: Sign
    text: str


Price = Callable[[Witness], float]
_SHAPES = {
    Shape.EQUAL: Sign.IS,
    Shape.STARTS: Sign.STARTS,
    Shape.ENDS: Sign.ENDS,
    Shape.CONTAINS: Sign.HAS,
    Shape.PRESENT: Sign.ANY,
}


def witnesses(
    predicate: Predicate, price: Price, constant: frozenset[str]
) -> tuple[Witness, ...] | None:
    """Give the cheapest witnesses of a predicate; None where it needs no sign.

    ``constant`` are fields that are the same for every event of a route: no sign of those.
    """
    if isinstance(predicate, And):
        parts = (witnesses(item, price, constant) for item in predicate.items)
        return _cheapest(parts, price)
    if isinstance(predicate, Or):
        return _united(witnesses(item, price, constant) for item in predicate.items)
    if isinstance(predicate, Not):
        return _negated(predicate.item, price, constant)
    if predicate.field in constant:
        return None
    return _signs(predicate, price)


def _cheapest(
    choices: Iterable[tuple[Witness, ...] | None], price: Price
) -> tuple[Witness, ...] | None:
    able = [choice for choice in choices if choice is not None]
    return min(able, key=lambda choice: sum(map(price, choice)), default=None)


def _united(choices: Iterable[tuple[Witness, ...] | None]) -> tuple[Witness, ...] | None:
    found: dict[Witness, None] = {}
    for choice in choices:
        if choice is None:
            return None
        found.update(dict.fromkeys(choice))
    return tuple(found)


def _negated(item: Predicate, price: Price, constant: frozenset[str]) -> tuple[Witness, ...] | None:
    if isinstance(item, Not):
        return witnesses(item.item, price, constant)
    if isinstance(item, Or):
        return _cheapest((_negated(part, price, constant) for part in item.items), price)
    if isinstance(item, And):
        return _united(_negated(part, price, constant) for part in item.items)
    if isinstance(item, Null) and item.field not in constant:
        return (Witness(item.field, Sign.ANY, ""),)
    return None


def _signs(leaf: Leaf, price: Price) -> tuple[Witness, ...] | None:
    """Give a leaf's signs; a keyword's are sought in the whole event's text."""
    field = leaf.field
    if isinstance(leaf, Text):
        return _text_signs(leaf, price)
    if isinstance(leaf, Number):
        return tuple(Witness(field, Sign.IS, text) for text in number_texts(leaf.number))
    if isinstance(leaf, Regex):
        needs = compile_regex(leaf.pattern, leaf.flags).needs
        if needs and (field is not None or not any("\n" in need for need in needs)):
            return tuple(Witness(field, Sign.HAS, need) for need in needs)
    if field is None or isinstance(leaf, Null | Exists):
        return None
    assert isinstance(leaf, Regex | Cidr | Compare | SameAs | DatePart)
    return (Witness(field, Sign.ANY, ""),)


def _text_signs(leaf: Text, price: Price) -> tuple[Witness, ...] | None:
    field, parts = leaf.field, folded_parts(leaf)
    shape, text = shape_of(parts)
    if field is None:
        # The whole text joins values by a line feed: a word that holds one could span two.
        words = [part for part in parts if isinstance(part, str) and "\n" not in part]
        return (Witness(None, Sign.HAS, max(words, key=len)),) if words else None
    if shape is not Shape.WILD:
        return (Witness(field, _SHAPES[shape], text),)
    choices = []
    for index, part in enumerate(parts):
        if isinstance(part, str):
            sign = Sign.HAS
            if index == 0:
                sign = Sign.STARTS
            elif index == len(parts) - 1:
                sign = Sign.ENDS
            choices.append((Witness(field, sign, part),))
    return _cheapest(choices, price) or (Witness(field, Sign.ANY, ""),)

"""What an event must show for a rule to be worth asking: the rule's clauses of witnesses.

A witness is a test that the index answers at a glance: a field's text is, begins with, ends with
or contains a word, or the field has any value. A clause is a set of witnesses of which every
event that the rule matches shows one, and a rule has several: each part of an *and* gives its
own, an *or* those that take one clause of every part. The rarest clause comes first.
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
from pipeline.match.regex import compile_regex, telling
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


Clause = tuple[Witness, ...]
_MOST_CLAUSES = 8
_MOST_WITNESSES = 2000  # a clause of more is no sign of anything


def clauses(predicate: Predicate, price: Price, constant: frozenset[str]) -> list[Clause]:
    """Give the clauses of a predicate, cheapest first; none where it needs no sign.

    ``constant`` are fields that are the same for every event of a route: no sign of those.
    """
    if isinstance(predicate, And):
        return _all_of((clauses(item, price, constant) for item in predicate.items), price)
    if isinstance(predicate, Or):
        return _one_of([clauses(item, price, constant) for item in predicate.items], price)
    if isinstance(predicate, Not):
        return _negated(predicate.item, price, constant)
    if predicate.field in constant:
        return []
    return _signs(predicate)


def _all_of(choices: Iterable[list[Clause]], price: Price) -> list[Clause]:
    found = list(dict.fromkeys(clause for choice in choices for clause in choice))
    found.sort(key=lambda clause: sum(map(price, clause)))  # equal prices keep the rule's order
    return found[:_MOST_CLAUSES]


def _one_of(choices: list[list[Clause]], price: Price) -> list[Clause]:
    """Join the n-th clauses of all parts; a part that has fewer gives its last again."""
    if not all(choices):
        return []
    found = []
    for number in range(max(map(len, choices), default=0)):
        joined: dict[Witness, None] = {}
        for choice in choices:
            joined.update(dict.fromkeys(choice[min(number, len(choice) - 1)]))
        if len(joined) <= _MOST_WITNESSES:
            found.append(tuple(joined))
    return _all_of([found], price)


def _negated(item: Predicate, price: Price, constant: frozenset[str]) -> list[Clause]:
    if isinstance(item, Not):
        return clauses(item.item, price, constant)
    if isinstance(item, Or):
        return _all_of((_negated(part, price, constant) for part in item.items), price)
    if isinstance(item, And):
        return _one_of([_negated(part, price, constant) for part in item.items], price)
    if isinstance(item, Null) and item.field not in constant:
        return [(Witness(item.field, Sign.ANY, ""),)]
    return []


def _signs(leaf: Leaf) -> list[Clause]:
    """Give a leaf's clauses; a keyword's are sought in the whole event's text."""
    field = leaf.field
    if isinstance(leaf, Text):
        return _text_signs(leaf)
    if isinstance(leaf, Number):
        return [tuple(Witness(field, Sign.IS, text) for text in number_texts(leaf.number))]
    if isinstance(leaf, Regex):
        needs = telling(compile_regex(leaf.pattern, leaf.flags).needs)
        if field is None:  # the whole text joins values: a word with a line feed could span two
            needs = tuple(need for need in needs if not any("\n" in word for word in need))
        if needs:
            return [tuple(Witness(field, Sign.HAS, word) for word in need) for need in needs]
    if field is None or isinstance(leaf, Null | Exists):
        return []
    assert isinstance(leaf, Regex | Cidr | Compare | SameAs | DatePart)
    return [(Witness(field, Sign.ANY, ""),)]


def _text_signs(leaf: Text) -> list[Clause]:
    field, parts = leaf.field, folded_parts(leaf)
    shape, text = shape_of(parts)
    if field is None:
        # The whole text joins values by a line feed: a word that holds one could span two.
        words = [part for part in parts if isinstance(part, str) and "\n" not in part]
        return [(Witness(None, Sign.HAS, max(words, key=len)),)] if words else []
    if shape is not Shape.WILD:
        return [(Witness(field, _SHAPES[shape], text),)]
    found: list[Clause] = []
    for index, part in enumerate(parts):
        if isinstance(part, str):
            sign = Sign.HAS
            if index == 0:
                sign = Sign.STARTS
            elif index == len(parts) - 1:
                sign = Sign.ENDS
            found.append((Witness(field, sign, part),))
    return found or [(Witness(field, Sign.ANY, ""),)]


def refuting(predicate: Predicate) -> set[Witness]:
    """Give witnesses that refute a predicate: it does not match an event that shows one.

    These are exact: leaves of a field that hold wherever their sign shows.
    """
    if isinstance(predicate, And):
        return set().union(*map(refuting, predicate.items))
    if isinstance(predicate, Or):
        return refuting(predicate.items[0]) if len(predicate.items) == 1 else set()
    return granting(predicate.item) if isinstance(predicate, Not) else set()


def granting(predicate: Predicate) -> set[Witness]:
    """Give witnesses that grant a predicate: it matches every event that shows one."""
    if isinstance(predicate, Or):
        return set().union(*map(granting, predicate.items))
    if isinstance(predicate, And):
        return granting(predicate.items[0]) if len(predicate.items) == 1 else set()
    if isinstance(predicate, Not):
        return refuting(predicate.item)
    if isinstance(predicate, Text) and predicate.field is not None and not predicate.cased:
        shape, text = shape_of(predicate.parts)
        if shape is not Shape.WILD:
            return {Witness(predicate.field, _SHAPES[shape], text)}
    return set()

"""What of a batch's events an index knows: objects, hosts, users, addresses, hashes, as numbers.

A block of events is opened only where all terms of a question may be in it. A term is 64 bits of a
value, whatever its field and case: two that share a number open a block too many, and lose none.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, TypeAlias

from pipeline.model import Event
from pipeline.model.conditions import All, Among, Condition, Either
from pipeline.model.holding import address, holds_addresses, number_of
from pipeline.ports.search_fields import fields_of
from pipeline.ports.searching import Kind

# One of each group is in every block that can answer; no group: any block can.
Wanted: TypeAlias = Sequence[frozenset[int]]

_OWN: Final = "saqshy."
INDEXED: Final = frozenset(
    one.name
    for one in fields_of(Kind.EVENTS).values()
    if one.indexed and not one.name.startswith(_OWN)
)


def _tree() -> dict[str, Any]:
    """Give the indexed fields as nested names; a field is True."""
    tree: dict[str, Any] = {}
    for name in INDEXED:
        *above, last = name.split(".")
        at = tree
        for step in above:
            at = at.setdefault(step, {})
        at[last] = True
    return tree


def _flat(tree: Mapping[str, Any]) -> tuple[tuple[str, ...], tuple[tuple[str, Any], ...]]:
    leaves = tuple(sorted(name for name, below in tree.items() if below is True))
    deeper = tuple((name, _flat(below)) for name, below in tree.items() if below is not True)
    return leaves, deeper


_FIELDS: Final = {name: _flat(below) for name, below in _tree().items()}


def terms_of(events: Iterable[Event]) -> tuple[int, ...]:
    """Give the terms of a batch's events, in order."""
    found: set[Any] = set()
    odd: list[Any] = []
    fields = _FIELDS.get
    for event in events:
        for top, value in event.ecs.items():
            below = fields(top)
            if below is not None:
                _gather(value, below, found, odd)
    for one in odd:
        _gather_any(one, found)
    return tuple(sorted({number for value in found for number in _numbers(str(value))}))


def wanted(condition: Condition) -> Wanted:
    """Give what a block must have, so that an event in it can be like the condition."""
    match condition:
        case All(of):
            return [group for one in of for group in wanted(one)]
        case Either(of):
            groups = [wanted(one) for one in of]
            if not groups or not all(groups):
                return []
            return [frozenset().union(*(group[0] for group in groups))]
        case Among(field, values) if field in INDEXED and not any(map(_many, values)):
            return [frozenset(number for one in values for number in _asked(field, one))]
        case _:
            return []


def _gather(value: Any, below: tuple[Any, Any], found: set[Any], odd: list[Any]) -> None:
    if type(value) is not dict:
        odd.append(value)
        return
    for name in below[0]:
        leaf = value.get(name)
        if leaf is not None:
            if type(leaf) is str:
                found.add(leaf)
            else:
                odd.append(leaf)
    for name, deeper in below[1]:
        inner = value.get(name)
        if inner is not None:
            _gather(inner, deeper, found, odd)


def _gather_any(value: Any, found: set[Any]) -> None:
    """Take everything below a value whose form is not the usual one: more terms lose nothing."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
        elif isinstance(one, bool):
            found.add("true" if one else "false")
        elif one is not None:
            found.add(one)


@lru_cache(maxsize=65_536)
def _numbers(text: str) -> tuple[int, ...]:
    """Give the terms of a value: of its folded text, and of an address's usual form."""
    folded = text.casefold()
    usual = address(text) if ":" in text else None
    if usual is None or str(usual) == folded:
        return (_number(folded),)
    return (_number(folded), _number(str(usual)))


def _number(text: str) -> int:
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def _many(value: str) -> bool:
    """Tell whether a value stands for several texts: a network, a number in several forms."""
    number = number_of(value)
    return (
        "/" in value
        or value == ""
        or (number is not None and str(number) != value)
        or (isinstance(number, float))
    )


def _asked(field: str, value: str) -> tuple[int, ...]:
    one = address(value) if holds_addresses(field) else None
    number = number_of(value)
    texts = {value.casefold()} | ({str(one)} if one else set())
    if number is not None:
        texts.add(repr(float(number)))
    return tuple(_number(text) for text in sorted(texts))
